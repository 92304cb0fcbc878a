"""The page that rolls a run back: the counts first, then how far it is, at once at any size."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from catalog_ai.models import Rollback, Run, Suggestion
from catalog_ai.workflow.rollback import Step, continue_rollback, start_rollback
from shop_demo.models import Category
from tests.admin.people import log_in
from tests.factories import make_filed_run, make_run, make_superuser

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_cache")]
BUTTONS = ('value="Roll back"', 'value="Stop"', 'value="Go on with it"')


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every run is a large one."""
    monkeypatch.setattr("catalog_ai.admin.run_report.LIVE_DETAIL_LIMIT", 0)


def url_of(run: Run, name: str = "roll_back", *args: Any) -> str:
    return reverse(f"admin:catalog_ai_run_{name}", args=[run.pk, *args])


def buttons(page: str) -> list[bool]:
    return [button in page for button in BUTTONS]


def work_off() -> None:
    while continue_rollback(Rollback.objects.latest("pk").pk) == Step.MORE:
        pass


def test_the_counts_come_first_and_nothing_is_done() -> None:
    run = make_filed_run()
    page = log_in("roll_back_run").get(url_of(run))
    assert page.context["preview"].revert == 1
    assert buttons(page.content.decode()) == [True, False, False]
    assert Suggestion.objects.get().state == Suggestion.State.APPLIED
    assert not Rollback.objects.exists()


def test_it_is_asked_for_at_once_and_followed_to_its_end() -> None:
    run = make_filed_run(2)
    client = log_in("roll_back_run")
    answer = client.post(url_of(run))
    assert answer["Location"] == url_of(run)
    assert Category.objects.get().products.count() == 2
    page = client.get(url_of(run)).content.decode()
    assert buttons(page) == [False, True, False]
    assert url_of(run, "roll_back_progress") in page and 'http-equiv="refresh"' in page
    asked = client.get(url_of(run, "roll_back_progress")).json()
    assert (asked["active"], asked["total"], asked["summary"]) == (
        True,
        None,
        "The labels are being counted.",
    )
    work_off()
    told = client.get(url_of(run, "roll_back_progress")).json()
    assert (told["active"], told["percent"]) == (False, 100)
    assert told["summary"] == "2 of 2 labels done, 100\N{NO-BREAK SPACE}%."
    assert not Category.objects.get().products.exists()
    page = client.get(url_of(run)).content.decode()
    assert "There is nothing to take back." in page and 'http-equiv="refresh"' not in page
    assert buttons(page) == [False, False, False]
    assert "This run was rolled back" in client.get(url_of(run, "change")).content.decode()


def test_it_is_stopped_and_goes_on_by_the_buttons(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("catalog_ai.workflow.rollback.PAGE_AT_ONCE", 1)
    run = make_filed_run(3)
    client = log_in("roll_back_run", "categorize_products")
    client.post(url_of(run))
    continue_rollback(Rollback.objects.get().pk)
    page = client.post(url_of(run, "roll_back_command", "stop"), follow=True).content.decode()
    assert "What is back stays back" in page
    assert buttons(page) == [True, False, True]
    assert (
        "was stopped at 33\N{NO-BREAK SPACE}%" in client.get(url_of(run, "change")).content.decode()
    )
    page = client.post(url_of(run, "roll_back_command", "resume"), follow=True).content.decode()
    assert buttons(page) == [False, True, False]
    assert (
        "is being rolled back: 33\N{NO-BREAK SPACE}% done"
        in client.get(url_of(run, "change")).content.decode()
    )
    work_off()
    assert Rollback.objects.get().taken_back == 3


def test_a_second_person_who_asks_is_shown_the_first_ones() -> None:
    run = make_filed_run()
    start_rollback(run, make_superuser())
    client = log_in("roll_back_run")
    client.post(url_of(run))
    assert Rollback.objects.count() == 1
    assert client.get(url_of(run)).context["rollback"] == Rollback.objects.get()


@pytest.mark.parametrize("name", ["roll_back", "preview", "roll_back_progress"])
def test_the_pages_need_the_permission(name: str) -> None:
    run = make_filed_run()
    start_rollback(run, make_superuser())
    client = log_in("categorize_products", "auto_apply", "review_suggestions", "export_results")
    assert client.get(url_of(run, name)).status_code == 403
    assert log_in("roll_back_run").get(url_of(run, name)).status_code == 200


def test_the_buttons_need_the_permission_and_a_post() -> None:
    run = make_filed_run()
    others = log_in("categorize_products", "auto_apply", "review_suggestions", "export_results")
    assert others.post(url_of(run)).status_code == 403
    ours = start_rollback(run, make_superuser())
    for command in ("stop", "resume"):
        address = url_of(run, "roll_back_command", command)
        assert others.post(address).status_code == 403
        assert log_in("roll_back_run").get(address).status_code == 405
    ours.refresh_from_db()
    assert ours.is_active


def test_the_counts_of_a_large_run_come_afterwards(large: None) -> None:
    run = make_filed_run(3)
    client = log_in("roll_back_run")
    with CaptureQueriesContext(connection) as queries:
        page = client.get(url_of(run))
    assert page.context["preview"] is None
    assert not any("COUNT" in query["sql"] for query in queries)
    text = page.content.decode()
    assert f'data-later="{url_of(run, "preview")}"' in text and "?count=1" in text
    assert buttons(text) == [True, False, False]
    piece = client.get(url_of(run, "preview")).content.decode()
    assert "labels taken back" in piece and "<html" not in piece
    assert client.get(f"{url_of(run)}?count=1").context["preview"].revert == 3


def test_counts_from_a_sample_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    run = make_filed_run(3)
    client = log_in("roll_back_run")
    assert "Estimated from" not in client.get(url_of(run)).content.decode()
    monkeypatch.setattr("catalog_ai.workflow.run_sample.LARGE", 2)
    text = client.get(url_of(run)).content.decode()
    assert "about 3" in text and "Estimated from 3 products" in text


def test_a_dry_run_offers_no_rollback() -> None:
    client = log_in("roll_back_run")
    for dry in (True, False):
        run = make_run(dry_run=dry)
        assert (url_of(run) in client.get(url_of(run, "change")).content.decode()) is not dry
    dry_run = Run.objects.get(dry_run=True)
    assert buttons(client.get(url_of(dry_run)).content.decode()) == [False] * 3
    page = client.post(url_of(dry_run), follow=True).content.decode()
    assert "A dry run has filed nothing" in page and not Rollback.objects.exists()


def test_a_run_that_is_taken_back_offers_no_second_try() -> None:
    run = make_filed_run()
    Run.objects.update(failed=1, total=2)
    client = log_in("categorize_products")
    retry = reverse("admin:catalog_ai_run_command", args=[run.pk, "retry"])
    assert retry in client.get(url_of(run, "change")).content.decode()
    start_rollback(run, make_superuser())
    assert retry not in client.get(url_of(run, "change")).content.decode()
    page = client.post(retry, follow=True).content.decode()
    assert "nothing of it is tried again" in page
