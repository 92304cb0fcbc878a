"""Runs over the API: paused, retried, done for real and rolled back, and each request once."""

import threading
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from catalog_ai.models import Classification, Rollback, Run
from catalog_ai.workflow.rollback import continue_rollback
from tests.admin.people import make_products
from tests.api.test_api import V1, log_in
from tests.factories import make_classification, make_filed_run, make_run, make_superuser, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_cache")]
State = Classification.State
TARGET = "shop_demo.product"


@pytest.fixture
def operator() -> APIClient:
    return log_in(make_user("categorize_products"))


@pytest.fixture
def keeper() -> APIClient:
    return log_in(make_user("roll_back_run"))


CALLS = [
    ("get", "runs/{run}/", {"categorize_products", "review_suggestions", "roll_back_run"}),
    ("get", "runs/{run}/changes/", {"categorize_products", "roll_back_run", "export_results"}),
    ("post", "runs/{run}/cancel/", {"categorize_products"}),
    ("post", "runs/{run}/pause/", {"categorize_products"}),
    ("post", "runs/{run}/resume/", {"categorize_products"}),
    ("post", "runs/{run}/retry/", {"categorize_products"}),
    ("post", "runs/{run}/for-real/", {"categorize_products"}),
    ("get", "runs/{run}/rollback/", {"roll_back_run"}),
    ("get", "runs/{run}/rollback/preview/", {"roll_back_run"}),
    ("post", "runs/{run}/rollback/", {"roll_back_run"}),
    ("post", "runs/{run}/rollback/stop/", {"roll_back_run"}),
    ("post", "runs/{run}/rollback/resume/", {"roll_back_run"}),
    ("get", "health/", {"categorize_products", "review_suggestions", "export_results"}),
    ("post", "health/", {"categorize_products"}),
    ("get", "health/lines/?kind=no_image", {"review_suggestions"}),
    ("get", "health/lines/1/products/", {"review_suggestions"}),
    ("get", "health/unreadable/", {"review_suggestions"}),
    ("get", "health/labels/", {"review_suggestions"}),
    ("get", "thresholds/", {"view_labelrule"}),
]
READING = {"categorize_products", "review_suggestions", "roll_back_run", "export_results"}


@pytest.mark.parametrize(("method", "path", "allowed"), CALLS)
def test_every_call_is_denied_without_its_permission(
    method: str, path: str, allowed: set[str]
) -> None:
    path = V1 + path.format(run=make_run(state=Run.State.DONE).pk)
    shut = READING - allowed if len(allowed) == 1 and "label" not in path else set()
    if "health/" in path and method == "get":
        shut = set()
    for client in (APIClient(), log_in(make_user()), *(log_in(make_user(one)) for one in shut)):
        assert getattr(client, method)(path).status_code == 403
    for permission in allowed:
        assert getattr(log_in(make_user(permission)), method)(path).status_code != 403
    assert Run.objects.get().state == Run.State.DONE


def test_a_run_is_paused_and_goes_on(operator: APIClient) -> None:
    run = make_run(total=1)
    make_classification(run=run, state=State.QUEUED, is_current=False)
    for _twice in range(2):
        assert operator.post(f"{V1}runs/{run.pk}/pause/").json()["state"] == "paused"
    assert operator.post(f"{V1}runs/{run.pk}/resume/").json()["state"] == "running"
    cancelled = operator.post(f"{V1}runs/{run.pk}/cancel/").json()
    assert (cancelled["state"], cancelled["cancelled"]) == ("cancelled", 1)
    assert operator.post(f"{V1}runs/{run.pk}/resume/").json()["state"] == "cancelled"


def test_failed_products_are_tried_again_once(operator: APIClient) -> None:
    run = make_run(total=1, failed=1, state=Run.State.DONE)
    make_classification(run=run, state=State.FAILED, is_current=False)
    answers = [operator.post(f"{V1}runs/{run.pk}/retry/").json() for _ in range(2)]
    assert [one["retried"] for one in answers] == [1, 0]
    assert answers[0]["run"]["state"] == "running"


