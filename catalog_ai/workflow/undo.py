"""Undo and rollback: made from the ledger, and never across what a person did later."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import models, transaction
from django.db.models import Count, Max, Q
from django.utils import timezone

from catalog_ai.errors import CannotUndo, CatalogAIError, NotPermitted
from catalog_ai.models import Classification, Decision, Run, Suggestion
from catalog_ai.targets import get_target
from catalog_ai.workflow.locks import lock_classification, lock_classifications
from catalog_ai.workflow.mirror import mirror_current
from catalog_ai.workflow.permissions import REVIEW, ROLL_BACK, as_user, require
from catalog_ai.workflow.review import Reviewed, load_product
from catalog_ai.workflow.runs import stop_run

if TYPE_CHECKING:
    from catalog_ai.workflow.permissions import Actor

PERSONAL = (Decision.Action.APPROVE, Decision.Action.REJECT, Decision.Action.CORRECT)
PAGE = 500


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
        if any(actor is None or entry.actor_id != actor.pk for entry in entries):
            raise NotPermitted
        lock_classifications({entry.classification_id for entry in entries})
        if not entries or not all(
            _revert(entry, actor, Decision.Action.UNDO, reviewed.batch) for entry in entries
        ):
            raise CannotUndo
        reviewed.done = len(entries)
    return reviewed


def _revert(entry: Decision, actor: "Actor", action: Decision.Action, batch: uuid.UUID) -> bool:
    """Put suggestion, row and product back to before `entry`; False where that is too late."""
    row = lock_classification(entry.classification_id)
    suggestion = row.suggestions.get(decisions=entry)
    if suggestion.state != entry.state_after or not row.is_current or _has_later(entry):
        return False
    target = get_target(row.target)
    product = load_product(target, row)
    now = target.get_categories(product)
    then = _without_entry(entry, now, single=target.category_field.single_valued)
    if then is None:
        return False
    if then != now:
        target.set_categories(product, then)
    before = row.state
    _restore(row, suggestion, entry, action)
    Decision.objects.create(
        classification=row,
        suggestion=suggestion,
        action=action,
        actor=as_user(actor),
        actor_name=actor.get_username() if actor else "",
        batch=batch,
        label=suggestion.label,
        state_before=entry.state_after,
        state_after=suggestion.state,
        classification_before=before,
        classification_after=row.state,
        categories_before=sorted(now),
        categories_after=sorted(then),
        reverts=entry,
    )
    mirror_current(target, [row])
    return True


def _has_later(entry: Decision) -> bool:
    """Whether a later entry on the same suggestion still stands."""
    later = Decision.objects.filter(suggestion=entry.suggestion, pk__gt=entry.pk)
    standing = later.exclude(action__in=(Decision.Action.UNDO, Decision.Action.ROLL_BACK))
    return (
        standing.filter(reverted_by__isnull=True).exists()
        or Decision.objects.filter(reverts=entry).exists()
    )


def _without_entry(entry: Decision, now: set[str], *, single: bool) -> set[str] | None:
    """The present categories with the entry's own change taken out; None where that is too late.

    Only what the entry added or removed is touched: whatever was done to the product otherwise
    stays as it is.
    """
    before, after = set(entry.categories_before), set(entry.categories_after)
    if before == after:
        return now
    if single and now != after:
        return None  # somebody has filed the product elsewhere since
    return (now - (after - before)) | (before - after)


def _restore(
    row: Classification, suggestion: Suggestion, entry: Decision, action: Decision.Action
) -> None:
    State = Suggestion.State  # noqa: N806
    if action == Decision.Action.ROLL_BACK:
        suggestion.state = State.ROLLED_BACK
        if row.state == Classification.State.FILED:  # else people have work or words on the card
            row.state = Classification.State.ROLLED_BACK
    else:
        # A suggestion that the entry itself brought about has no state to go back to.
        suggestion.state = entry.state_before or State.ROLLED_BACK
        row.state, row.reviewed_at = entry.classification_before, None
    suggestion.save(update_fields=["state"])
    if row.state == Classification.State.REVIEW and not _has_pending(row):
        # Somebody else has decided the rest of the card since.
        row.state, row.reviewed_at = Classification.State.REVIEWED, timezone.now()
    row.save(update_fields=["state", "reviewed_at"])


def _has_pending(row: Classification) -> bool:
    return row.suggestions.filter(state=Suggestion.State.PENDING).exists()


@dataclass(frozen=True)
class RollbackPreview:
    """What rolling a run back would do: suggestions taken back, and those people have touched."""

    revert: int
    kept_by_people: int


def preview_rollback(run: Run) -> RollbackPreview:
    """Counts, with nothing changed; one query."""
    filed = Q(state=Suggestion.State.APPLIED, classification__is_current=True)
    counts = Suggestion.objects.filter(classification__run=run).aggregate(
        revert=Count("pk", filter=filed),
        kept_by_people=Count("pk", filter=Q(state__in=Suggestion.BY_PERSON)),
    )
    return RollbackPreview(**counts)


def roll_back(run: Run, actor: "Actor") -> Reviewed:
    """Take back what the model filed in a run; what people decided stays.

    Works through pages of its own transactions: stopped half-way, it can be started again. A run
    still going is cancelled first, so that it files nothing more behind the rollback.
    """
    require(actor, ROLL_BACK)
    stop_run(run)
    reviewed = Reviewed()
    after = 0
    while entries := _applied_entries(run, after):
        for entry in entries:
            _roll_back_one(entry, actor, reviewed)
        after = entries[-1].pk
    Run.objects.filter(pk=run.pk).update(rolled_back_at=timezone.now())
    return reviewed


def _applied_entries(run: Run, after: int) -> Sequence[Decision]:
    return list(
        Decision.objects.filter(
            classification__run=run,
            action=Decision.Action.APPLY,
            suggestion__state=Suggestion.State.APPLIED,
            pk__gt=after,
        ).order_by("pk")[:PAGE]
    )


def _roll_back_one(entry: Decision, actor: "Actor", reviewed: Reviewed) -> None:
    try:
        with transaction.atomic():
            done = _revert(entry, actor, Decision.Action.ROLL_BACK, reviewed.batch)
    except CatalogAIError as refused:
        reviewed.errors.append(str(refused))
        return
    reviewed.done += done
    reviewed.already_decided += not done
