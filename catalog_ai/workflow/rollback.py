"""Rolling a whole run back: asked for at once, worked off in the background, page by page."""

import logging
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone, translation

from catalog_ai.errors import CatalogAIError, NothingFiled
from catalog_ai.models import Classification, Decision, Rollback, Run, Suggestion
from catalog_ai.models.signatures import sign
from catalog_ai.targets import get_target
from catalog_ai.workflow.ends import let_go
from catalog_ai.workflow.outages import strikes_by_chance
from catalog_ai.workflow.permissions import ROLL_BACK, as_user, require
from catalog_ai.workflow.queues import roll_back_after_commit
from catalog_ai.workflow.revert import Reversal
from catalog_ai.workflow.run_sample import sample_run
from catalog_ai.workflow.walk import find_next_rows

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from catalog_ai.workflow.permissions import Actor

logger = logging.getLogger(__name__)

State = Classification.State
# Rows a transaction: their products are locked meanwhile.
PAGE = 50
PAGE_AT_ONCE = 500
# In these states a row can hold something that the model filed and nobody has touched.
HOLDING = (State.FILED, State.REVIEW, State.REVIEWED, State.ROLLED_BACK)
ERRORS_KEPT = 5


class Step(Enum):
    """How a call of `continue_rollback` ended."""

    MORE = auto()
    WAITING = auto()  # a worker has products of the run in hand
    OVER = auto()  # done, stopped, or in the hands of another worker


@dataclass(frozen=True)
class RollbackPreview:
    """What rolling a run back would do: suggestions taken back, and those people have touched."""

    revert: int
    kept_by_people: int
    sampled: int | None = None  # products that the counts are estimated from; None: counted


def estimate_rollback(run: Run) -> RollbackPreview:
    """The counts of a large run by a sample; exact ones where that finds nothing to take back."""
    sample = sample_run(run)
    counts = _count_touched(sample.suggestions)
    if sample.size is None or not counts["revert"]:
        return preview_rollback(run)
    scaled = {name: sample.scale(number) for name, number in counts.items()}
    return RollbackPreview(**scaled, sampled=sample.size)


def preview_rollback(run: Run) -> RollbackPreview:
    """Counts, with nothing changed; one query over all that the run suggested."""
    return RollbackPreview(**_count_touched(Suggestion.objects.filter(classification__run=run)))


def _count_touched(suggestions: "QuerySet[Suggestion]") -> dict[str, int]:
    filed = Q(state=Suggestion.State.APPLIED, classification__is_current=True)
    return suggestions.aggregate(
        revert=Count("pk", filter=filed),
        kept_by_people=Count("pk", filter=Q(state__in=Suggestion.BY_PERSON)),
    )


def start_rollback(run: Run, actor: "Actor") -> Rollback:
    """Ask for the run to be rolled back; the one that is under way already, if there is one.

    A run that is still going is cancelled with it: from here on nothing of it is claimed.

    Raises:
        NotPermitted. NothingFiled: it is a dry run.
    """
    require(actor, ROLL_BACK)
    with transaction.atomic():
        run = _lock_run(run.pk)
        if run.dry_run:
            raise NothingFiled
        if (running := run.rollbacks.filter(state=Rollback.State.RUNNING).first()) is not None:
            return running
        _stop_run(run)
        rollback = Rollback.objects.create(run=run, **sign(as_user(actor)))
        roll_back_after_commit(rollback)
    return rollback


def _lock_run(pk: int) -> Run:
    """Of two who ask at once, the second waits here and then finds the first one's rollback."""
    return Run.objects.select_for_update(of=("self",)).get(pk=pk)


def _stop_run(run: Run) -> None:
    """From here on nothing of the run is claimed."""
    if run.state not in {Run.State.DONE, Run.State.CANCELLED}:
        run.state, run.finished_at = Run.State.CANCELLED, timezone.now()
        run.save(update_fields=["state", "finished_at"])


def stop_rollback(rollback: Rollback, actor: "Actor") -> Rollback:
    """Stop after the products in hand; what is back stays back.

    Raises:
        NotPermitted.
    """
    require(actor, ROLL_BACK)
    Rollback.objects.filter(pk=rollback.pk, state=Rollback.State.RUNNING).update(
        state=Rollback.State.CANCELLED, finished_at=timezone.now()
    )
    rollback.refresh_from_db()
    return rollback


