"""A person looks for a category: the shop's own, and those that would be made for a label."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from catalog_ai.models import LabelRule
from catalog_ai.targets import ProductTarget
from catalog_ai.targets.label_names import get_names, get_own_name
from catalog_ai.workflow.category_lookup import CategoryLookup
from catalog_ai.workflow.mapping import CategoryMap
from catalog_ai.workflow.models_in_use import get_bundle

LABEL = "label:"  # before a label's id, in place of the key of a category that is not made yet
SEARCHED = 60


@dataclass(frozen=True)
class Offer:
    """A category to choose: its key (or LABEL and a label's id) and its name."""

    key: str
    name: str
    is_new: bool = False


def search_offers(target: ProductTarget, text: str, limit: int) -> list[Offer]:
    """Categories whose name contains `text`, those that begin with it first, then new ones.

    New ones are the labels' without a category yet, where the shop lets categories be made.
    """
    pairs = target.search_categories(text, SEARCHED)
    found = [Offer(key, name) for key, name in tell_apart(pairs)]
    offers = [*found, *_list_new(target, text, {name.casefold() for _key, name in pairs})]
    # Whoever types "sh" means Shirts sooner than Casual Shoes.
    offers.sort(key=lambda one: not one.name.casefold().startswith(text.casefold()))
    return offers[:limit]


def tell_apart(pairs: Collection[tuple[str, str]]) -> list[tuple[str, str]]:
    """The same (key, name) pairs, with the key behind a name that there is more than once."""
    times = Counter(name for _key, name in pairs)
    return [(key, f"{name} ({key})" if times[name] > 1 else name) for key, name in pairs]


def _list_new(target: ProductTarget, text: str, known: Collection[str]) -> list[Offer]:
    if not target.can_make:
        return []
    rules = LabelRule.objects.filter(target=target.key).exclude(category="")
    mapped = set(rules.values_list("label", flat=True))
    wanted = text.casefold()
    named = ((one, get_own_name(one)) for one in get_bundle().labels_of(*target.facets))
    fitting = [
        (label, own)
        for label, own in named
        if label.id not in mapped
        and own.casefold() not in known
        and any(wanted in name.casefold() for name in get_names(label))
    ]
    lookup = CategoryLookup(target)
    # A label can have a category under another of its names.
    return [
        Offer(f"{LABEL}{label.id}", name, is_new=True)
        for label, name in fitting[:SEARCHED]
        if lookup.find(label) is None
    ]


def make_chosen(target: ProductTarget, keys: Collection[str]) -> set[str]:
    """The keys, with the category made for each that stands for a label's."""
    if not any(str(key).startswith(LABEL) for key in keys):
        return {str(key) for key in keys}
    mapping = CategoryMap(target, get_bundle())
    made = (
        mapping.find(str(key).removeprefix(LABEL)) if str(key).startswith(LABEL) else str(key)
        for key in keys
    )
    return {key for key in made if key is not None}
