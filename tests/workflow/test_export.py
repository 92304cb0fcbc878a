"""CSV export: complete, safe to open in a spreadsheet, and of bounded cost."""

import csv
import gc
import io
import tracemalloc
from collections.abc import Iterable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog_ai.models import Classification, Suggestion
from catalog_ai.targets import ProductTarget, get_targets
from catalog_ai.workflow.export import BOM, export_products, export_results
from catalog_ai.workflow.export_lines import COLUMNS, Shape, protect_cell
from catalog_ai.workflow.review import approve
from shop_demo.models import Category, Product
from tests.factories import (
    make_classification,
    make_run,
    make_suggestion,
    make_superuser,
)
from tests.shops.models import UuidProduct

pytestmark = pytest.mark.django_db


def read(text: Iterable[str]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO("".join(text))))


def make_products(count: int) -> None:
    """Judged products, each with a category and two suggestions."""
    category, _made = Category.objects.get_or_create(name="Shirts")
    run = make_run()
    for number in range(count):
        product = Product.objects.create(title=f"Shirt {number}", image="a/b.png")
        Classification.objects.all().filter(state="queued").delete()
        product.categories.add(category)
        row = make_classification(product, run)
        make_suggestion(row)
        make_suggestion(row, label="article:shirts", confidence=0.25)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_a_text_that_a_spreadsheet_would_run_is_marked(start: str) -> None:
    assert protect_cell(f"{start}1+1") == f"'{start}1+1"


def test_other_texts_and_numbers_stay_as_they_are() -> None:
    assert protect_cell("a=1") == "a=1"
    assert protect_cell(-1.5) == -1.5
    assert protect_cell("") == ""


def test_one_line_a_product_tells_its_latest_result(target: ProductTarget) -> None:
    make_products(1)
    (line,) = read(export_products(target, Product.objects.all(), Shape.PRODUCTS))
    assert tuple(line) == COLUMNS[Shape.PRODUCTS]
    row = Classification.objects.get()
    assert line["product_id"] == row.object_id
    assert line["product"] == "Shirt 0"
    assert (line["state"], line["reason"]) == ("review", "low_confidence")
    assert line["top_label_id"] == "article:tshirts"
    assert line["confidence"] == "0.6"
    assert line["suggested_labels"].endswith("0.60; Shirts 0.25")
    assert line["categories"] == "Shirts"
    assert line["image_digest"] == row.image_digest
    assert line["model_version"] == row.model_version
    assert line["run"] == str(row.run_id)


def test_a_product_that_was_never_judged_has_a_line_too(target: ProductTarget) -> None:
    Product.objects.create(title="New")
    (line,) = read(export_products(target, Product.objects.all(), Shape.PRODUCTS))
    assert (line["product"], line["state"], line["confidence"]) == ("New", "", "")


def test_one_line_a_suggestion_tells_who_decided(target: ProductTarget) -> None:
    make_products(1)
    boss = make_superuser()
    approve([Suggestion.objects.get(label="article:shirts").pk], boss)
    lines = read(export_products(target, Product.objects.all(), Shape.SUGGESTIONS))
    assert tuple(lines[0]) == COLUMNS[Shape.SUGGESTIONS]
    assert [line["label_id"] for line in lines] == ["article:tshirts", "article:shirts"]
    assert [line["suggestion_state"] for line in lines] == ["pending", "approved"]
    assert lines[1]["decided_by"] == boss.get_username()
    assert lines[1]["category"] == "Shirts"
    assert (lines[0]["auto_threshold"], lines[0]["review_threshold"]) == ("0.9", "0.1")


def test_a_hostile_title_cannot_become_a_formula(target: ProductTarget) -> None:
    Product.objects.create(title='=HYPERLINK("http://evil","x")')
    for shape in Shape:
        for line in read(export_products(target, Product.objects.all(), shape)):
            assert line["product"].startswith("'=")


def test_the_file_starts_with_a_bom_only_if_asked(target: ProductTarget) -> None:
    products = Product.objects.none()
    assert next(export_products(target, products, Shape.PRODUCTS, bom=True)).startswith(BOM)
    assert next(export_products(target, products, Shape.PRODUCTS)).startswith("product_id,")


def test_names_of_any_script_survive(target: ProductTarget) -> None:
    Product.objects.create(title="Männer-Hemd, „weiß“ 衬衫")
    (line,) = read(export_products(target, Product.objects.all(), Shape.PRODUCTS))
    assert line["product"] == "Männer-Hemd, „weiß“ 衬衫"


def test_the_order_of_the_list_does_not_matter_and_nothing_is_lost_between_pages(
    target: ProductTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catalog_ai.workflow.export.PAGE", 3)
    make_products(8)
    lines = read(export_products(target, Product.objects.order_by("-title"), Shape.PRODUCTS))
    assert sorted(line["product"] for line in lines) == [f"Shirt {number}" for number in range(8)]
    rows = Classification.objects.all()
    assert len(read(export_results(target, rows, Shape.SUGGESTIONS))) == 16


def test_a_page_costs_the_same_number_of_queries_however_full(target: ProductTarget) -> None:
    def measure() -> int:
        with CaptureQueriesContext(connection) as queries:
            for shape in Shape:
                list(export_products(target, Product.objects.all(), shape))
                list(export_results(target, Classification.objects.all(), shape))
        return len(queries)

    make_products(10)
    ten = measure()
    make_products(90)
    assert measure() == ten


def test_keys_of_another_kind_are_exported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("catalog_ai.workflow.export.PAGE", 2)
    target = get_targets()["shops.uuidproduct"]
    products = [UuidProduct.objects.create() for _ in range(5)]
    lines = read(export_products(target, UuidProduct.objects.all(), Shape.PRODUCTS))
    assert {line["product_id"] for line in lines} == {one.pk.hex for one in products}


def test_a_deleted_products_result_is_exported_without_its_title(target: ProductTarget) -> None:
    make_classification(object_id="424242")
    (line,) = read(export_results(target, Classification.objects.all(), Shape.PRODUCTS))
    assert (line["product_id"], line["product"], line["categories"]) == ("424242", "", "")


@pytest.mark.slow
def test_memory_stays_flat(target: ProductTarget) -> None:
    def measure_peak() -> int:
        tracemalloc.start()
        for _page in export_products(target, Product.objects.all(), Shape.PRODUCTS):
            gc.collect()  # prefetched rows stand in circles, which only the collector frees
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    def fill(count: int) -> Any:
        Product.objects.bulk_create([Product(title=f"P{n}", image="a.png") for n in range(count)])

    fill(2_000)
    measure_peak()
    small = measure_peak()
    fill(8_000)
    assert measure_peak() < 1.5 * small
