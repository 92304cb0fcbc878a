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
    monkeypatch.setattr(paginator, "MANY", 5)
    monkeypatch.setattr(paginator, "SLOW_SEARCH", -1)
    monkeypatch.setattr(paginator, "SLOW_WALK", -1)
    monkeypatch.setattr(paginator, "DEEP", 4)
    monkeypatch.setattr(paginator, "AROUND", 1)
    yield
    cache.clear()


def paginate() -> LargeListPaginator:
    return LargeListPaginator(Product.objects.order_by("title", "-pk"), 3)


def test_every_page_is_what_djangos_own_would_be() -> None:
    make_products(10)
    rows = list(Product.objects.order_by("title", "-pk"))
    for number in range(1, 5):
        assert list(paginate().page(number)) == rows[3 * number - 3 : 3 * number]


def test_the_count_of_many_is_kept_for_a_while() -> None:
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


def test_a_short_list_shows_what_was_just_added_however_slow_the_machine_is() -> None:
    make_products(5)
    assert paginate().count == 5
    make_products(1)
    assert paginate().count == 6


def test_what_was_quickly_found_is_always_fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paginator, "SLOW_SEARCH", 60)
    make_products(2)
    found = Product.objects.filter(title__contains="Bulk")
    assert LargeListPaginator(found, 3).count == 2
    make_products(1)
    assert LargeListPaginator(found, 3).count == 3


def test_a_deep_page_reads_no_rows_but_its_own() -> None:
    make_products(10)
    with CaptureQueriesContext(connection) as queries:
        list(paginate().page(3))
    (deep,) = [query["sql"] for query in queries if "OFFSET" in query["sql"]]
    assert deep.split("FROM")[0].strip() == 'SELECT "shop_demo_product"."id" AS "pk"'


@pytest.mark.parametrize("around", [1, 2, 3])
def test_pages_from_the_nearer_end_are_the_same_pages(
    monkeypatch: pytest.MonkeyPatch, around: int
) -> None:
    monkeypatch.setattr(paginator, "AROUND", around)
    make_products(20)
    rows = list(Product.objects.order_by("title", "-pk"))
    pages = LargeListPaginator(Product.objects.order_by("title", "-pk"), 3, orphans=2)
    shown = [list(page) for page in pages]
    assert sum(shown, []) == rows
    assert [len(page) for page in shown] == [3, 3, 3, 3, 3, 5]


def test_the_last_pages_are_walked_to_from_the_end() -> None:
    make_products(20)
    pages = LargeListPaginator(Product.objects.order_by("title", "-pk"), 3)
    assert pages.count == 20
    with CaptureQueriesContext(connection) as queries:
        last, before = list(pages.page(7)), list(pages.page(6))
    assert (len(last), len(before)) == (2, 3)
    skipped = [int(sql.split("OFFSET")[1]) for sql in sql_of(queries) if "OFFSET" in sql]
    assert skipped == [2]  # behind the last but one; the last skips nothing


def test_around_a_deep_page_no_other_walks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paginator, "AROUND", 2)
    make_products(12)
    shown = list(paginate().page(3))
    rows = list(Product.objects.order_by("title", "-pk"))
    with CaptureQueriesContext(connection) as queries:
        assert list(paginate().page(3)) == shown
        assert list(paginate().page(4)) == rows[9:]
    assert len(queries) == 2
    assert not any("OFFSET" in sql for sql in sql_of(queries))


def test_a_kept_page_shows_nothing_that_has_left_the_list() -> None:
    make_products(9)
    shown = list(paginate().page(3))
    shown[0].delete()
    assert list(paginate().page(3)) == shown[1:]


def test_another_order_has_pages_of_its_own() -> None:
    make_products(9)
    list(paginate().page(3))
    rows = list(Product.objects.order_by("pk"))
    assert list(LargeListPaginator(Product.objects.order_by("pk"), 3).page(3)) == rows[6:]


def test_a_walk_that_was_quick_is_always_fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paginator, "SLOW_WALK", 60)
    make_products(9)
    list(paginate().page(3))
    Product.objects.update(title="the same")
    rows = list(Product.objects.order_by("title", "-pk"))
    assert list(paginate().page(3)) == rows[6:]


def test_what_a_search_has_found_is_not_searched_for_again() -> None:
    make_products(6)
    found = Product.objects.filter(title__contains="Bulk").order_by("-title")
    assert LargeListPaginator(found, 2).count == 6
    with CaptureQueriesContext(connection) as queries:
        pages = LargeListPaginator(found, 2)
        assert [product.title for page in pages for product in page] == [
            f"Bulk {number}" for number in range(5, -1, -1)
        ]
    assert len(queries) == 3
    assert all('"id" IN (' in sql for sql in sql_of(queries))


def test_of_many_that_a_search_finds_no_keys_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paginator, "FEW", 5)
    make_products(6)
    pages = LargeListPaginator(Product.objects.filter(title__contains="Bulk").order_by("pk"), 2)
    with CaptureQueriesContext(connection) as queries:
        assert [len(page) for page in pages] == [2, 2, 2]
    assert not any('"id" IN (' in sql for sql in sql_of(queries)[:4])
    assert any("COUNT" in sql for sql in sql_of(queries))


def sql_of(queries: CaptureQueriesContext) -> list[str]:
    return [query["sql"] for query in queries]


def test_nothing_and_a_plain_list_can_be_paged_too() -> None:
    assert LargeListPaginator(Product.objects.none(), 3).count == 0
    assert list(LargeListPaginator(list(range(10)), 3).page(3)) == [6, 7, 8]
