"""One product's suggestions as a person decides them, in the caller's transaction."""

import uuid
from collections.abc import Collection
from typing import TYPE_CHECKING

from django.db import models

from catalog_ai.errors import NoCategory, ProductGone
from catalog_ai.models import Classification, Decision, Suggestion
from catalog_ai.targets import ProductTarget, get_target
from catalog_ai.workflow.filing import write_decided
from catalog_ai.workflow.ledger import append, close_if_decided, record
from catalog_ai.workflow.locks import lock_classification
from catalog_ai.workflow.mapping import CategoryMap
from catalog_ai.workflow.mirror import mirror_current
from catalog_ai.workflow.models_in_use import get_bundle, get_label_name, translate_name

if TYPE_CHECKING:
    from catalog_ai.workflow.permissions import Actor

OPEN = (Suggestion.State.PENDING, Suggestion.State.APPLIED)
_STATE_OF = {
    Decision.Action.APPROVE: Suggestion.State.APPROVED,
    Decision.Action.REJECT: Suggestion.State.REJECTED,
}


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
    """Approve or reject one product's suggestions; how many of them were still open."""
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


def _categories_after(
    suggestion: Suggestion, action: Decision.Action, before: set[str], target: ProductTarget
) -> set[str]:
    if action == Decision.Action.REJECT:
        return before - _list_given_up(suggestion)
    # Only what is filed is in a category; of a card, the label may mean another one by now.
    is_filed = suggestion.state == Suggestion.State.APPLIED
    category: str | None = suggestion.category if is_filed else ""
    if not category or category not in target.get_category_names([category]):  # deleted since
        category = CategoryMap(target, get_bundle()).find(suggestion.label)
    if category is None:
        raise NoCategory(
            NoCategory.message % {"label": translate_name(get_label_name(suggestion.label))}
        )
    suggestion.category = category
    return {category} if target.category_field.single_valued else before | {category}


def _list_given_up(suggestion: Suggestion) -> set[str]:
    """What the model had filed under a label, unless another label of the card holds it too."""
    if suggestion.state != Suggestion.State.APPLIED:
        return set()
    others = suggestion.classification.suggestions.exclude(pk=suggestion.pk)
    held = others.filter(state__in=Suggestion.HOLDING, category=suggestion.category)
    return set() if held.exists() else {suggestion.category}


def dismiss_product(owner: int, actor: "Actor", batch: uuid.UUID) -> bool:
    """Reject all that is pending of one product; False where it waits no longer."""
    row = lock_classification(owner)
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


def load_product(target: ProductTarget, row: Classification) -> models.Model:
    """The product of a row.

    Raises:
        ProductGone: it was deleted meanwhile.
    """
    product = target.load_products([row.object_id]).get(row.object_id)
    if product is None:
        raise ProductGone
    return product
