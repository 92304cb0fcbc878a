"""Long lists: exact pages, a count that is kept, and deep pages by their keys."""

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog_ai.admin import paginator
from catalog_ai.admin.paginator import LargeListPaginator
from shop_demo.models import Product
from tests.admin.people import make_products

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def small_limits(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    cache.clear()
    monkeypatch.setattr(paginator, "SLOW", -1)
    monkeypatch.setattr(paginator, "DEEP", 4)
    yield
    cache.clear()


def paginate() -> LargeListPaginator:
    return LargeListPaginator(Product.objects.order_by("title", "-pk"), 3)


def test_every_page_is_what_djangos_own_would_be() -> None:
    make_products(10)
    rows = list(Product.objects.order_by("title", "-pk"))
    for number in range(1, 5):
        assert list(paginate().page(number)) == rows[3 * number - 3 : 3 * number]


def test_a_count_that_was_slow_is_kept_for_a_while() -> None:
    make_products(6)
    assert paginate().count == 6
    make_products(1)
    with CaptureQueriesContext(connection) as queries:
        assert paginate().count == 6
    assert not queries


def test_another_filter_has_a_count_of_its_own() -> None:
    make_products(6)
    assert paginate().count == 6
    assert LargeListPaginator(Product.objects.filter(title="Bulk 1"), 3).count == 1


def test_a_count_that_was_quick_is_always_fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paginator, "SLOW", 60)
    make_products(5)
    assert paginate().count == 5
    make_products(1)
    assert paginate().count == 6


def test_a_deep_page_reads_no_rows_but_its_own() -> None:
    make_products(10)
    with CaptureQueriesContext(connection) as queries:
        list(paginate().page(3))
    (deep,) = [query["sql"] for query in queries if "OFFSET" in query["sql"]]
    assert deep.split("FROM")[0].strip() == 'SELECT "shop_demo_product"."id" AS "pk"'


def test_nothing_and_a_plain_list_can_be_paged_too() -> None:
    assert LargeListPaginator(Product.objects.none(), 3).count == 0
    assert list(LargeListPaginator(list(range(10)), 3).page(3)) == [6, 7, 8]
