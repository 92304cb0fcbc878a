"""Which of the shop's categories a label means: a person's rule first, else one of its name."""

from collections.abc import Collection
from functools import cached_property

from django.db import transaction

from catalog_ai.inference.bundle import Bundle, Label, fold_name
from catalog_ai.models import LabelRule, Suggestion
from catalog_ai.targets import ProductTarget
from catalog_ai.targets.label_names import get_names
from catalog_ai.workflow.category_lookup import CategoryLookup
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
        self._looked_up: dict[str, str | None] = {}  # of labels that are in no rule
        self._named_so: dict[str, bool] = {}  # whether a label's category bears its name
        self._meant: dict[str, bool] = {}  # whether a category's name is some label's
        rules = dict(
            LabelRule.objects.filter(target=target.key)
            .exclude(category="")
            .values_list("label", "category")
        )
        existing = target.get_category_names(set(rules.values()))
        self._keys = {label: key for label, key in rules.items() if key in existing}

    @cached_property
    def _lookup(self) -> CategoryLookup:
        return CategoryLookup(self.target)

    @cached_property
    def _names(self) -> set[str]:
        return {
            fold_name(name)
            for label in self.bundle.labels_of(*self.target.facets)
            for name in get_names(label)
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

    def look_up(self, label_id: str) -> str | None:
        """The same, with nothing made or written down."""
        if label_id in self._keys:
            return self._keys[label_id]
        if label_id not in self._looked_up:
            label = self.bundle.labels_by_id.get(label_id)
            self._looked_up[label_id] = self._lookup.find(label) if label else None
        return self._looked_up[label_id]

    def still_means(self, label_id: str, shown: str) -> bool:
        """Whether a label means the category that a dry run showed.

        "" was one to be made, and that bears the label's name; unless a shop names it otherwise.
        """
        key = self.find(label_id)
        if key is None or shown:
            return key == shown
        if label_id not in self._named_so:
            own = self.target.has_own("look_up_category", "find_category")
            self._named_so[label_id] = own or self._bears_name(key, label_id)
        return self._named_so[label_id]

    def _bears_name(self, key: str, label_id: str) -> bool:
        label = self.bundle.labels_by_id.get(label_id)  # another model's may be in no bundle
        called = self.target.get_category_names([key]).get(key, "")
        return fold_name(called) in map(fold_name, get_names(label) if label else ())

    def _discover(self, label_id: str) -> str | None:
        label = self.bundle.labels_by_id.get(label_id)
        if self.dry and label:
            found = self.look_up(label_id)
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
        return key if key is None else self._write_down(label, key, known or "")

    def _write_down(self, label: Label, key: str, known: str) -> str:
        """Keep the category as the label's rule; a person who has named another since was first."""
        rule, made = LabelRule.objects.select_for_update().get_or_create(
            target=self.target.key, label=label.id, defaults={"category": key}
        )
        if not made and rule.category in ("", known):
            rule.category = key
            rule.save(update_fields=["category"])
        return rule.category


def find_meant(suggestion: Suggestion, categories: CategoryMap) -> str | None:
    """What is filed has the category that its label meant then; all else, what it means now."""
    if suggestion.state == Suggestion.State.APPLIED and suggestion.category:
        return suggestion.category
    return categories.find(suggestion.label)
