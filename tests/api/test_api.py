"""The API: denied by default, the same verbs as the admin, and an answer to every bad input."""

import base64
import io
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import resolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.authentication import TokenAuthentication
from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient

from catalog_ai.api.access import WriteThrottle
from catalog_ai.models import Classification, Run
from shop_demo.models import Category, Product
from tests.factories import (
    make_classification,
    make_client,
    make_image_bytes,
    make_product,
    make_run,
    make_suggestion,
    make_superuser,
    make_unjudged,
    make_user,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_cache")]
V1 = "/api/catalog-ai/v1/"


def log_in(user: Any) -> APIClient:
    client = APIClient(raise_request_exception=True)
    client.force_login(user)
    return client


def upload(data: bytes, name: str = "photo.png") -> dict[str, Any]:
    return {"image": SimpleUploadedFile(name, data)}


CALLS = [
    ("get", "runs/", "categorize_products"),
    ("post", "runs/", "categorize_products"),
    ("post", "classify/", "categorize_products"),
    ("get", "classifications/", "review_suggestions"),
    ("get", "suggestions/", "review_suggestions"),
    ("post", "suggestions/decide/", "review_suggestions"),
    ("post", "undo/", "review_suggestions"),
    ("get", "schema/", "export_results"),
]


@pytest.mark.parametrize(("method", "path", "permission"), CALLS)
def test_every_call_is_denied_without_its_permission(
    method: str, path: str, permission: str
) -> None:
    strangers = [APIClient(), log_in(make_user()), log_in(make_user("roll_back_run"))]
    for client in strangers[: 2 if path in {"runs/", "schema/"} else 3]:
        assert getattr(client, method)(V1 + path).status_code in {401, 403}
    answer = getattr(log_in(make_user(permission)), method)(V1 + path)
    assert answer.status_code not in {401, 403}


def test_a_token_works_as_well_as_a_session() -> None:
    token = Token.objects.create(user=make_user("review_suggestions"))
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {token.key}")
    assert client.get(V1 + "suggestions/").status_code == 200


def test_an_image_without_a_product_is_judged_and_not_stored() -> None:
    client = log_in(make_user("categorize_products"))
    answer = client.post(V1 + "classify/", {**upload(make_image_bytes()), "preset": "strict"})
    assert answer.status_code == 200
    labels = answer.json()["labels"]
    assert labels and all(0 <= item["confidence"] <= 1 for item in labels)
    assert [item["confidence"] for item in labels] == sorted(
        (item["confidence"] for item in labels), reverse=True
    )
    assert not Classification.objects.exists() and not default_storage.exists("photo.png")


def test_what_is_no_image_is_refused_with_a_reason() -> None:
    client = log_in(make_user("categorize_products"))
    answer = client.post(V1 + "classify/", upload(b"<html>", "photo.jpg"))
    assert answer.status_code == 422
    assert "not a picture" in answer.json()["detail"]
    german = {"HTTP_ACCEPT_LANGUAGE": "de"}
    answer = client.post(V1 + "classify/", upload(b"<html>", "photo.jpg"), **german)
    assert "kein Bild" in answer.json()["detail"]


def test_a_run_is_started_from_ids_and_from_a_filter() -> None:
    products = [make_unjudged(price=price) for price in (1, 2, 3)]
    client = log_in(make_user("categorize_products"))
    by_ids = client.post(
        V1 + "runs/", {"target": "shop_demo.product", "ids": [products[0].pk]}, "json"
    )
    assert (by_ids.status_code, by_ids.json()["total"]) == (201, 1)
    asked = {"target": "shop_demo.product", "filter": {"price__gte": 2}}
    by_filter = client.post(V1 + "runs/", asked, "json").json()
    assert (by_filter["total"], by_filter["apply_automatically"]) == (2, False)
    run = client.get(f"{V1}runs/{by_filter['id']}/").json()
    assert (run["state"], run["done"]) == ("running", 0)
    assert client.post(f"{V1}runs/{run['id']}/cancel/").json()["cancelled"] == 2


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"target": "no.such", "ids": ["1"]},
        {"target": "shop_demo.product"},
        {"target": "shop_demo.product", "ids": ["1"], "filter": {}},
        {"target": "shop_demo.product", "ids": ["not a number"]},
        {"target": "shops.uuidproduct", "ids": ["17"]},
        {"target": "shop_demo.product", "filter": {"price__gte": "cheap"}},
        {"target": "shop_demo.product", "filter": {"categories__name": "x"}},
        {"target": "shop_demo.product", "filter": {"title__regex": "(a+)+"}},
        {"target": "shop_demo.product", "filter": {"title__isnull": "x"}},
        {"target": "shop_demo.product", "filter": {"title__in": "ABC"}},
        {"target": "shop_demo.product", "filter": {"title__in": {"A": 1}}},
        {"target": "shop_demo.product", "filter": {}, "mode": "sideways"},
    ],
)
def test_a_run_that_makes_no_sense_is_refused(body: dict[str, Any]) -> None:
    client = log_in(make_superuser())
    assert client.post(V1 + "runs/", body, "json").status_code == 400
    assert not Run.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        {"target": "shop_demo.product", "filter": {"id__in": [1e30]}},
        {"target": "shop_demo.product", "filter": {"created_at__gte": "0001-01-01T00:00+14:00"}},
        {"target": "shops.uuidproduct", "filter": {"category": 1e30}},
    ],
)
def test_a_value_that_only_the_database_can_judge_is_told_or_answered(body: dict[str, Any]) -> None:
    answer = log_in(make_user("categorize_products")).post(f"{V1}runs/", body, "json")
    # PostgreSQL compares with numbers and days that it could not keep, SQLite does not.
    assert answer.status_code == (400 if connection.vendor == "sqlite" else 201)


