"""Runs in the admin: the list, the page with its progress, and what the buttons do."""

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from catalog_ai.admin.run_progress import list_counters, measure_rate, tell_rate, tell_time_left
from catalog_ai.admin.run_report import describe_details
from catalog_ai.models import Classification, Decision, Run, Suggestion
from shop_demo.models import Category
from tests.admin.people import log_in, make_products, run_url
from tests.factories import make_classification, make_filed_run, make_run, make_suggestion

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_cache")]
State = Classification.State


def test_a_run_cannot_be_added_changed_or_deleted_by_hand() -> None:
    run = make_run()
    client = log_in("categorize_products")
    assert client.get(reverse("admin:catalog_ai_run_add")).status_code == 403
    assert client.post(reverse("admin:catalog_ai_run_delete", args=[run.pk])).status_code == 403


def test_only_people_with_a_permission_of_ours_see_runs() -> None:
    run = make_run()
    stranger = log_in()
    assert stranger.get(reverse("admin:catalog_ai_run_changelist")).status_code == 403
    assert stranger.get(run_url(run)).status_code == 403
    assert stranger.get(run_url(run, "progress")).status_code == 403
    assert log_in("export_results").get(run_url(run)).status_code == 200
    assert (
        log_in("export_results").get(reverse("admin:catalog_ai_run_changelist")).status_code == 200
    )


def read_list(client: Any, **query: str) -> tuple[set[Run], dict[str, str]]:
    """The runs on the list, and its choices of where from by their name: the address of each."""
    answer = client.get(reverse("admin:catalog_ai_run_changelist"), query)
    text = answer.content.decode()
    links = re.findall(r'<a href="(\?[^"]*)"\s*(?:aria-current="true")?>([^<]+ \(\d+\))</a>', text)
    return set(answer.context["cl"].result_list), {name: url for url, name in links}


def test_uploads_stand_in_nobodys_way_and_are_one_click_off() -> None:
    uploads = [make_run(source=Run.Source.UPLOAD) for _number in range(3)]
    wanted = [make_run(source=source) for source in Run.REQUESTED]
    client = log_in("categorize_products")
    shown, choices = read_list(client)
    assert shown == set(wanted)
    assert set(choices) == {
        "Without uploads (3)",
        "Upload (3)",
        "Admin (1)",
        "API (1)",
        "Command (1)",
        "All (6)",
    }
    assert read_list(client, source="upload")[0] == set(uploads)
    assert read_list(client, source="all")[0] == {*uploads, *wanted}
    assert read_list(client, source="api")[0] == {wanted[1]}
    assert read_list(client, _facets="True")[0] == set(wanted)  # the admin's own “Show counts”


def test_a_choice_keeps_the_other_filters_and_is_told_to_screen_readers() -> None:
    make_run(source=Run.Source.UPLOAD, state=Run.State.DONE)
    client = log_in("categorize_products")
    shown, choices = read_list(client, state__exact="done")
    assert not shown and choices["All (1)"] == "?source=all&amp;state__exact=done"
    page = client.get(reverse("admin:catalog_ai_run_changelist")).content.decode()
    assert re.search(r'aria-current="true">Without uploads \(0\)', page)


def test_a_value_that_no_source_has_hides_nothing_that_was_asked_for() -> None:
    run = make_run()
    assert read_list(log_in("categorize_products"), source="nonsense")[0] == {run}


@pytest.mark.skipif(
    connection.vendor != "sqlite", reason="PostgreSQL reads all of a small table, whatever there is"
)
def test_runs_are_found_by_an_index_among_uploads() -> None:
    rows = Run.objects.filter(source__in=Run.REQUESTED).order_by("-pk")[:50]
    assert "catalog_ai_run_source" in rows.explain()


