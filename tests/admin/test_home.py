"""The start page says what is in place, what is not, and what to do."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from catalog_ai.models import HealthCheck, Run
from catalog_ai.workflow.queue_status import QueueStatus
from catalog_ai.workflow.queues import queue_name_of
from catalog_ai.workflow.rollback import start_rollback
from tests.admin.people import log_in
from tests.factories import make_classification, make_run, make_superuser

pytestmark = pytest.mark.django_db
URL = "admin:catalog_ai_home"
ALL_WELL = QueueStatus(True, 2, 1, workers=4, bulk_workers=3, upload_workers=1)


@pytest.fixture(autouse=True)
def queue(monkeypatch: pytest.MonkeyPatch) -> Any:
    def say(status: QueueStatus) -> None:
        monkeypatch.setattr("catalog_ai.workflow.vital_signs.get_queue_status", lambda: status)

    say(ALL_WELL)
    return say


def read(*permissions: str) -> str:
    client = log_in(*(permissions or ("categorize_products", "review_suggestions")))
    return client.get(reverse(URL)).content.decode()  # type: ignore[no-any-return]


def test_a_fresh_shop_is_told_how_to_begin() -> None:
    assert "Nothing has been categorised yet." in read()


def test_an_empty_queue_is_no_error() -> None:
    make_classification(state="filed")
    assert "Empty: nothing waits for a person." in read()


def test_the_backlog_is_counted_and_linked() -> None:
    make_classification()
    page = read()
    assert "1 product waits for a person." in page
    assert reverse("admin:catalog_ai_review") in page


def test_workers_and_jobs_are_counted() -> None:
    page = read()
    assert "3 workers are running, 2 jobs are waiting." in page
    assert "1 worker is running, 1 job is waiting." in page


def test_redis_that_is_down_is_explained(queue: Any) -> None:
    queue(QueueStatus(reachable=False))
    page = read()
    assert "Redis cannot be reached" in page
    assert "python manage.py reconcile_classifications" in page


def test_what_calls_for_somebody_comes_first(queue: Any) -> None:
    make_classification()
    queue(QueueStatus(True, 5, 0, 1, bulk_workers=0, upload_workers=1))
    page = read()
    places = [
        page.index(text)
        for text in ("No worker listens", "1 product waits for a person.", "1 worker is running")
    ]
    assert places == sorted(places)


def test_a_missing_worker_is_explained(queue: Any) -> None:
    queue(QueueStatus(True, 5, 0, 1, bulk_workers=0, upload_workers=1))
    page = read()
    assert "No worker listens on the queue catalog_ai." in page
    assert "1 worker is running, 0 jobs are waiting." in page
    assert "python manage.py catalog_ai_worker" in page


def test_work_that_is_stuck_is_told_here_too() -> None:
    past = timezone.now() - timedelta(minutes=5)
    make_classification(state="running", is_current=False, lease_expires_at=past)
    page = read()
    assert "reconcile does not run" in page
    assert "python manage.py reconcile_classifications" in page


def test_a_missing_model_is_explained(settings: Any, tmp_path: Path) -> None:
    settings.CATALOG_AI = {**settings.CATALOG_AI, "BUNDLE": tmp_path}
    assert "There is no model bundle" in read()


def test_a_shop_without_any_mapping_is_sent_to_the_mapping_page() -> None:
    page = read("categorize_products", "view_labelrule")
    assert "?target=shops.slugproduct" in page  # its categories are choices: none can be made
    assert "Choose categories" in page


def test_no_product_model_is_explained(settings: Any) -> None:
    settings.CATALOG_AI = {**settings.CATALOG_AI, "TARGETS": []}
    assert "The settings name no product model" in read()


def test_links_lead_only_to_what_a_person_may_use() -> None:
    page = read("review_suggestions")
    assert reverse("admin:catalog_ai_review") in page
    assert reverse("admin:catalog_ai_try") not in page
    assert reverse("admin:catalog_ai_labelrule_changelist") not in page


def test_strangers_are_kept_out() -> None:
    assert log_in().get(reverse(URL)).status_code == 403


@pytest.mark.parametrize(
    "page", ["home", "try", "run_changelist", "labelrule_changelist", "run_change"]
)
def test_our_pages_need_no_inline_script_nor_style(page: str) -> None:
    run = make_classification().run
    client = log_in("categorize_products", "view_labelrule")
    arguments = [run.pk] if page == "run_change" else []
    text = client.get(reverse(f"admin:catalog_ai_{page}", args=arguments)).content.decode()
    assert " style=" not in text
    assert not re.search(r"<script(?![^>]*(src=|application/json))", text)
    assert not re.search(r" on[a-z]+=", text)


@pytest.mark.parametrize(
    ("source", "missing"),
    [(Run.Source.ADMIN, "bulk_workers"), (Run.Source.UPLOAD, "upload_workers")],
)
def test_pages_of_work_say_in_the_same_words_that_nobody_does_it(
    queue: Any, source: str, missing: str
) -> None:
    run = make_run(total=1, source=source)
    counts = {"bulk_workers": 1, "upload_workers": 1, missing: 0}
    queue(QueueStatus(True, 0, 0, 1, **counts))
    client = log_in("categorize_products", "roll_back_run")
    told = f"No worker listens on the queue {queue_name_of(run)}."
    page = reverse("admin:catalog_ai_run_change", args=[run.pk])
    assert told in client.get(page).content.decode()
    assert told in client.get(reverse(URL)).content.decode()
    queue(ALL_WELL)
    assert told not in client.get(page).content.decode()


def test_a_rollback_and_a_health_check_say_it_too(queue: Any) -> None:
    run = make_run(state=Run.State.DONE)
    start_rollback(run, make_superuser())
    HealthCheck.objects.create(target=run.target)
    queue(QueueStatus(reachable=False))
    client = log_in("roll_back_run", "review_suggestions")
    health = reverse("admin:catalog_ai_health") + f"?target={run.target}"
    for page in (reverse("admin:catalog_ai_run_roll_back", args=[run.pk]), health):
        assert "Redis cannot be reached" in client.get(page).content.decode(), page


def test_the_apps_page_in_the_admin_leads_to_ours() -> None:
    """ "Catalogue AI" on the admin's first page is where people look for the review queue."""
    make_classification(state="review")
    page = log_in("review_suggestions").get(reverse("admin:app_list", args=["catalog_ai"]))
    text = page.content.decode()
    assert reverse("admin:catalog_ai_review") in text and "1 product waits" in text
    assert reverse(URL) in text
    assert reverse("admin:catalog_ai_try") not in text


def test_products_are_offered_to_whoever_may_see_them() -> None:
    products = reverse("admin:shop_demo_product_changelist")
    tile = f'class="cai-link" href="{products}"'
    for shop in (True, False):
        page = log_in("review_suggestions", shop=shop).get(reverse(URL))
        assert (tile in page.content.decode()) is shop
        assert "Select and categorize" not in page.content.decode()  # they may not
    page = log_in("categorize_products", shop=True).get(reverse(URL))
    assert "Select and categorize" in page.content.decode()


def test_the_apps_page_offers_nothing_that_would_be_refused() -> None:
    page = log_in("view_run").get(reverse("admin:app_list", args=["catalog_ai"]))
    assert page.status_code == 200
    assert "cai-link" not in page.content.decode()