def test_decisions_stand_or_fall_alone() -> None:
    product = make_unjudged()
    row = make_classification(product)
    first, second = (
        make_suggestion(row, label=f"article:{name}") for name in ("tshirts", "shirts")
    )
    client = log_in(make_user("review_suggestions"))
    decisions = [
        {"action": "approve", "suggestion": first.pk},
        {"action": "approve", "suggestion": first.pk},
        {"action": "reject", "suggestion": second.pk},
        {"action": "correct", "classification": 999_999, "categories": ["1"]},
    ]
    answer = client.post(V1 + "suggestions/decide/", {"decisions": decisions}, "json").json()
    statuses = [item["status"] for item in answer["results"]]
    assert statuses == ["done", "already_decided", "done", "refused"]
    assert set(product.categories.values_list("name", flat=True)) == {"Tshirts"}
    batch = {"batch": answer["results"][0]["batch"]}
    assert client.post(V1 + "undo/", batch, "json").json() == {"undone": 1}
    assert client.post(V1 + "undo/", batch, "json").status_code == 409
    assert not product.categories.exists()


def test_a_correction_through_the_api_files_the_product() -> None:
    product = make_unjudged()
    row = make_classification(product)
    own = Category.objects.create(name="Own")
    decision = {"action": "correct", "classification": row.pk, "categories": [str(own.pk)]}
    client = log_in(make_user("review_suggestions"))
    client.post(V1 + "suggestions/decide/", {"decisions": [decision]}, "json")
    assert list(product.categories.all()) == [own]


def test_suggestions_come_in_cursor_pages_at_a_constant_cost(
    django_assert_max_num_queries: Any,
) -> None:
    run = make_classification().run
    for _ in range(7):
        make_suggestion(make_classification(run=run))
    make_suggestion(state="approved")
    client = log_in(make_user("review_suggestions"))
    seen: list[int] = []
    url: str | None = V1 + "suggestions/?state=pending&page_size=3&min_confidence=0.5"
    while url:
        with django_assert_max_num_queries(8):
            page = client.get(url).json()
        seen += [item["id"] for item in page["results"]]
        url = page["next"]
    assert len(seen) == len(set(seen)) == 7


