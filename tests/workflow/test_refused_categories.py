"""What a person refused stays refused as a category, whatever label means it, then and now."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog_ai.models import Classification, LabelRule, Suggestion
from catalog_ai.workflow.health.disagreement import load_disagreements
from catalog_ai.workflow.mapping import CategoryMap
from catalog_ai.workflow.models_in_use import get_bundle
from catalog_ai.workflow.review import approve, correct, reject
from catalog_ai.workflow.store import Judged, store_results
from catalog_ai.workflow.undo import undo
from shop_demo.models import Category, Product
from tests.factories import (
    claim_one,
    make_classification,
    make_product,
    make_result,
    make_rule,
    make_run,
    make_suggestion,
    make_superuser,
    names,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_uploads")]
State, Said = Classification.State, Suggestion.State
TSHIRT, SHIRT, WATCH = "article:tshirts", "article:shirts", "article:watches"
LABELS = (TSHIRT, SHIRT, WATCH)
SURE, DOUBTFUL = 0.999, 0.3


@pytest.fixture(autouse=True)
def thresholds(db: None) -> None:
    """Figures of the shop's own; no category is named yet."""
    for label in LABELS:
        make_rule(label, auto_threshold=0.9, review_threshold=0.1)


def store(target: Any, product: Product, label: str, sure: float = SURE, **fields: Any) -> Any:
    """A new photo of the product, which the model takes for the label."""
    row = claim_one(target, product, make_run(total=1, **fields))
    store_results([Judged(row, row.image_name, make_result({label: sure}))])
    row.refresh_from_db()
    return row


def means(label: str, category: Category) -> None:
    LabelRule.objects.filter(label=label).update(category=str(category.pk))


def make(name: str) -> Category:
    return Category.objects.create(name=name)


def test_what_was_taken_back_from_a_category_stays_out_though_its_label_means_another_now(
    target: Any,
) -> None:
    product, tops = make_product(), make("Tops")
    means(TSHIRT, tops)
    reject([store(target, product, TSHIRT).suggestions.get().pk], make_superuser())
    means(TSHIRT, make("Basics"))
    means(SHIRT, tops)
    again = store(target, product, SHIRT)
    assert (again.state, again.reason, names(product)) == (State.REVIEW, "disagrees", set())


def test_a_refused_label_that_is_not_mapped_yet_still_means_its_category(target: Any) -> None:
    """Its category is found by name, and nobody had to look for it so far."""
    product = make_product()
    means(SHIRT, make("Tshirts"))
    reject([store(target, product, TSHIRT, DOUBTFUL).suggestions.get().pk], make_superuser())
    again = store(target, product, SHIRT)
    assert (again.state, again.reason, names(product)) == (State.REVIEW, "disagrees", set())
    assert not LabelRule.objects.get(label=TSHIRT).category  # looking writes nothing


def test_of_two_labels_whose_categories_would_only_be_made_one_is_refused(target: Any) -> None:
    """In a dry run neither has a key yet, and they are not the same for that."""
    refused, other = make_product(), make_product()
    reject([store(target, refused, TSHIRT, DOUBTFUL).suggestions.get().pk], make_superuser())
    run = make_run(total=2, dry_run=True)
    rows = [claim_one(target, one, run) for one in (other, refused)]
    results = [make_result({TSHIRT: SURE}), make_result({WATCH: SURE})]
    store_results(
        [Judged(row, row.image_name, one) for row, one in zip(rows, results, strict=True)]
    )
    assert [row.suggestions.get().state for row in rows] == [Said.PROPOSED, Said.PROPOSED]


@pytest.mark.parametrize("label", [TSHIRT, SHIRT])
def test_a_category_that_a_correction_chose_itself_is_not_refused_with_it(
    target: Any, label: str
) -> None:
    """The person looked the category up, in place of saying yes to a label that means it."""
    product, tops = make_product(), make("Tops")
    means(TSHIRT, tops)
    means(SHIRT, tops)
    row = store(target, product, TSHIRT, DOUBTFUL)
    correct(row.pk, [str(tops.pk)], make_superuser())
    again = store(target, product, label)
    assert (again.state, names(product)) == (State.FILED, {"Tops"})


def test_what_was_approved_once_and_refused_later_is_refused(target: Any) -> None:
    product, tops, person = make_product(), make("Tops"), make_superuser()
    means(TSHIRT, tops)
    means(SHIRT, tops)
    approve([store(target, product, TSHIRT, DOUBTFUL).suggestions.get().pk], person)
    product.categories.clear()
    reject([store(target, product, TSHIRT, DOUBTFUL).suggestions.get().pk], person)
    assert store(target, product, SHIRT).reason == "disagrees"


def test_a_check_does_not_bring_a_refused_category_up_under_another_label(target: Any) -> None:
    product, tops = make_product(), make("Tops")
    product.categories.add(make("Watches"))
    means(TSHIRT, tops)
    means(SHIRT, tops)
    row = make_classification(product, state=State.REVIEWED)
    make_suggestion(row, label=TSHIRT, state=Said.REJECTED)
    make_suggestion(row, label=SHIRT, state=Said.KEPT, confidence=0.99)
    categories = CategoryMap(target, get_bundle(), dry=True)
    assert load_disagreements(target, {str(product.pk): product}, categories) == {}


def test_a_card_is_approved_into_what_its_label_means_now() -> None:
    """The shop had refused the first category, so somebody named another for the label."""
    product, tops, basics = make_product(), make("Tops"), make("Basics")
    means(TSHIRT, basics)
    card = make_suggestion(make_classification(product), category=str(tops.pk))
    approve([card.pk], make_superuser())
    assert names(product) == {"Basics"}


@pytest.mark.parametrize("sure", [SURE, DOUBTFUL])
def test_a_label_is_right_whose_category_is_among_those_that_a_person_chose(
    target: Any, sure: float
) -> None:
    """Somebody who adds a second category has said nothing against the first."""
    product, tops, sale, person = make_product(), make("Tops"), make("Sale"), make_superuser()
    means(TSHIRT, tops)
    row = store(target, product, TSHIRT, sure)
    before, label = names(product), row.suggestions.get()
    batch = correct(row.pk, [str(tops.pk), str(sale.pk)], person).batch
    label.refresh_from_db()
    assert (label.state, names(product)) == (Said.APPROVED, {"Tops", "Sale"})
    said = label.state
    undo(batch, person)
    label.refresh_from_db()
    assert label.state != said and names(product) == before


def test_however_many_labels_are_refused_the_shops_categories_are_read_once(target: Any) -> None:
    counts, person = [], make_superuser()
    means(SHIRT, make("Shirts"))
    for refused in ((TSHIRT,), (TSHIRT, WATCH, "article:jeans", "article:belts")):
        product = make_product()
        row = make_classification(product)
        reject([make_suggestion(row, label=label).pk for label in refused], person)
        with CaptureQueriesContext(connection) as queries:
            store(target, product, SHIRT)
        assert names(product) == {"Shirts"}
        counts.append(len(queries))
    assert counts[0] == counts[1]
