"""Approving a label as the answer: the card's other suggestions are rejected with it."""

from collections.abc import Collection
from typing import TYPE_CHECKING

from django.db import transaction

from catalog_ai.errors import CatalogAIError
from catalog_ai.models import Decision, Suggestion
from catalog_ai.workflow.decide_one import decide_product, group_by_card
from catalog_ai.workflow.locks import lock_classification
from catalog_ai.workflow.permissions import REVIEW, require
from catalog_ai.workflow.review import Reviewed

if TYPE_CHECKING:
    from catalog_ai.workflow.permissions import Actor


def choose(suggestion_ids: Collection[int], actor: "Actor") -> Reviewed:
    """Approve these and reject what else is pending on their cards: one batch, one undo.

    Raises:
        NotPermitted: the actor may not review.
    """
    require(actor, REVIEW)
    reviewed = Reviewed()
    picked = group_by_card(suggestion_ids)
    for owner, ids in picked.items():
        try:
            _settle(owner, ids, actor, reviewed)
        except CatalogAIError as refused:
            reviewed.errors.append(str(refused))
    reviewed.already_decided += len(set(suggestion_ids)) - sum(map(len, picked.values()))
    return reviewed


def _settle(owner: int, ids: list[int], actor: "Actor", reviewed: Reviewed) -> None:
    """One card in one transaction; what somebody decided meanwhile settles nothing more."""
    with transaction.atomic():
        row = lock_classification(owner)
        pending = row.suggestions.filter(state=Suggestion.State.PENDING)
        wanted = list(pending.filter(pk__in=ids).values_list("pk", flat=True))
        rest = list(pending.exclude(pk__in=ids).values_list("pk", flat=True))
        done = decide_product(owner, wanted, actor, Decision.Action.APPROVE, reviewed.batch)
        if done:
            decide_product(owner, rest, actor, Decision.Action.REJECT, reviewed.batch)
    reviewed.done += done
    reviewed.already_decided += len(ids) - done
