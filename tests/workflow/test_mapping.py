"""From labels to the shop's categories."""

from typing import Any

import pytest

from catalog_ai.models import Classification, LabelRule, Suggestion
from catalog_ai.targets import ProductTarget
from catalog_ai.workflow.mapping import CategoryMap
from catalog_ai.workflow.models_in_use import get_bundle
from catalog_ai.workflow.store import Judged, store_results
from shop_demo.models import Category
from tests.factories import claim_one, make_product, make_result, make_run

pytestmark = pytest.mark.django_db
LABEL = "article:jeans"


def test_a_category_is_made_when_a_label_first_needs_it(target: ProductTarget) -> None:
    key = CategoryMap(target, get_bundle()).find(LABEL)
    assert Category.objects.get().pk == int(key or 0)
    assert LabelRule.objects.get().category == key


def test_looking_only_makes_no_category_and_no_rule(target: ProductTarget) -> None:
    assert CategoryMap(target, get_bundle(), dry=True).find(LABEL) == ""
    assert not Category.objects.exists()
    assert not LabelRule.objects.exists()


def test_looking_only_finds_what_there_is(target: ProductTarget) -> None:
    category = Category.objects.create(name="jeans")
    assert CategoryMap(target, get_bundle(), dry=True).find(LABEL) == str(category.pk)


def test_a_dry_run_proposes_and_leaves_the_shop_as_it_is(target: ProductTarget) -> None:
    product: Any = make_product()
    run = make_run(total=1, dry_run=True)
    Classification.objects.all().delete()  # the upload's own
    row = claim_one(target, product, run)
    store_results([Judged(row, row.image_name, make_result({LABEL: 0.99}))])
    assert Suggestion.objects.get().state == Suggestion.State.PROPOSED
    assert not Category.objects.exists()
    assert not product.categories.exists()