def test_the_page_tells_what_became_of_the_products() -> None:
    run = make_run(total=10, filed=4, review=2, rejected=1, failed=1)
    bad, broken = make_products(2)
    make_classification(bad, run, state=State.REJECTED, error="The file is empty.")
    make_classification(broken, run, state=State.FAILED, error="OSError: disk")
    page = log_in("categorize_products").get(run_url(run)).content.decode()
    assert "8 / 10" in page
    assert "The file is empty." in page
    assert "OSError: disk" in page
    assert reverse("admin:shop_demo_product_change", args=[bad.pk]) in page
    assert run_url(run, "progress") in page


def test_a_number_leads_to_exactly_those_results() -> None:
    run, other = make_run(total=3, filed=1, review=2), make_run(total=1, review=1)
    first, second, third, fourth = make_products(4)
    waiting = {make_classification(one, run, state=State.REVIEW) for one in (first, second)}
    make_classification(third, run, state=State.FILED)
    make_classification(fourth, other, state=State.REVIEW)
    client = log_in("categorize_products", "view_classification")
    page = client.get(run_url(run)).content.decode()
    links = dict(re.findall(r'<a href="([^"]*state__exact=(?:\w+))">(\d+)<', page))
    assert set(links.values()) == {"1", "2"}  # none of nought
    found = {html.unescape(url): int(number) for url, number in links.items()}
    for url, number in found.items():
        assert len(client.get(url).context["cl"].result_list) == number
    to_review = next(url for url in found if url.endswith("=review"))
    answer = client.get(to_review)
    assert set(answer.context["cl"].result_list) == waiting
    assert re.search(rf'aria-current="true">{run}</a>', answer.content.decode())


def test_an_upload_says_once_that_it_is_one() -> None:
    page = log_in("categorize_products").get(run_url(make_run(source=Run.Source.UPLOAD)))
    assert page.content.decode().split('"cai-facts"')[1].count("Upload") == 1


def test_nobody_is_led_to_results_that_they_may_not_see() -> None:
    page = log_in("categorize_products").get(run_url(make_run(total=1, filed=1)))
    assert "state__exact" not in page.content.decode()


def test_progress_is_json_with_the_drawn_parts() -> None:
    run = make_run(total=4, filed=1, review=1)
    answer = log_in("categorize_products").get(run_url(run, "progress")).json()
    assert (answer["active"], answer["done"], answer["percent"]) == (True, 2, 50)
    assert answer["counters"]["filed"] == 1
    assert set(answer["parts"]) == {"cai-progress", "cai-details"}
    assert "2 / 4" in answer["parts"]["cai-progress"]
    assert answer["summary"] == "2 of 4 products done, 50\N{NO-BREAK SPACE}%."


def test_a_large_running_run_is_polled_without_its_charts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("catalog_ai.admin.run_report.LIVE_DETAIL_LIMIT", 3)
    run = make_run(total=4)
    client = log_in("categorize_products")
    assert set(client.get(run_url(run, "progress")).json()["parts"]) == {"cai-progress"}
    Run.objects.update(state=Run.State.DONE)
    assert set(client.get(run_url(run, "progress")).json()["parts"]) == {"cai-progress"}


def test_polling_costs_the_same_for_a_hundred_products_as_for_ten(
    django_assert_max_num_queries: Any,
) -> None:
    run = make_run(total=100, review=100)
    for product in make_products(100):
        make_classification(product, run)
    client = log_in("categorize_products")
    with django_assert_max_num_queries(10):
        client.get(run_url(run, "progress"))


def test_parts_of_the_stacked_bar_follow_one_another() -> None:
    counters = list_counters(make_run(total=4, filed=1, review=2))
    assert [(one.x, one.width) for one in counters[:3]] == [
        ("0.00%", "25.00%"),
        ("25.00%", "50.00%"),
        ("75.00%", "0.00%"),
    ]


def test_the_rate_is_measured_between_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000.0
    monkeypatch.setattr("catalog_ai.admin.run_progress.time.time", lambda: now)
    run = make_run(total=1_000, filed=100)
    assert measure_rate(run) is None
    now, run.filed = 1_010.0, 300
    rate = measure_rate(run)
    assert rate == 20.0
    assert tell_time_left(run, rate) == "35 seconds"


