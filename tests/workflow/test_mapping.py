"""From labels to the shop's categories."""

from typing import Any

import pytest
from django.utils.translation import override

from catalog_ai.models import LabelRule, Suggestion
from catalog_ai.targets import ProductTarget
from catalog_ai.workflow.category_search import search_offers
from catalog_ai.workflow.mapping import CategoryMap
from catalog_ai.workflow.models_in_use import get_bundle
from catalog_ai.workflow.store import Judged, store_results
from shop_demo.models import Category
from tests.factories import claim_one, make_result, make_rule, make_run, make_unjudged

pytestmark = pytest.mark.django_db
LABEL = "article:jeans"


def test_a_category_is_made_when_a_label_first_needs_it(target: ProductTarget) -> None:
    key = CategoryMap(target, get_bundle()).find(LABEL)
    assert Category.objects.get().pk == int(key or 0)
    assert LabelRule.objects.get().category == key


@pytest.mark.parametrize("before", [None, "", "a category that is gone"])
def test_a_person_who_names_a_category_meanwhile_is_heard(
    target: ProductTarget, monkeypatch: pytest.MonkeyPatch, before: str | None
) -> None:
    rules = LabelRule.objects.filter(target=target.key, label=LABEL)
    if before is not None:
        make_rule(LABEL, category=before)
    own = str(Category.objects.create(name="Trousers").pk)

    def find(label: Any) -> str:
        """Slowly: a person saves the mapping page before it is done."""
        LabelRule.objects.update_or_create(
            target=target.key, label=LABEL, defaults={"category": own}
        )
        return "4242"

    monkeypatch.setattr(target, "find_category", find)
    assert CategoryMap(target, get_bundle()).find(LABEL) == own
    assert rules.get().category == own


def test_a_rule_from_when_the_shop_kept_its_categories_otherwise_leads_nowhere(
    target: ProductTarget,
) -> None:
    make_rule(LABEL, category="a word, as choices have")
    category = Category.objects.create(name="Jeans")
    assert CategoryMap(target, get_bundle()).find(LABEL) == str(category.pk)


def test_looking_only_makes_no_category_and_no_rule(target: ProductTarget) -> None:
    assert CategoryMap(target, get_bundle(), dry=True).find(LABEL) == ""
    assert not Category.objects.exists()
    assert not LabelRule.objects.exists()


def test_looking_only_finds_what_there_is(target: ProductTarget) -> None:
    category = Category.objects.create(name="jeans")
    assert CategoryMap(target, get_bundle(), dry=True).find(LABEL) == str(category.pk)


def test_a_category_in_the_shops_language_is_found(target: ProductTarget, settings: Any) -> None:
    settings.LANGUAGE_CODE = "de"
    german = str(Category.objects.create(name="Hemden").pk)
    assert CategoryMap(target, get_bundle(), dry=True).find("article:shirts") == german
    assert CategoryMap(target, get_bundle()).keep_meant([german]) == {german}
    assert target.look_up_category(get_bundle().labels_by_id["article:shirts"]) == german
    with override("en"):  # whoever reads, the shop is a German one
        assert CategoryMap(target, get_bundle()).look_up("article:shirts") == german
    english = str(Category.objects.create(name="Shirts").pk)
    assert CategoryMap(target, get_bundle()).find("article:shirts") == english


def test_a_category_is_made_in_the_shops_language(target: ProductTarget, settings: Any) -> None:
    settings.LANGUAGE_CODE = "de"
    assert [one.name for one in search_offers(target, "freizeits", 12)] == ["Freizeitschuhe"]
    categories = CategoryMap(target, get_bundle())
    assert categories.find("article:casual-shoes")
    assert Category.objects.get().name == "Freizeitschuhe"
    assert categories.still_means("article:casual-shoes", "")
    assert search_offers(target, "casual shoes", 12) == []


def test_a_dry_run_proposes_and_leaves_the_shop_as_it_is(target: ProductTarget) -> None:
    product: Any = make_unjudged()
    run = make_run(total=1, dry_run=True)
    row = claim_one(target, product, run)
    store_results([Judged(row, row.image_name, make_result({LABEL: 0.99}))])
    assert Suggestion.objects.get().state == Suggestion.State.PROPOSED
    assert not Category.objects.exists()
    assert not product.categories.exists()
