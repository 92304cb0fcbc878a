"""The automatic stop, what results mean for categories, and a dry run done for real."""

from typing import Any

import pytest

from catalog_ai.conf import find_setting_mistakes
from catalog_ai.models import Classification, Run
from catalog_ai.workflow.breaker import trip_breaker
from catalog_ai.workflow.ends import count_ends
from catalog_ai.workflow.review import approve
from catalog_ai.workflow.runs import resume_run
from catalog_ai.workflow.store import Judged, store_results
from shop_demo.models import Category, Product
from tests.factories import (
    claim_one,
    make_product,
    make_result,
    make_rule,
    make_run,
    make_superuser,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_uploads")]
State = Classification.State
SURE = {"article:tshirts": 0.999}


@pytest.fixture(autouse=True)
def few_are_enough(settings: Any) -> None:
    settings.CATALOG_AI = {**settings.CATALOG_AI, "STOP_AFTER": 10}


@pytest.fixture(autouse=True)
def threshold(db: None) -> None:
    make_rule("article:tshirts", auto_threshold=0.9, review_threshold=0.1)


def store(target: Any, product: Product, run: Run, digest: str = "") -> Run:
    row = claim_one(target, product, run)
    store_results([Judged(row, row.image_name, make_result(SURE, digest))])
    run.refresh_from_db()
    return run


def effects(run: Run) -> dict[str, int]:
    return {name: count for name in Run.EFFECTS if (count := getattr(run, name))}


def test_a_run_of_unrecognised_photos_pauses_and_says_why() -> None:
    run = make_run(total=100)
    count_ends(run.pk, [State.UNIDENTIFIED] * 6 + [State.FILED] * 4)
    run.refresh_from_db()
    assert (run.state, run.breaker) == (Run.State.PAUSED, Run.Breaker.TRIPPED)
    assert "6 of 10" in run.state_reason and "resume" in run.state_reason


def test_a_run_that_contradicts_the_shop_pauses_and_says_why() -> None:
    run = make_run(total=100)
    count_ends(run.pk, [State.REVIEW] * 10, ["contradicting"] * 4)
    run.refresh_from_db()
    assert run.state == Run.State.PAUSED
    assert "4 of 10" in run.state_reason and "contradicts" in run.state_reason


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"unidentified": 9}, "too few results"),
        ({"unidentified": 5, "filed": 5}, "at the bound, not above it"),
        ({"contradicting": 3, "review": 10}, "at the bound of contradictions"),
        ({"unidentified": 10, "breaker": Run.Breaker.OFF}, "a person let it go on"),
        ({"unidentified": 10, "source": Run.Source.UPLOAD}, "an upload"),
        ({"unidentified": 10, "state": Run.State.CANCELLED}, "cancelled"),
        ({"rejected": 50, "unidentified": 2}, "unreadable photos are no results"),
    ],
)
def test_a_run_goes_on(fields: dict[str, Any], why: str) -> None:
    run = make_run(**{"total": 100, **fields})
    assert not trip_breaker(run.pk), why
    assert Run.objects.get(pk=run.pk).state == run.state


def test_of_two_workers_one_pauses_the_run() -> None:
    run = make_run(total=100, unidentified=10)
    assert [trip_breaker(run.pk), trip_breaker(run.pk)] == [True, False]


def test_a_run_that_is_still_collecting_pauses_too_and_collects_on_when_resumed() -> None:
    run = make_run(total=100, unidentified=10, state=Run.State.EXPANDING, collected=False)
    trip_breaker(run.pk)
    assert resume_run(run, make_superuser()).state == Run.State.EXPANDING


def test_who_resumes_switches_the_stop_off_for_this_run() -> None:
    run = make_run(total=100, unidentified=10)
    trip_breaker(run.pk)
    run = resume_run(run, make_superuser())
    assert (run.state, run.breaker, run.state_reason) == (Run.State.RUNNING, Run.Breaker.OFF, "")
    count_ends(run.pk, [State.UNIDENTIFIED])
    assert Run.objects.get(pk=run.pk).state == Run.State.RUNNING


def test_resuming_a_pause_of_ones_own_keeps_the_stop() -> None:
    run = make_run(total=100, state=Run.State.PAUSED)
    assert resume_run(run, make_superuser()).breaker == Run.Breaker.ON


@pytest.mark.parametrize("bad", [0, 101, "50", True])
def test_an_impossible_bound_is_refused(bad: object) -> None:
    assert find_setting_mistakes({"STOP_UNIDENTIFIED_PERCENT": bad})
    assert not find_setting_mistakes({"STOP_UNIDENTIFIED_PERCENT": 100})


@pytest.mark.parametrize("dry", [True, False])
def test_a_first_category_is_counted_as_one(target: Any, dry: bool) -> None:
    run = store(target, make_product(), make_run(total=5, dry_run=dry))
    assert effects(run) == {"first_time": 1}


@pytest.mark.parametrize(
    ("present", "effect"),
    [("Tshirts", "agreeing"), ("Shirts", "contradicting"), ("Sale", "changed")],
)
def test_a_present_category_is_agreed_with_contradicted_or_added_to(
    target: Any, present: str, effect: str
) -> None:
    shirts = Category.objects.create(name="Shirts")
    make_rule("article:shirts", category=shirts)
    product = make_product()
    product.categories.add(Category.objects.get_or_create(name=present)[0])
    run = store(target, product, make_run(total=5, dry_run=True))
    assert effects(run) == {effect: 1}
    assert set(product.categories.values_list("name", flat=True)) == {present}


def test_what_a_person_decided_is_counted_and_stays(target: Any) -> None:
    product = make_product()
    row = claim_one(target, product)
    result = make_result({"article:tshirts": 0.5}, "d" * 64)
    store_results([Judged(row, row.image_name, result)])
    approve(row.suggestions.values_list("pk", flat=True), make_superuser())
    run = store(target, product, make_run(total=5, dry_run=True), "d" * 64)
    assert effects(run) == {"decided": 1}
