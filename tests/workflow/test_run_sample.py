"""The even sample of a large run's rows, and what is estimated from it."""

from typing import Any

import pytest

from catalog_ai.models import Classification, Run, Suggestion
from catalog_ai.workflow import run_sample
from catalog_ai.workflow.rollback import estimate_rollback, preview_rollback
from catalog_ai.workflow.run_sample import sample_run
from tests.factories import make_run

pytestmark = pytest.mark.django_db
OTHER_EVERY = 8


@pytest.fixture
def run() -> Run:
    """800 products, every eighth of another label: a pattern in the order of the ids."""
    run = make_run(total=800)
    rows = Classification.objects.bulk_create(
        Classification(
            run=run,
            target=run.target,
            object_id=str(number),
            model_version=run.model_version,
            state="filed",
            is_current=True,
            top_label="article:tops" if number % OTHER_EVERY else "article:jeans",
        )
        for number in range(800)
    )
    Suggestion.objects.bulk_create(
        Suggestion(classification=row, label=row.top_label, state="applied") for row in rows
    )
    return run


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_sample, "LARGE", 400)
    monkeypatch.setattr(run_sample, "SIZE", 100)


def test_of_a_small_run_all_rows_are_taken(run: Run) -> None:
    sample = sample_run(run)
    assert sample.size is None and sample.margin == 0
    assert sample.rows.count() == 800 == sample.scale(800)


def test_a_sample_is_as_large_as_asked_for_and_stands_for_the_whole(run: Run, large: None) -> None:
    sample = sample_run(run)
    assert sample.size == sample.rows.count() == sample.suggestions.count()
    assert 90 <= (sample.size or 0) <= 110
    assert sample.scale(sample.rows.count()) == 800


def test_a_pattern_in_the_order_of_the_products_is_not_hit_in_step(run: Run, large: None) -> None:
    sample = sample_run(run)
    estimated = sample.scale(sample.rows.filter(top_label="article:jeans").count())
    assert 0.095 < sample.margin < 0.105
    assert abs(estimated - 800 / OTHER_EVERY) <= sample.margin * 800


def test_other_runs_have_no_part_in_it(run: Run, large: None) -> None:
    other = make_run(total=800)
    assert sample_run(other).rows.count() == 0
    assert not sample_run(run).rows.exclude(run=run).exists()


def test_the_counts_of_a_rollback_are_estimated_and_say_so(run: Run, large: None) -> None:
    found = estimate_rollback(run)
    assert found.sampled == sample_run(run).size
    assert (found.revert, found.kept_by_people) == (800, 0)
    assert preview_rollback(run).sampled is None


def test_what_the_sample_misses_is_counted(run: Run, large: None) -> None:
    missed = Suggestion.objects.exclude(pk__in=sample_run(run).suggestions)
    last: Any = missed.latest("pk")
    Suggestion.objects.exclude(pk=last.pk).update(state="rejected")
    found = estimate_rollback(run)
    assert (found.revert, found.kept_by_people, found.sampled) == (1, 799, None)