def test_the_suggestions_of_a_run_come_in_pages_each_once_and_no_others(
    django_assert_max_num_queries: Any,
) -> None:
    run, other = make_classification().run, make_classification().run
    wanted = set()
    for number in range(8):  # results of two runs at once, and one with two suggestions
        for owner in (run, other):
            made = [make_suggestion(make_classification(run=owner))]
            if number == 3:
                made.append(make_suggestion(made[0].classification, label="article:shirts"))
            if owner == run:
                wanted |= {one.pk for one in made}
    client = log_in(make_user("review_suggestions"))
    seen: list[int] = []
    url: str | None = f"{V1}suggestions/?run={run.pk}&page_size=2"
    while url:
        with django_assert_max_num_queries(10):
            page = client.get(url).json()
        seen += [item["id"] for item in page["results"]]
        url = page["next"]
    assert len(seen) == len(wanted)
    assert set(seen) == wanted


def test_a_run_that_there_is_not_has_no_suggestions() -> None:
    make_suggestion()
    client = log_in(make_user("review_suggestions"))
    assert client.get(f"{V1}suggestions/?run=987654").json()["results"] == []


ON_SQLITE = pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite's own choice")


def plan_page(address: str) -> str:
    """How SQLite finds the rows of a list's page, with parameters bound as Django binds them."""
    asked: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        asked.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        log_in(make_user("review_suggestions")).get(V1 + address)
    page = next(one for one in asked if "LIMIT 51" in one[0])
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {page[0]}", page[1])
        return " ".join(line[3] for line in cursor.fetchall())


@ON_SQLITE
@pytest.mark.parametrize("query", ["run={run}", "run={run}&state=pending", "label=article:tshirts"])
def test_suggestions_are_not_gathered_to_be_put_in_order(query: str) -> None:
    run = make_suggestion().classification.run
    plan = plan_page(f"suggestions/?{query.format(run=run.pk)}")
    assert "TEMP B-TREE" not in plan, plan


@ON_SQLITE
def test_a_run_with_nothing_pending_is_not_looked_through() -> None:
    run = make_suggestion().classification.run
    assert "catalog_ai_sug_waiting" in plan_page(f"suggestions/?run={run.pk}&state=pending")


@ON_SQLITE
def test_current_results_of_a_label_are_not_sought_behind_a_dry_run() -> None:
    make_suggestion()
    plan = plan_page("classifications/?is_current=1&top_label=article:tshirts")
    assert "catalog_ai_cls_newest" in plan, plan


def test_current_results_of_a_label_are_all_listed_and_no_others() -> None:
    label = "article:tshirts"
    make_classification(make_product(), top_label=label, is_current=False)
    found = [make_classification(make_product(), top_label=label, is_current=True) for _ in "abc"]
    make_classification(make_product(), top_label="article:shirts", is_current=True)
    make_classification(make_product(), top_label=label, is_current=False)
    client = log_in(make_user("review_suggestions"))
    address = f"{V1}classifications/?is_current=1&top_label="
    listed = [one["id"] for one in client.get(address + label).json()["results"]]
    assert listed == [row.pk for row in reversed(found)]
    assert client.get(f"{address}article:sarees").json()["results"] == []


def test_refusals_are_told_in_the_callers_language() -> None:
    client = log_in(make_user("categorize_products"))
    answer = client.post(
        f"{V1}runs/", {"nonsense": 1}, content_type="application/json", HTTP_ACCEPT_LANGUAGE="de"
    )
    assert answer.status_code == 400
    assert "Diesen Schlüssel gibt es nicht." in answer.json()["nonsense"][0]


def test_a_decision_that_is_refused_is_told_in_the_callers_language() -> None:
    client = log_in(make_user("review_suggestions"))
    asked = [
        {"action": "approve", "suggestion": 10**9},
        {"action": "dismiss", "classification": 10**9},
    ]
    answer = client.post(
        f"{V1}suggestions/decide/",
        {"decisions": asked},
        content_type="application/json",
        HTTP_ACCEPT_LANGUAGE="de",
    )
    told = [one["detail"] for one in answer.json()["results"]]
    assert told == ["Diesen Vorschlag gibt es nicht.", "Dieses Ergebnis gibt es nicht."]


