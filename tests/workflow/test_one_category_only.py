"""Products that have one category each, and several labels that a person says yes to."""

from typing import Any

import pytest

from catalog_ai.errors import CannotUndo
from catalog_ai.models import Decision, Suggestion
from catalog_ai.workflow.review import approve, correct, reject
from catalog_ai.workflow.undo import undo
from tests.factories import (
    make_classification,
    make_rule,
    make_run,
    make_suggestion,
    make_superuser,
)
from tests.shops.models import Kind, UuidProduct

pytestmark = pytest.mark.django_db
TARGET = "shops.uuidproduct"


@pytest.fixture
def kinds() -> dict[str, Kind]:
    return {name: Kind.objects.create(name=name) for name in ("Belts", "Tops", "Ties")}


@pytest.fixture
def product(kinds: dict[str, Kind]) -> UuidProduct:
    return UuidProduct.objects.create(photo="a.png", category=kinds["Belts"])


@pytest.fixture
def person() -> Any:
    return make_superuser()


def make_card(product: UuidProduct, **means: Kind) -> list[int]:
    """Ids of suggestions, of which each label means a kind."""
    row = make_classification(run=make_run(TARGET), object_id=product.pk.hex)
    for label, kind in means.items():
        make_rule(f"article:{label}", target=TARGET, category=kind)
    return [make_suggestion(row, label=f"article:{label}").pk for label in means]


def kind_of(product: UuidProduct) -> str:
    product.refresh_from_db()
    return product.category.name if product.category else ""


def check_ledger() -> None:
    """No entry ever says that a product had two."""
    for entry in Decision.objects.all():
        assert len(entry.categories_before) <= 1 and len(entry.categories_after) <= 1, entry


def take_back(batch: Any, product: UuidProduct, person: Any) -> str:
    """Undo a batch; the product's kind then."""
    undo(batch, person)
    check_ledger()
    return kind_of(product)


@pytest.mark.parametrize("first", [0, 1])
def test_of_two_labels_of_one_category_each_is_taken_back_by_itself(
    product: UuidProduct, kinds: dict[str, Kind], person: Any, first: int
) -> None:
    card = make_card(product, tshirts=kinds["Tops"], shirts=kinds["Tops"])
    batches = [approve([pk], person).batch for pk in card]
    assert take_back(batches[first], product, person) == "Tops"  # the other label says so
    assert take_back(batches[1 - first], product, person) == "Belts"


@pytest.mark.parametrize("first", [0, 1])
def test_of_two_labels_of_one_category_that_a_person_corrects_both_come_back(
    product: UuidProduct, kinds: dict[str, Kind], person: Any, first: int
) -> None:
    card = make_card(product, tshirts=kinds["Tops"], shirts=kinds["Tops"])
    approved = approve([card[first]], person)
    rejected = reject([card[1 - first]], person)
    assert kind_of(product) == "Tops"
    assert take_back(approved.batch, product, person) == "Belts"
    assert take_back(rejected.batch, product, person) == "Belts"


def test_of_two_labels_of_different_categories_the_later_word_is_taken_back_first(
    product: UuidProduct, kinds: dict[str, Kind], person: Any
) -> None:
    card = make_card(product, tshirts=kinds["Tops"], shirts=kinds["Ties"])
    first, second = [approve([pk], person).batch for pk in card]
    assert kind_of(product) == "Ties"
    with pytest.raises(CannotUndo):
        undo(first, person)
    assert take_back(second, product, person) == "Tops"
    assert take_back(first, product, person) == "Belts"


def test_both_at_once_come_back_at_once(
    product: UuidProduct, kinds: dict[str, Kind], person: Any
) -> None:
    batch = approve(make_card(product, tshirts=kinds["Tops"], shirts=kinds["Ties"]), person).batch
    assert kind_of(product) == "Ties"
    assert take_back(batch, product, person) == "Belts"


def test_a_correction_of_what_was_approved_comes_back_to_it(
    product: UuidProduct, kinds: dict[str, Kind], person: Any
) -> None:
    card = make_card(product, tshirts=kinds["Tops"], shirts=kinds["Tops"])
    approved = approve([card[0]], person).batch
    row = Decision.objects.latest("pk").classification_id
    corrected = correct(row, [str(kinds["Ties"].pk)], person).batch
    assert kind_of(product) == "Ties"
    assert take_back(corrected, product, person) == "Tops"
    assert take_back(approved, product, person) == "Belts"


def test_a_correction_to_what_a_label_means_comes_back_too(
    product: UuidProduct, kinds: dict[str, Kind], person: Any
) -> None:
    card = make_card(product, tshirts=kinds["Tops"], shirts=kinds["Ties"])
    row = Suggestion.objects.get(pk=card[0]).classification_id
    batch = correct(row, [str(kinds["Tops"].pk)], person).batch
    states = Suggestion.objects.filter(pk__in=card).order_by("pk").values_list("state", flat=True)
    assert (list(states), kind_of(product)) == (["approved", "corrected"], "Tops")
    assert take_back(batch, product, person) == "Belts"
    assert list(states.all()) == ["pending", "pending"]