def test_a_dry_runs_results_are_filed_by_one_run() -> None:
    dry_run = make_run(dry_run=True, state=Run.State.DONE, finished_at="2026-01-01T00:00Z")
    address = f"{V1}runs/{dry_run.pk}/for-real/"
    assert log_in(make_user("categorize_products")).post(address).status_code == 403  # it files
    client = log_in(make_user("categorize_products", "auto_apply"))
    first, second = client.post(address), client.post(address)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["id"] == second.json()["id"]
    assert (first.json()["results_of"], first.json()["source"]) == (dry_run.pk, "api")
    assert Run.objects.count() == 2


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"dry_run": True, "state": Run.State.RUNNING}, "not ended yet"),
        ({"dry_run": False, "state": Run.State.DONE}, "Only the results of a dry run"),
    ],
)
def test_what_cannot_be_done_for_real_is_refused_in_words(
    fields: dict[str, Any], words: str
) -> None:
    run = make_run(**fields)
    answer = log_in(make_superuser()).post(f"{V1}runs/{run.pk}/for-real/")
    assert answer.status_code == 409
    assert words in answer.json()["detail"]


def test_changes_of_a_dry_run_are_told_with_the_products_of_each(operator: APIClient) -> None:
    run = make_run(dry_run=True)
    change = run.changes.create(effect="changed", before='["7"]', after='["8", ["a:b"]]')
    row = make_classification(run=run, change=change, is_current=False)
    make_classification(run=run, is_current=False)
    (told,) = operator.get(f"{V1}runs/{run.pk}/changes/").json()
    assert told["before"] == {"categories": ["7"], "labels": []}
    assert told["after"] == {"categories": ["8"], "labels": ["a:b"]}
    of_it = operator.get(f"{V1}classifications/?change={change.pk}").json()["results"]
    assert [one["id"] for one in of_it] == [row.pk]


def test_a_run_is_rolled_back_stopped_and_gone_on_with(keeper: APIClient) -> None:
    run = make_filed_run(3)
    address = f"{V1}runs/{run.pk}/rollback/"
    assert keeper.get(address).status_code == 404
    assert keeper.get(f"{address}preview/").json() == {"revert": 3, "kept_by_people": 0}
    first, second = keeper.post(address), keeper.post(address)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["id"] == second.json()["id"]
    assert keeper.post(f"{address}stop/").json()["state"] == "cancelled"
    assert keeper.post(f"{address}resume/").json()["state"] == "running"
    rollback = Rollback.objects.get()
    continue_rollback(rollback.pk)
    continue_rollback(rollback.pk)
    told = keeper.get(address).json()
    assert (told["state"], told["taken_back"], told["percent"]) == ("done", 3, 100)
    assert keeper.post(f"{address}resume/").json()["state"] == "done"


def test_a_dry_run_has_nothing_to_roll_back(keeper: APIClient) -> None:
    answer = keeper.post(f"{V1}runs/{make_run(dry_run=True).pk}/rollback/")
    assert answer.status_code == 409
    assert "nothing to roll back" in answer.json()["detail"]


def start(client: APIClient, key: str, **asked: Any) -> Any:
    body = {"target": "shop_demo.product", "filter": {}, **asked}
    return client.post(V1 + "runs/", body, "json", headers={"Idempotency-Key": key})


def test_a_request_that_is_sent_again_makes_no_second_run(operator: APIClient) -> None:
    make_products(2)
    first, again = start(operator, "one"), start(operator, "one")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    assert start(operator, "two").status_code == 201
    assert start(log_in(make_user("categorize_products")), "one").status_code == 201  # their own
    assert Run.objects.count() == 3


def test_a_key_stands_for_one_request(operator: APIClient) -> None:
    start(operator, "one")
    other = start(operator, "one", dry_run=True)
    assert other.status_code == 409
    assert "Idempotency-Key" in other.json()["detail"]
    assert Run.objects.count() == 1


@pytest.mark.parametrize("key", ["", "x" * 201, "a\0b"])
def test_a_key_that_cannot_be_kept_is_refused(operator: APIClient, key: str) -> None:
    answer = start(operator, key)
    assert answer.status_code == 400
    assert "Idempotency-Key" in answer.json()


