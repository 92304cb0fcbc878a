"""A person's verdicts: approve, reject, correct, dismiss, undo. Each is one row in the ledger."""

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import models, transaction

from catalog_ai.errors import (
    CatalogAIError,
    NoCategory,
    OneCategoryOnly,
    ProductGone,
    UnknownCategory,
)
from catalog_ai.models import Classification, Decision, Suggestion
from catalog_ai.targets import ProductTarget, get_target
from catalog_ai.workflow.apply import file_label
from catalog_ai.workflow.category_search import make_chosen
from catalog_ai.workflow.filing import write_decided
from catalog_ai.workflow.ledger import append, close_if_decided, record
from catalog_ai.workflow.locks import lock_classification
from catalog_ai.workflow.mirror import mirror_current
from catalog_ai.workflow.models_in_use import get_label_name, translate_name
from catalog_ai.workflow.permissions import REVIEW, require

if TYPE_CHECKING:
    from catalog_ai.workflow.permissions import Actor

OPEN = (Suggestion.State.PENDING, Suggestion.State.APPLIED)


@dataclass
class Reviewed:
    """What a call did. `batch` names it for undo; `errors` are sentences for people."""

    batch: uuid.UUID = field(default_factory=uuid.uuid4)
    done: int = 0
    already_decided: int = 0
    errors: list[str] = field(default_factory=list)


def approve(suggestion_ids: Collection[int], actor: "Actor") -> Reviewed:
    """File the products under these suggestions; those decided meanwhile are left and counted."""
    require(actor, REVIEW)
    return _decide_each(suggestion_ids, actor, Decision.Action.APPROVE)


def reject(suggestion_ids: Collection[int], actor: "Actor") -> Reviewed:
    """Say that these suggestions are wrong; one the model had filed is taken back."""
    require(actor, REVIEW)
    return _decide_each(suggestion_ids, actor, Decision.Action.REJECT)


def _decide_each(ids: Collection[int], actor: "Actor", action: Decision.Action) -> Reviewed:
    """Decide suggestions product by product: one refusal must not undo the others."""
    reviewed = Reviewed()
    cards = group_by_card(ids)
    reviewed.already_decided += len(set(ids)) - sum(map(len, cards.values()))
    for owner, members in cards.items():
        try:
            with transaction.atomic():
                done = decide_product(owner, members, actor, action, reviewed.batch)
        except CatalogAIError as refused:
            reviewed.errors.append(str(refused))
            continue
        reviewed.done += done
        reviewed.already_decided += len(members) - done
    return reviewed


def group_by_card(suggestion_ids: Collection[int]) -> dict[int, list[int]]:
    """Ids of those suggestions that exist, by the classification they belong to, in order."""
    cards: dict[int, list[int]] = {}
    rows = Suggestion.objects.filter(pk__in=suggestion_ids).order_by("classification_id", "pk")
    for owner, pk in rows.values_list("classification_id", "pk"):
        cards.setdefault(owner, []).append(pk)
    return cards


def decide_product(
    owner: int, ids: Collection[int], actor: "Actor", action: Decision.Action, batch: uuid.UUID
) -> int:
    """Decide one product's suggestions in the caller's transaction; how many were still open."""
    row = lock_classification(owner)
    target = get_target(row.target)
    product = load_product(target, row)
    suggestions = list(row.suggestions.filter(pk__in=ids, state__in=OPEN)) if row.is_current else []
    for suggestion in suggestions:
        before = target.get_categories(product)
        after = _categories_after(suggestion, action, before, target)
        ledger = record(row, suggestion, action, actor, batch, before, after)
        if after != before:
            write_decided(target, product, after)
        suggestion.state = _STATE_OF[action]
        suggestion.save(update_fields=["state", "category"])
        close_if_decided(row)
        append(ledger, row, suggestion)
    mirror_current(target, [row])
    return len(suggestions)