def test_the_rate_of_an_ended_run_is_over_all_its_time() -> None:
    run = make_run(total=120, filed=120, state=Run.State.DONE)
    run.finished_at = run.created_at + timedelta(seconds=60)
    assert measure_rate(run) == 2.0


@pytest.mark.parametrize(
    ("command", "before", "after"),
    [
        ("pause", Run.State.RUNNING, Run.State.PAUSED),
        ("resume", Run.State.PAUSED, Run.State.RUNNING),
        ("cancel", Run.State.RUNNING, Run.State.CANCELLED),
    ],
)
def test_the_buttons_pause_resume_and_cancel(command: str, before: str, after: str) -> None:
    run = make_run(total=2, state=before)
    response = log_in("categorize_products").post(run_url(run, "command", command))
    assert response.url == run_url(run)
    run.refresh_from_db()
    assert run.state == after


@pytest.mark.parametrize("command", ["pause", "cancel"])
def test_a_run_that_ended_before_the_button_was_pressed_is_told_so(command: str) -> None:
    run = make_run(total=2, state=Run.State.DONE)
    response = log_in("categorize_products").post(run_url(run, "command", command), follow=True)
    assert "had ended already" in response.content.decode()
    assert "was cancelled" not in response.content.decode()


def test_retry_queues_the_failed_products_again() -> None:
    run = make_run(total=1, failed=1, state=Run.State.DONE)
    row = make_classification(run=run, state=State.FAILED)
    response = log_in("categorize_products").post(run_url(run, "command", "retry"), follow=True)
    assert "1 product is being tried again" in response.content.decode()
    row.refresh_from_db()
    assert row.state == State.QUEUED


@pytest.mark.parametrize("command", ["pause", "resume", "cancel", "retry"])
def test_the_buttons_need_the_permission_and_a_post(command: str) -> None:
    run = make_run(total=2)
    others = log_in("review_suggestions", "roll_back_run", "export_results", "auto_apply")
    assert others.post(run_url(run, "command", command)).status_code == 403
    assert log_in("categorize_products").get(run_url(run, "command", command)).status_code == 405
    run.refresh_from_db()
    assert run.state == Run.State.RUNNING


def test_the_ledger_can_be_read_and_not_changed() -> None:
    make_filed_run()
    client = log_in("view_decision", "view_classification")
    decision, row = Decision.objects.get(), Classification.objects.get()
    for name, pk in (("decision", decision.pk), ("classification", row.pk)):
        assert client.get(reverse(f"admin:catalog_ai_{name}_changelist")).status_code == 200
        assert client.get(reverse(f"admin:catalog_ai_{name}_change", args=[pk])).status_code == 200
        assert client.post(reverse(f"admin:catalog_ai_{name}_change", args=[pk])).status_code == 403
        assert client.post(reverse(f"admin:catalog_ai_{name}_delete", args=[pk])).status_code == 403


@pytest.mark.parametrize(
    ("dry", "state", "heading"),
    [
        (True, Suggestion.State.PROPOSED, "Where products would be filed"),
        (False, Suggestion.State.APPLIED, "Where products were filed"),
    ],
)
def test_the_page_counts_products_by_category(dry: bool, state: str, heading: str) -> None:
    run = make_run(total=1, filed=1, dry_run=dry)
    category = Category.objects.create(name="Warm things")
    row = make_classification(run=run, state=State.FILED)
    make_suggestion(row, state=state, category=str(category.pk))
    page = log_in("categorize_products").get(run_url(run)).content.decode()
    assert heading in page
    assert "Warm things" in page


