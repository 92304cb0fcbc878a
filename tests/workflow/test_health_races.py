"""Catalogue health against reviewers, re-runs and itself: real transactions on PostgreSQL."""

from typing import Any

import pytest

from catalog_ai.models import (
    Classification,
    DifferentProducts,
    HealthCheck,
    HealthFinding,
    HealthGroup,
    Suggestion,
)
from catalog_ai.workflow.health.actions import ask_again, keep_apart, keep_present
from catalog_ai.workflow.health.check import go_on_checking, start_check
from catalog_ai.workflow.review import approve, reject
from catalog_ai.workflow.store import Judged, store_results
from shop_demo.models import Category, Product
from tests.factories import claim_one, ledger, make_result, make_superuser, names
from tests.workflow.catalogue import make_copies, place, run_check
from tests.workflow.racing import NEEDS_ROW_LOCKS, line_of, race, start_together

pytestmark = NEEDS_ROW_LOCKS

Said = Suggestion.State


@pytest.fixture
def people(live_queues: Any) -> tuple[Any, Any]:
    return make_superuser(), make_superuser()


def find_one(target: Any, **fields: Any) -> tuple[Product, Suggestion, HealthFinding]:
    """A product under Tops of which the model is sure that it is a T-shirt, found by a check."""
    product, suggestion = place("a", "Tops", **fields)
    run_check(target)
    return product, suggestion, HealthFinding.objects.get()


def said(suggestion: Suggestion) -> tuple[str, str]:
    suggestion.refresh_from_db()
    return suggestion.state, Classification.objects.get(pk=suggestion.classification_id).state


@pytest.mark.parametrize(
    ("first", "second", "state", "entries"),
    [
        (keep_present, ask_again, (Said.REJECTED, "reviewed"), ["reject"]),
        (ask_again, keep_present, (Said.REJECTED, "reviewed"), ["ask", "reject"]),
        (keep_present, keep_present, (Said.REJECTED, "reviewed"), ["reject"]),
        (ask_again, ask_again, (Said.PENDING, "review"), ["ask"]),
    ],
)
def test_of_two_who_decide_on_one_finding_each_counts_once(
    target: Any, people: Any, first: Any, second: Any, state: Any, entries: list[str]
) -> None:
    product, suggestion, finding = find_one(target, state="reviewed", said=Said.KEPT)
    race(
        line_of(product),
        lambda: first([finding.pk], people[0]),
        lambda: second([finding.pk], people[1]),
    )
    assert said(suggestion) == state
    assert ledger() == entries
    assert names(product) == {"Tops"}
    group = HealthGroup.objects.get()
    assert group.size == group.findings.count()
    assert group.asked == group.findings.filter(asked=True).count()


@pytest.mark.parametrize("verb", [ask_again, keep_present])
@pytest.mark.parametrize("review", [approve, reject])
def test_a_reviewer_who_was_first_is_not_overruled(
    target: Any, people: Any, verb: Any, review: Any
) -> None:
    product, suggestion, finding = find_one(target, reason="low_confidence")
    won, lost = race(
        line_of(product),
        lambda: review([suggestion.pk], people[0]),
        lambda: verb([finding.pk], people[1]),
    )
    assert (won.done, lost.done, lost.settled) == (1, 0, 1)
    assert len(ledger()) == 1
    assert said(suggestion)[1] == "reviewed"
    assert ("Tshirts" in names(product)) == (review is approve)
    assert not HealthFinding.objects.exists()


def test_a_shop_that_moved_the_product_first_is_not_overruled(target: Any, people: Any) -> None:
    product, suggestion, finding = find_one(target, state="filed", said=Said.APPLIED, reason="")
    shirts = Category.objects.create(name="Tshirts")
    Suggestion.objects.update(category=str(shirts.pk))

    def move() -> None:
        from django.db import transaction

        with transaction.atomic():
            list(line_of(product).select_for_update())
            product.categories.set([shirts])

    race(line_of(product), move, lambda: keep_present([finding.pk], people[0]))
    assert names(product) == {"Tshirts"}
    assert said(suggestion) == (Said.APPLIED, "filed")
    assert ledger() == []


@pytest.mark.parametrize("verb", [ask_again, keep_present])
def test_a_newer_result_that_comes_first_is_what_is_decided_on(
    target: Any, people: Any, verb: Any
) -> None:
    product, suggestion, finding = find_one(target, reason="audit")
    row = claim_one(target, product)
    result = make_result({"article:tshirts": 0.999})
    race(
        line_of(product),
        lambda: store_results([Judged(row, row.image_name, result)]),
        lambda: verb([finding.pk], people[0]),
    )
    assert said(suggestion)[0] == Said.SUPERSEDED
    newer = Suggestion.objects.get(classification=row)
    assert newer.state == (Said.REJECTED if verb is keep_present else Said.PENDING)
    assert Classification.objects.filter(object_id=str(product.pk), is_current=True).count() == 1
    assert names(product) == {"Tops"}


def test_two_jobs_of_one_check_find_everything_once(target: Any, people: Any) -> None:
    for number in range(4):
        place(f"a{number}", "Tops")
    make_copies(2)
    started = start_check(target, None, by_system=True)
    start_together(*[lambda: go_on_checking(started.pk)] * 3)
    started.refresh_from_db()
    assert (started.state, started.products) == ("done", 6)
    sizes = {group.kind: group.size for group in HealthGroup.objects.all()}
    assert sizes == {"disagrees": 4, "duplicates": 2}
    assert HealthFinding.objects.count() == 6


def test_two_who_start_a_check_share_it(target: Any, people: Any) -> None:
    one, other = start_together(*[lambda: start_check(target, people[0])] * 2)
    assert one.pk == other.pk
    assert HealthCheck.objects.count() == 1


def test_two_who_silence_a_group_say_it_once(target: Any, people: Any) -> None:
    make_copies(2)
    run_check(target)
    group = HealthGroup.objects.select_related("check_run").get()
    race(
        HealthGroup.objects.filter(pk=group.pk),
        lambda: keep_apart(group, people[0]),
        lambda: keep_apart(group, people[1]),
    )
    assert DifferentProducts.objects.count() == 1
    group.refresh_from_db()
    assert group.silenced
