"""The dashboard's figures, added up from days; kept for a minute."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.core.cache import cache

from catalog_ai.targets import get_target
from catalog_ai.workflow.kept import name_kept
from catalog_ai.workflow.permissions import VIEW_DECISIONS, is_allowed
from catalog_ai.workflow.queue import count_queue
from catalog_ai.workflow.queue_counts import AGES
from catalog_ai.workflow.queue_filter import QueueFilter
from catalog_ai.workflow.statistics.acceptance import Tally
from catalog_ai.workflow.statistics.days import DayFigures, LabelFigures, Pace
from catalog_ai.workflow.statistics.known import Known, load_days
from catalog_ai.workflow.statistics.period import Period, get_zone

if TYPE_CHECKING:
    from catalog_ai.workflow.permissions import Actor

KEPT = 60  # seconds
PAIRS = 12


@dataclass
class Step:
    """A day, or a week by its Monday."""

    day: date
    products: int = 0
    filed: int = 0  # by the model itself
    models: dict[str, Tally] = field(default_factory=dict)

    @property
    def filed_share(self) -> float | None:
        """Filed by the model of all products, 0-1; None where there were none."""
        return min(self.filed / self.products, 1.0) if self.products else None


@dataclass(frozen=True)
class Reviewer:
    """Products that a person decided, and in how many different hours."""

    name: str
    products: int
    hours: int

    @property
    def pace(self) -> float:
        """Products in an hour in which the person decided at all."""
        return self.products / self.hours


@dataclass
class Statistics:
    """All figures of a product model and a period."""

    steps: list[Step]
    labels: dict[str, LabelFigures]
    accepted: dict[str, Tally]  # by label
    acceptance: Tally
    backlog: int
    ages: list[tuple[str, int]]  # "" is under a day; each age without the older ones
    corrections: list[tuple[str, str, int]]  # label, category's name, products
    reviewers: list[Reviewer] | None  # None: not for this person
    as_of: datetime | None  # figures are older than KEPT: what happened since may be missing
    uncounted: int  # days that nobody has counted yet: they are missing
    days: int  # days that are counted

    @property
    def products(self) -> int:
        return sum(step.products for step in self.steps)

    @property
    def filed(self) -> int:
        return sum(step.filed for step in self.steps)


def gather_statistics(target: str, period: Period, actor: "Actor") -> Statistics:
    """Figures, up to KEPT seconds old; reviewers' for those who may read the ledger."""
    named = is_allowed(actor, VIEW_DECISIONS)
    key = name_kept("statistics", target, period.first, period.last, get_zone(), named)
    found: Statistics | None = cache.get(key)
    if found is None:
        found = _add_up(target, period, load_days(target, period), named)
        if not found.uncounted:  # else the next look shall see how far it has got
            cache.set(key, found, KEPT)
    return found


def _add_up(target: str, period: Period, known: Known, named: bool) -> Statistics:
    labels: dict[str, LabelFigures] = defaultdict(LabelFigures)
    accepted: dict[str, Tally] = defaultdict(Tally)
    corrections: Counter[tuple[str, str]] = Counter()
    reviewers: dict[str, Pace] = defaultdict(Pace)
    for day in known.days.values():
        for label, figures in day.labels.items():
            labels[label].count += figures.count
            labels[label].confidence_sum += figures.confidence_sum
        for (label, _version), tally in day.decided.items():
            accepted[label].include(tally)
        corrections.update(day.corrections)
        for name, pace in day.reviewers.items():
            reviewers[name].products += pace.products
            reviewers[name].hours += pace.hours
    total = Tally()
    for tally in accepted.values():
        total.include(tally)
    return Statistics(
        steps=_list_steps(period, known.days),
        labels=dict(labels),
        accepted=dict(accepted),
        acceptance=total,
        corrections=_name_corrections(target, corrections),
        reviewers=_rank_reviewers(reviewers) if named else None,
        as_of=known.as_of,
        uncounted=known.uncounted,
        days=len(known.days),
        **_count_backlog(target),
    )


def _list_steps(period: Period, days: Mapping[date, DayFigures]) -> list[Step]:
    told = {day for day, one in days.items() if one.products or one.filed or one.decided}
    steps = {day: Step(day) for day in period.list_steps(told)}
    first = period.first or min(told, default=period.last)
    for day, figures in days.items():
        if (step := steps.get(period.step_of(day, first))) is None:
            continue  # before the first day with a figure
        step.products += figures.products
        step.filed += figures.filed
        for (_label, version), tally in figures.decided.items():
            step.models.setdefault(version, Tally()).include(tally)
    return list(steps.values())


def _rank_reviewers(reviewers: Mapping[str, Pace]) -> list[Reviewer]:
    made = [Reviewer(name, pace.products, pace.hours) for name, pace in reviewers.items()]
    return sorted(made, key=lambda reviewer: (-reviewer.products, reviewer.name))


def _name_corrections(
    target: str, corrections: "Counter[tuple[str, str]]"
) -> list[tuple[str, str, int]]:
    """Likeliest label, the category people chose instead, and how often; commonest first."""
    ranked = sorted(corrections.items(), key=lambda pair: (-pair[1], pair[0]))[:PAIRS]
    names = get_target(target).get_category_names({key for (_label, key), _number in ranked})
    return [(label, names.get(key, key), number) for (label, key), number in ranked]


def _count_backlog(target: str) -> dict[str, Any]:
    counts = count_queue(QueueFilter(target))
    older = [counts.total, *(dict(counts.ages).get(age, 0) for age in AGES), 0]
    ages = zip(("", *AGES), (a - b for a, b in zip(older, older[1:], strict=False)), strict=True)
    return {"backlog": counts.total, "ages": list(ages)}