def test_without_a_key_products_in_flight_are_not_queued_twice(operator: APIClient) -> None:
    make_products(2)
    body = {"target": "shop_demo.product", "filter": {}}
    first, second = (operator.post(V1 + "runs/", body, "json").json() for _ in range(2))
    assert (first["total"], second["total"], second["skipped"]) == (2, 0, 2)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_such_requests_at_once_one_starts_the_run() -> None:
    make_products(20)
    user = make_user("categorize_products")
    gate, told = threading.Barrier(4), []

    def ask() -> None:
        client = log_in(user)
        gate.wait(10)
        answer = start(client, "one")
        told.append((answer.status_code, answer.json()["id"]))
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(code for code, _ in told) == [200, 200, 200, 201]
    assert len({run for _, run in told}) == Run.objects.count() == 1


@pytest.mark.parametrize("path", ["runs/0.5/", "runs/x/rollback/", "nowhere/", "runs/999999/"])
def test_what_there_is_not_is_told_in_json(operator: APIClient, path: str) -> None:
    answer = operator.get(V1 + path)
    assert answer.status_code == 404 and answer.json()["detail"]
    assert APIClient().get(V1 + path).status_code == 403


def test_a_key_beyond_all_numbers_is_refused() -> None:
    client = log_in(make_superuser())
    for query in ("suggestions/?run=-1.7e308", "classifications/?change=99999999999999999999"):
        assert client.get(V1 + query).status_code == 400


@pytest.mark.parametrize(
    "call", ["get rollback/", "post rollback/", "post rollback/stop/", "post rollback/resume/"]
)
def test_a_run_beyond_all_numbers_is_not_there(keeper: APIClient, call: str) -> None:
    method, path = call.split()
    answer = getattr(keeper, method)(f"{V1}runs/{10**30}/{path}")
    assert answer.status_code == 404 and answer.json()["detail"]


def test_too_large_a_form_is_told_in_json(operator: APIClient) -> None:
    answer = operator.post(V1 + "runs/", {"ids": ["1"] * 1_001})
    assert answer.status_code == 400 and answer.json()["detail"]


def test_ids_that_no_product_can_have_are_named_too(operator: APIClient) -> None:
    (product,) = make_products(1)
    asked = {"target": TARGET, "ids": [str(product.pk), "SKU-12", "9" * 30], "dry_run": True}
    answer = operator.post(f"{V1}runs/", asked, format="json")
    assert answer.status_code == 400 and set(answer.json()["ids"]) == {"1", "2"}


def test_ids_without_a_product_are_named_and_no_run_is_started(operator: APIClient) -> None:
    (product,) = make_products(1)
    asked = {"target": TARGET, "ids": [str(product.pk), "987654", str(product.pk), "987655"]}
    answer = operator.post(f"{V1}runs/", asked, format="json")
    assert answer.status_code == 400
    assert answer.json() == {
        "ids": {"1": ["There is no such product."], "3": ["There is no such product."]}
    }
    assert not Run.objects.exists()


def test_a_run_is_answered_again_after_a_product_of_it_was_deleted(operator: APIClient) -> None:
    products = make_products(2)
    asked = {"target": TARGET, "ids": [str(one.pk) for one in products]}

    def ask() -> Any:
        return operator.post(f"{V1}runs/", asked, format="json", headers={"Idempotency-Key": "k"})

    first = ask()
    products[0].delete()
    assert (first.status_code, ask().status_code) == (201, 200)


def test_telling_unknown_ids_costs_one_query_however_many_there_are(
    operator: APIClient, django_assert_max_num_queries: Any
) -> None:
    def ask(count: int) -> int:
        ids = [str(10**6 + number) for number in range(count)]
        with django_assert_max_num_queries(50) as queries:
            operator.post(f"{V1}runs/", {"target": TARGET, "ids": ids}, format="json")
        return len(queries)

    ask(1)  # what is read once
    assert ask(10) == ask(10_000)
