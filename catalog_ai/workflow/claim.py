"""Claims and leases: a row is worked on by one process at a time, and never kept by a dead one."""

import logging
import uuid
from collections.abc import Collection
from datetime import timedelta
from enum import IntEnum

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from catalog_ai.arrays import is_among
from catalog_ai.conf import get_settings
from catalog_ai.models import Classification, Run
from catalog_ai.models.causes import Cause
from catalog_ai.targets import ProductTarget
from catalog_ai.workflow.locks import lock_products
from catalog_ai.workflow.models_in_use import get_bundle

logger = logging.getLogger(__name__)

# Every lease of this process and of the children it forks begins with this.
HOLDER = uuid.uuid4().hex[:16]
CLAIMABLE_RUNS = (Run.State.EXPANDING, Run.State.RUNNING)
# What a row may be interrupted before it is given up: twenty lost workers, or an outage of about
# a day at the pace of reconcile.
MOST_INTERRUPTIONS = 10_000


# What nobody asks of a row at work.
UNREAD = ("created_at", "reviewed_at", "assigned_to", "assigned_until")


class Blame(IntEnum):
    """Why a row comes back without a result: what that adds to its interruptions.

    Only IMAGE uses up a try. The others are bounded too, so that nothing goes round for ever.
    """

    IMAGE = 0  # alone in hand, and its process failed while its worker lived
    OUTAGE = 1  # database, Redis or storage were away
    WORKER = 500  # a worker is gone, or many images were in hand


def claim(ids: Collection[int], *, fresh: bool) -> list[Classification]:
    """Take QUEUED rows for this process: fresh ones, or ones that were tried before.

    The attempt is counted before the work, so that a row that kills its worker uses its tries
    up. What another process took, what a paused or cancelled run holds, and a run that another
    model was chosen for, are left alone. An upload is judged by whatever model the worker has.
    """
    token = HOLDER + uuid.uuid4().hex[:16]
    version = get_bundle().model_version
    # No join: PostgreSQL asks again, of a row it had to wait for, only what stands outside a
    # subquery, and Django puts a join into one. Two workers would then claim the same row.
    # The run's model and not the row's: of a run that was handed on, a row may come back late.
    mine = Q(model_version=version) | Q(source=Run.Source.UPLOAD)
    runs = Run.objects.filter(mine, state__in=CLAIMABLE_RUNS)
    rows = Classification.objects.filter(
        is_among("pk", ids), state=Classification.State.QUEUED, run__in=runs.values("pk")
    )
    untried = Q(attempts=0, interruptions=0)
    taken = rows.filter(untried if fresh else ~untried).update(
        state=Classification.State.RUNNING,
        attempts=F("attempts") + 1,
        model_version=version,
        lease_token=token,
        # The database's clock, which all hosts share.
        lease_expires_at=Now() + timedelta(seconds=get_settings().LEASE_SECONDS),
    )
    claimed = _attach_runs(list(_leased(ids, token).defer(*UNREAD))) if taken else []
    if claimed:
        logger.info("%d rows claimed", len(claimed), extra=name_rows(claimed))
    return claimed


def _attach_runs(rows: list[Classification]) -> list[Classification]:
    """Each run read once, and not, as by a join, again with every row."""
    found = Run.objects.select_related("created_by").in_bulk({row.run_id for row in rows})
    for row in rows:
        row.run = found[row.run_id]
    return rows


def name_rows(rows: Collection[Classification]) -> dict[str, list[int]]:
    """Facts for a log line: the runs and the ids of these rows."""
    return {
        "runs": sorted({row.run_id for row in rows}),
        "classifications": [row.pk for row in rows],
    }


def lock_leased(rows: Collection[Classification]) -> set[int]:
    """Lock, in the present transaction, those rows whose lease still holds; their ids."""
    held: set[int] = set()
    for token in {row.lease_token for row in rows}:
        ids = [row.pk for row in rows if row.lease_token == token]
        held.update(_leased(ids, token).select_for_update().values_list("pk", flat=True))
    return held


def _leased(ids: Collection[int], token: str) -> "models.QuerySet[Classification]":
    return Classification.objects.filter(
        is_among("pk", ids), lease_token=token, state=Classification.State.RUNNING
    ).order_by("pk")


def put_back(rows: Collection[Classification], cause: Cause, blame: Blame) -> list[int]:
    """Queue rows again that came to nothing, save those that are used up; ids of the queued."""
    again = [row for row in rows if not _is_used_up(row, blame)]
    leased = Classification.objects.filter(state=Classification.State.RUNNING)
    for row in again:
        # Whoever holds the lease knows the counts: nobody else changes them.
        leased.filter(pk=row.pk, lease_token=row.lease_token).update(
            state=Classification.State.QUEUED,
            attempts=row.attempts - (blame is not Blame.IMAGE),
            interruptions=row.interruptions + blame,
            lease_token="",
            lease_expires_at=None,
            sent_at=None,
            **Classification.error_fields(cause),
        )
    return [row.pk for row in again]


def _is_used_up(row: Classification, blame: Blame) -> bool:
    if blame is Blame.IMAGE:
        return row.attempts >= get_settings().MAX_ATTEMPTS
    return row.interruptions + blame >= MOST_INTERRUPTIONS


def release_held() -> int:
    """Queue all that this process holds again, at no cost of a try; how many rows."""
    return _release(Q(lease_token__startswith=HOLDER))


def recall_claimed(target: ProductTarget, keys: Collection[str]) -> list[int]:
    """Queue these products' rows again that some worker has in hand; their ids.

    For photos that were replaced under their old names: nobody can tell what that worker has read.
    The shop's transaction keeps the rows, so it has to have the products before them.
    """
    held = Classification.objects.filter(
        is_among("object_id", keys), target=target.key, state=Classification.State.RUNNING
    )
    owners = dict(held.values_list("pk", "object_id"))
    lock_products(target, list(owners.values()))
    _release(Q(is_among("pk", owners)))
    return list(owners)


def _release(which: Q) -> int:
    held = Classification.objects.filter(which, state=Classification.State.RUNNING)
    return held.update(
        state=Classification.State.QUEUED,
        attempts=F("attempts") - 1,
        lease_token="",
        lease_expires_at=None,
        sent_at=None,
    )
