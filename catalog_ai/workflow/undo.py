"""Undo: a person's own decisions taken back, from the ledger, never across what came later."""

import uuid
from typing import TYPE_CHECKING

from django.db import transaction

from catalog_ai.errors import CannotUndo, NotPermitted
from catalog_ai.models import Decision
from catalog_ai.models.signatures import sign
from catalog_ai.workflow.permissions import REVIEW, as_user, require
from catalog_ai.workflow.revert import Reversal
from catalog_ai.workflow.review import Reviewed

if TYPE_CHECKING:
    from catalog_ai.workflow.permissions import Actor

PERSONAL = (Decision.Action.APPROVE, Decision.Action.REJECT, Decision.Action.CORRECT)


def last_batch(actor: "Actor") -> uuid.UUID | None:
    """The person's latest batch that is not undone yet."""
    standing = Decision.objects.filter(
        actor=as_user(actor), action__in=PERSONAL, reverted_by__isnull=True
    )
    return standing.order_by("-pk").values_list("batch", flat=True).first()


def undo(batch: uuid.UUID, actor: "Actor") -> Reviewed:
    """Take back one of the person's own batches, all of it or none.

    Raises:
        NotPermitted: somebody else's batch. CannotUndo: something later stands on it.
    """
    require(actor, REVIEW)
    reviewed = Reviewed()
    with transaction.atomic():
        entries = list(Decision.objects.filter(batch=batch, action__in=PERSONAL).order_by("-pk"))
        if actor is None or any(entry.actor_id != actor.pk for entry in entries):
            raise NotPermitted
        signature = sign(as_user(actor))
        reversal = Reversal(entries, Decision.Action.UNDO, reviewed.batch, signature)
        if not entries or not all(map(reversal.revert, entries)):
            raise CannotUndo
        reversal.save()
        reviewed.done = len(entries)
    return reviewed
