"""Orders of a list that an index gives as a whole: on SQLite by its plan, on any by the result."""

from typing import Any

import pytest
from django.contrib.admin.views.main import ChangeList
from django.core.cache import cache
from django.db import connection, models
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from catalog_ai.admin.change_list import ascends, bound_list
from catalog_ai.models import CategorizedProduct
from shop_demo.models import Product
from tests.admin.people import PRODUCTS, make_products
from tests.factories import make_client

pytestmark = pytest.mark.django_db


def open_list(query: str, page: str = PRODUCTS) -> Any:
    return make_client().get(f"{reverse(page)}?{query}").context["cl"]


@pytest.mark.parametrize(("query", "step"), [("o=5", 1), ("o=-5", -1), ("o=4", 1), ("o=-4", -1)])
def test_products_that_tie_come_in_the_direction_of_the_column(query: str, step: int) -> None:
    products = make_products(3)
    keys = [product.pk for product in products]
    assert [product.pk for product in open_list(query).result_list] == keys[::step]


@pytest.mark.parametrize("query", ["o=5", "o=-5", "o=4", "o=-4"])
def test_no_order_of_ours_sorts_the_products(query: str) -> None:
    make_products(3)
    if connection.vendor == "sqlite":
        assert "TEMP B-TREE" not in open_list(query).queryset.explain()


def test_the_lists_own_order_stays_as_it_is() -> None:
    products = make_products(3)
    assert list(open_list("").result_list) == products[::-1]


def test_a_shops_own_change_list_is_extended() -> None:
    own = type("OwnList", (ChangeList,), {"mark": 1})
    assert issubclass(bound_list(own), own)


def test_the_direction_is_read_from_names_and_expressions() -> None:
    assert [ascends(one) for one in ("price", F("price"), F("price").asc())] == [True] * 3
    assert [ascends(one) for one in ("-price", F("price").desc())] == [False] * 2


def test_the_indexes_of_a_categorised_product_end_with_its_own_key() -> None:
    class Book(CategorizedProduct):
        isbn = models.CharField(max_length=13, primary_key=True)

        class Meta(CategorizedProduct.Meta):
            app_label = "a_library"

    for model, key in ((Book, "isbn"), (Product, "id")):
        fields = [index.fields for index in model._meta.indexes]
        assert fields == [["ai_state", key], ["ai_top_label", key], ["ai_confidence", key]]
    plain = models.Index(fields=["ai_state", "isbn"], name=Book._meta.indexes[0].name)
    assert Book._meta.indexes[0] == plain  # else each makemigrations would write one more
    path, _args, _kwargs = Book._meta.indexes[0].deconstruct()
    assert path == "django.db.models.Index"  # a migration needs nothing of ours


@pytest.mark.parametrize(
    "page", ["admin:catalog_ai_classification_changelist", "admin:catalog_ai_decision_changelist"]
)
def test_no_address_sorts_the_whole_history(page: str) -> None:
    for column in range(1, 11):
        order = [
            str(part).lstrip("-") for part in open_list(f"o={column}", page).queryset.query.order_by
        ]
        assert order[0] in {"pk", "created_at"}


def test_a_search_with_one_page_of_results_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    cache.clear()
    monkeypatch.setattr("catalog_ai.admin.paginator.SLOW_SEARCH", -1)
    products = make_products(3)
    open_list("q=Bulk")
    with CaptureQueriesContext(connection) as queries:
        assert list(open_list("q=Bulk").result_list) == products[::-1]
    searches = [one["sql"] for one in queries if "LIKE" in one["sql"]]
    assert len(searches) == 1  # of the rows of these keys
    assert '"id" IN (' in searches[0]
    cache.clear()