def resume_rollback(rollback: Rollback, actor: "Actor") -> Rollback:
    """Go on where it was stopped; or with the one that was asked for since.

    Raises:
        NotPermitted.
    """
    require(actor, ROLL_BACK)
    with transaction.atomic():
        run = _lock_run(rollback.run_id)
        if (running := run.rollbacks.filter(state=Rollback.State.RUNNING).first()) is not None:
            return running
        stopped = Rollback.objects.filter(pk=rollback.pk, state=Rollback.State.CANCELLED)
        if stopped.update(state=Rollback.State.RUNNING, finished_at=None, worked_at=timezone.now()):
            _stop_run(run)  # failed products may have been tried again since
            roll_back_after_commit(rollback)
    rollback.refresh_from_db()
    return rollback


def walk_again(run: Run) -> None:
    """Let stopped rollbacks come to every row anew: some that they passed are to be filed yet."""
    # What they took back is not met again; what they left alone is, and counts anew.
    fresh = {"through": 0, "kept": 0, "refused": 0, "errors": []}
    run.rollbacks.filter(state=Rollback.State.CANCELLED).update(**fresh)


def continue_rollback(pk: int) -> Step:
    """One step: let go of what is queued, wait for what is in hand, count, or take a page back.

    To be called until it is over; by several workers at once it does no harm.
    """
    rollback = Rollback.objects.select_related("run").get(pk=pk)
    if not rollback.is_active:
        return Step.OVER
    Rollback.objects.filter(pk=pk).update(worked_at=timezone.now())
    # Only once nothing of the run can be filed any more is every row come to in its last state.
    # A claim that was under way when the run was cancelled holds its rows: letting go waits for it.
    let_go(rollback.run)
    if rollback.run.classifications.filter(state=State.RUNNING).exists():
        return Step.WAITING
    if rollback.total is None:
        total = preview_rollback(rollback.run).revert
        Rollback.objects.filter(pk=pk, total=None).update(total=total)
    return _take_back_page(pk)


def _take_back_page(pk: int) -> Step:
    with transaction.atomic():
        locked = Rollback.objects.select_for_update(of=("self",), skip_locked=True)
        rollback = locked.filter(pk=pk, state=Rollback.State.RUNNING).first()
        if rollback is None:
            return Step.OVER
        holding = rollback.run.classifications.filter(state__in=HOLDING)
        at_once = get_target(rollback.run.target).can_set_at_once
        rows = find_next_rows(holding, rollback.through, PAGE_AT_ONCE if at_once else PAGE)
        if not rows:
            _finish(rollback)
            return Step.OVER
        _take_back(rollback, rows)
        rollback.through = rows[-1]
        rollback.save(update_fields=["through", "errors", *Rollback.COUNTERS])
    return Step.MORE


def _finish(rollback: Rollback) -> None:
    now = timezone.now()
    rollback.state, rollback.finished_at = Rollback.State.DONE, now
    rollback.save(update_fields=["state", "finished_at"])
    Run.objects.filter(pk=rollback.run_id).update(rolled_back_at=now)
    facts = {"run": rollback.run_id, "rollback": rollback.pk}
    logger.info("run %d: %d labels taken back", rollback.run_id, rollback.taken_back, extra=facts)


def _take_back(rollback: Rollback, rows: Sequence[int]) -> None:
    filed = Decision.objects.filter(
        classification__in=rows,
        action=Decision.Action.APPLY,
        suggestion__state=Suggestion.State.APPLIED,
        classification__is_current=True,
    )
    entries = list(filed.order_by("pk"))
    if not entries:
        return
    if not get_target(rollback.run.target).can_set_at_once:
        return _revert(rollback, entries, at_once=False)
    try:
        with transaction.atomic():
            _revert(rollback, entries, at_once=True)
    except Exception as error:
        if strikes_by_chance(error):
            raise
        # The database refused one of them: one by one, only that one stays as it is.
        logger.warning("categories are taken back one by one", exc_info=True)
        rollback.refresh_from_db(fields=["errors", *Rollback.COUNTERS])
        _revert(rollback, entries, at_once=False)


def _revert(rollback: Rollback, entries: Sequence[Decision], *, at_once: bool) -> None:
    action = Decision.Action.ROLL_BACK
    reversal = Reversal(entries, action, rollback.batch, rollback.signature, at_once=at_once)
    for entry in entries:
        _take_back_one(rollback, reversal, entry)
    reversal.save()


def _take_back_one(rollback: Rollback, reversal: Reversal, entry: Decision) -> None:
    """One product's refusal must not stop the rest."""
    try:
        # Nothing is written yet where all is written at once.
        with nullcontext() if reversal.at_once else transaction.atomic():
            done = reversal.revert(entry)
    except CatalogAIError as refused:
        with translation.override(None):  # as it is stored: told in the language of the reader
            reason = str(refused)
        if reason not in rollback.errors and len(rollback.errors) < ERRORS_KEPT:
            rollback.errors = [*rollback.errors, reason]
        rollback.refused += 1
        reversal.forget(entry)
        return
    rollback.taken_back += done
    rollback.kept += not done