@pytest.mark.parametrize("state", ["pending", "applied", "nonsense"])
def test_suggestions_are_listed_by_their_state(state: str) -> None:
    found = make_suggestion()
    answer = log_in(make_user("review_suggestions")).get(f"{V1}suggestions/?state={state}")
    if state == "nonsense":
        assert answer.status_code == 400
    else:
        wanted = [found.pk] if found.state == state else []
        assert [one["id"] for one in answer.json()["results"]] == wanted


def test_calls_are_throttled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(WriteThrottle, "rate", "3/min")
    client = log_in(make_user("review_suggestions"))
    answers = [client.post(V1 + "undo/").status_code for _ in range(4)]
    assert answers == [400, 400, 400, 429]


def test_the_schema_is_valid_and_complete() -> None:
    text = io.StringIO()
    call_command("spectacular", validate=True, fail_on_warn=True, stdout=text)
    for path in ("classify", "runs", "suggestions/decide", "undo"):
        assert f"/v1/{path}/" in text.getvalue()


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
KEYS = ["action", "suggestion", "classification", "categories"]


@settings(
    max_examples=20,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    decision=st.dictionaries(st.sampled_from(KEYS), JSON, max_size=4),
    start=st.dictionaries(st.sampled_from(["target", "ids", "filter", "preset", "mode"]), JSON),
)
def test_no_payload_ends_in_a_server_error(
    decision: Any, start: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(WriteThrottle, "rate", "100000/min")
    client = log_in(make_superuser())
    for path, body in (
        ("suggestions/decide/", {"decisions": [decision]}),
        ("suggestions/decide/", {"decisions": decision}),
        ("runs/", {"target": "shop_demo.product", **start}),
        ("undo/", {"batch": decision}),
    ):
        assert client.post(V1 + path, body, "json").status_code < 500
    assert not Product.objects.exists()


@pytest.mark.parametrize("kind", ["classifications", "suggestions"])
def test_a_products_results_are_found_by_its_key_alone_and_by_an_index(kind: str) -> None:
    row = make_classification(object_id="77")
    make_suggestion(row)
    make_suggestion(make_classification(object_id="78"))
    client = log_in(make_superuser())
    with CaptureQueriesContext(connection) as queries:
        found = client.get(f"{V1}{kind}/?product=77").json()["results"]
    assert [one["product"] for one in found] == ["77"]
    # Every index that has the key starts with the product model.
    assert '"target" IN' in queries[-1]["sql"]
    assert len(client.get(f"{V1}{kind}/?product=").json()["results"]) == 2


def test_a_key_that_is_none_is_refused_and_nothing_starts() -> None:
    """A misspelt "dry_run" must not file products for real."""
    make_product()
    before = Run.objects.count()
    client = log_in(make_superuser())
    body = {"target": "shop_demo.product", "filter": {}, "dryrun": True}
    answer = client.post(V1 + "runs/", body, format="json")
    assert answer.status_code == 400 and "dry_run" in answer.json()["dryrun"][0]
    assert Run.objects.count() == before
    wrong = {"decisions": [{"action": "approve", "suggestion": 1, "categoris": []}]}
    assert client.post(V1 + "suggestions/decide/", wrong, format="json").status_code == 400


def test_a_suggestion_that_is_none_was_not_decided_by_somebody() -> None:
    body = {"decisions": [{"action": "approve", "suggestion": 99_999}]}
    answer = log_in(make_superuser()).post(V1 + "suggestions/decide/", body, format="json")
    assert answer.json()["results"][0]["status"] == "refused"
    assert "no such suggestion" in answer.json()["results"][0]["detail"]


def test_the_schema_takes_a_token_too() -> None:
    token = Token.objects.create(user=make_user("review_suggestions"))
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {token.key}")
    view = resolve(V1 + "schema/").func
    assert TokenAuthentication in view.initkwargs["authentication_classes"]
    assert client.get(V1 + "schema/").status_code == 200


@pytest.mark.parametrize("word", ["true", "True", "1"])
def test_a_filter_by_yes_or_no_takes_it_in_each_form(word: str) -> None:
    client = APIClient()
    client.force_authenticate(make_superuser())
    current, past = make_classification(), make_classification(is_current=False)
    make_suggestion(current), make_suggestion(past)
    for address, key in (
        (f"classifications/?is_current={word}", "id"),
        (f"suggestions/?current={word}", "classification"),
    ):
        assert [one[key] for one in client.get(V1 + address).json()["results"]] == [current.pk]


@pytest.mark.parametrize(
    "asked", ["classifications/?is_current=maybe", "suggestions/?current=2", "runs/?dry_run=yes"]
)
def test_a_filter_by_yes_or_no_refuses_other_words(asked: str) -> None:
    client = APIClient()
    client.force_authenticate(make_superuser())
    refused = client.get(V1 + asked)
    assert refused.status_code == 400
    assert refused.json()[asked.partition("?")[2].partition("=")[0]] == ["Write true or false."]


@pytest.mark.parametrize("name", ["runs", "suggestions", "classifications"])
def test_an_unknown_filter_is_told_and_lists_nothing(name: str) -> None:
    client = APIClient()
    client.force_authenticate(make_superuser())
    address = f"/api/catalog-ai/v1/{name}/"
    refused = client.get(address, {"stat": "pending"})
    assert refused.status_code == 400 and "stat" in refused.json()
    assert client.get(address, {"state": "", "page_size": "5"}).status_code == 200


@pytest.mark.parametrize("name", ["runs", "suggestions", "classifications"])
@pytest.mark.parametrize("position", ["abc", "", "1e5", "9" * 5_000, "2026-01-01"])
def test_a_cursor_that_was_tampered_with_is_refused(name: str, position: str) -> None:
    cursor = base64.b64encode(f"p={position}".encode()).decode()
    answer = log_in(make_superuser()).get(f"{V1}{name}/", {"cursor": cursor})
    assert answer.status_code == 404 and "cursor" in answer.json()["detail"]


HALF = "\\ud800"  # of a surrogate pair, as JSON writes it


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("runs/", "[" * 100_000),
        ("undo/", '{"batch":' * 100_000),
        ("runs/", f'{{"{HALF}": 1}}'),
        ("runs/", f'{{"mode": "{HALF}"}}'),
        ("runs/", f'{{"filter": {{"title": "{HALF}"}}}}'),
        ("suggestions/decide/", f'{{"decisions": [{{"action": "{HALF}"}}]}}'),
    ],
)
def test_json_that_cannot_be_worked_with_is_told(path: str, body: str) -> None:
    client = log_in(make_superuser())
    answer = client.generic("POST", V1 + path, body, content_type="application/json")
    assert answer.status_code == 400 and answer.json()["detail"]
    assert not Run.objects.exists()


def test_a_key_that_classify_does_not_know_is_refused() -> None:
    """A misspelt "preset" must not be judged by another."""
    client = log_in(make_user("categorize_products"))
    wrong = client.post(V1 + "classify/", {**upload(make_image_bytes()), "presets": "strict"})
    assert wrong.status_code == 400 and "presets" in wrong.json()
    form = {**upload(make_image_bytes()), "csrfmiddlewaretoken": "of a page's form"}
    assert client.post(V1 + "classify/", form).status_code == 200


def test_a_batch_that_is_none_is_not_there() -> None:
    """It is not "something later depends on it"."""
    body = {"batch": "00000000-0000-0000-0000-000000000000"}
    answer = log_in(make_user("review_suggestions")).post(V1 + "undo/", body, "json")
    assert answer.status_code == 404 and answer.json()["detail"]


def test_a_list_of_runs_in_a_browser_offers_no_other_runs_in_a_form() -> None:
    """At a million products there are thousands, and the form would read a thousand of them."""
    make_run()
    page = make_client().get(V1 + "runs/", headers={"Accept": "text/html"})
    assert page.status_code == 200 and 'name="results_of"' not in page.content.decode()
