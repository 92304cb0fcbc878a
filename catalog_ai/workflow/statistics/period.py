"""The days that figures are of, in the shop's own time zone."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog_ai.errors import CatalogAIError

LENGTHS = ("7", "30", "90")
ALL, OWN = "all", "own"
DEFAULT = "30"
DAILY = 92  # days that are shown one by one; longer periods are shown by the week


class BadPeriod(CatalogAIError):
    """The dates asked for make no period."""

    message = _("Give both dates, the earlier one first. The last 30 days are shown meanwhile.")


@dataclass(frozen=True)
class Period:
    """Whole local days from `first` to `last`, both included; without `first`, all until then."""

    name: str
    first: date | None
    last: date

    def list_steps(self, known: "set[date]") -> list[date]:
        """The days, or the Mondays of the weeks; all of them from the first known day on."""
        first = self.first or min(known, default=self.last)
        return list(dict.fromkeys(self.step_of(day, first) for day in list_days(first, self.last)))

    def step_of(self, day: date, first: date) -> date:
        """The day itself, or the Monday of its week where the period is long."""
        long = (self.last - first).days >= DAILY
        return day - timedelta(days=day.weekday()) if long else day


def read_period(query: Mapping[str, Any]) -> Period:
    """From an address; the last 30 days where it names none.

    Raises:
        BadPeriod: dates of one's own that are none, or the wrong way round.
    """
    name, today = query.get("period", DEFAULT), day_of(timezone.now())
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


def get_zone() -> tzinfo:
    """The shop's own time zone, whatever the visitor's is: summaries are of its days."""
    return timezone.get_default_timezone()


def day_of(moment: datetime) -> date:
    """The local day of an aware moment."""
    return moment.astimezone(get_zone()).date()


def begin_of(day: date) -> datetime:
    """The day's first moment."""
    return datetime.combine(day, time.min, get_zone())


def end_of(day: date) -> datetime:
    """The next day's first moment."""
    return begin_of(day + timedelta(days=1))


def list_days(first: date, last: date) -> Iterator[date]:
    """All days from `first` to `last`; none where `last` is before."""
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)
