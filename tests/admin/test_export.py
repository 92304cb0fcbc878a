"""Who may download what, from where, with which filters."""

from typing import Any

import pytest
from django.urls import reverse

from shop_demo.models import Product
from tests.admin.people import log_in, make_products, post_action
from tests.factories import make_classification, make_run

pytestmark = pytest.mark.django_db
ACTION = "export_categorisation"
URL = "admin:catalog_ai_export"
CONFIRM = {"confirm": "1", "shape": "products"}


def read(response: Any) -> list[str]:
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response.streaming
    return b"".join(response.streaming_content).decode().splitlines()


def test_the_action_asks_first_and_then_streams_the_selection() -> None:
    chosen, _other = make_products(2)
    client = log_in("export_results")
    page = post_action(client, ACTION, _selected_action=[chosen.pk])
    assert "1 product will be in the file" in page.content.decode()
    response = post_action(client, ACTION, _selected_action=[chosen.pk], **CONFIRM)
    assert response["Content-Disposition"].startswith('attachment; filename="catalogue-products-')
    lines = read(response)
    assert len(lines) == 2
    assert lines[1].startswith(f"{chosen.pk},Bulk 0,")


def test_a_selection_across_pages_keeps_the_filter_of_the_list() -> None:
    products = make_products(120)
    Product.objects.filter(pk__in=[one.pk for one in products[:70]]).update(price=5)
    response = post_action(
        log_in("export_results"),
        ACTION,
        "?price__exact=5",
        select_across=1,
        _selected_action=["across"],
        **CONFIRM,
    )
    assert len(read(response)) == 71


def test_excel_gets_its_byte_order_mark() -> None:
    (product,) = make_products(1)
    client = log_in("export_results")
    data = {"_selected_action": [product.pk], "bom": "on", **CONFIRM}
    body = b"".join(post_action(client, ACTION, **data).streaming_content)
    assert body.startswith(b"\xef\xbb\xbf")


def test_without_the_permission_nothing_is_exported() -> None:
    (product,) = make_products(1)
    client = log_in("categorize_products", "review_suggestions", "roll_back_run", "auto_apply")
    response = post_action(client, ACTION, _selected_action=[product.pk], **CONFIRM)
    assert response.status_code == 302
    run = make_run()
    for query in (f"?run={run.pk}&shape=products", "?queue=1&shape=products"):
        assert client.get(reverse(URL) + query).status_code == 403


def test_a_runs_results_are_exported() -> None:
    mine, other = make_run(total=1), make_run()
    make_classification(run=mine)
    make_classification(run=other)
    client = log_in("export_results")
    assert client.get(f"{reverse(URL)}?run={mine.pk}").context["total"] == 1
    response = client.get(f"{reverse(URL)}?run={mine.pk}&shape=products")
    assert f'filename="catalogue-run-{mine.pk}-' in response["Content-Disposition"]
    assert len(read(response)) == 2


def test_the_queues_filters_are_kept() -> None:
    key = "shop_demo.product"
    make_classification(top_label="article:jeans")
    make_classification(top_label="article:belts")
    make_classification(top_label="article:jeans", state="filed")
    client = log_in("export_results")
    query = f"?queue=1&target={key}&label=article:jeans&shape=products"
    lines = read(client.get(reverse(URL) + query))
    assert len(lines) == 2
    assert "article:jeans" in lines[1]


@pytest.mark.parametrize(
    "query", ["", "?run=999999", "?run=x", "?queue=1&target=no.such", "?run=²"]
)
def test_an_address_that_names_nothing_is_not_found(query: str) -> None:
    assert log_in("export_results").get(reverse(URL) + query).status_code == 404


def test_the_way_back_is_never_taken_from_the_address() -> None:
    run = make_run()
    page = log_in("export_results").get(f"{reverse(URL)}?run={run.pk}&back=javascript:alert(1)")
    assert 'href="javascript' not in page.content.decode()
    assert reverse("admin:catalog_ai_run_change", args=[run.pk]) in page.content.decode()


def test_a_run_of_a_model_that_is_no_longer_set_up_is_not_found() -> None:
    run = make_run("gone.product")
    assert log_in("export_results").get(f"{reverse(URL)}?run={run.pk}").status_code == 404
