"""Claims and leases: a row is worked on by one process at a time, and never kept by a dead one."""

import uuid
from collections.abc import Collection
from datetime import timedelta

from django.db import models
from django.db.models import F
from django.utils import timezone

from catalog_ai.conf import get_settings
from catalog_ai.models import Classification, Run

# Every lease of this process and of the children it forks begins with this.
HOLDER = uuid.uuid4().hex[:16]
CLAIMABLE_RUNS = (Run.State.EXPANDING, Run.State.RUNNING)


def claim(ids: Collection[int], *, fresh: bool) -> list[Classification]:
    """Take QUEUED rows for this process: fresh ones, or ones that were tried before.

    The attempt is counted before the work, so that a row that kills its worker uses its tries
    up. What another process took, or what a paused or cancelled run holds, is left alone.
    """
    token = HOLDER + uuid.uuid4().hex[:16]
    # No join: PostgreSQL asks again, of a row it had to wait for, only what stands outside a
    # subquery, and Django puts a join into one. Two workers would then claim the same row.
    runs = Run.objects.filter(state__in=CLAIMABLE_RUNS).values("pk")
    rows = Classification.objects.filter(
        pk__in=ids, state=Classification.State.QUEUED, run__in=runs
    )
    rows = rows.filter(attempts=0) if fresh else rows.filter(attempts__gt=0)
    taken = rows.update(
        state=Classification.State.RUNNING,
        attempts=F("attempts") + 1,
        lease_token=token,
        lease_expires_at=timezone.now() + timedelta(seconds=get_settings().LEASE_SECONDS),
    )
    return _attach_runs(list(_leased(ids, token))) if taken else []


def _attach_runs(rows: list[Classification]) -> list[Classification]:
    """Each run read once, and not, as by a join, again with every row."""
    found = Run.objects.select_related("created_by").in_bulk({row.run_id for row in rows})
    for row in rows:
        row.run = found[row.run_id]
    return rows


def lock_leased(rows: Collection[Classification]) -> set[int]:
    """Lock, in the present transaction, those rows whose lease still holds; their ids."""
    held: set[int] = set()
    for token in {row.lease_token for row in rows}:
        ids = [row.pk for row in rows if row.lease_token == token]
        held.update(_leased(ids, token).select_for_update().values_list("pk", flat=True))
    return held


def _leased(ids: Collection[int], token: str) -> "models.QuerySet[Classification]":
    return Classification.objects.filter(
        pk__in=ids, lease_token=token, state=Classification.State.RUNNING
    ).order_by("pk")


def put_back(rows: Collection[Classification], error: str) -> list[int]:
    """Queue rows again after a failed try, save those with no try left; ids of the queued ones."""
    limit = get_settings().MAX_ATTEMPTS
    tried = {row.pk: row for row in rows}
    again = [pk for pk, row in tried.items() if row.attempts < limit]
    leased = Classification.objects.filter(state=Classification.State.RUNNING)
    for pk in again:
        leased.filter(pk=pk, lease_token=tried[pk].lease_token).update(
            state=Classification.State.QUEUED,
            lease_token="",
            lease_expires_at=None,
            sent_at=None,
            error=error[:300],
        )
    return again


def release_held() -> int:
    """Queue all that this process holds again, at no cost of a try; how many rows."""
    held = Classification.objects.filter(
        state=Classification.State.RUNNING, lease_token__startswith=HOLDER
    )
    return held.update(
        state=Classification.State.QUEUED,
        attempts=F("attempts") - 1,
        lease_token="",
        lease_expires_at=None,
        sent_at=None,
    )
