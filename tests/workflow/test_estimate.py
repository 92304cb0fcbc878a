"""The maths of errors and intervals, against rows worked out by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog_ai.workflow.estimate import Evidence, estimate_error, find_interval, pool
from catalog_ai.workflow.sample import LabelSample

SHARES = st.floats(0, 1)


@pytest.mark.parametrize(
    ("wrong", "number", "lower", "upper"),
    [
        (0, 0, 0.0, 1.0),
        (0, 10, 0.0, 0.2775),  # 3.8416 / (10 + 3.8416)
        (10, 10, 0.7225, 1.0),
        (5, 10, 0.2366, 0.7634),
        (2, 100, 0.0055, 0.0700),
    ],
)
def test_wilsons_interval(wrong: int, number: int, lower: float, upper: float) -> None:
    assert find_interval(wrong, number) == pytest.approx((lower, upper), abs=1e-4)


def gather(right: int, wrong: int, chance: float = 1.0) -> Evidence:
    return Evidence.gather([(True, chance)] * right + [(False, chance)] * wrong)


def test_decisions_alone_count_once_there_are_enough() -> None:
    found = estimate_error(gather(19, 1), 0.5)
    assert found.error == pytest.approx(0.05) and found.by_people and found.decisions == 20


def test_few_decisions_count_with_the_models_own_word() -> None:
    found = estimate_error(gather(0, 5), 0.2)
    assert found.error == pytest.approx((5 + 20 * 0.2) / 25) and not found.by_people
    assert found.assumed == pytest.approx(20 / 25)


def test_nothing_known_is_said_as_such() -> None:
    found = estimate_error(Evidence())
    assert (found.upper, found.by_people) == (1.0, False)


def test_a_decision_stands_for_all_that_were_not_asked() -> None:
    asked_all, audited = gather(50, 50), gather(10, 0, 0.1)  # 100 products each
    both = asked_all + audited
    assert (both.weight, both.share) == (pytest.approx(200), pytest.approx(0.25))
    # Kish: 200 squared by 100 + 10 * 100; the heavy ones are all right, so it is the smaller.
    assert both.effective == pytest.approx(200**2 / 1100)


def test_wrong_ones_that_stand_for_many_make_it_less_sure() -> None:
    lone = gather(1000, 0) + gather(0, 2, 0.01)
    swapped = gather(998, 2) + gather(2, 0, 0.01)
    assert lone.effective < lone.weight**2 / lone.squares
    assert swapped.effective == pytest.approx(swapped.weight**2 / swapped.squares)


def test_equal_chances_change_nothing_but_the_weight() -> None:
    assert gather(30, 3, 0.1).effective == pytest.approx(33)
    assert gather(30, 3, 0.1).scale(7).share == pytest.approx(3 / 33)


def test_labels_weigh_by_what_they_file() -> None:
    found = pool([(900, gather(100, 0), 0.0), (100, gather(50, 50), 0.5)])
    assert found.error == pytest.approx(0.05) and found.by_people
    without = pool([(900, gather(100, 0), 0.0), (100, Evidence(), 0.5)])
    assert without.assumed == pytest.approx(0.1) and not without.by_people


@given(st.lists(SHARES), SHARES, SHARES)
def test_a_higher_threshold_never_files_more(scores: list[float], one: float, two: float) -> None:
    sample = LabelSample.make(scores)
    assert sample.share_filed(max(one, two)) <= sample.share_filed(min(one, two))


@given(st.integers(0, 500), st.integers(0, 500))
def test_the_interval_holds_the_share(wrong: int, right: int) -> None:
    lower, upper = find_interval(wrong, wrong + right)
    share = wrong / (wrong + right) if wrong + right else 0.5
    assert lower - 1e-9 <= share <= upper + 1e-9