@pytest.mark.parametrize(
    ("offered", "fields"),
    [
        (True, {"filed": 1}),
        (True, {"review": 1, "first_time": 1}),  # one label of it was filed, another one asks
        (True, {"state": Run.State.RUNNING}),
        (True, {"state": Run.State.PAUSED}),
        (False, {"review": 1}),
        (False, {"rejected": 1}),
        (False, {"review": 1, "agreeing": 1, "apply_automatically": False}),
        (False, {"filed": 1, "dry_run": True}),
    ],
)
def test_rolling_back_is_offered_where_something_may_have_been_filed(
    offered: bool, fields: dict[str, Any]
) -> None:
    run = make_run(**{"total": 1, "state": Run.State.DONE, **fields})
    page = log_in("roll_back_run").get(run_url(run)).content.decode()
    assert ("Roll back…" in page) is offered


def test_the_product_model_is_named_as_the_shop_names_it() -> None:
    run = make_run(total=1)
    make_classification(run=run)
    client = log_in("categorize_products", "view_classification")
    lists = ("catalog_ai_run_changelist", "catalog_ai_classification_changelist")
    for address in (run_url(run), *(reverse(f"admin:{name}") for name in lists)):
        page = client.get(address).content.decode()
        assert "shop_demo.product" not in page
        assert re.search(r">\s*Product\s*<", page)
    Run.objects.update(target="shop.gone")
    assert "shop.gone" in client.get(run_url(run)).content.decode()


def test_a_run_that_does_not_exist_is_not_found() -> None:
    client = log_in("categorize_products")
    for pk in ("999999", "nonsense"):
        assert client.get(reverse("admin:catalog_ai_run_change", args=[pk])).status_code == 404


@pytest.mark.parametrize(
    ("rate", "told", "left"),
    [
        (20.0, "20 a second", "50 seconds"),
        (5.0, "5 a second", "4 minutes"),
        (0.1, "6 a minute", "3 hours"),
        (None, "", ""),
    ],
)
def test_rate_and_time_left_are_told_in_fitting_units(
    rate: float | None, told: str, left: str
) -> None:
    run = make_run(total=1_000)
    assert (tell_rate(rate), tell_time_left(run, rate)) == (told, left)


def test_a_run_that_stopped_by_itself_is_told_on_its_page_and_at_the_start() -> None:
    run = make_run(
        total=20,
        state=Run.State.PAUSED,
        breaker=Run.Breaker.TRIPPED,
        state_reason="6 of 10 unknown",
    )
    client = log_in("categorize_products")
    page = client.get(run_url(run)).content.decode()
    assert "stopped by itself" in page and "6 of 10 unknown" in page
    home = client.get(reverse("admin:catalog_ai_home")).content.decode()
    assert "stopped by itself" in home and "6 of 10 unknown" in home and run_url(run) in home
    client.post(run_url(run, "command", "resume"))
    page = client.get(run_url(run)).content.decode()
    assert "automatic stop is off for this run" in page
    assert "stopped by itself" not in page


def test_an_active_run_refreshes_itself_without_javascript_and_an_ended_one_does_not() -> None:
    client = log_in("categorize_products")
    assert 'http-equiv="refresh"' in client.get(run_url(make_run())).content.decode()
    ended = make_run(state=Run.State.DONE)
    assert 'http-equiv="refresh"' not in client.get(run_url(ended)).content.decode()


def test_the_charts_of_a_large_run_come_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("catalog_ai.admin.run_report.LIVE_DETAIL_LIMIT", 0)
    run = make_run(total=1, review=1, state=Run.State.DONE)
    make_classification(make_products(1)[0], run)
    client = log_in("categorize_products")
    first = client.get(run_url(run)).content.decode()
    assert "Likeliest labels" not in first and f'data-later="{run_url(run, "charts")}"' in first
    assert "Likeliest labels" in client.get(f"{run_url(run)}?charts=1").content.decode()
    assert "Likeliest labels" in client.get(run_url(run)).content.decode()  # kept for a while
    cache.clear()
    piece = client.get(run_url(run, "charts")).content.decode()
    assert "Likeliest labels" in piece and "<html" not in piece
    assert log_in().get(run_url(run, "charts")).status_code == 403


