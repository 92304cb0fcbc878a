"""Work for idle workers: a job gives half of its rows away where somebody has nothing to do."""

from collections.abc import Iterator
from typing import Any

import pytest
from redis import Redis
from rq import Worker
from rq.job import _job_stack

from catalog_ai.models import Classification
from catalog_ai.workflow import jobs
from catalog_ai.workflow.jobs import classify_chunk
from catalog_ai.workflow.queues import send, share_with_idle
from tests.factories import make_product

State = Classification.State
BULK = "catalog_ai"


def make_queued(count: int) -> list[int]:
    for _ in range(count):
        make_product()
    return list(Classification.objects.order_by("pk").values_list("pk", flat=True))


@pytest.fixture
def queue(live_queues: Any) -> Iterator[Any]:
    """The bulk queue, from within a job of it that a worker has taken."""
    bulk = live_queues[BULK]
    send(BULK, [1])
    _job_stack.push(bulk.jobs[0])
    bulk.empty()
    yield bulk
    _job_stack.pop()


def start_idle_worker(queue: Any) -> None:
    Worker([queue], connection=queue.connection).register_birth()


@pytest.mark.redis
@pytest.mark.django_db
def test_an_idle_worker_is_given_the_last_half(queue: Any) -> None:
    start_idle_worker(queue)
    assert share_with_idle(range(101)) == 50
    [job] = queue.jobs
    assert (job.func_name.split(".")[-1], job.args[0]) == ("classify_chunk", list(range(51, 101)))


@pytest.mark.redis
@pytest.mark.django_db
def test_nothing_more_is_given_while_a_job_waits(queue: Any) -> None:
    start_idle_worker(queue)
    share_with_idle(range(100))
    assert share_with_idle(range(100)) == 0
    assert queue.count == 1


@pytest.mark.redis
@pytest.mark.django_db
def test_nobody_idle_gets_nothing_and_little_is_not_worth_a_job(queue: Any) -> None:
    assert share_with_idle(range(100)) == 0
    start_idle_worker(queue)
    assert share_with_idle(range(63)) == 0


@pytest.mark.redis
@pytest.mark.django_db
def test_with_redis_gone_the_job_keeps_its_work(
    queue: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_idle_worker(queue)
    dead = Redis(port=1, socket_connect_timeout=1)
    monkeypatch.setattr(_job_stack.top, "connection", dead)
    assert share_with_idle(range(100)) == 0


def test_outside_a_job_nothing_is_shared() -> None:
    assert share_with_idle(range(100)) == 0


@pytest.mark.django_db
def test_what_was_given_away_is_left_to_the_other_job(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = make_queued(6)
    Classification.objects.filter(pk=ids[5]).update(attempts=1)
    given = iter([3, 0])
    monkeypatch.setattr(jobs, "STORED_TOGETHER", 2)
    monkeypatch.setattr(jobs, "share_with_idle", lambda left: next(given))
    classify_chunk(ids)
    queued = Classification.objects.filter(state=State.QUEUED).order_by("pk")
    assert list(queued.values_list("pk", flat=True)) == ids[3:]
    monkeypatch.setattr(jobs, "share_with_idle", lambda left: 0)
    classify_chunk(ids[3:])
    assert not queued.exists()
