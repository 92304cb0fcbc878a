"""Reconcile: the rows are the truth, so whatever the queue or a worker lost is sent again."""

import logging
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog_ai.conf import get_settings
from catalog_ai.models import Classification, Rollback, Run
from catalog_ai.workflow.claim import CLAIMABLE_RUNS, put_back
from catalog_ai.workflow.ends import fail_rows, let_go
from catalog_ai.workflow.queues import (
    group_by_queue,
    is_empty,
    is_idle,
    queue_name_of,
    send,
    send_expansion,
    send_rollback,
)

logger = logging.getLogger(__name__)

GRACE = timedelta(seconds=15)  # a row this young is probably on its way
IDLE_GRACE = timedelta(seconds=30)
SILENT = timedelta(seconds=30)  # a rollback that is worked on says so with every page
PAGE = 5_000


@dataclass
class Reconciled:
    """What one pass did."""

    taken_back: int = 0
    given_up: int = 0
    resent: int = 0
    expansions: int = 0

    def __str__(self) -> str:
        return ", ".join(
            [
                ngettext("%d row resent", "%d rows resent", self.resent) % self.resent,
                _("%d taken back from dead workers") % self.taken_back,
                _("%d given up") % self.given_up,
                _("%d runs collected further") % self.expansions,
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
    resend_lost(done)
    resume_expansions(done)
    resume_rollbacks()
    return done


def take_back_expired(done: Reconciled) -> None:
    """Rows of workers that went silent are queued again, or failed after their last try."""
    running = Classification.objects.filter(state=Classification.State.RUNNING)
    expired = running.filter(lease_expires_at__lt=timezone.now())
    _take_back(list(expired.select_related("run").order_by("pk")[:PAGE]), done)


def take_back_held(holder: str) -> Reconciled:
    """The rows of one worker whose child has died: its parent need not wait for their lease."""
    done = Reconciled()
    running = Classification.objects.filter(state=Classification.State.RUNNING)
    held = running.filter(lease_token__startswith=holder)
    _take_back(list(held.select_related("run").order_by("pk")), done)
    return done


def let_go_cancelled() -> None:
    """Rows that a worker gave back after their run was cancelled: the product is free again."""
    queued = Classification.objects.filter(state=Classification.State.QUEUED)
    left = queued.filter(run__state=Run.State.CANCELLED).values("run")
    for run in Run.objects.filter(pk__in=left).order_by("pk"):
        let_go(run)


def _take_back(rows: list[Classification], done: Reconciled) -> None:
    error = _("The worker stopped while it had this image in hand.")
    with transaction.atomic():
        again = set(put_back(rows, error))
        tries = get_settings().MAX_ATTEMPTS
        reason = _("The image stopped the worker %(tries)d times.") % {"tries": tries}
        done.given_up += fail_rows([row for row in rows if row.pk not in again], reason)
    done.taken_back += len(again)


def resend_lost(done: Reconciled) -> None:
    """Send QUEUED rows that never reached the queue, or that an empty queue no longer holds."""
    now = timezone.now()
    unsent = Q(sent_at__isnull=True, created_at__lt=now - GRACE)
    lost = Q(sent_at__lt=now - IDLE_GRACE)
    rows = Classification.objects.filter(
        state=Classification.State.QUEUED, run__state__in=CLAIMABLE_RUNS
    ).select_related("run")
    for name, ids in group_by_queue(rows.filter(unsent | lost).order_by("pk")[:PAGE]).items():
        # A job at work may be a dead one: its rows are sent a second time, which does no harm.
        if not is_empty(name):
            # The jobs of rows that were sent may still be waiting their turn.
            ids = list(rows.filter(unsent, pk__in=ids).values_list("pk", flat=True))
        send(name, ids)
        done.resent += len(ids)


def resume_expansions(done: Reconciled) -> None:
    """Large runs whose collecting job was lost."""
    waiting = Run.objects.filter(
        state=Run.State.EXPANDING, created_at__lt=timezone.now() - GRACE
    ).exclude(selection_sql="", results_of=None)
    for run in waiting:
        if is_idle(queue_name_of(run)):
            send_expansion(run)
            done.expansions += 1


def resume_rollbacks() -> None:
    """Rollbacks whose job was lost with its worker, or had to wait for one that died."""
    lost = timezone.now() - SILENT
    for rollback in Rollback.objects.filter(state=Rollback.State.RUNNING, worked_at__lt=lost):
        send_rollback(rollback.pk)
        Rollback.objects.filter(pk=rollback.pk).update(worked_at=timezone.now())
