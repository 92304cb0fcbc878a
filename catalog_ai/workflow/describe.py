"""What is known of products and labels, for lists and pages: a bounded few queries a page."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import Q

from catalog_ai.inference.bundle import Label, Thresholds
from catalog_ai.models import Classification, LabelRule, Suggestion
from catalog_ai.policy import preset_thresholds
from catalog_ai.targets import ProductTarget
from catalog_ai.workflow.category_lookup import CategoryLookup
from catalog_ai.workflow.collect import SETTLED
from catalog_ai.workflow.models_in_use import get_bundle

EXACT_LIMIT = 2_000  # a larger selection is only counted


@dataclass(frozen=True)
class ProductStatus:
    """A product's latest result, what is under way for it, and the latest result's suggestions."""

    key: str
    current: Classification | None = None
    in_flight: Classification | None = None
    suggestions: tuple[Suggestion, ...] = ()  # likeliest first

    @property
    def state(self) -> str:
        """State of what is under way, else of the latest result; empty where there is neither."""
        row = self.in_flight or self.current
        return row.state if row else ""


def describe_products(target: ProductTarget, keys: Collection[str]) -> dict[str, ProductStatus]:
    """A status for each key, from two queries however many keys there are."""
    rows = Classification.objects.filter(
        Q(is_current=True) | Q(state__in=Classification.IN_FLIGHT),
        target=target.key,
        object_id__in=list(keys),
    ).defer("scores")
    current = {row.object_id: row for row in rows if row.is_current}
    flying = {row.object_id: row for row in rows if row.state in Classification.IN_FLIGHT}
    suggestions = load_suggestions(current.values())
    return {
        key: ProductStatus(
            key,
            current.get(key),
            flying.get(key),
            tuple(suggestions.get(current[key].pk, ())) if key in current else (),
        )
        for key in keys
    }


def load_suggestions(rows: Collection[Classification]) -> dict[int, list[Suggestion]]:
    """Suggestions by classification id, likeliest first; one query."""
    found: dict[int, list[Suggestion]] = {}
    if not rows:
        return found
    suggestions = Suggestion.objects.filter(classification__in=[row.pk for row in rows])
    for suggestion in suggestions.order_by("-confidence", "pk"):
        found.setdefault(suggestion.classification_id, []).append(suggestion)
    return found


@dataclass(frozen=True)
class SelectionSurvey:
    """How a selection stands; the parts are None where it is too large to look at each product."""

    total: int
    up_to_date: int | None = None
    outdated: int | None = None  # judged before, by another model or of another image
    never: int | None = None
    without_image: int | None = None

    @property
    def is_exact(self) -> bool:
        return self.never is not None


def survey_products(target: ProductTarget, products: "models.QuerySet[Any]") -> SelectionSurvey:
    """Count a selection, and how much of it is done already where that is cheap to say."""
    total = products.count()
    if total > EXACT_LIMIT:
        return SelectionSurvey(total)
    pks = list(products.order_by("pk").values_list("pk", flat=True))
    images = {key: name for key, name in target.get_image_names(pks).items() if name}
    rows = Classification.objects.filter(
        target=target.key, object_id__in=list(images), is_current=True
    ).values_list("object_id", "image_name", "model_version", "state")
    version = get_bundle().model_version
    judged = {row[0] for row in rows}
    fresh = {
        key
        for key, name, made_by, state in rows
        if images[key] == name and made_by == version and state in SETTLED
    }
    return SelectionSurvey(
        total=total,
        up_to_date=len(fresh),
        outdated=len(judged - fresh),
        never=len(images) - len(judged),
        without_image=len(set(pks)) - len(images),
    )


@dataclass(frozen=True)
class LabelMapping:
    """One label that files products, the shop's category for it, and the shop's own rule."""

    label: Label
    defaults: Thresholds  # of the preset asked for, before the shop's rule
    category: str = ""  # the shop's key; empty where it has none
    category_name: str = ""
    rule: LabelRule | None = None

    @property
    def is_mapped(self) -> bool:
        return bool(self.category)

    @property
    def lowers_threshold(self) -> bool:
        """Whether the shop files by itself from lower than was measured to be safe."""
        own = self.rule.auto_threshold if self.rule else None
        return own is not None and own < self.defaults.auto


def describe_mapping(target: ProductTarget, preset: str) -> list[LabelMapping]:
    """The mapping of every filing label, unmapped ones first, without making any category."""
    bundle = get_bundle()
    defaults = preset_thresholds(bundle, preset)
    rules = {rule.label: rule for rule in LabelRule.objects.filter(target=target.key)}
    names = target.get_category_names({rule.category for rule in rules.values() if rule.category})
    lookup = CategoryLookup(target)
    mappings = []
    for label in bundle.labels_of(*target.facets):
        rule = rules.get(label.id)
        key = rule.category if rule and rule.category in names else lookup.find(label) or ""
        name = names.get(key) or lookup.names.get(key, key)
        mappings.append(LabelMapping(label, defaults[label.id], key, name, rule))
    return sorted(mappings, key=lambda item: (item.is_mapped, item.label.name.casefold()))


def name_mapped(target: ProductTarget) -> dict[str, str]:
    """Names of the shop's categories that rules give to labels, by label id; two queries."""
    rules = LabelRule.objects.filter(target=target.key).exclude(category="")
    keys = dict(rules.values_list("label", "category"))
    names = target.get_category_names(set(keys.values())) if keys else {}
    return {label: names[key] for label, key in keys.items() if key in names}
