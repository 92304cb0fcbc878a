"""Hosts with different clocks, and hosts with different models."""

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db.models.functions import Now
from django.utils import timezone
from rq import Worker

from catalog_ai.models import Classification, Run
from catalog_ai.workflow import worker
from catalog_ai.workflow.claim import claim
from catalog_ai.workflow.figures import has_lost_leases
from catalog_ai.workflow.hand_on import hand_on_runs
from catalog_ai.workflow.models_in_use import get_bundle
from catalog_ai.workflow.reconcile import Reconciled, take_back_expired
from catalog_ai.workflow.runs import retry_failed
from catalog_ai.workflow.vital_signs import check_worker_models
from tests.factories import make_classification, make_run, make_superuser

pytestmark = pytest.mark.django_db
State = Classification.State


def make_row(version: str, **fields: Any) -> Classification:
    run = make_run(model_version=version, total=1, **fields)
    return make_classification(run=run, state="queued", is_current=False)


@pytest.fixture
def add_worker(live_queues: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    """Registers a worker of the bulk queue with a bundle of this version."""

    def add(version: str) -> Any:
        monkeypatch.setattr(worker, "get_bundle", lambda: SimpleNamespace(model_version=version))
        queue = live_queues["catalog_ai"]
        made = worker.LimitedWorker([queue], connection=queue.connection)
        made.register_birth()
        return made

    return add


@pytest.mark.parametrize("hours", [-3, 3])
def test_leases_are_the_databases_time_whatever_a_hosts_clock_says(
    monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    row, real = make_row(get_bundle().model_version), timezone.now
    monkeypatch.setattr(timezone, "now", lambda: real() + timedelta(hours=hours))
    assert len(claim([row.pk], fresh=True)) == 1
    take_back_expired(Reconciled())
    row.refresh_from_db()
    left = (row.lease_expires_at - real()).total_seconds()
    assert row.state == State.RUNNING and 0 < left <= 120
    assert not has_lost_leases(timedelta())


def test_a_worker_leaves_the_runs_of_another_model_alone() -> None:
    row = make_row("another")
    assert claim([row.pk], fresh=True) == []
    row.refresh_from_db()
    assert (row.state, row.attempts) == (State.QUEUED, 0)


def test_an_upload_is_judged_by_the_model_there_is_and_says_so() -> None:
    row = make_row("another", source=Run.Source.UPLOAD)
    (claimed,) = claim([row.pk], fresh=True)
    assert claimed.model_version == get_bundle().model_version


def test_a_run_is_handed_on_once_no_worker_has_its_model(add_worker: Any) -> None:
    row = make_row("old")
    old, _ = add_worker("old"), add_worker(get_bundle().model_version)
    assert hand_on_runs() == 0
    old.register_death()
    assert hand_on_runs() == 1
    row.refresh_from_db()
    row.run.refresh_from_db()
    mine = get_bundle().model_version
    assert (row.model_version, row.run.model_version) == (mine, mine)
    assert "Started with model old" in row.run.state_reason
    assert len(claim([row.pk], fresh=True)) == 1
    assert hand_on_runs() == 0


def test_a_row_that_comes_back_after_its_run_was_handed_on_is_judged(add_worker: Any) -> None:
    """Its worker died with it, and its lease outlasted the worker's name in Redis."""
    row = make_row("old")
    held = {"state": State.RUNNING, "attempts": 1, "lease_token": "dead"}
    Classification.objects.filter(pk=row.pk).update(**held)
    add_worker(get_bundle().model_version)
    assert hand_on_runs() == 1
    Classification.objects.filter(pk=row.pk).update(lease_expires_at=Now() - timedelta(seconds=1))
    take_back_expired(Reconciled())
    (claimed,) = claim([row.pk], fresh=False)
    assert claimed.model_version == get_bundle().model_version


def test_what_failed_before_its_run_was_handed_on_can_be_tried_again() -> None:
    row = make_row(get_bundle().model_version, failed=1)
    Classification.objects.filter(pk=row.pk).update(state=State.FAILED, model_version="old")
    assert retry_failed(row.run, make_superuser()) == 1
    assert len(claim([row.pk], fresh=True)) == 1


def test_a_process_whose_model_no_worker_has_hands_nothing_on(add_worker: Any) -> None:
    make_row("old")
    add_worker("newer")
    assert hand_on_runs() == 0


def test_a_run_started_with_a_model_that_workers_are_still_to_get_waits(add_worker: Any) -> None:
    add_worker(get_bundle().model_version)
    make_row("newer")
    assert hand_on_runs() == 0


@pytest.fixture
def start_at(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, str], Classification]:
    """Starts a run with this model on a host whose clock is wrong by so many hours."""

    def start(hours: int, version: str) -> Classification:
        real = timezone.now
        with monkeypatch.context() as there:
            there.setattr(timezone, "now", lambda: real() + timedelta(hours=hours))
            return make_row(version)

    return start


def test_a_host_whose_clock_is_ahead_keeps_no_run_from_being_handed_on(
    add_worker: Any, start_at: Any
) -> None:
    start_at(3, "old")
    add_worker(get_bundle().model_version)
    assert hand_on_runs() == 1


def test_nor_does_one_whose_clock_is_behind_hand_on_a_run_too_early(
    add_worker: Any, start_at: Any
) -> None:
    add_worker(get_bundle().model_version)
    start_at(-3, "newer")
    assert hand_on_runs() == 0


def test_a_plain_rqworker_keeps_no_run_from_being_handed_on(
    add_worker: Any, live_queues: Any
) -> None:
    make_row("old")
    queue = live_queues["catalog_ai"]
    Worker([queue], connection=queue.connection).register_birth()
    add_worker(get_bundle().model_version)
    assert hand_on_runs() == 1


def test_what_was_judged_keeps_the_name_of_its_model(add_worker: Any) -> None:
    row = make_row("old")
    done = make_classification(run=row.run, state="filed", model_version="old")
    add_worker(get_bundle().model_version)
    assert hand_on_runs() == 1
    done.refresh_from_db()
    assert done.model_version == "old"


def test_health_names_a_worker_with_another_model(add_worker: Any) -> None:
    add_worker(get_bundle().model_version)
    assert check_worker_models().ok
    old = add_worker("old")
    sign = check_worker_models()
    assert not sign.ok and f"{old.hostname}: old" in sign.why


def test_a_worker_is_known_again_after_redis_lost_its_data(
    add_worker: Any, live_queues: Any
) -> None:
    made = add_worker(get_bundle().model_version)
    live_queues["catalog_ai"].connection.flushdb()
    assert check_worker_models().why == "No worker runs."
    made.heartbeat()
    assert get_bundle().model_version in check_worker_models().why
