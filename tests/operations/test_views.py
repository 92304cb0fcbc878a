"""Health and metrics over HTTP: status codes, who sees what, and numbers that fit the rows."""

import sys
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from catalog_ai.conf import find_setting_mistakes
from catalog_ai.models import Classification, Run
from tests.factories import make_classification, make_run, make_user
from tests.operations.people import TOKEN, log_in_viewer, send_token

HEALTH = reverse("catalog_ai_operations:healthz")
METRICS = reverse("catalog_ai_operations:metrics")
pytestmark = pytest.mark.django_db


@pytest.fixture
def with_token(settings: Any) -> None:
    settings.CATALOG_AI = {**settings.CATALOG_AI, "METRICS_TOKEN": TOKEN}


@pytest.fixture
def without_redis(settings: Any) -> None:
    settings.RQ_QUEUES = {
        name: {**options, "URL": "redis://127.0.0.1:1/0"}
        for name, options in settings.RQ_QUEUES.items()
    }


def read_metrics(client: Client) -> dict[tuple[str, ...], float]:
    """Every sample by its name and label values."""
    response = client.get(METRICS, headers=send_token())
    assert response.status_code == 200, response.content
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(response.content.decode())
        for sample in family.samples
    }


def test_a_living_process_says_so_without_the_database(client: Client) -> None:
    # No django_assert_num_queries: the very connection must not be used.
    with connection.execute_wrapper(refuse_queries):
        response = client.get(reverse("catalog_ai_operations:livez"))
    assert (response.status_code, response.json()) == (200, {"ok": True})


def refuse_queries(*_: Any) -> Any:
    from django.db import OperationalError

    raise OperationalError("the database at secret-host is away")


def test_health_is_503_while_no_worker_listens_and_tells_strangers_no_reason(
    client: Client, live_queues: Any
) -> None:
    response = client.get(HEALTH)
    assert response.status_code == 503
    checks = {check["name"]: check for check in response.json()["checks"]}
    assert checks["redis"] == {"name": "redis", "ok": True}
    assert checks["upload_workers"] == {"name": "upload_workers", "ok": False}
    assert all(set(check) == {"name", "ok"} for check in checks.values())


def test_health_tells_the_holder_of_the_token_why(
    client: Client, live_queues: Any, with_token: None
) -> None:
    checks = client.get(HEALTH, headers=send_token()).json()["checks"]
    assert "catalog_ai_uploads" in checks[4]["why"]


def test_a_database_that_is_away_is_503_and_not_a_traceback(
    client: Client, live_queues: Any, with_token: None
) -> None:
    with connection.execute_wrapper(refuse_queries):
        response = client.get(HEALTH, headers=send_token())
        assert client.get(METRICS, headers=send_token()).status_code == 503
    assert response.status_code == 503
    assert response.json()["checks"][0]["ok"] is False
    assert "secret-host" not in response.content.decode()


def test_a_migration_that_was_forgotten_is_told(
    client: Client, live_queues: Any, with_token: None
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE catalog_ai_classification RENAME TO classification_of_tomorrow")
    answer = client.get(METRICS, headers=send_token())
    assert (answer.status_code, "manage.py migrate" in answer.content.decode()) == (503, True)


def test_a_logged_in_person_is_a_stranger_while_the_database_is_away() -> None:
    client = log_in_viewer()
    with connection.execute_wrapper(refuse_queries):
        response = client.get(HEALTH)
    assert response.status_code == 503
    assert "why" not in response.json()["checks"][0]


@pytest.mark.parametrize("token", ["", "wrong-but-also-long-enough", TOKEN + "x", "ünïcode-token"])
def test_metrics_refuse_a_wrong_token(client: Client, with_token: None, token: str) -> None:
    assert client.get(METRICS, headers=send_token(token)).status_code == 403


def test_metrics_are_shut_where_no_token_is_set(client: Client) -> None:
    assert client.get(METRICS, headers=send_token("")).status_code == 403
    assert client.get(METRICS).status_code == 403


def test_metrics_need_staff_with_the_permission(client: Client, live_queues: Any) -> None:
    assert log_in_viewer().get(METRICS).status_code == 200
    assert log_in_viewer(is_staff=False).get(METRICS).status_code == 403
    client.force_login(make_user("review_suggestions"))
    assert client.get(METRICS).status_code == 403


def test_nothing_can_be_posted(client: Client, with_token: None) -> None:
    for url in (HEALTH, METRICS):
        assert client.post(url, headers=send_token()).status_code == 405


def test_metrics_count_what_the_rows_say(
    client: Client, live_queues: Any, with_token: None
) -> None:
    now = timezone.now()
    make_classification(state="filed", finished_at=now)
    make_classification(state="filed", finished_at=now - timedelta(minutes=30))
    make_classification(state="failed", finished_at=now - timedelta(hours=2))
    make_classification(state="queued", is_current=False)
    make_classification()
    make_run(state=Run.State.PAUSED)
    found = read_metrics(client)
    assert found["catalog_ai_results", "filed", "5m"] == 1
    assert found["catalog_ai_results", "filed", "1h"] == 2
    assert found["catalog_ai_results", "failed", "1h"] == 0
    assert found["catalog_ai_in_flight", "queued"] == 1
    assert found["catalog_ai_runs", "paused"] == 1
    assert found["catalog_ai_review_backlog",] == 1
    assert found["catalog_ai_workers", "catalog_ai"] == 0
    assert found["catalog_ai_redis_up",] == 1


def test_metrics_go_on_without_redis(client: Client, with_token: None, without_redis: None) -> None:
    found = read_metrics(client)
    assert found["catalog_ai_redis_up",] == 0
    assert not any(key[0] == "catalog_ai_workers" for key in found)
    assert ("catalog_ai_in_flight", "queued") in found


def test_the_age_of_the_oldest_queued_row_leaves_paused_runs_out(
    client: Client, live_queues: Any, with_token: None
) -> None:
    paused = make_run(state=Run.State.PAUSED)
    old = [make_classification(run=run, state="queued") for run in (paused, make_run())]
    for row, minutes in zip(old, (90, 10), strict=True):
        past = timezone.now() - timedelta(minutes=minutes)
        Classification.objects.filter(pk=row.pk).update(created_at=past)
    assert 600 <= read_metrics(client)["catalog_ai_oldest_queued_seconds", "bulk"] < 5400


def test_metrics_without_their_package_say_what_to_install(
    client: Client, with_token: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "catalog_ai.operations.metrics", raising=False)
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    response = client.get(METRICS, headers=send_token())
    assert response.status_code == 501
    assert "catalog-ai[metrics]" in response.content.decode()


def test_a_short_token_is_refused_by_the_settings() -> None:
    assert find_setting_mistakes({"METRICS_TOKEN": "short"})
    assert not find_setting_mistakes({"METRICS_TOKEN": ""})
