"""Which of the shop's categories a label means: a person's rule first, else one of its name."""

from collections.abc import Collection
from functools import cached_property

from django.db import transaction

from catalog_ai.inference.bundle import Bundle, Label, fold_name
from catalog_ai.models import LabelRule
from catalog_ai.targets import ProductTarget
from catalog_ai.workflow.locks import lock_mapping


class CategoryMap:
    """The mapping of one target, read once and kept for a chunk.

    A category found by its name is written down as a rule, so that the mapping page shows what
    is in force and the next chunk need not search. With `dry`, nothing is written or made: ""
    then stands for a category that would be made.
    """

    def __init__(self, target: ProductTarget, bundle: Bundle, *, dry: bool = False) -> None:
        self.target = target
        self.bundle = bundle
        self.dry = dry
        self._keys: dict[str, str | None] = {}
        self._meant: dict[str, bool] = {}  # whether a category's name is some label's
        rules = dict(
            LabelRule.objects.filter(target=target.key)
            .exclude(category="")
            .values_list("label", "category")
        )
        existing = target.get_category_names(set(rules.values()))
        self._keys = {label: key for label, key in rules.items() if key in existing}

    @cached_property
    def _names(self) -> set[str]:
        return {
            fold_name(name)
            for label in self.bundle.labels
            if label.facet in self.target.facets
            for name in (label.name, *label.aliases)
        }

    def keep_meant(self, keys: Collection[str]) -> set[str]:
        """Those of the shop's categories that some label means, by a rule or by its name.

        Others, "Sale" say, are of a kind that the model knows nothing of.
        """
        by_rule = {key for key in self._keys.values() if key}
        unknown = set(keys) - by_rule - self._meant.keys()
        for key, name in self.target.get_category_names(unknown).items() if unknown else ():
            self._meant[key] = fold_name(name) in self._names
        return {key for key in keys if key in by_rule or self._meant.get(key, False)}

    def find(self, label_id: str) -> str | None:
        """Key of the category for a label, or None where the shop has none."""
        if label_id not in self._keys:
            self._keys[label_id] = self._discover(label_id)
        return self._keys[label_id]

    def _discover(self, label_id: str) -> str | None:
        label = self.bundle.labels_by_id.get(label_id)
        if self.dry and label:
            found = self.target.look_up_category(label)
            return "" if found is None and self.target.can_make else found
        return self._map(label) if label else None

    @transaction.atomic
    def _map(self, label: Label) -> str | None:
        """Of two who map at once, the second waits here and then finds what the first made."""
        lock_mapping(self.target)
        rules = LabelRule.objects.filter(target=self.target.key, label=label.id)
        known = rules.values_list("category", flat=True).first()
        if known and known in self.target.get_category_names([known]):
            return known
        key = self.target.find_category(label)
        if key is not None:
            LabelRule.objects.update_or_create(
                target=self.target.key, label=label.id, defaults={"category": key}
            )
        return key
