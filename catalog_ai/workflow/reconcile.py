"""Reconcile: the rows are the truth, so whatever the queue or a worker lost is sent again."""

import logging
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection, models, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog_ai.conf import get_settings
from catalog_ai.models import Classification, HealthCheck, Rollback, Run
from catalog_ai.models.causes import Cause
from catalog_ai.workflow.claim import CLAIMABLE_RUNS, Blame, name_rows, put_back
from catalog_ai.workflow.ends import fail_rows, let_go
from catalog_ai.workflow.hand_on import hand_on_runs
from catalog_ai.workflow.job_list import describe_job, list_jobs
from catalog_ai.workflow.queues import (
    CHECK_JOB,
    EXPAND_JOB,
    is_empty,
    queue_name_of,
    send_again,
    send_check,
    send_expansion,
    send_rollback,
)

logger = logging.getLogger(__name__)

GRACE = timedelta(seconds=15)  # a row this young is probably on its way
IDLE_GRACE = timedelta(seconds=30)
SILENT = timedelta(seconds=30)  # a rollback that is worked on says so with every page
PAGE = 5_000
RESENT = 20_000  # rows of a queue in one pass: work for longer than until the next
LOGGED = 100  # ids on one line of the log


@dataclass
class Reconciled:
    """What one pass did."""

    taken_back: int = 0
    given_up: int = 0
    resent: int = 0
    expansions: int = 0
    checks: int = 0

    def __str__(self) -> str:
        return ", ".join(
            [
                ngettext("%d row resent", "%d rows resent", self.resent) % self.resent,
                _("%d taken back from dead workers") % self.taken_back,
                _("%d given up") % self.given_up,
                _("%d runs collected further") % self.expansions,
                ngettext("%d health check resumed", "%d health checks resumed", self.checks)
                % self.checks,
            ]
        )


def reconcile() -> Reconciled:
    """Take back expired leases, send what was never sent or was lost; safe to run at any time.

    Raises:
        RedisError: the queue cannot be reached. The leases are taken back all the same.
    """
    done = Reconciled()
    take_back_expired(done)
    let_go_cancelled()
    hand_on_runs()
    resend_lost(done)
    resume_expansions(done)
    resume_checks(done)
    resume_rollbacks()
    return done


def take_back_expired(done: Reconciled) -> None:
    """Rows of workers that went silent, their host with them for all we know, are queued again."""
    # Leases are the database's time, so that no host's clock can call another's healthy one over.
    expired = _running().filter(lease_expires_at__lt=Now())
    # What a host that was cut off has locked must not hold up the rest.
    skip = connection.features.has_select_for_update_skip_locked
    of = ("self",) if connection.features.has_select_for_update_of else ()
    with transaction.atomic():
        rows = expired.select_for_update(of=of, skip_locked=skip)
        _take_back(list(rows.order_by("pk")[:PAGE]), Blame.WORKER, done)


def take_back_held(holder: str, blame: Blame) -> Reconciled:
    """The rows of one worker whose child has died: its parent need not wait for their lease.

    `blame` is for an image that was alone in hand; of many, none is to blame.
    """
    done = Reconciled()
    with transaction.atomic():
        rows = list(_running().filter(lease_token__startswith=holder).order_by("pk"))
        _take_back(rows, blame if len(rows) == 1 else Blame.WORKER, done)
    return done


def _running() -> "models.QuerySet[Classification]":
    running = Classification.objects.filter(state=Classification.State.RUNNING)
    return running.select_related("run")


def let_go_cancelled() -> None:
    """Rows that a worker gave back after their run was cancelled: the product is free again."""
    queued = Classification.objects.filter(state=Classification.State.QUEUED)
    left = queued.filter(run__state=Run.State.CANCELLED).values("run")
    for run in Run.objects.filter(pk__in=left).order_by("pk"):
        let_go(run)


def _take_back(rows: list[Classification], blame: Blame, done: Reconciled) -> None:
    if not rows:
        return
    again = set(put_back(rows, Cause("worker_stopped"), blame))
    used_up = [row for row in rows if row.pk not in again]
    done.given_up += fail_rows(used_up, _find_cause(blame))
    done.taken_back += len(again)
    facts = {**name_rows(rows), "blame": blame.name.lower(), "given_up": [r.pk for r in used_up]}
    logger.warning("%d rows taken back from a dead worker", len(rows), extra=facts)


def _find_cause(blame: Blame) -> Cause:
    if blame is Blame.IMAGE:
        return Cause("stops_worker", {"tries": get_settings().MAX_ATTEMPTS})
    return Cause("broken_off")


def resend_lost(done: Reconciled) -> None:
    """Send QUEUED rows that never reached the queue, or that an empty queue no longer holds."""
    queued = Classification.objects.filter(
        state=Classification.State.QUEUED, run__state__in=CLAIMABLE_RUNS
    )
    upload = Q(run__source=Run.Source.UPLOAD)
    settings = get_settings()
    # Each queue by itself: a long bulk run must not hide an upload that was never sent.
    _resend(settings.UPLOAD_QUEUE, queued.filter(upload), done)
    _resend(settings.BULK_QUEUE, queued.exclude(upload), done)


def _resend(name: str, queued: "models.QuerySet[Classification]", done: Reconciled) -> None:
    due = Q(sent_at__isnull=True) & is_older("created_at", GRACE)
    if is_empty(name):
        # A job at work may be a dead one: its rows are sent a second time, which does no harm.
        due |= is_older("sent_at", IDLE_GRACE)
    # Else the jobs of rows that were sent may still be waiting their turn.
    ids = list(queued.filter(due).order_by("pk").values_list("pk", flat=True)[:RESENT])
    if not ids:
        return
    send_again(name, ids)
    done.resent += len(ids)
    logger.info("%d rows sent again", len(ids), extra={"classifications": ids[:LOGGED]})


def is_older(field: str, age: timedelta) -> Q:
    """Condition: the time lies `age` back, or as far ahead, by a clock that was wrong then."""
    now = timezone.now()
    return Q(**{f"{field}__lt": now - age}) | Q(**{f"{field}__gt": now + age})


def resume_expansions(done: Reconciled) -> None:
    """Large runs whose collecting job was lost."""
    waiting = Run.objects.filter(is_older("created_at", GRACE), state=Run.State.EXPANDING)
    waiting = waiting.exclude(selection_sql="", results_of=None)
    present: dict[str, set[str]] = {}
    for run in waiting:
        queue = queue_name_of(run)
        if queue not in present:
            present[queue] = list_jobs(queue)
        if describe_job(EXPAND_JOB, run.pk) not in present[queue]:
            send_expansion(run)
            logger.info("run %d is collected further", run.pk, extra={"runs": [run.pk]})
            done.expansions += 1


def resume_checks(done: Reconciled) -> None:
    """Health checks whose job was lost."""
    waiting = HealthCheck.objects.filter(
        is_older("touched_at", GRACE), state__in=HealthCheck.IN_PROGRESS
    )
    present = list_jobs(get_settings().BULK_QUEUE) if waiting else set()
    for check in waiting:
        if describe_job(CHECK_JOB, check.pk) not in present:
            send_check(check)
            done.checks += 1


def resume_rollbacks() -> None:
    """Rollbacks whose job was lost with its worker, or had to wait for one that died."""
    lost = is_older("worked_at", SILENT)
    for rollback in Rollback.objects.filter(lost, state=Rollback.State.RUNNING):
        send_rollback(rollback.pk)
        Rollback.objects.filter(pk=rollback.pk).update(worked_at=timezone.now())
