"""The days that figures are of, in the shop's own time zone."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog_ai.errors import CatalogAIError

LENGTHS = ("7", "30", "90")
ALL, OWN = "all", "own"
DEFAULT = "30"
DAILY = 92  # days that are shown one by one; longer periods are shown by the week


class BadPeriod(CatalogAIError):
    message = _("Give both dates, the earlier one first. The last 30 days are shown meanwhile.")


@dataclass(frozen=True)
class Period:
    """Whole local days from `first` to `last`, both included; without `first`, all until then."""

    name: str
    first: date | None
    last: date

    def limit(self, field: str) -> dict[str, datetime]:
        """Conditions on a moment: from the first midnight on, before the one after the last."""
        limits = {f"{field}__lt": _midnight(self.last + timedelta(days=1))}
        if self.first:
            limits[f"{field}__gte"] = _midnight(self.first)
        return limits

    def list_steps(self, known: "set[date]") -> list[date]:
        """The days, or the Mondays of the weeks; all of them from the first known day on."""
        first = self.first or min(known, default=self.last)
        return list(dict.fromkeys(self.step_of(day, first) for day in _days(first, self.last)))

    def step_of(self, day: date, first: date) -> date:
        """The day itself, or the Monday of its week where the period is long."""
        long = (self.last - first).days >= DAILY
        return day - timedelta(days=day.weekday()) if long else day


def read_period(query: Mapping[str, Any]) -> Period:
    """From an address; the last 30 days where it names none.

    Raises:
        BadPeriod: dates of one's own that are none, or the wrong way round.
    """
    name, today = query.get("period", DEFAULT), timezone.localdate()
    if name == OWN:
        return _read_own(query, today)
    if name == ALL:
        return Period(ALL, None, today)
    name = name if name in LENGTHS else DEFAULT
    return Period(name, today - timedelta(days=int(name) - 1), today)


def _read_own(query: Mapping[str, Any], today: date) -> Period:
    try:
        first = date.fromisoformat(query.get("from", ""))
        last = min(date.fromisoformat(query.get("to", "")), today)
    except ValueError as no_date:
        raise BadPeriod from no_date
    if first > last or first.year < 2000:
        raise BadPeriod
    return Period(OWN, first, last)


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _days(first: date, last: date) -> Iterator[date]:
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)
