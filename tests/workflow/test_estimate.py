"""The maths of errors and intervals, against rows worked out by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog_ai.workflow.audits import AuditShares, draw, find_share
from catalog_ai.workflow.estimate import estimate_error, find_interval
from catalog_ai.workflow.simulate import LabelSample

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


def test_decisions_alone_count_once_there_are_enough() -> None:
    found = estimate_error([True] * 19 + [False], [0.5])
    assert (found.error, found.by_people, found.decisions) == (0.05, True, 20)


def test_few_decisions_count_with_the_models_own_word() -> None:
    found = estimate_error([False] * 5, [0.9, 0.7])
    assert found.error == pytest.approx((5 + 20 * 0.2) / 25) and not found.by_people


def test_nothing_known_is_said_as_such() -> None:
    assert estimate_error([], []).upper == 1.0


@given(st.lists(SHARES), SHARES, SHARES)
def test_a_higher_threshold_never_files_more(scores: list[float], one: float, two: float) -> None:
    sample = LabelSample(scores)
    assert sample.share_filed(max(one, two)) <= sample.share_filed(min(one, two))


@given(st.integers(0, 500), st.integers(0, 500))
def test_the_interval_holds_the_share(wrong: int, right: int) -> None:
    lower, upper = find_interval(wrong, wrong + right)
    share = wrong / (wrong + right) if wrong + right else 0.5
    assert lower - 1e-9 <= share <= upper + 1e-9


@pytest.mark.parametrize(
    ("upper", "share"), [(1.0, 0.1), (0.22, 0.1), (0.12, 0.055), (0.02, 0.01), (0.0, 0.01)]
)
def test_the_audited_share_falls_as_the_error_is_known(upper: float, share: float) -> None:
    assert find_share(upper, 0.02, 0.1, 0.01) == pytest.approx(share)


def test_the_draw_is_the_same_each_time_and_hits_its_share() -> None:
    drawn = [draw(f"{number:064x}", "article:jeans") for number in range(20_000)]
    assert drawn == [draw(f"{number:064x}", "article:jeans") for number in range(20_000)]
    assert 0.09 < sum(one < 0.1 for one in drawn) / len(drawn) < 0.11


def test_a_larger_share_picks_the_same_and_more() -> None:
    few, many = AuditShares(0.05, 0.05), AuditShares(0.2, 0.2)
    digests = [f"{number:064x}" for number in range(500)]
    picked = {digest for digest in digests if few.picks(digest, "article:jeans")}
    assert picked < {digest for digest in digests if many.picks(digest, "article:jeans")}
