"""Decisions taken back in another order than they were made, and labels that mean one category."""

from typing import Any

import pytest

from catalog_ai.models import Classification, HealthFinding, Suggestion
from catalog_ai.workflow.health.actions import ask_again
from catalog_ai.workflow.review import approve, correct, reject
from catalog_ai.workflow.store import Judged, store_results
from catalog_ai.workflow.undo import undo
from shop_demo.models import Category, Product
from tests.factories import (
    claim_one,
    make_result,
    make_rule,
    make_superuser,
    make_unjudged,
    names,
    roll_back,
)
from tests.workflow.catalogue import run_check

pytestmark = pytest.mark.django_db
State = Classification.State
TSHIRT, SHIRT = "article:tshirts", "article:shirts"
SURE, DOUBTFUL = 0.999, 0.5


@pytest.fixture
def product() -> Product:
    return make_unjudged()


@pytest.fixture
def people() -> tuple[Any, Any]:
    return make_superuser(), make_superuser()


@pytest.fixture
def tops() -> Category:
    """The one category that both labels mean."""
    return map_labels(Category.objects.create(name="Tops"), TSHIRT, SHIRT)


def map_labels(category: Category, *labels: str) -> Category:
    for label in labels:
        make_rule(label, category=category, auto_threshold=0.9)
    return category


def judge(target: Any, product: Product, tshirt: float, shirt: float) -> dict[str, Suggestion]:
    """The labels of the product's new card."""
    row = claim_one(target, product)
    store_results([Judged(row, row.image_name, make_result({TSHIRT: tshirt, SHIRT: shirt}))])
    return {one.label: one for one in row.suggestions.all()}


def state_of(product: Product) -> str:
    return Classification.objects.get(object_id=str(product.pk), is_current=True).state


def test_a_rejected_label_leaves_the_category_that_another_label_holds(
    target: Any, product: Product, people: Any, tops: Category
) -> None:
    card = judge(target, product, SURE, SURE)
    approve([card[TSHIRT].pk], people[0])
    reject([card[SHIRT].pk], people[1])
    assert names(product) == {"Tops"}


def test_with_the_last_label_rejected_the_product_leaves_the_category(
    target: Any, product: Product, people: Any, tops: Category
) -> None:
    card = judge(target, product, SURE, SURE)
    both = reject([one.pk for one in card.values()], people[0])
    assert names(product) == set()
    undo(both.batch, people[0])
    assert (names(product), state_of(product)) == ({"Tops"}, State.FILED)


def test_a_correction_leaves_what_somebody_approved(
    target: Any, product: Product, people: Any, tops: Category
) -> None:
    card = judge(target, product, SURE, DOUBTFUL)
    Suggestion.objects.create(classification=card[SHIRT].classification, label="article:tops")
    approve([card[SHIRT].pk], people[0])
    correct(
        card[SHIRT].classification_id, [str(Category.objects.create(name="Sale").pk)], people[1]
    )
    assert names(product) == {"Sale", "Tops"}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_two_approvals_of_one_category_are_undone_in_any_order(
    target: Any, product: Product, people: Any, tops: Category, order: tuple[int, int]
) -> None:
    card = judge(target, product, DOUBTFUL, DOUBTFUL)
    done = [
        approve([card[label].pk], one) for label, one in zip((TSHIRT, SHIRT), people, strict=True)
    ]
    undo(done[order[0]].batch, people[order[0]])
    assert names(product) == {"Tops"}
    undo(done[order[1]].batch, people[order[1]])
    assert (names(product), state_of(product)) == (set(), State.REVIEW)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_two_rejections_of_one_category_are_undone_in_any_order(
    target: Any, product: Product, people: Any, tops: Category, order: tuple[int, int]
) -> None:
    card = judge(target, product, SURE, SURE)
    done = [
        reject([card[label].pk], one) for label, one in zip((TSHIRT, SHIRT), people, strict=True)
    ]
    undo(done[order[0]].batch, people[order[0]])
    assert (names(product), state_of(product)) == ({"Tops"}, State.REVIEWED)
    undo(done[order[1]].batch, people[order[1]])
    assert (names(product), state_of(product)) == ({"Tops"}, State.FILED)


def test_an_approval_that_outlived_a_rollback_is_undone_as_a_whole(
    target: Any, product: Product, people: Any, tops: Category
) -> None:
    card = judge(target, product, SURE, DOUBTFUL)
    approved = approve([card[SHIRT].pk], people[0])
    roll_back(card[SHIRT].classification.run, people[1])
    assert names(product) == {"Tops"}
    undo(approved.batch, people[0])
    assert (names(product), state_of(product)) == (set(), State.REVIEW)


def test_an_undone_correction_to_the_same_category_changes_nothing(
    target: Any, product: Product, people: Any, tops: Category
) -> None:
    card = judge(target, product, SURE, 0.0)
    corrected = correct(card[TSHIRT].classification_id, [str(tops.pk)], people[0])
    undo(corrected.batch, people[0])
    assert (names(product), state_of(product)) == ({"Tops"}, State.FILED)


def test_an_undo_leaves_a_card_that_was_sent_to_review_since_in_the_queue(
    target: Any, product: Product, people: Any
) -> None:
    for name, label in (("Tshirts", TSHIRT), ("Shirts", SHIRT)):
        map_labels(Category.objects.create(name=name), label)
    card = judge(target, product, SURE, SURE)
    rejected = reject([card[TSHIRT].pk], people[0])
    product.categories.set([Category.objects.create(name="Jeans")])
    run_check(target)
    assert ask_again(HealthFinding.objects.values_list("pk", flat=True), people[1]).done == 1
    undo(rejected.batch, people[0])
    card[SHIRT].refresh_from_db()
    assert (card[SHIRT].state, state_of(product)) == ("pending", State.REVIEW)


def test_an_undo_leaves_the_moment_of_what_another_has_decided(
    target: Any, product: Product, people: Any, tops: Category
) -> None:
    card = judge(target, product, SURE, SURE)
    reject([card[TSHIRT].pk], people[0])
    undo(reject([card[SHIRT].pk], people[1]).batch, people[1])
    row = card[SHIRT].classification
    row.refresh_from_db()
    assert row.state == State.REVIEWED and row.reviewed_at is not None
