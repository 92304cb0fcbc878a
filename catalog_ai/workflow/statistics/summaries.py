"""Day summaries: which days are to be counted anew, and the periodic pass that counts them.

Nothing in the workflow writes them: what has changed is read from the rows and the ledger. Why:
docs/adr/0007-day-summaries.md.
"""

import time
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext

from catalog_ai.models import DaySummary, Decision
from catalog_ai.targets import get_targets
from catalog_ai.workflow.plans import filter_unindexed
from catalog_ai.workflow.statistics.count import Span, count_days, find_first_day
from catalog_ai.workflow.statistics.period import day_of, end_of, get_zone, list_days

# A row may be written so much later than the moment it names: longer than a lease lasts.
LATE = timedelta(minutes=15)
Summaries = dict[date, DaySummary]


@dataclass
class Pass:
    """What one pass did."""

    counted: int = 0
    left: int = 0

    def __str__(self) -> str:
        return gettext("Days counted: %(counted)d, left: %(left)d") % vars(self)


def update_summaries(seconds: float = float("inf"), *, every: float = 0) -> Pass:
    """Count what has changed, the newest days first, for about so many seconds.

    Safe at any time and beside another pass. With `every`, a product model whose summaries are
    whole and not that old (seconds) is left alone: another machine has seen to it.
    """
    done, until = Pass(), time.monotonic() + seconds
    for target in get_targets():
        latest = find_latest(target)
        mark_reverted(target, latest)
        days = list_changed(target)
        if latest and not _is_due(days, latest, every):
            continue
        for place, day in enumerate(days):
            keep_day(target, day)
            done.counted += 1
            if time.monotonic() > until:
                done.left += len(days) - place - 1
                break
    return done


def rebuild_summaries() -> Pass:
    """Count every day anew, as after rows were imported or repaired past the workflow."""
    DaySummary.objects.update(is_stale=True)
    return update_summaries()


def keep_day(target: str, day: date) -> None:
    """Count a day and keep it: one statement, whatever was kept of it before.

    Counted outside a transaction: on SQLite nobody could write meanwhile.
    """
    now = timezone.now()
    figures = count_days(Span(target, day, day))[day]
    summary = DaySummary(
        target=target, day=day, zone=str(get_zone()), figures=figures.pack(), counted_at=now
    )
    DaySummary.objects.bulk_create(
        [summary],
        update_conflicts=True,
        unique_fields=["target", "day"],
        update_fields=["zone", "figures", "counted_at", "is_stale"],
    )


def find_latest(target: str) -> datetime | None:
    """When anything of a product model was last counted."""
    kept = DaySummary.objects.filter(target=target, zone=str(get_zone()))
    latest: datetime | None = kept.aggregate(latest=Max("counted_at"))["latest"]
    return latest


def load_summaries(target: str, first: date, last: date) -> Summaries:
    """What was counted in the present time zone, by day; `first` and `last` are both included."""
    kept = DaySummary.objects.filter(
        target=target, zone=str(get_zone()), day__gte=first, day__lte=last
    )
    return {summary.day: summary for summary in kept}


def find_reverted(target: str, since: datetime, limit: int | None = None) -> dict[date, datetime]:
    """Days of entries that were taken back `since`, and when the last of each was; newest first."""
    rows = Decision.objects.filter(created_at__gte=since, reverts__isnull=False)
    taken_back = filter_unindexed(rows, "classification__target", target)
    pairs = taken_back.order_by("-created_at").values_list("reverts__created_at", "created_at")
    found: dict[date, datetime] = {}
    for moment, taken in pairs[:limit].iterator():
        found.setdefault(day_of(moment), taken)
    return found


def has_changed(summary: DaySummary | None, reverted_at: datetime | None = None) -> bool:
    """Whether a day has to be counted anew, as far as is known; one without a summary has."""
    if summary is None or summary.is_stale:
        return True
    last = max(end_of(summary.day), reverted_at or end_of(summary.day))
    return summary.counted_at < last + LATE


def mark_reverted(target: str, latest: datetime | None) -> None:
    """Mark the days of what was taken back since the last pass, before it is counted."""
    if latest is None:
        return
    for day, taken in find_reverted(target, latest - LATE).items():
        kept = DaySummary.objects.filter(target=target, day=day, is_stale=False)
        kept.filter(counted_at__lt=taken + LATE).update(is_stale=True)


def list_changed(target: str) -> list[date]:
    """Days to be counted anew, newest first."""
    first, today = find_first_day(target), day_of(timezone.now())
    if first is None:
        return []
    # Without the figures: of years of days they are much to read.
    kept = DaySummary.objects.filter(target=target, zone=str(get_zone())).defer("figures")
    known = {summary.day: summary for summary in kept}
    return [day for day in reversed([*list_days(first, today)]) if has_changed(known.get(day))]


def _is_due(days: list[date], latest: datetime, every: float) -> bool:
    """Whether there is more to count than the days that are never closed yet, or it is time."""
    if timezone.now() - latest >= timedelta(seconds=every):
        return True
    yesterday = day_of(timezone.now()) - timedelta(days=1)
    return any(day < yesterday for day in days)
