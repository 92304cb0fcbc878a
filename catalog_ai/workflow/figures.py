"""Numbers of the work at hand, each from a bounded query or one index: for metrics and health."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import models
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Now
from django.utils import timezone

from catalog_ai.models import Classification, Decision, Run
from catalog_ai.workflow.claim import CLAIMABLE_RUNS
from catalog_ai.workflow.plans import has_state

State = Classification.State
COUNTED = 100_000  # rows in flight are counted up to here
RUNS_LOOKED_AT = 200  # of the active runs, the oldest


def count_in_flight() -> dict[str, int]:
    """Rows queued and running, each counted up to COUNTED."""
    rows = Classification.objects.order_by()
    return {
        str(state): rows.filter(has_state([state]))[:COUNTED].count()
        for state in Classification.IN_FLIGHT
    }


def count_results(past: timedelta) -> dict[str, int]:
    """Rows that ended in the time just past, by the state they have now."""
    rows = Classification.objects.filter(finished_at__gte=timezone.now() - past).order_by()
    return dict(rows.values_list("state").annotate(number=Count("pk")))


def count_decisions(past: timedelta) -> dict[str, int]:
    """Lines of the ledger of the time just past, by action."""
    rows = Decision.objects.filter(created_at__gte=timezone.now() - past).order_by()
    return dict(rows.values_list("action").annotate(number=Count("pk")))


def count_open_runs() -> dict[str, int]:
    """Runs that are collecting, running or paused."""
    states = (*CLAIMABLE_RUNS, Run.State.PAUSED)
    rows = Run.objects.filter(state__in=states).order_by()
    found = dict(rows.values_list("state").annotate(number=Count("pk")))
    return {str(state): found.get(state, 0) for state in states}


def find_wait(uploads: bool) -> timedelta:
    """How long the oldest queued row of the runs in progress has waited; zero where none waits.

    Rows of paused runs wait because a person said so, and do not count.
    """
    runs = Run.objects.filter(state__in=CLAIMABLE_RUNS)
    upload = models.Q(source=Run.Source.UPLOAD)
    oldest = runs.filter(upload if uploads else ~upload).order_by("created_at")[:RUNS_LOOKED_AT]
    queued = Classification.objects.filter(run=OuterRef("pk"), state=State.QUEUED).order_by("pk")
    first = oldest.annotate(first=Subquery(queued.values("created_at")[:1]))
    return _age_of_oldest(first.values_list("first", flat=True))


def _age_of_oldest(times: Iterable[datetime | None]) -> timedelta:
    known = [time for time in times if time]
    return max(timezone.now() - min(known), timedelta()) if known else timedelta()


def has_results(past: timedelta) -> bool:
    """Whether any row ended in the time just past."""
    return Classification.objects.filter(finished_at__gte=timezone.now() - past).exists()


def has_lost_leases(margin: timedelta) -> bool:
    """Whether a row's lease ran out longer than `margin` ago and nobody took the row back."""
    rows = Classification.objects.filter(has_state([State.RUNNING]))
    return rows.filter(lease_expires_at__lt=Now() - margin).exists()
