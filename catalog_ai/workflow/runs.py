"""What a person can do to a run as a whole: pause, resume, cancel, retry.

All raise NotPermitted where the actor may not start runs.
"""

from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.utils import timezone

from catalog_ai.arrays import is_among
from catalog_ai.errors import RunIsRolledBack
from catalog_ai.models import Classification, Rollback, Run
from catalog_ai.workflow.breaker import find_next_breaker
from catalog_ai.workflow.ends import let_go_at_once
from catalog_ai.workflow.enqueue import finish_if_done
from catalog_ai.workflow.permissions import CATEGORIZE, require
from catalog_ai.workflow.queues import (
    expand_after_commit,
    send_after_commit,
    send_run_after_commit,
)
from catalog_ai.workflow.rollback import walk_again

if TYPE_CHECKING:
    from catalog_ai.workflow.permissions import Actor

State = Classification.State


def cancel_run(run: Run, actor: "Actor") -> Run:
    """Stop a run: queued products are let go, those in hand are finished, results stay."""
    require(actor, CATEGORIZE)
    stopped = Run.objects.filter(pk=run.pk).exclude(state__in=(Run.State.DONE, Run.State.CANCELLED))
    # From here on nothing of it is collected or claimed any more.
    if stopped.update(state=Run.State.CANCELLED, finished_at=timezone.now()):
        let_go_at_once(run)
    run.refresh_from_db()
    return run


def pause_run(run: Run, actor: "Actor") -> Run:
    """Hold a run: nothing more of it is taken up until it is resumed."""
    require(actor, CATEGORIZE)
    run.explain(None)
    Run.objects.filter(pk=run.pk, state__in=(Run.State.RUNNING, Run.State.EXPANDING)).update(
        state=Run.State.PAUSED, **{name: getattr(run, name) for name in Run.EXPLANATION}
    )
    run.refresh_from_db()
    return run


def resume_run(run: Run, actor: "Actor") -> Run:
    """Go on with a paused run."""
    require(actor, CATEGORIZE)
    with transaction.atomic():
        run = Run.objects.select_for_update(of=("self",)).get(pk=run.pk)
        if run.state != Run.State.PAUSED:
            return run
        expanding = not run.collected
        run.state = Run.State.EXPANDING if expanding else Run.State.RUNNING
        run.breaker = find_next_breaker(run)
        run.explain(None)
        run.save(update_fields=["state", "breaker", *Run.EXPLANATION])
        if expanding:
            expand_after_commit(run)
        # Behind the commit: rows are locked before their run, and there may be a million of them.
        send_run_after_commit(run)
        finish_if_done([run.pk])
    run.refresh_from_db()
    return run


def retry_failed(run: Run, actor: "Actor") -> int:
    """Queue the failed products of a run again, with all their tries; how many.

    A run that had ended goes on with them alone; one that is paused or collecting stays so.

    Raises:
        NotPermitted. RunIsRolledBack: what it filed was taken back, or is being taken back.
    """
    require(actor, CATEGORIZE)
    with transaction.atomic():
        # Rows before their run, as whoever deletes products locks them.
        failed = run.classifications.filter(state=State.FAILED).order_by("pk")
        list(failed.select_for_update().values_list("pk"))
        run = Run.objects.select_for_update(of=("self",)).get(pk=run.pk)
        if run.rolled_back_at or run.rollbacks.filter(state=Rollback.State.RUNNING).exists():
            raise RunIsRolledBack
        ids = _queue_again(run)
        count = len(ids)
        run.failed -= count
        if count and run.state in {Run.State.DONE, Run.State.CANCELLED}:
            run.state, run.finished_at, run.collected = Run.State.RUNNING, None, True
        run.save(update_fields=["failed", "state", "finished_at", "collected"])
        if count:
            walk_again(run)
        send_after_commit(run, ids)
    return count


def _queue_again(run: Run) -> list[int]:
    """Queue those failed rows whose product is not in flight in another run; their ids."""
    failed = run.classifications.filter(state=State.FAILED)
    busy = Classification.objects.filter(target=run.target, state__in=Classification.IN_FLIGHT)
    while True:
        free = failed.exclude(object_id__in=busy.values("object_id"))
        ids = list(free.order_by("pk").values_list("pk", flat=True))
        try:
            with transaction.atomic():
                Classification.objects.filter(is_among("pk", ids)).update(
                    state=State.QUEUED,
                    attempts=0,
                    interruptions=0,
                    sent_at=timezone.now(),
                    is_current=False,
                    **Classification.error_fields(None),
                )
            return ids
        except IntegrityError:
            continue  # another run took one of the products just now: it is busy when we look again
