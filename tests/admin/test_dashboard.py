"""The dashboard page: who sees what, the figures' files, and what it says where there are none."""

import csv
import io
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from catalog_ai.models import Decision
from catalog_ai.workflow.statistics import known, update_summaries
from tests.admin.people import log_in
from tests.factories import make_classification, make_suggestion

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_cache")]


def open_page(client: Client, query: str = "") -> Any:
    return client.get(f"{reverse('admin:catalog_ai_dashboard')}{query}")


def make_work(name: str = "ann", count: int = 1) -> None:
    """Products categorised today, each approved by somebody."""
    for _number in range(count):
        suggestion = make_suggestion(make_classification(finished_at=timezone.now()))
        Decision.objects.create(
            classification=suggestion.classification,
            suggestion=suggestion,
            action="approve",
            actor_name=name,
            label=suggestion.label,
        )


def read_csv(answer: Any) -> list[list[str]]:
    text = b"".join(answer.streaming_content).decode()
    return list(csv.reader(io.StringIO(text)))


@pytest.mark.parametrize(
    "right",
    ["categorize_products", "review_suggestions", "roll_back_run", "export_results", "view_run"],
)
def test_whoever_may_see_runs_sees_the_dashboard(right: str) -> None:
    assert open_page(log_in(right)).status_code == 200


def test_others_are_refused_page_and_files() -> None:
    assert open_page(log_in()).status_code == 403
    assert open_page(log_in(), "?csv=labels").status_code == 403
    assert open_page(Client()).status_code == 302


def test_reviewers_names_are_neither_on_the_page_nor_in_a_file_without_the_ledgers_right() -> None:
    make_work("mallory")
    client = log_in("review_suggestions")
    assert "mallory" not in open_page(client).content.decode()
    assert open_page(client, "?csv=reviewers").status_code == 404
    assert "mallory" in open_page(log_in("view_run", "view_decision")).content.decode()


def test_the_figures_of_a_chart_come_as_a_file() -> None:
    make_work()
    lines = read_csv(open_page(log_in("view_run"), "?csv=labels"))
    assert lines == [["Label", "Products", "Mean confidence, per cent"], ["Tshirts", "1", "60.0"]]


def test_a_name_that_is_a_formula_is_written_as_text() -> None:
    make_work("=cmd()")
    lines = read_csv(open_page(log_in("view_run", "view_decision"), "?csv=reviewers"))
    assert lines[1][0] == "'=cmd()"


def test_a_file_that_there_is_not_is_not_found() -> None:
    assert open_page(log_in("view_run"), "?csv=secrets").status_code == 404


def test_an_empty_shop_is_told_what_to_do() -> None:
    page = open_page(log_in("view_run")).content.decode()
    assert "Nothing to show for this period" in page
    assert "Auto-categorize selected products" in page


def test_dates_that_cannot_be_are_told_and_the_page_opens() -> None:
    make_work()
    page = open_page(log_in("view_run"), "?period=own&from=2026-02-30&to=x").content.decode()
    assert "Give both dates" in page
    assert "Products categorised" in page


def test_an_unknown_period_or_product_model_shows_the_usual_ones() -> None:
    make_work()
    page = open_page(log_in("view_run"), "?period=<b>&target=<i>").content.decode()
    assert "<b>" not in page and "<i>" not in page
    assert "Products categorised" in page


def test_every_plot_has_a_name_a_description_and_its_figures_in_a_table() -> None:
    make_work()
    page = open_page(log_in("view_run")).content.decode()
    assert page.count('role="img"') == 3
    assert page.count("<desc id=") == 3
    assert page.count("cai-figures") == page.count("&amp;csv=")
    assert "<script" not in page.partition('id="content-main"')[2].partition("</main>")[0]


def test_the_page_costs_the_same_queries_for_more_rows(django_assert_num_queries: Any) -> None:
    client = log_in("view_run", "view_decision")
    make_work()
    with CaptureQueriesContext(connection) as few:
        open_page(client)
    assert len(few) > 5
    make_work("bob", 8)
    cache.clear()
    with django_assert_num_queries(len(few)):
        open_page(client)


def test_the_start_page_leads_here() -> None:
    page = log_in("view_run", "review_suggestions").get(reverse("admin:catalog_ai_home"))
    assert reverse("admin:catalog_ai_dashboard") in page.content.decode()


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is counted while the page waits, as in a large shop."""
    monkeypatch.setattr(known, "CHEAP", 0)


def test_a_large_shops_first_opening_says_what_is_being_done(large: None) -> None:
    make_work()
    client = log_in("view_run")
    page = open_page(client).content.decode()
    assert "still being counted" in page
    assert "Days counted: 0. Still to come: 1" in page
    assert "update_statistics" in page
    assert "Nothing to show" not in page
    update_summaries()
    page = open_page(client).content.decode()
    assert "still being counted" not in page
    assert "Products categorised" in page


def test_no_file_of_figures_that_are_not_counted_yet(large: None) -> None:
    make_work()
    client = log_in("view_run")
    answer = client.get(f"{reverse('admin:catalog_ai_dashboard')}?csv=labels", follow=True)
    assert "no file yet" in answer.content.decode()
    update_summaries()
    assert read_csv(open_page(client, "?csv=labels"))[1][0] == "Tshirts"


def test_figures_of_a_large_day_say_as_of_when(large: None) -> None:
    make_work()
    update_summaries()
    assert (
        "what has been done since is being counted"
        in open_page(log_in("view_run")).content.decode()
    )


def test_labels_lead_to_the_queue_and_to_the_product_list_and_both_open() -> None:
    make_work()
    make_suggestion(make_classification())
    client = log_in("view_run", "review_suggestions")
    page = open_page(client).content.decode()
    queue = f"{reverse('admin:catalog_ai_review')}?target=shop_demo.product"
    products = f"{reverse('admin:shop_demo_product_changelist')}?ai_label=article%3Atshirts"
    assert f'href="{queue}&amp;label=article%3Atshirts"' in page
    assert f'href="{queue}"' in page  # what waits, in the headlines
    assert f'href="{products}"' in page
    for address in (queue, products):
        assert client.get(address).status_code == 200


def test_nobody_is_led_where_they_may_not_go() -> None:
    make_work()
    make_suggestion(make_classification())
    page = open_page(log_in("view_run", shop=False)).content.decode()
    assert reverse("admin:catalog_ai_review") not in page
    assert "ai_label" not in page


def test_the_review_queue_leads_here() -> None:
    page = log_in("review_suggestions").get(reverse("admin:catalog_ai_review")).content.decode()
    assert f"{reverse('admin:catalog_ai_dashboard')}?target=shop_demo.product" in page
