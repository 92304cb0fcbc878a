"""What is known of a period's days: from their summaries, and counted now where that is cheap."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.utils import timezone

from catalog_ai.workflow.statistics.count import Span, count_days, find_first_day
from catalog_ai.workflow.statistics.days import DayFigures
from catalog_ai.workflow.statistics.period import Period, day_of
from catalog_ai.workflow.statistics.summaries import (
    LATE,
    Summaries,
    find_latest,
    find_reverted,
    has_changed,
    load_summaries,
)

CHEAP = 10_000  # results and ledger entries that are counted while a page waits


@dataclass
class Known:
    """Figures by day, and how far they can be relied on."""

    days: dict[date, DayFigures] = field(default_factory=dict)
    as_of: datetime | None = None  # from then on, something may be missing
    uncounted: int = 0  # days that are not among `days`, for nobody has counted them yet


def load_days(target: str, period: Period) -> Known:
    """The days of a period from the first one with a row on: a bounded few queries."""
    begin, today = find_first_day(target), day_of(timezone.now())
    if begin is None:
        return Known()
    first, last = max(begin, period.first or begin), min(period.last, today)
    if first > last:
        return Known()
    kept = load_summaries(target, first, last)
    changed = _list_changed(target, first, last, kept)
    known = Known({day: DayFigures.unpack(one.figures) for day, one in kept.items()})
    start = _find_start(target, changed, last)
    if start is not None:
        known.days |= count_days(Span(target, start, last))
        changed = [day for day in changed if day < start]
    known.as_of = min((kept[day].counted_at for day in changed if day in kept), default=None)
    known.uncounted = sum(day not in kept for day in changed)
    return known


def _list_changed(target: str, first: date, last: date, kept: Summaries) -> list[date]:
    latest = find_latest(target)
    reverted = find_reverted(target, latest - LATE, CHEAP) if latest else {}
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return [day for day in days if has_changed(kept.get(day), reverted.get(day))]


def _find_start(target: str, changed: list[date], last: date) -> date | None:
    """From which day on to count now: the first changed one, or the last few, or none at all."""
    newest = [day for day in changed if (last - day).days < 2]
    for days in (changed, newest):
        if days and Span(target, days[0], last).is_within(CHEAP):
            return days[0]
    return None
