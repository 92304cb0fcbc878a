"""Work passed between workers: half a job to an idle one, what waits to one that is done."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from redis import Redis
from rq import Worker
from rq.job import _job_stack

from catalog_ai.models import Classification, Run
from catalog_ai.workflow import chunks, jobs
from catalog_ai.workflow.jobs import classify_chunk
from catalog_ai.workflow.queues import send, send_rollback
from catalog_ai.workflow.sharing import (
    count_sharers,
    drop_chunk,
    find_rows_left,
    share_with_idle,
    take_waiting_chunk,
)
from tests.factories import make_queued

State = Classification.State
BULK, UPLOADS = "catalog_ai", "catalog_ai_uploads"


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
    monkeypatch.setattr(chunks, "STORED_TOGETHER", 2)
    monkeypatch.setattr(chunks, "share_with_idle", lambda left: next(given))
    classify_chunk(ids)
    queued = Classification.objects.filter(state=State.QUEUED).order_by("pk")
    assert list(queued.values_list("pk", flat=True)) == ids[3:]
    monkeypatch.setattr(chunks, "share_with_idle", lambda left: 0)
    classify_chunk(ids[3:])
    assert not queued.exists()


@pytest.mark.redis
@pytest.mark.django_db
def test_a_job_that_is_done_goes_on_with_the_chunks_that_wait(queue: Any) -> None:
    ids = make_queued(5)
    send(BULK, ids[2:4])
    send(BULK, ids[4:])
    classify_chunk(ids[:2])
    assert not Classification.objects.filter(state=State.QUEUED).exists()
    assert queue.count == 0
    assert not queue.connection.keys("rq:job:*")


@pytest.mark.redis
@pytest.mark.django_db
def test_a_taken_chunk_waits_in_the_queue_until_it_is_done(queue: Any) -> None:
    send(BULK, [1, 2])
    chunk = take_waiting_chunk()
    assert chunk is not None
    assert queue.get_job_ids() == [chunk.id]
    drop_chunk(chunk)
    assert queue.count == 0


@pytest.mark.redis
@pytest.mark.django_db
def test_two_jobs_take_different_chunks(queue: Any) -> None:
    send(BULK, [1])
    send(BULK, [2])
    taken = [take_waiting_chunk(), take_waiting_chunk()]
    assert [chunk.args[0] for chunk in taken if chunk] == [[1], [2]]
    assert take_waiting_chunk() is None


@pytest.mark.redis
@pytest.mark.django_db
def test_what_is_no_chunk_is_not_passed_by(queue: Any) -> None:
    send(BULK, [1])
    send_rollback(1)  # goes to the front
    assert [take_waiting_chunk(), take_waiting_chunk()] == [None, None]
    assert queue.count == 2


@pytest.mark.redis
@pytest.mark.django_db
def test_a_job_that_is_done_ends_where_its_worker_has_something_else_to_do(queue: Any) -> None:
    ids = make_queued(40)
    send(BULK, ids[1:])
    assert take_waiting_chunk()
    send_rollback(1)
    classify_chunk(ids[:1])
    assert Classification.objects.filter(state=State.QUEUED).count() == 39


@pytest.mark.redis
@pytest.mark.django_db
def test_a_chunk_that_a_worker_has_come_to_is_left_to_it(queue: Any) -> None:
    send(BULK, [1])
    chunk = take_waiting_chunk()
    assert chunk is not None
    queue.empty()  # as when a worker has popped it
    chunk.save()
    drop_chunk(chunk)
    assert queue.connection.exists(chunk.key)


@pytest.mark.redis
@pytest.mark.django_db
def test_a_job_that_went_on_for_long_takes_no_more(
    queue: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "GO_ON", 0.0)
    ids = make_queued(2)
    send(BULK, ids[1:])
    classify_chunk(ids[:1])
    assert queue.count == 1
    assert Classification.objects.filter(state=State.QUEUED).count() == 1


@pytest.mark.redis
@pytest.mark.django_db
def test_a_stopped_job_takes_nothing_more(
    queue: Any, live_queues: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "is_stopping", lambda: True)
    ids = make_queued(2)
    send(BULK, ids[1:])
    classify_chunk(ids[:1])
    assert [job.args[0] for job in queue.jobs] == [ids[1:]]
    [back] = live_queues[UPLOADS].jobs
    assert back.args[0] == ids[:1]


@pytest.mark.redis
@pytest.mark.django_db
def test_with_redis_gone_nothing_is_taken(queue: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    send(BULK, [1])
    monkeypatch.setitem(settings.RQ_QUEUES, BULK, {"URL": "redis://127.0.0.1:1/0"})
    assert take_waiting_chunk() is None


@pytest.mark.redis
@pytest.mark.django_db
def test_work_is_the_last_when_nothing_waits_that_is_not_taken(queue: Any) -> None:
    assert count_sharers() == 1  # the one that asks
    start_idle_worker(queue)
    start_idle_worker(queue)
    assert count_sharers() == 2
    send(BULK, [1])
    assert count_sharers() == 0
    take_waiting_chunk()
    assert count_sharers() == 2


@pytest.mark.redis
@pytest.mark.django_db
def test_of_what_others_have_not_come_to_the_end_is_found(queue: Any) -> None:
    ids = make_queued(80)
    Classification.objects.filter(pk__in=ids[:4]).update(state=State.RUNNING)
    send(BULK, ids[:10])
    send(BULK, ids[:70])
    assert find_rows_left([]) == ids[54:70]  # a quarter, and 16 at least
    assert find_rows_left(ids[20:70]) == ids[4:20]
    assert find_rows_left(ids) == []


@pytest.mark.redis
@pytest.mark.django_db
def test_rows_of_a_job_at_work_are_found(queue: Any) -> None:
    ids = make_queued(3)
    send(BULK, ids)
    [busy] = queue.jobs
    queue.remove(busy)
    queue.connection.zadd(queue.started_job_registry.key, {f"{busy.id}:1": 2**40})
    assert find_rows_left([]) == ids


@pytest.mark.redis
@pytest.mark.django_db
def test_a_job_with_nothing_else_to_do_ends_the_work_of_others(queue: Any) -> None:
    ids = make_queued(40)
    send(BULK, ids[1:])
    assert take_waiting_chunk()  # by a job that does not come to it
    classify_chunk(ids[:1])
    assert not Classification.objects.filter(state=State.QUEUED).exists()


@pytest.mark.redis
@pytest.mark.django_db
def test_rows_that_nobody_may_claim_are_asked_for_once(queue: Any) -> None:
    ids = make_queued(20)
    Run.objects.update(state=Run.State.PAUSED)
    send(BULK, ids[1:])
    assert take_waiting_chunk()
    classify_chunk(ids[:1])
    assert Classification.objects.filter(state=State.QUEUED).count() == 20


def test_outside_a_job_nothing_is_taken() -> None:
    assert take_waiting_chunk() is None
    assert find_rows_left([]) == []
    assert count_sharers() == 0
