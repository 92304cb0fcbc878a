"""The action "Auto-categorize selected products" and the page in between."""

from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from catalog_ai.models import Classification, Run
from shop_demo.models import Category, Product
from tests.admin.people import log_in, make_products, post_action
from tests.factories import make_classification, make_rule

pytestmark = pytest.mark.django_db
ACTION = "auto_categorize_products"
CONFIRM = {"confirm": "1", "preset": "strict", "mode": "redo", "apply_automatically": "on"}


def test_without_the_permission_the_action_does_not_exist() -> None:
    (product,) = make_products(1)
    client = log_in("review_suggestions", "export_results", "auto_apply")
    response = post_action(client, ACTION, _selected_action=[product.pk], **CONFIRM)
    assert response.status_code == 302
    assert not Run.objects.exists()


def test_the_page_tells_how_the_selection_stands() -> None:
    new, outdated, current, replaced = make_products(4)
    bare = Product.objects.create(title="no photo")
    make_classification(outdated, model_version="old-1")
    make_classification(current)
    make_classification(replaced, image_name="an/older/photo.png")
    keys = [new.pk, outdated.pk, current.pk, replaced.pk, bare.pk]
    survey = post_action(log_in("categorize_products"), ACTION, _selected_action=keys).context[
        "survey"
    ]
    assert survey.total == 5
    assert (survey.never, survey.outdated, survey.up_to_date) == (1, 2, 1)
    assert survey.without_image == 1


def test_a_large_selection_is_only_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("catalog_ai.workflow.describe.EXACT_LIMIT", 3)
    make_products(4)
    page = post_action(
        log_in("categorize_products"), ACTION, select_across=1, _selected_action=["1"]
    )
    assert page.context["survey"].total == 4
    assert not page.context["survey"].is_exact
    assert "The selection is large" in page.content.decode()


def test_a_selection_across_pages_carries_no_ids_and_keeps_the_filter() -> None:
    products = make_products(120)
    Product.objects.filter(pk__in=[one.pk for one in products[:70]]).update(price=5)
    client = log_in("categorize_products")
    query = "?q=Bulk&price__exact=5"
    page = post_action(
        client, ACTION, query, select_across=1, _selected_action=[one.pk for one in products[:50]]
    )
    text = page.content.decode()
    assert page.context["survey"].total == 70
    assert text.count('name="_selected_action"') == 1
    assert 'name="_selected_action" value="across"' in text
    assert 'action="/admin/shop_demo/product/?q=Bulk&amp;price__exact=5"' in text
    post_action(client, ACTION, query, select_across=1, _selected_action=["across"], **CONFIRM)
    assert Run.objects.get().total == 70


def test_the_page_costs_as_many_queries_for_a_hundred_products_as_for_ten() -> None:
    client = log_in("categorize_products")

    def measure() -> int:
        with CaptureQueriesContext(connection) as queries:
            post_action(client, ACTION, select_across=1, _selected_action=["across"])
        return len(queries)

    make_products(10, judged=True)
    ten = measure()
    make_products(90, judged=True)
    assert measure() == ten


def test_confirming_starts_the_run_as_chosen_and_opens_its_page() -> None:
    chosen, _other = make_products(2)
    client = log_in("categorize_products", "auto_apply")
    response = post_action(client, ACTION, _selected_action=[chosen.pk], dry_run="on", **CONFIRM)
    run = Run.objects.get()
    assert response.url == reverse("admin:catalog_ai_run_change", args=[run.pk])
    assert (run.preset, run.mode, run.dry_run) == ("strict", "redo", True)
    assert run.apply_automatically
    assert run.source == Run.Source.ADMIN
    assert list(run.classifications.values_list("object_id", flat=True)) == [str(chosen.pk)]


def test_filing_by_itself_is_not_offered_nor_taken_without_its_permission() -> None:
    (product,) = make_products(1)
    client = log_in("categorize_products")
    page = post_action(client, ACTION, _selected_action=[product.pk])
    assert 'name="apply_automatically"' not in page.content.decode()
    post_action(client, ACTION, _selected_action=[product.pk], **CONFIRM)
    assert not Run.objects.get().apply_automatically


def test_leaving_the_box_unticked_files_nothing_by_itself() -> None:
    (product,) = make_products(1)
    client = log_in("categorize_products", "auto_apply")
    choice = {key: value for key, value in CONFIRM.items() if key != "apply_automatically"}
    post_action(client, ACTION, _selected_action=[product.pk], **choice)
    assert not Run.objects.get().apply_automatically


def test_an_impossible_choice_is_shown_again_and_starts_nothing() -> None:
    (product,) = make_products(1)
    response = post_action(
        log_in("categorize_products"),
        ACTION,
        _selected_action=[product.pk],
        **{**CONFIRM, "preset": "reckless"},
    )
    assert "errornote" in response.content.decode()
    assert not Run.objects.exists()


def test_labels_without_a_category_are_named_and_none_is_made() -> None:
    category = Category.objects.create(name="Denim")
    make_rule("article:jeans", category=category)
    (product,) = make_products(1)
    page = post_action(log_in("categorize_products"), ACTION, _selected_action=[product.pk])
    assert "Jeans → Denim" in page.content.decode()
    assert "article:jeans" not in {item.label.id for item in page.context["unmapped"]}
    assert len(page.context["unmapped"]) > 10
    assert Category.objects.count() == 1


def test_a_missing_model_is_told_and_breaks_no_list(settings: Any, tmp_path: Path) -> None:
    (product,) = make_products(1, judged=True)
    settings.CATALOG_AI = {**settings.CATALOG_AI, "BUNDLE": tmp_path}
    client = log_in("categorize_products")
    response = client.post(
        reverse("admin:shop_demo_product_changelist"),
        {"action": ACTION, "_selected_action": [product.pk]},
        follow=True,
    )
    assert response.status_code == 200
    assert "There is no model bundle" in response.content.decode()
    assert "article:tshirts" in response.content.decode()  # its id stands in for its name
    assert Classification.objects.count() == 1


def test_where_nothing_is_to_be_done_that_is_said_and_the_selection_stays() -> None:
    (product,) = make_products(1)
    make_classification(product)
    client = log_in("categorize_products")
    choice = {**CONFIRM, "mode": "missing"}
    response = client.post(
        reverse("admin:shop_demo_product_changelist"),
        {"action": ACTION, "_selected_action": [product.pk], **choice},
    )
    page = response.content.decode()
    assert "There was nothing to do" in page
    assert f'name="_selected_action" value="{product.pk}"' in page  # to choose otherwise
    assert not Run.objects.filter(source=Run.Source.ADMIN).exists()


def test_a_large_run_says_that_it_is_collecting(settings: Any) -> None:
    settings.CATALOG_AI = {**settings.CATALOG_AI, "EXPAND_PAGE": 2}
    make_products(5)
    client = log_in("categorize_products")
    response = client.post(
        reverse("admin:shop_demo_product_changelist"),
        {"action": ACTION, "select_across": 1, "_selected_action": ["across"], **CONFIRM},
        follow=True,
    )
    assert "collecting its products" in response.content.decode()
    assert Run.objects.get().state == Run.State.EXPANDING
