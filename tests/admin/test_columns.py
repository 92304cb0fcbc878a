"""What the columns of a product list say in the less usual cases, and what counts cost."""

from typing import Any

import pytest
from django.contrib import admin
from django.core.cache import cache
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from catalog_ai.admin.filters import count_results
from catalog_ai.models import Classification, Suggestion
from catalog_ai.targets import ProductTarget
from catalog_ai.workflow.review import correct
from shop_demo.models import Category, Product
from tests.admin.people import PRODUCTS, log_in, make_products
from tests.factories import make_classification, make_suggestion, make_superuser

pytestmark = pytest.mark.django_db
State = Classification.State


def read_list() -> str:
    return log_in().get(reverse(PRODUCTS)).content.decode()  # type: ignore[no-any-return]


def test_an_unidentified_photo_shows_its_likeliest_label() -> None:
    (product,) = make_products(1)
    make_classification(
        product, state=State.UNIDENTIFIED, top_label="article:jeans", top_confidence=0.08
    )
    page = read_list()
    assert '<span class="cai-label-name">Jeans</span>' in page
    assert "8\N{NO-BREAK SPACE}%" in page


def test_a_correction_is_told_and_the_models_labels_are_gone() -> None:
    (product,) = make_products(1, judged=True)
    category = Category.objects.create(name="Odd things")
    correct(Classification.objects.get(is_current=True).pk, [str(category.pk)], make_superuser())
    page = read_list()
    assert "Corrected by a person" in page
    assert "cai-label-name" not in page


def test_rejected_labels_are_not_shown() -> None:
    (product,) = make_products(1, judged=True)
    Suggestion.objects.filter(label="article:tshirts").update(state=Suggestion.State.REJECTED)
    page = read_list()
    assert "30\N{NO-BREAK SPACE}%" in page
    assert "60\N{NO-BREAK SPACE}%" not in page


def test_more_than_three_labels_are_counted() -> None:
    (product,) = make_products(1, judged=True)
    for label in ("article:jeans", "article:belts", "article:caps"):
        make_suggestion(Classification.objects.get(is_current=True), label=label)
    assert "and 2 more" in read_list()


def test_what_was_wrong_with_a_photo_is_told() -> None:
    (product,) = make_products(1)
    make_classification(product, state=State.REJECTED, error="The file is empty.")
    assert "The file is empty." in read_list()


def test_a_column_shows_a_product_that_no_list_loaded() -> None:
    (product,) = make_products(1, judged=True)
    shop_admin: Any = admin.site._registry[Product]
    assert "To review" in shop_admin.catalog_ai_state(Product.objects.get(pk=product.pk))


def test_a_product_without_a_photo_keeps_its_place() -> None:
    Product.objects.create(title="bare")
    assert "no photo" in read_list()


def test_counts_over_a_large_catalogue_are_kept_for_a_while(
    target: ProductTarget, rf: RequestFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.clear()
    monkeypatch.setattr("catalog_ai.admin.filters.LARGE", 1)
    make_products(2, judged=True)
    first = count_results(target, rf.get("/"))
    with CaptureQueriesContext(connection) as queries:
        again = count_results(target, rf.get("/"))
    assert not queries
    assert first == again
    assert first.states == {"review": 2, "never": 0}
    assert first.labels == {"article:tshirts": 2}
    assert first.bands == {"90": 0, "70": 0, "50": 2, "0": 0}
    cache.clear()


def test_counts_over_a_small_catalogue_are_always_fresh(
    target: ProductTarget, rf: RequestFactory
) -> None:
    make_products(1, judged=True)
    assert count_results(target, rf.get("/")).states["review"] == 1
    make_products(1, judged=True)
    assert count_results(target, rf.get("/")).states["review"] == 2


def test_the_filters_of_one_page_count_once(target: ProductTarget, rf: RequestFactory) -> None:
    make_products(1, judged=True)
    request = rf.get("/")
    count_results(target, request)
    with CaptureQueriesContext(connection) as queries:
        count_results(target, request)
    assert not queries
