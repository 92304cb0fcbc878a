"""Figures of days, counted from the rows: a handful of grouped queries, however many rows."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import models
from django.db.models import Count, DateField, Min, Sum, Value
from django.db.models.functions import TruncDate, TruncHour

from catalog_ai.models import Classification, Decision, Suggestion
from catalog_ai.workflow.plans import filter_unindexed
from catalog_ai.workflow.statistics.acceptance import Tally
from catalog_ai.workflow.statistics.days import DayFigures, LabelFigures
from catalog_ai.workflow.statistics.period import begin_of, day_of, end_of, get_zone, list_days
from catalog_ai.workflow.undo import PERSONAL

State = Classification.State
UNJUDGED = (State.QUEUED, State.RUNNING, State.REJECTED, State.FAILED, State.CANCELLED)


@dataclass(frozen=True)
class Span:
    """Whole days of a product model, from `first` to `last`, both included."""

    target: str
    first: date
    last: date

    def limit(self, field: str) -> dict[str, datetime]:
        """Conditions on a moment."""
        return {f"{field}__gte": begin_of(self.first), f"{field}__lt": end_of(self.last)}

    def day_of(self, field: str) -> Any:
        """The day of a moment. Of a single day it is known, and SQLite works it out slowly."""
        if self.first == self.last:
            return Value(self.first, output_field=DateField())
        return TruncDate(field, tzinfo=get_zone())

    def results(self) -> "models.QuerySet[Classification]":
        """What ended in the span, of any product model and state."""
        return Classification.objects.filter(**self.limit("finished_at")).order_by()

    def ledger(self) -> "models.QuerySet[Decision]":
        """Entries of the span, of any product model; also those undone."""
        return Decision.objects.filter(**self.limit("created_at")).order_by()

    def judged(self) -> "models.QuerySet[Classification]":
        """Results of the product model; dry runs and failures left out."""
        rows = filter_unindexed(self.results(), "target", self.target).filter(run__dry_run=False)
        return rows.exclude(state__in=UNJUDGED)

    def standing(self) -> "models.QuerySet[Decision]":
        """Entries of the product model that stand; those undone do not."""
        rows = filter_unindexed(self.ledger(), "classification__target", self.target)
        return rows.filter(reverted_by__isnull=True)

    def is_within(self, rows: int) -> bool:
        """Whether at most so many results and entries are of these days; of any product model."""
        found = self.results()[: rows + 1].count()
        return found <= rows and found + self.ledger()[: rows + 1].count() <= rows


def count_days(span: Span) -> dict[date, DayFigures]:
    """Every day of the span, those without a figure too; five queries."""
    days = {day: DayFigures() for day in list_days(span.first, span.last)}
    for day, label, number, confidence in _count_results(span):
        days[day].labels[label] = LabelFigures(number, confidence or 0.0)
    for day, number in _count_filed(span):
        days[day].filed = number
    for day, label, version, action, number in _count_decided(span):
        tally: Tally = days[day].decided[label, version]
        tally.add(number, action == Decision.Action.APPROVE)
    for day, label, category, number in _count_corrections(span):
        days[day].corrections[label, category] = number
    for name, hour, number in _count_reviewed(span):
        pace = days[day_of(hour)].reviewers[name]
        pace.products += number
        pace.hours += 1
    return days


def find_first_day(target: str) -> date | None:
    """A day before which the product model has no figure; None where it has none at all."""
    if not Classification.objects.filter(target=target).exists():
        return None
    # Of all product models: the moments have an index of their own.
    ended = Classification.objects.filter(finished_at__isnull=False)
    moments = (
        ended.aggregate(first=Min("finished_at"))["first"],
        Decision.objects.aggregate(first=Min("created_at"))["first"],
    )
    return min((day_of(moment) for moment in moments if moment), default=None)


def _count_results(span: Span) -> Any:
    """(day, likeliest label, products, sum of confidences)."""
    grouped = span.judged().values_list(span.day_of("finished_at"), "top_label")
    return grouped.annotate(number=Count("pk"), confidence=Sum("top_confidence"))


def _count_filed(span: Span) -> Any:
    """(day, products that the model filed by itself)."""
    rows = span.standing().filter(action=Decision.Action.APPLY)
    days = rows.values_list(span.day_of("created_at"))
    return days.annotate(number=Count("classification", distinct=True))


def _count_decided(span: Span) -> Any:
    """(day, label, model version, action, the model's suggestions that people decided)."""
    rows = span.standing().filter(action__in=PERSONAL, suggestion__source=Suggestion.Source.MODEL)
    columns = ("label", "classification__model_version", "action")
    grouped = rows.values_list(span.day_of("created_at"), *columns)
    return grouped.annotate(number=Count("pk"))


def _count_corrections(span: Span) -> Any:
    """(day, likeliest label, key of the category that people chose instead, how often)."""
    rows = (
        span.standing()
        .filter(action=Decision.Action.CORRECT, suggestion__source=Suggestion.Source.PERSON)
        .exclude(suggestion__category="")
    )
    columns = ("classification__top_label", "suggestion__category")
    return rows.values_list(span.day_of("created_at"), *columns).annotate(number=Count("pk"))


def _count_reviewed(span: Span) -> Any:
    """(who, hour, products that the person decided in it)."""
    rows = span.standing().filter(action__in=PERSONAL)
    hours = rows.values_list("actor_name", TruncHour("created_at", tzinfo=get_zone()))
    return hours.annotate(number=Count("classification", distinct=True))
