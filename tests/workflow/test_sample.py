"""The newest results that thresholds are held against, also behind a long dry run."""

import pytest

from catalog_ai.targets import get_target
from catalog_ai.workflow import sample
from catalog_ai.workflow.sample import load_sample
from tests.factories import make_classification, make_run

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _small_window(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sample, "WINDOW", 4)


def make_results(count: int, **fields: bool) -> None:
    run = make_run(dry_run=not fields.get("is_current", True))
    for _ in range(count):
        make_classification(run=run, scores={"article:tshirts": 0.6}, **fields)


def count_results() -> int:
    return load_sample(get_target("shop_demo.product")).waiting.size


def test_a_dry_run_that_fills_the_window_does_not_hide_the_results_before_it() -> None:
    make_results(3)
    make_results(6, is_current=False)
    assert count_results() == 3


def test_results_behind_the_dry_run_count_too() -> None:
    make_results(2)
    make_results(6, is_current=False)
    make_results(1)
    assert count_results() == 3


def test_without_a_dry_run_the_window_is_all_that_is_looked_through() -> None:
    make_results(9)
    assert count_results() == 4