_STATE_OF = {
    Decision.Action.APPROVE: Suggestion.State.APPROVED,
    Decision.Action.REJECT: Suggestion.State.REJECTED,
}


def load_product(target: ProductTarget, row: Classification) -> models.Model:
    """The product of a row.

    Raises:
        ProductGone: it was deleted meanwhile.
    """
    product = target.load_products([row.object_id]).get(row.object_id)
    if product is None:
        raise ProductGone
    return product


def _categories_after(
    suggestion: Suggestion, action: Decision.Action, before: set[str], target: ProductTarget
) -> set[str]:
    if action == Decision.Action.REJECT:
        applied = suggestion.state == Suggestion.State.APPLIED
        return before - {suggestion.category} if applied else before
    category: str | None = suggestion.category
    if not category or category not in target.get_category_names([category]):  # deleted since
        category = file_label(target, suggestion.label)
    if category is None:
        raise NoCategory(
            NoCategory.message % {"label": translate_name(get_label_name(suggestion.label))}
        )
    suggestion.category = category
    return {category} if target.category_field.single_valued else before | {category}


def correct(classification_id: int, category_keys: Collection[str], actor: "Actor") -> Reviewed:
    """File the product under the person's own categories instead of the suggested ones.

    A key can also be an offer of `category_search`, whose category is then made.

    What the model had filed is taken out; categories the shop gave otherwise stay (except where
    a product can have one only).

    Raises:
        UnknownCategory: a key names no category of the shop. ProductGone: it was deleted.
        ShopRefused: the shop's own code raised.
    """
    require(actor, REVIEW)
    reviewed = Reviewed()
    with transaction.atomic():
        row = lock_classification(classification_id)
        if not row.is_current or row.state == Classification.State.REVIEWED:
            reviewed.already_decided = 1
            return reviewed
        target = get_target(row.target)
        product = load_product(target, row)
        keys = check_categories(target, make_chosen(target, category_keys))
        before = target.get_categories(product)
        open_ones = list(row.suggestions.filter(state__in=OPEN))
        replaced = {s.category for s in open_ones if s.state == Suggestion.State.APPLIED}
        single = target.category_field.single_valued
        after = keys if single else (before - replaced) | keys
        for suggestion in open_ones:
            entry = record(
                row, suggestion, Decision.Action.CORRECT, actor, reviewed.batch, before, before
            )
            suggestion.state = Suggestion.State.CORRECTED
            suggestion.save(update_fields=["state"])
            append(entry, row, suggestion)
        _add_own(row, sorted(keys), actor, reviewed.batch, before, after)
        if after != before:
            write_decided(target, product, after)
        mirror_current(target, [row])
    reviewed.done = 1
    return reviewed


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


def dismiss(classification_ids: Collection[int], actor: "Actor") -> Reviewed:
    """None of the suggestions is right: reject them and leave the product as it is."""
    require(actor, REVIEW)
    reviewed = Reviewed()
    for pk in classification_ids:
        with transaction.atomic():
            done = _dismiss_one(pk, actor, reviewed.batch)
        reviewed.done += done
        reviewed.already_decided += not done
    return reviewed


def _dismiss_one(pk: int, actor: "Actor", batch: uuid.UUID) -> bool:
    row = lock_classification(pk)
    if row.state not in Classification.WAITING or not row.is_current:
        return False
    pending = list(row.suggestions.filter(state=Suggestion.State.PENDING))
    # An unidentified image has no suggestion: this one keeps the person's word on the image.
    pending = pending or [Suggestion(classification=row, source=Suggestion.Source.PERSON)]
    for suggestion in pending:
        entry = record(row, suggestion, Decision.Action.REJECT, actor, batch, set(), set())
        suggestion.state = Suggestion.State.REJECTED
        suggestion.save()
        close_if_decided(row)
        append(entry, row, suggestion)
    mirror_current(get_target(row.target), [row])
    return True
