"""Undo: a person's own decisions taken back, from the ledger, never across what came later."""

import uuid
from typing import TYPE_CHECKING

from django.db import models, transaction
from django.db.models import Max

from catalog_ai.errors import CannotUndo, NotPermitted
from catalog_ai.models import Decision
from catalog_ai.models.signatures import sign
from catalog_ai.workflow.permissions import REVIEW, as_user, require
from catalog_ai.workflow.revert import Reversal
from catalog_ai.workflow.review import Reviewed

if TYPE_CHECKING:
    from catalog_ai.workflow.permissions import Actor

PERSONAL = (Decision.Action.APPROVE, Decision.Action.REJECT, Decision.Action.CORRECT)


def last_batches(actor: "Actor", limit: int = 50) -> list[uuid.UUID]:
    """The person's latest batches that are not undone yet, newest first."""
    batches = _standing(actor).values("batch").annotate(last=Max("pk")).order_by("-last")
    return [row["batch"] for row in batches[:limit]]


def last_batch(actor: "Actor") -> uuid.UUID | None:
    """The newest of `last_batches`, without grouping all that the person ever decided."""
    return _standing(actor).order_by("-pk").values_list("batch", flat=True).first()


def _standing(actor: "Actor") -> "models.QuerySet[Decision]":
    """The person's own decisions that are not undone."""
    return Decision.objects.filter(
        actor=as_user(actor), action__in=PERSONAL, reverted_by__isnull=True
    )


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
