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
from catalog_ai.workflow.mirror import mirror_current

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
    suggestions = list(row.suggestions.filter(state__in=OPEN))
    after = _categories_after(suggestions, keys, before, target)
    for suggestion in suggestions:
        entry = record(row, suggestion, Decision.Action.CORRECT, actor, batch, before, before)
        suggestion.state = Suggestion.State.CORRECTED
        suggestion.save(update_fields=["state"])
        append(entry, row, suggestion)
    _add_own(row, sorted(keys), actor, batch, before, after)
    if after != before:
        write_decided(target, product, after)
    mirror_current(target, [row])
    return True


def _categories_after(
    suggestions: Iterable[Suggestion], keys: set[str], before: set[str], target: ProductTarget
) -> set[str]:
    """The person's categories, and beside them what the shop gave, where several fit."""
    if target.category_field.single_valued:
        return keys
    filed = {one.category for one in suggestions if one.state == Suggestion.State.APPLIED}
    return (before - filed) | keys


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


def _add_own(
    row: Classification,
    keys: Iterable[str],
    actor: "Actor",
    batch: uuid.UUID,
    before: set[str],
    after: set[str],
) -> None:
    """The person's own categories as suggestions of theirs, approved as they are made.

    The first one's entry carries the change of the product, so that undo takes it back once.
    """
    for key in keys:
        own = Suggestion(
            classification=row,
            source=Suggestion.Source.PERSON,
            category=key,
            state=Suggestion.State.APPROVED,
        )
        entry = record(row, own, Decision.Action.CORRECT, actor, batch, before, after)
        own.save()
        close_if_decided(row)
        append(entry, row, own)
        before = after
