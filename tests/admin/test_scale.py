"""Every page costs the same number of queries for sixty rows as for ten."""

from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from catalog_ai.models import Classification, Decision, Run, Suggestion
from catalog_ai.workflow.review import approve
from tests.admin.people import PRODUCTS, count_queries, make_products
from tests.factories import make_client, make_run, make_superuser

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_cache")]

PAGES = {
    PRODUCTS: [
        "",
        "ai_status=review",
        "ai_status=never",
        "ai_status=in-progress",
        "ai_label=article:tshirts",
        "ai_confidence_band=50",
        "q=Bulk",
        "o=4",
        "o=-4",
        "o=5",
        "o=-5",
    ],
    "admin:catalog_ai_review": [
        "",
        "view=grid",
        "label=article:tshirts",
        "reason=low_confidence",
        "run={run}",
        "model={model}",
        "age=day",
        "order=valuable",
        "order=oldest",
        "mine=1",
        "after=0.4:{card}",
    ],
    "admin:catalog_ai_run_changelist": ["", "source=upload", "source=all"],
    "admin:catalog_ai_classification_changelist": [
        "",
        "state__exact=review",
        "q=7",
        "o=1",
        "run={run}&state__exact=review",
    ],
    "admin:catalog_ai_decision_changelist": ["", "action__exact=approve", "q=7", "o=1"],
    "admin:catalog_ai_home": [""],
    "admin:catalog_ai_thresholds": ["", "sensitivity=1&shown=1", "budget=5&propose=1"],
    "admin:catalog_ai_budget": ["", "budget=5&follows=1"],
    "admin:catalog_ai_threshold_changes": [""],
    "admin:catalog_ai_export": ["run={run}", "queue=1"],
    "catalog_ai_api:classification-list": ["", "run={run}", "top_label=article:tshirts"],
    "catalog_ai_api:suggestion-list": ["", "run={run}", "current=1"],
    "catalog_ai_api:run-list": [""],
}
OF_RUN = ("change", "progress", "charts", "roll_back", "preview")


@pytest.fixture
def client() -> Client:
    return make_client()


def fill(count: int, boss: Any) -> Run:
    """Products with results, all in one run, and a decision on every fifth."""
    products = make_products(count, judged=True)
    rows = Classification.objects.filter(object_id__in=[str(one.pk) for one in products])
    run = Run.objects.order_by("pk").first() or make_run()
    rows.update(run=run)
    Run.objects.filter(pk=run.pk).update(total=Classification.objects.count(), state="done")
    firsts = Suggestion.objects.filter(classification__in=rows, label="article:tshirts")
    approve(list(firsts.order_by("pk").values_list("pk", flat=True)[::5]), boss)
    return run


@pytest.mark.parametrize(
    ("page", "query"), [(page, query) for page, queries in PAGES.items() for query in queries]
)
def test_a_page_of_sixty_costs_what_a_page_of_ten_costs(
    client: Client, page: str, query: str
) -> None:
    boss = make_superuser()
    run = fill(10, boss)
    card = Classification.objects.latest("pk")
    asked = query.format(run=run.pk, model=card.model_version, card=10**9)
    address = f"{reverse(page)}?{asked}"
    client.get(address)
    ten = count_queries(client, address)
    fill(50, boss)
    assert count_queries(client, address) == ten


@pytest.mark.parametrize("page", OF_RUN)
def test_the_pages_of_a_run_cost_the_same(client: Client, page: str) -> None:
    boss = make_superuser()
    address = reverse(f"admin:catalog_ai_run_{page}", args=[fill(10, boss).pk])
    client.get(address)
    ten = count_queries(client, address)
    fill(50, boss)
    assert Decision.objects.count() == 12
    assert count_queries(client, address) == ten


def test_the_charts_of_a_large_run_are_kept(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = fill(10, make_superuser())
    monkeypatch.setattr("catalog_ai.admin.run_report.LIVE_DETAIL_LIMIT", 5)
    address = reverse("admin:catalog_ai_run_change", args=[run.pk])
    assert client.get(address).context["details"] is None
    charts = reverse("admin:catalog_ai_run_charts", args=[run.pk])
    first = client.get(charts).context["details"]
    with CaptureQueriesContext(connection) as queries:
        again = client.get(address).context["details"]
    assert first == again
    assert not any("GROUP BY" in query["sql"] for query in queries)
    Run.objects.filter(pk=run.pk).update(review=7)
    with CaptureQueriesContext(connection) as queries:
        client.get(charts)
    assert any("GROUP BY" in query["sql"] for query in queries)


def test_the_start_page_counts_a_long_queue_once_a_minute(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = reverse("admin:catalog_ai_home")
    make_products(3, judged=True)
    assert client.get(address).context["backlog"] == 3
    make_products(3, judged=True)
    assert client.get(address).context["backlog"] == 6
    monkeypatch.setattr("catalog_ai.workflow.queue.LONG", 2)
    assert client.get(address).context["backlog"] == 6
    make_products(3, judged=True)
    assert client.get(address).context["backlog"] == 6
    cache.clear()
    assert client.get(address).context["backlog"] == 9
