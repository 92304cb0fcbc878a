"""How much is audited: the share falls by itself, label by label, as the error becomes known."""

import random

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog_ai.models import Suggestion
from catalog_ai.targets import get_target
from catalog_ai.workflow.audits import AuditShares, count_audits, draw, find_share
from catalog_ai.workflow.policies import Budgets
from tests.factories import make_classification, make_suggestion

DAYS, A_DAY = 60, 200  # products of a label that would be filed by themselves


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


def live_on(errors: dict[str, float], days: int = DAYS) -> dict[str, list[float]]:
    """Shares by label and day where every audit is decided on the day it is asked."""
    chance, found = random.Random(4), {label: [] for label in errors}
    tallies = dict.fromkeys(errors, (0, 0))
    for day in range(days):
        shares = AuditShares(0.1, 0.01, Budgets(0.02), dict(tallies))
        for label, error in errors.items():
            found[label].append(shares.find_share(label))
            asked = sum(shares.picks(f"{day} {number}", label) for number in range(A_DAY))
            wrong = sum(chance.random() < error for _ in range(asked))
            tallies[label] = tallies[label][0] + asked, tallies[label][1] + wrong
    return found


def test_each_label_goes_its_own_way_from_ten_per_cent_to_one() -> None:
    shares = live_on({"good": 0.0, "fair": 0.01, "bad": 0.15})
    assert [days[0] for days in shares.values()] == [0.1, 0.1, 0.1]
    good, fair, bad = shares["good"], shares["fair"], shares["bad"]
    assert good == sorted(good, reverse=True) and good[-1] == pytest.approx(0.01)
    assert 0.01 < fair[-1] < 0.03  # nearer to its budget, it takes longer
    assert min(bad) > 0.05  # as long as it errs, it is looked at


def test_an_error_that_comes_late_brings_the_audits_back() -> None:
    calm = AuditShares(0.1, 0.01, Budgets(0.02), {"label": (400, 1)})
    late = AuditShares(0.1, 0.01, Budgets(0.02), {"label": (440, 20)})
    assert calm.find_share("label") == pytest.approx(0.01)
    assert late.find_share("label") > 0.02


@pytest.mark.django_db
def test_audits_of_this_model_and_these_products_count() -> None:
    target, state = get_target("shop_demo.product"), Suggestion.State
    for decided in (state.APPROVED, state.REJECTED, state.PENDING):
        make_suggestion(audit=True, state=decided)
    make_suggestion(state=state.APPROVED)  # not asked as an audit
    for other in ({"model_version": "2001.1"}, {"target": "shop_demo.other"}):
        make_suggestion(make_classification(**other), audit=True, state=state.APPROVED)
    assert count_audits(target) == {"article:tshirts": (2, 1)}


@pytest.mark.django_db
def test_audits_are_not_looked_for_among_all_results() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("the plan of SQLite, which would begin with the product model")
    with CaptureQueriesContext(connection) as queries:
        count_audits(get_target("shop_demo.product"))
    [asked] = queries.captured_queries
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {asked['sql']}")
        steps = [str(row[3]) for row in cursor.fetchall()]
    [results] = [step for step in steps if "catalog_ai_classification" in step]
    assert "rowid=?" in results
