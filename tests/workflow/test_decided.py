"""What people decided, added up by the database: the right sums, along the right index."""

import random
from collections import defaultdict
from typing import Any

import pytest
from django.db import connection

from catalog_ai.models import Classification, Suggestion
from catalog_ai.targets import ProductTarget
from catalog_ai.workflow import decided
from catalog_ai.workflow.decided import ASKED_ALL, load_decided
from catalog_ai.workflow.models_in_use import get_bundle
from tests.factories import make_run

pytestmark = pytest.mark.django_db
LABELS = ("article:tshirts", "article:jeans")


def fill(count: int) -> list[Suggestion]:
    """Suggestions of every kind that matters, on results of two models and two product models."""
    chance, run = random.Random(count), make_run()
    states = [*Suggestion.BY_PERSON, Suggestion.State.PENDING, Suggestion.State.APPLIED]
    versions = [get_bundle().model_version] * 3 + ["older"]
    results = Classification.objects.bulk_create(
        Classification(
            run=run,
            target=chance.choice([run.target] * 4 + ["shop.other"]),
            object_id=str(number),
            model_version=chance.choice(versions),
            state="reviewed",
            reason=chance.choice(["", "low_confidence", *ASKED_ALL]),
        )
        for number in range(count)
    )
    made = Suggestion.objects.bulk_create(
        Suggestion(
            classification=row,
            label=chance.choice(LABELS),
            confidence=chance.choice([None, *(step / 100 for step in range(50, 100))]),
            auto_threshold=0.8,
            state=chance.choice(states),
            audit=chance.random() < 0.2,
            asked_chance=chance.choice([1.0, 0.05]),
        )
        for row in results
    )
    return sorted(made, key=lambda one: one.pk)


def add_up(made: list[Suggestion]) -> dict[tuple[str, float], list[float]]:
    """The same sums by hand: number, weight, wrong, squares, squares of the wrong."""
    sums: dict[tuple[str, float], list[float]] = defaultdict(lambda: [0.0] * 5)
    for one in made:
        row, confidence = one.classification, one.confidence
        own = row.target == "shop_demo.product" and row.model_version == get_bundle().model_version
        if not own or one.state not in Suggestion.BY_PERSON or confidence is None:
            continue
        if one.audit or confidence < 0.8 or row.reason in ASKED_ALL:
            weight, wrong = 1 / one.asked_chance, one.state != Suggestion.State.APPROVED
            line = (1, weight, weight * wrong, weight**2, weight**2 * wrong)
            found = sums[one.label, confidence]
            sums[one.label, confidence] = [a + b for a, b in zip(found, line, strict=True)]
    return sums


def read(target: ProductTarget) -> dict[tuple[str, float], Any]:
    return {
        (label, one.confidence): pytest.approx(one.figures)
        for label, found in load_decided(target).items()
        for one in found
    }


def test_the_sums_are_those_of_the_rows(target: ProductTarget) -> None:
    made = fill(600)
    assert read(target) == add_up(made)


def test_only_the_newest_decisions_are_looked_through(
    target: ProductTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decided, "NEWEST_DECIDED", 50)
    by_people = [one for one in fill(300) if one.state in Suggestion.BY_PERSON]
    assert read(target) == add_up(by_people[-50:])


@pytest.mark.postgres
@pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL's own choice")
def test_results_are_looked_up_and_not_all_read_on_postgresql(
    target: ProductTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decided, "NEWEST_DECIDED", 500)
    fill(4000)
    plans: list[str] = []

    def explain(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        with connection.connection.cursor() as cursor:
            plans.extend(line for (line,) in cursor.execute(f"EXPLAIN {sql}", params).fetchall())
        return execute(sql, params, many, context)

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE catalog_ai_classification, catalog_ai_suggestion")
    with connection.execute_wrapper(explain):
        load_decided(target)
    assert any("catalog_ai_classification_pkey" in line for line in plans)
    assert not [line for line in plans if "Seq Scan on catalog_ai_classification" in line]