def test_charts_from_a_sample_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    run = make_run(total=30, review=30, state=Run.State.DONE)
    for product in make_products(30):
        make_classification(product, run)
    client = log_in("categorize_products")
    assert "estimated from" not in client.get(run_url(run)).content.decode()
    monkeypatch.setattr("catalog_ai.workflow.run_sample.LARGE", 20)
    monkeypatch.setattr("catalog_ai.workflow.run_sample.SIZE", 15)
    text = client.get(run_url(run)).content.decode()
    assert "of the run's 30 products" in text and "about 30" in text


def test_the_charts_count_labels_and_reasons_apart() -> None:
    run = make_run(total=7, review=5, filed=2, state=Run.State.DONE)
    told = [
        ("article:tshirts", State.FILED, ""),
        ("article:tshirts", State.REVIEW, "low_confidence"),
        ("article:tshirts", State.REVIEW, "low_confidence"),
        ("article:jeans", State.REVIEW, "low_confidence"),
        ("article:jeans", State.REVIEW, "disagrees"),
        ("article:jeans", State.FILED, ""),
        ("", State.UNIDENTIFIED, "unidentified"),
    ]
    for product, (label, state, reason) in zip(make_products(7), told, strict=True):
        make_classification(product, run, top_label=label, state=state, reason=reason)
    found = describe_details(run, "admin")
    labels, reasons = (
        [(bar.name, bar.text) for bar in found[key]] for key in ("labels", "reasons")
    )
    assert labels == [("Jeans", "3"), ("Tshirts", "3")]
    assert reasons == [
        ("Low confidence", "3"),
        ("Disagrees with the present category", "1"),
        ("Nothing recognised", "1"),
    ]


def test_products_that_were_left_out_are_named_with_the_reason() -> None:
    dry = make_run(dry_run=True, state=Run.State.DONE)
    run = make_run(total=2, cancelled=2, state=Run.State.DONE, results_of=dry)
    gone, plain = make_products(2)
    make_classification(gone, run, state=State.CANCELLED, error="The photo was changed.")
    make_classification(plain, run, state=State.CANCELLED)
    page = log_in("categorize_products").get(run_url(run)).content.decode()
    assert "1 product:" in page and "The photo was changed." in page
    assert reverse("admin:shop_demo_product_change", args=[gone.pk]) in page
    assert reverse("admin:shop_demo_product_change", args=[plain.pk]) not in page
    assert run_url(dry) in page


def test_a_cancelled_run_is_followed_until_all_of_it_is_let_go() -> None:
    client = log_in("categorize_products")
    run = make_run(total=10, cancelled=2, state=Run.State.CANCELLED, finished_at=timezone.now())
    assert client.get(run_url(run, "progress")).json()["active"]
    Run.objects.update(cancelled=10)
    assert not client.get(run_url(run, "progress")).json()["active"]


def test_what_a_cancelled_run_let_go_of_is_not_done() -> None:
    client = log_in("categorize_products")
    began = timezone.now() - timedelta(seconds=10)
    run = make_run(
        total=50, filed=20, cancelled=30, state=Run.State.CANCELLED, finished_at=timezone.now()
    )
    Run.objects.update(created_at=began)
    page = client.get(run_url(run)).content.decode()
    tiles = re.findall(r"<dd>\s*(.*?)\s*</dd>", page.split('class="cai-tiles"')[1])
    assert tiles[:3] == ["20 / 50", "40", "2 a second"]


def test_a_run_that_is_done_is_whole_though_a_product_of_it_was_deleted() -> None:
    run = make_run(total=50, filed=49, cancelled=1, state=Run.State.DONE)
    assert (run.handled, run.percent) == (50, 100)


@pytest.mark.parametrize("page", ["admin:catalog_ai_run_changelist", "admin:catalog_ai_home"])
def test_a_dry_run_is_told_apart_in_every_list(page: str) -> None:
    client = log_in("view_run", "categorize_products")
    run = make_run()
    assert "dry run</span>" not in client.get(reverse(page)).content.decode()
    Run.objects.filter(pk=run.pk).update(dry_run=True)
    assert 'class="cai-note">dry run</span>' in client.get(reverse(page)).content.decode()
