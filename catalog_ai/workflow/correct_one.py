"""One product filed under the person's own categories, in the caller's transaction."""

import uuid
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError

from catalog_ai.errors import OneCategoryOnly, UnknownCategory
from catalog_ai.models import Classification, Decision, Suggestion
from catalog_ai.targets import ProductTarget, get_target
from catalog_ai.workflow.category_search import make_chosen
from catalog_ai.workflow.decide_one import OPEN, load_product
from catalog_ai.workflow.filing import write_decided
from catalog_ai.workflow.ledger import append, close_if_decided, record
from catalog_ai.workflow.locks import lock_classification
from catalog_ai.workflow.mapping import CategoryMap, find_meant
from catalog_ai.workflow.mirror import mirror_current
from catalog_ai.workflow.models_in_use import get_bundle

if TYPE_CHECKING:
    from catalog_ai.workflow.permissions import Actor


def correct_product(
    owner: int, category_keys: Collection[str], actor: "Actor", batch: uuid.UUID
) -> bool:
    """File one product under these categories; False where somebody decided it meanwhile."""
    row = lock_classification(owner)
    if not row.is_current or row.state == Classification.State.REVIEWED:
        return False
    target = get_target(row.target)
    product = load_product(target, row)
    keys = check_categories(target, make_chosen(target, category_keys))
    before = target.get_categories(product)
    after = _categories_after(row, keys, before, target)
    open_ones = list(row.suggestions.filter(state__in=OPEN))
    right = _find_right(open_ones, keys, target)
    for suggestion in open_ones:
        if suggestion not in right:
            entry = record(row, suggestion, Decision.Action.CORRECT, actor, batch, before, before)
            suggestion.state = Suggestion.State.CORRECTED
            suggestion.save(update_fields=["state"])
            append(entry, row, suggestion)
    own = [
        Suggestion(classification=row, source=Suggestion.Source.PERSON, category=key)
        for key in sorted(keys - {one.category for one in right})
    ]
    _approve_chosen(row, [*right, *own], actor, batch, before, after)
    if after != before:
        write_decided(target, product, after)
    mirror_current(target, [row])
    return True


def _find_right(
    suggestions: Iterable[Suggestion], keys: set[str], target: ProductTarget
) -> list[Suggestion]:
    """Those whose category is among the person's, which says yes to them; with that category."""
    categories, right = CategoryMap(target, get_bundle(), dry=True), []
    for suggestion in suggestions:
        key = find_meant(suggestion, categories)
        if key is not None and key in keys:
            suggestion.category = key
            right.append(suggestion)
    return right


def _categories_after(
    row: Classification, keys: set[str], before: set[str], target: ProductTarget
) -> set[str]:
    """The person's categories, and beside them what somebody else gave, where several fit."""
    if target.category_field.single_valued:
        return keys
    holding = row.suggestions.filter(state__in=Suggestion.HOLDING).values_list("state", "category")
    filed = {category for state, category in holding if state == Suggestion.State.APPLIED}
    approved = {category for state, category in holding if state == Suggestion.State.APPROVED}
    return (before - (filed - approved)) | keys


def check_categories(target: ProductTarget, keys: Collection[str]) -> set[str]:
    """The keys as a set.

    Raises:
        UnknownCategory: none was given, one does not exist, or several where one fits.
    """
    wanted = {str(key) for key in keys}
    try:
        known = set(target.get_category_names(wanted))
    except (ValueError, TypeError, ValidationError) as impossible:
        raise UnknownCategory from impossible
    if not wanted or wanted - known:
        raise UnknownCategory
    if target.category_field.single_valued and len(wanted) > 1:
        raise OneCategoryOnly
    return wanted


def _approve_chosen(
    row: Classification,
    chosen: Iterable[Suggestion],
    actor: "Actor",
    batch: uuid.UUID,
    before: set[str],
    after: set[str],
) -> None:
    """Labels that mean a chosen category, and suggestions of the person's own for the others.

    The first one's entry carries the change of the product, so that undo takes it back once.
    """
    for suggestion in chosen:
        is_own = suggestion.source == Suggestion.Source.PERSON
        action = Decision.Action.CORRECT if is_own else Decision.Action.APPROVE
        entry = record(row, suggestion, action, actor, batch, before, after)
        suggestion.state = Suggestion.State.APPROVED
        suggestion.save()
        close_if_decided(row)
        append(entry, row, suggestion)
        before = after
