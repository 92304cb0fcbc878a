"""Rows by their ids, page by page, across gaps."""

import pytest

from catalog_ai.workflow import walk
from catalog_ai.workflow.walk import find_next_rows
from tests.factories import make_classification, make_run

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("window", [1, 2, 3, 100])
def test_every_row_is_come_to_once_across_gaps(
    monkeypatch: pytest.MonkeyPatch, window: int
) -> None:
    monkeypatch.setattr(walk, "WINDOW", window)
    run, other = make_run(), make_run()
    ours = []
    for place in range(12):
        owner = run if place in {2, 3, 4, 9, 11} else other
        row = make_classification(run=owner)
        ours += [row.pk] if owner is run else []
    seen: list[int] = []
    while page := find_next_rows(run.classifications.all(), seen[-1] if seen else 0, 2):
        assert len(page) <= 2
        seen += page
    assert seen == ours


def test_there_is_nothing_behind_the_last() -> None:
    run = make_run()
    assert find_next_rows(run.classifications.all(), 0, 5) == []
    row = make_classification(run=run)
    assert find_next_rows(run.classifications.all(), row.pk, 5) == []
