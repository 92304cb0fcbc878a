"""The dashboard's figures, against rows made by hand."""

import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test.utils import override_settings
from django.utils import timezone

from catalog_ai.models import Classification, Decision
from catalog_ai.workflow.statistics import (
    BadPeriod,
    Period,
    Statistics,
    Tally,
    gather_statistics,
    read_period,
)
from shop_demo.models import Category
from tests.factories import (
    make_classification,
    make_run,
    make_suggestion,
    make_superuser,
    make_user,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_cache")]
TARGET = "shop_demo.product"


def gather(period: Period | None = None, actor: Any = None) -> Statistics:
    return gather_statistics(TARGET, period or read_period({}), actor)


def make_result(**fields: Any) -> Any:
    return make_classification(**{"finished_at": timezone.now(), **fields})


def decide(action: str = "approve", row: Any = None, **fields: Any) -> Decision:
    """A person's decision of one of the model's suggestions."""
    made = {key: fields.pop(key) for key in ("source", "category", "label") if key in fields}
    suggestion = make_suggestion(row, **made)
    defaults = {"label": suggestion.label, "actor_name": "ann", "batch": uuid.uuid4()}
    return Decision.objects.create(
        classification=suggestion.classification,
        suggestion=suggestion,
        action=action,
        **{**defaults, **fields},
    )


def test_products_and_confidences_are_counted_by_likeliest_label() -> None:
    make_result(top_confidence=0.5)
    make_result(top_confidence=0.7)
    make_result(top_label="article:shoes", top_confidence=0.9)
    found = gather()
    assert found.products == 3
    assert found.labels["article:tshirts"].count == 2
    assert found.labels["article:tshirts"].confidence == pytest.approx(0.6)
    assert found.labels["article:shoes"].confidence == pytest.approx(0.9)


@pytest.mark.parametrize("state", ["failed", "cancelled", "rejected", "running"])
def test_products_without_a_result_do_not_count(state: str) -> None:
    make_result(state=state, is_current=False)
    assert gather().products == 0


def test_dry_runs_and_other_product_models_are_left_out() -> None:
    make_result(run=make_run(dry_run=True))
    make_result(run=make_run("shop.other"))
    assert gather().products == 0


def test_the_share_filed_by_itself_comes_from_the_ledger_and_counts_a_product_once() -> None:
    filed = make_result(state="reviewed")
    decide("apply", filed, actor_name="")
    decide("apply", filed, actor_name="", label="gender:men")
    make_result()
    found = gather()
    assert (found.products, found.filed) == (2, 1)
    assert found.steps[-1].filed_share == 0.5


def test_what_was_rolled_back_is_not_filed() -> None:
    row = make_result()
    entry = decide("apply", row, actor_name="")
    decide("roll_back", row, label="gender:men", reverts=entry)
    assert gather().filed == 0


def test_acceptance_is_approved_of_all_decided_and_undone_ones_do_not_count() -> None:
    for action in ("approve", "approve", "reject", "correct"):
        decide(action)
    undone = decide("reject")
    decide("undo", undone.classification, label="gender:men", reverts=undone)
    found = gather()
    assert (found.acceptance.approved, found.acceptance.decided) == (2, 4)
    assert found.accepted["article:tshirts"].share == 0.5


def test_a_persons_own_category_is_no_verdict_on_a_suggestion() -> None:
    decide("correct", source="person", label="")
    assert gather().acceptance.decided == 0


def test_each_model_version_has_its_own_acceptance() -> None:
    decide("approve", make_classification(model_version="v1"))
    decide("reject", make_classification(model_version="v2"))
    models = gather().steps[-1].models
    assert {name: tally.share for name, tally in models.items()} == {"v1": 1.0, "v2": 0.0}


@pytest.mark.parametrize(
    ("approved", "decided", "low", "high"),
    [(8, 10, 0.4901625, 0.9433178), (0, 10, 0.0, 0.2775328), (10, 10, 0.7224672, 1.0)],
)
def test_intervals_are_wilsons(approved: int, decided: int, low: float, high: float) -> None:
    assert Tally(approved, decided).interval == pytest.approx((low, high), abs=1e-6)


def test_nothing_decided_has_no_share_and_can_be_anything() -> None:
    assert Tally().share is None
    assert Tally().interval == (0.0, 1.0)


@override_settings(TIME_ZONE="America/New_York")
def test_a_day_ends_at_the_shops_own_midnight() -> None:
    with timezone.override("America/New_York"):
        make_result(finished_at=datetime(2026, 3, 2, 4, 59, tzinfo=UTC))  # 23:59 on the first
        make_result(finished_at=datetime(2026, 3, 2, 5, 0, tzinfo=UTC))  # midnight
        found = gather(Period("own", date(2026, 3, 1), date(2026, 3, 2)))
        first = gather(Period("own", date(2026, 3, 1), date(2026, 3, 1)))
    assert [step.products for step in found.steps] == [1, 1]
    assert first.products == 1


def test_a_long_period_is_shown_by_the_week_from_monday() -> None:
    make_result(finished_at=datetime(2026, 1, 7, 12, tzinfo=UTC))
    found = gather(Period("own", date(2026, 1, 1), date(2026, 6, 30)))
    assert all(step.day.weekday() == 0 for step in found.steps)
    assert [step.day for step in found.steps if step.products] == [date(2026, 1, 5)]


def test_all_starts_at_the_first_day_with_a_figure() -> None:
    make_result(finished_at=timezone.now() - timedelta(days=3))
    assert len(gather(read_period({"period": "all"})).steps) == 4


def test_the_backlog_is_split_by_age_and_each_product_is_in_one_part() -> None:
    for days in (0, 2, 10, 40, 50):
        row = make_classification()
        past = timezone.now() - timedelta(days=days, minutes=1)
        Classification.objects.filter(pk=row.pk).update(created_at=past)
    found = gather()
    assert found.backlog == 5
    assert [count for _age, count in found.ages] == [1, 1, 1, 2]


def test_corrections_name_the_label_and_the_category_chosen_instead() -> None:
    category = Category.objects.create(name="Shirts")
    for _number in range(2):
        decide("correct", source="person", label="", category=str(category.pk))
    assert gather().corrections == [("article:tshirts", str(category), 2)]


def test_pace_counts_the_products_of_the_hours_with_a_decision() -> None:
    decide()
    decide("reject")
    [ann] = gather(actor=make_superuser()).reviewers or []
    assert (ann.name, ann.products, ann.hours, ann.pace) == ("ann", 2, 1, 2.0)


def test_reviewers_are_only_for_those_who_may_read_the_ledger() -> None:
    decide()
    assert gather(actor=make_user("review_suggestions")).reviewers is None
    assert gather(actor=make_user("view_decision")).reviewers


@pytest.mark.parametrize(
    "query",
    [
        {"from": "2026-02-02", "to": "2026-02-01"},
        {"from": "soon", "to": "2026-02-01"},
        {"from": "2026-02-02"},
        {"from": "0001-01-01", "to": "2026-02-01"},
    ],
)
def test_dates_that_cannot_be_are_refused(query: dict[str, str]) -> None:
    with pytest.raises(BadPeriod):
        read_period({"period": "own", **query})


def test_a_period_holds_today_and_as_many_days_as_its_name() -> None:
    period = read_period({"period": "7"})
    assert (period.last - period.first).days == 6  # type: ignore[operator]
    assert period.last == timezone.localdate()


def test_the_queries_do_not_grow_with_the_rows(django_assert_max_num_queries: Any) -> None:
    for _number in range(12):
        decide("approve", make_result())
    actor = make_superuser()
    with django_assert_max_num_queries(14):
        gather(actor=actor)
