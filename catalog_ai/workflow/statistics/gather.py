"""The dashboard's figures: a handful of grouped queries, kept for a minute."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from django.core.cache import cache
from django.db import models
from django.db.models import Count, Sum
from django.db.models.functions import TruncDate, TruncHour
from django.utils import timezone

from catalog_ai.models import Classification, Decision, Suggestion
from catalog_ai.targets import get_target
from catalog_ai.workflow.permissions import is_allowed
from catalog_ai.workflow.queue import QueueFilter, count_queue
from catalog_ai.workflow.queue_counts import AGES
from catalog_ai.workflow.statistics.acceptance import Tally
from catalog_ai.workflow.statistics.period import Period
from catalog_ai.workflow.undo import PERSONAL

if TYPE_CHECKING:
    from catalog_ai.workflow.permissions import Actor

State = Classification.State
UNJUDGED = (State.QUEUED, State.RUNNING, State.REJECTED, State.FAILED, State.CANCELLED)
SEE_REVIEWERS = "catalog_ai.view_decision"  # who decided what is in the ledger
KEPT = 60  # seconds
PAIRS = 12


@dataclass
class LabelFigures:
    """Products whose likeliest label is this one."""

    count: int = 0
    confidence_sum: float = 0.0

    @property
    def confidence(self) -> float:
        """Mean confidence, 0-1."""
        return self.confidence_sum / self.count if self.count else 0.0


@dataclass
class Step:
    """A day, or a week by its Monday."""

    day: date
    products: int = 0
    filed: int = 0  # by the model itself
    models: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))

    @property
    def filed_share(self) -> float | None:
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

    @property
    def products(self) -> int:
        return sum(step.products for step in self.steps)

    @property
    def filed(self) -> int:
        return sum(step.filed for step in self.steps)


def gather_statistics(target: str, period: Period, actor: "Actor") -> Statistics:
    """Figures, up to KEPT seconds old; reviewers' for those who may read the ledger."""
    zone = timezone.get_current_timezone_name()
    named = is_allowed(actor, SEE_REVIEWERS)
    key = f"catalog_ai.statistics.{target}.{period.first}.{period.last}.{zone}.{named}"
    found: Statistics | None = cache.get(key)
    if found is None:
        found = _gather(target, period, named)
        cache.set(key, found, KEPT)
    return found


def _gather(target: str, period: Period, named: bool) -> Statistics:
    results, filed = _count_results(target, period), _count_filed(target, period)
    decided = _count_decided(target, period)
    known = {line[0] for line in (*results, *filed, *decided)}
    steps = {day: Step(day) for day in period.list_steps(known)}
    first = period.first or min(known, default=period.last)
    labels: dict[str, LabelFigures] = defaultdict(LabelFigures)
    for day, label, count, confidence in results:
        steps[period.step_of(day, first)].products += count
        labels[label].count += count
        labels[label].confidence_sum += confidence or 0.0
    for day, count in filed:
        steps[period.step_of(day, first)].filed += count
    accepted: dict[str, Tally] = defaultdict(Tally)
    total = Tally()
    for day, label, version, action, count in decided:
        tallies = (accepted[label], total, steps[period.step_of(day, first)].models[version])
        for tally in tallies:
            tally.add(count, action == Decision.Action.APPROVE)
    for step in steps.values():
        step.models = dict(step.models)
    return Statistics(
        steps=list(steps.values()),
        labels=dict(labels),
        accepted=dict(accepted),
        acceptance=total,
        corrections=_count_corrections(target, period),
        reviewers=_count_reviewers(target, period) if named else None,
        **_count_backlog(target),
    )


def _count_results(target: str, period: Period) -> list[Any]:
    """(day, likeliest label, products, sum of confidences); dry runs and failures left out."""
    rows = Classification.objects.filter(
        **period.limit("finished_at"), target=target, run__dry_run=False
    ).exclude(state__in=UNJUDGED)
    grouped = rows.order_by().values_list(TruncDate("finished_at"), "top_label")
    return list(grouped.annotate(number=Count("pk"), confidence=Sum("top_confidence")))


def _ledger(target: str, period: Period) -> "models.QuerySet[Decision]":
    """Entries of the period that stand; those undone do not."""
    return Decision.objects.filter(
        **period.limit("created_at"), classification__target=target, reverted_by__isnull=True
    ).order_by()


def _count_filed(target: str, period: Period) -> list[Any]:
    """(day, products that the model filed by itself)."""
    rows = _ledger(target, period).filter(action=Decision.Action.APPLY)
    days = rows.values_list(TruncDate("created_at"))
    return list(days.annotate(number=Count("classification", distinct=True)))


def _count_decided(target: str, period: Period) -> list[Any]:
    """(day, label, model version, action, the model's suggestions that people decided)."""
    rows = _ledger(target, period).filter(
        action__in=PERSONAL, suggestion__source=Suggestion.Source.MODEL
    )
    columns = ("label", "classification__model_version", "action")
    return list(rows.values_list(TruncDate("created_at"), *columns).annotate(number=Count("pk")))


def _count_reviewers(target: str, period: Period) -> list[Reviewer]:
    rows = _ledger(target, period).filter(action__in=PERSONAL)
    hours = rows.values_list("actor_name", TruncHour("created_at"))
    found: dict[str, list[int]] = defaultdict(list)
    for name, _hour, count in hours.annotate(number=Count("classification", distinct=True)):
        found[name].append(count)
    made = [Reviewer(name, sum(counts), len(counts)) for name, counts in found.items()]
    return sorted(made, key=lambda reviewer: (-reviewer.products, reviewer.name))


def _count_corrections(target: str, period: Period) -> list[tuple[str, str, int]]:
    """Likeliest label, the category people chose instead, and how often; commonest first."""
    rows = (
        _ledger(target, period)
        .filter(action=Decision.Action.CORRECT, suggestion__source=Suggestion.Source.PERSON)
        .exclude(suggestion__category="")
    )
    columns = ("classification__top_label", "suggestion__category")
    counted = rows.values_list(*columns).annotate(number=Count("pk")).order_by("-number", *columns)
    pairs = list(counted[:PAIRS])
    names = get_target(target).get_category_names({key for _label, key, _number in pairs})
    return [(label, names.get(key, key), number) for label, key, number in pairs]


def _count_backlog(target: str) -> dict[str, Any]:
    counts = count_queue(QueueFilter(target))
    older = [counts.total, *(dict(counts.ages).get(age, 0) for age in AGES), 0]
    ages = zip(("", *AGES), (a - b for a, b in zip(older, older[1:], strict=False)), strict=True)
    return {"backlog": counts.total, "ages": list(ages)}
