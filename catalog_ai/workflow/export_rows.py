"""What an export reads of a page of products: tuples, for making model instances took longest."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db import models

from catalog_ai.models import Classification, Decision, Suggestion


class Result(NamedTuple):
    """Columns of a classification."""

    id: int
    object_id: str
    state: str
    reason: str
    top_label: str
    top_confidence: float | None
    image_name: str
    image_digest: str
    model_version: str
    preset: str
    run_id: int
    finished_at: datetime | None
    reviewed_at: datetime | None
    error_code: str
    error: str


class Offer(NamedTuple):
    """Columns of a suggestion."""

    id: int
    classification_id: int
    label: str
    facet: str
    confidence: float | None
    auto_threshold: float | None
    review_threshold: float | None
    state: str
    source: str
    category: str


class Verdict(NamedTuple):
    """Columns of a decision."""

    suggestion_id: int
    actor_name: str
    created_at: datetime


@dataclass(frozen=True)
class Entry:
    """One product of a page and the result that is reported of it."""

    key: str
    result: Result | None
    offers: Sequence[Offer] = ()  # of the result, likeliest first


def load_results(rows: "models.QuerySet[Classification]") -> list[Result]:
    """In the order of the rows; one query."""
    return [Result(*row) for row in rows.values_list(*Result._fields)]


def load_offers(results: Collection[Result]) -> dict[int, list[Offer]]:
    """Suggestions by classification id, likeliest first; one query."""
    found: dict[int, list[Offer]] = {}
    if not results:
        return found
    rows = Suggestion.objects.filter(classification__in=[result.id for result in results])
    for row in rows.order_by("-confidence", "pk").values_list(*Offer._fields):
        offer = Offer(*row)
        found.setdefault(offer.classification_id, []).append(offer)
    return found


def load_verdicts(entries: Sequence[Entry]) -> dict[int, Verdict]:
    """The latest decision on each suggestion, by the suggestion's id; one query."""
    ids = [offer.id for entry in entries for offer in entry.offers]
    rows = Decision.objects.filter(suggestion__in=ids).order_by("pk")
    verdicts = (Verdict(*row) for row in rows.values_list(*Verdict._fields))
    return {verdict.suggestion_id: verdict for verdict in verdicts}
