"""A person looks for a category: the shop's own, and those that would be made for a label."""

from typing import Any

import pytest

from catalog_ai.targets import get_target
from catalog_ai.workflow.category_search import search_offers
from catalog_ai.workflow.review import correct
from catalog_ai.workflow.undo import last_batch, undo
from shop_demo.models import Category
from tests.factories import make_classification, make_product, make_rule, make_suggestion, make_user
from tests.shops.models import Kind

pytestmark = pytest.mark.django_db


def find(target: Any, text: str) -> list[tuple[str, bool]]:
    return [(one.name, one.is_new) for one in search_offers(target, text, 12)]


def test_own_categories_and_labels_without_one_are_offered(target: Any) -> None:
    Category.objects.create(name="Swimwear and caps")
    found = find(target, "cap")
    assert found[0][0].startswith("Cap") and found[0][1]
    assert {("Caps", True), ("Swimwear and caps", False)} <= set(found)


def test_categories_of_one_name_are_told_apart_by_their_keys() -> None:
    target = get_target("shops.uuidproduct")
    women, men = (Kind.objects.create(name="Watches") for _ in range(2))
    found = [(f"Watches ({one.pk})", False) for one in (women, men)]
    assert find(target, "watches") == found  # and a third one is not offered


def test_a_label_that_has_a_category_is_not_offered_again(target: Any) -> None:
    Category.objects.create(name="Watches")
    assert find(target, "watches") == [("Watches", False)]
    headgear = Category.objects.create(name="Headgear")
    make_rule("article:caps", category=headgear)
    assert ("Caps", True) not in find(target, "caps")


def test_a_label_is_found_by_its_other_names(target: Any) -> None:
    assert ("Tshirts", True) in find(target, "tee")


def test_a_shop_that_makes_no_categories_is_offered_none(
    target: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(target), "create_categories", False)
    assert find(target, "watches") == []


def test_a_new_category_is_made_when_a_product_is_filed_there(target: Any) -> None:
    product = make_product()
    row = make_classification(product)
    make_suggestion(row)
    user = make_user("review_suggestions")
    (offer,) = search_offers(target, "watches", 12)
    assert not Category.objects.filter(name="Watches").exists()
    assert correct(row.pk, [offer.key], user).done == 1
    assert list(product.categories.values_list("name", flat=True)) == ["Watches"]
    assert [(one.name, one.is_new) for one in search_offers(target, "watches", 12)] == [
        ("Watches", False)
    ]
    undo(last_batch(user), user)  # type: ignore[arg-type]
    assert not product.categories.exists()


def test_a_label_that_does_not_exist_is_refused() -> None:
    row = make_classification(make_product())
    with pytest.raises(Exception, match="categor"):
        correct(row.pk, ["label:article:nonsense"], make_user("review_suggestions"))


def test_however_many_new_ones_fit_the_shops_categories_are_read_once(
    target: Any, django_assert_num_queries: Any
) -> None:
    for text in ("", "watch"):
        with django_assert_num_queries(3):  # those that fit, the rules, and all names
            search_offers(target, text, 60)
