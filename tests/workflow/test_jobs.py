"""Claims, tries and reconciliation: nothing lost, nothing done twice."""

import sqlite3
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.db import OperationalError, connection
from django.db.models import F
from django.utils import timezone
from redis.exceptions import RedisError

from catalog_ai.arrays import is_among
from catalog_ai.conf import get_settings
from catalog_ai.models import Classification, Run
from catalog_ai.targets import get_target
from catalog_ai.workflow import chunks, jobs, judging, queues, store
from catalog_ai.workflow import reconcile as reconcile_module
from catalog_ai.workflow.claim import claim
from catalog_ai.workflow.ends import count_ends
from catalog_ai.workflow.enqueue import enqueue, expand_next_page
from catalog_ai.workflow.jobs import classify_chunk, send_rest
from catalog_ai.workflow.queues import send
from catalog_ai.workflow.reading import ReadImage, group_images, read_images
from catalog_ai.workflow.reconcile import Reconciled, reconcile, resend_lost, take_back_expired
from catalog_ai.workflow.runs import cancel_run, pause_run, resume_run, retry_failed
from catalog_ai.workflow.take_over import take_over
from shop_demo.models import Product
from tests.factories import (
    list_states,
    make_classification,
    make_queued,
    make_run,
    make_superuser,
    make_unjudged,
)

pytestmark = pytest.mark.django_db
State = Classification.State


def test_a_chunk_judges_each_image_once_however_often_it_is_sent() -> None:
    ids = make_queued(3)
    classify_chunk(ids)
    first = list(Classification.objects.values_list("finished_at", flat=True))
    classify_chunk(ids)
    assert list(Classification.objects.values_list("finished_at", flat=True)) == first
    assert not {State.QUEUED, State.RUNNING} & set(list_states())


def test_a_damaged_image_is_rejected_with_a_reason_and_not_retried() -> None:
    ids = make_queued(1, b"this is no picture")
    classify_chunk(ids)
    row = Classification.objects.get()
    assert (row.state, row.error_code, row.attempts) == (State.REJECTED, "unsupported_format", 1)
    assert "not a picture" in row.error


def test_a_missing_file_is_rejected_with_a_reason() -> None:
    ids = make_queued(1)
    default_storage.delete(Classification.objects.get().image_name)
    classify_chunk(ids)
    row = Classification.objects.get()
    assert (row.state, row.error_code) == (State.REJECTED, "missing")


def test_what_another_worker_holds_is_left_alone() -> None:
    ids = make_queued(2)
    assert len(claim(ids[:1], fresh=True)) == 1
    classify_chunk(ids)
    assert list_states()[0] == State.RUNNING and list_states()[1] != State.QUEUED


def test_an_error_puts_the_rows_back_and_goes_up_to_rq(monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(*args: object) -> None:
        raise ConnectionError("storage down")

    ids = make_queued(2)
    monkeypatch.setattr(judging, "classify_images", break_down)
    with pytest.raises(ConnectionError):
        classify_chunk(ids)
    assert list_states() == [State.QUEUED, State.QUEUED]
    assert "storage down" in Classification.objects.first().error  # type: ignore[union-attr]


def test_after_its_last_try_a_row_fails_and_the_run_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def break_down(*args: object) -> None:
        raise ValueError("of no use")

    ids = make_queued(1)
    monkeypatch.setattr(judging, "classify_images", break_down)
    for _ in range(3):
        with pytest.raises(ValueError, match="of no use"):
            classify_chunk(ids)
    classify_chunk(ids)  # nothing is left to claim
    run = Run.objects.get()
    assert (list_states(), run.failed, run.state) == ([State.FAILED], 1, Run.State.DONE)
    monkeypatch.undo()
    assert retry_failed(run, make_superuser()) == 1
    classify_chunk(ids)
    run.refresh_from_db()
    assert run.failed == 0 and run.done == 1


def join_runs() -> None:
    """All rows in one run, so that they are stored together."""
    first = Run.objects.order_by("pk")[0]
    Classification.objects.update(run=first)
    Run.objects.filter(pk=first.pk).update(total=Classification.objects.count())


def test_what_cannot_be_stored_goes_back_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(*args: object) -> None:
        raise OperationalError("deadlock detected")

    ids = make_queued(2)
    join_runs()
    with monkeypatch.context() as broken:
        broken.setattr(store, "count_ends", break_down)
        with pytest.raises(OperationalError):
            classify_chunk(ids)
    costs = Classification.objects.values_list("state", "attempts", "interruptions")
    assert set(costs) == {(State.QUEUED, 0, 1)}
    classify_chunk(ids)
    assert not {State.QUEUED, State.RUNNING} & set(list_states())


def test_what_can_never_be_stored_fails_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(*args: object) -> None:
        raise ValueError("of no use")

    ids = make_queued(1)
    monkeypatch.setattr(store, "count_ends", break_down)
    for _ in range(3):
        with pytest.raises(ValueError, match="of no use"):
            classify_chunk(ids)
    row = Classification.objects.get()
    assert (row.state, row.error) == (State.FAILED, "ValueError: of no use")
    assert (row.scores, row.top_label) == ({}, "")  # nothing of what could not be stored


def test_a_chunk_that_takes_too_much_memory_to_store_is_stored_one_by_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def store_few(run_id: int, states: Sequence[State], effects: Sequence[str] = ()) -> None:
        if len(states) > 1:
            raise MemoryError
        count_ends(run_id, states, effects)

    ids = make_queued(2)
    join_runs()
    monkeypatch.setattr(store, "count_ends", store_few)
    classify_chunk(ids)
    assert not {State.QUEUED, State.RUNNING} & set(list_states())


def test_rows_tried_before_are_taken_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = make_queued(3)
    Classification.objects.update(attempts=1)
    sizes: list[int] = []
    process = chunks.process_rows

    def note_size(rows: Any) -> None:
        sizes.append(len(rows))
        process(rows)

    monkeypatch.setattr(chunks, "process_rows", note_size)
    classify_chunk(ids)
    assert [size for size in sizes if size] == [1, 1, 1]


def expire_leases() -> None:
    past = timezone.now() - timedelta(seconds=1)
    Classification.objects.filter(state=State.RUNNING).update(lease_expires_at=past)


def test_the_rows_of_a_dead_worker_are_taken_back_at_no_cost_of_a_try() -> None:
    ids = make_queued(1)
    for attempt in range(5):
        claim(ids, fresh=attempt == 0)
        expire_leases()
        done = Reconciled()
        take_back_expired(done)
        assert done.taken_back == 1
    row = Classification.objects.get()
    assert (row.state, row.attempts) == (State.QUEUED, 0)


def test_an_image_that_takes_its_whole_host_along_goes_not_round_for_ever() -> None:
    ids = make_queued(1)
    done, rounds = Reconciled(), 0
    while not done.given_up:
        claim(ids, fresh=rounds == 0)
        expire_leases()
        take_back_expired(done)
        rounds += 1
    assert rounds == 20
    row = Classification.objects.get()
    assert row.state == State.FAILED and "broken off too often" in row.error


def test_a_deleted_product_is_not_told_as_failed() -> None:
    ids = make_queued(2)
    rows = claim(ids, fresh=True)
    Product.objects.get(pk=rows[0].object_id).delete()
    Classification.objects.update(interruptions=9_999)
    expire_leases()
    take_back_expired(Reconciled())
    gone, failed = Classification.objects.order_by("pk")
    assert (gone.state, gone.error_code, gone.is_current) == ("cancelled", "product_deleted", False)
    assert (failed.state, failed.is_current) == ("failed", True)
    assert list(Run.objects.order_by("pk").values_list("cancelled", "failed")) == [(1, 0), (0, 1)]


def test_a_row_whose_key_no_product_can_have_holds_up_no_other() -> None:
    ids = make_queued(2)
    claim(ids, fresh=True)
    Classification.objects.filter(pk=ids[0]).update(object_id="a key of another kind")
    Classification.objects.update(interruptions=9_999)
    expire_leases()
    take_back_expired(Reconciled())
    assert list_states() == [State.CANCELLED, State.FAILED]


def test_a_lease_that_still_holds_is_not_taken_back() -> None:
    ids = make_queued(1)
    claim(ids, fresh=True)
    take_back_expired(Reconciled())
    assert list_states() == [State.RUNNING]


def test_a_paused_run_is_not_worked_on_until_it_is_resumed() -> None:
    ids, person = make_queued(1), make_superuser()
    run = Run.objects.get()
    pause_run(run, person)
    classify_chunk(ids)
    assert list_states() == [State.QUEUED]
    resume_run(run, person)
    classify_chunk(ids)
    assert list_states() != [State.QUEUED]


def fail_one(run: Run) -> None:
    """One of the run's queued rows has used up its tries."""
    first = run.classifications.order_by("pk").values_list("pk", flat=True)[0]
    Classification.objects.filter(pk=first).update(state=State.FAILED, attempts=3)
    Run.objects.filter(pk=run.pk).update(failed=F("failed") + 1)


@pytest.fixture
def large_run(settings: Any, target: Any) -> Run:
    """A run of five products, of which two are collected and one of these has failed."""
    for _number in range(5):
        make_unjudged()
    settings.CATALOG_AI = {**settings.CATALOG_AI, "EXPAND_PAGE": 2}
    run = enqueue(target, Product.objects.all(), source=Run.Source.COMMAND)
    assert expand_next_page(run.pk)
    fail_one(run)
    return run


def test_trying_again_does_not_end_the_collecting(large_run: Run) -> None:
    assert retry_failed(large_run, make_superuser()) == 1
    while expand_next_page(large_run.pk):
        pass
    large_run.refresh_from_db()
    assert (large_run.total, large_run.state) == (5, Run.State.RUNNING)


def test_trying_again_does_not_resume_a_paused_run(large_run: Run) -> None:
    boss = make_superuser()
    pause_run(large_run, boss)
    assert retry_failed(large_run, boss) == 1
    large_run.refresh_from_db()
    assert large_run.state == Run.State.PAUSED
    assert resume_run(large_run, boss).state == Run.State.EXPANDING


def test_trying_again_takes_no_more_of_a_cancelled_run(large_run: Run) -> None:
    boss = make_superuser()
    cancel_run(large_run, boss)
    assert retry_failed(large_run, boss) == 1
    pause_run(large_run, boss)
    assert resume_run(large_run, boss).state == Run.State.RUNNING
    assert not expand_next_page(large_run.pk)


@pytest.mark.redis
def test_a_large_run_that_is_resumed_is_sent_by_the_worker(
    live_queues: Any,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    monkeypatch.setattr(queues, "SEND_PAGE", 2)
    run = make_run(total=5, state=Run.State.PAUSED)
    ids = [make_classification(run=run, state=State.QUEUED, is_current=False).pk for _ in range(5)]
    with django_capture_on_commit_callbacks(execute=True):
        resume_run(run, make_superuser())
    assert Classification.objects.filter(sent_at=None).count() == 3
    sent: list[int] = []
    while waiting := live_queues["catalog_ai"].jobs:
        for job in waiting:
            job.delete()
            if job.func_name.endswith("send_rest"):
                send_rest(*job.args)
            else:
                sent += job.args[0]
    assert sent == ids and not Classification.objects.filter(sent_at=None).exists()


def test_a_cancelled_run_lets_its_queued_products_go() -> None:
    ids = make_queued(1)
    run = cancel_run(Run.objects.get(), make_superuser())
    classify_chunk(ids)
    assert (list_states(), run.cancelled, run.state) == ([State.CANCELLED], 1, Run.State.CANCELLED)


@pytest.mark.redis
def test_reconcile_sends_what_redis_never_got(live_queues: Any) -> None:
    make_queued(3)
    past = timezone.now() - timedelta(minutes=1)
    Classification.objects.update(sent_at=None, created_at=past)
    assert reconcile().resent == 3
    assert live_queues["catalog_ai_uploads"].count == 1
    assert reconcile().resent == 0


@pytest.mark.redis
def test_reconcile_sends_again_what_an_emptied_redis_lost(live_queues: Any) -> None:
    make_queued(2)
    past = timezone.now() - timedelta(minutes=1)
    Classification.objects.update(sent_at=past)
    done = Reconciled()
    resend_lost(done)
    assert done.resent == 2


@pytest.mark.redis
def test_a_waiting_queue_is_not_sent_its_rows_again(live_queues: Any) -> None:
    make_queued(2)
    past = timezone.now() - timedelta(minutes=1)
    Classification.objects.update(sent_at=None, created_at=past)
    reconcile()
    Classification.objects.update(sent_at=past)
    assert reconcile().resent == 0


def test_a_large_chunk_is_stored_in_parts_so_that_a_failure_costs_one_part(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(chunks, "STORED_TOGETHER", 2)
    for _number in range(5):
        make_unjudged()
    target = get_target("shop_demo.product")
    run = enqueue(target, Product.objects.all(), source=Run.Source.COMMAND)
    ids = list(run.classifications.values_list("pk", flat=True))
    whole, parts = judging.judge_rows, []

    def judge(rows: Any) -> Any:
        parts.append(len(rows))
        if len(parts) == 2:
            raise ValueError("gone")
        return whole(rows)

    monkeypatch.setattr(judging, "judge_rows", judge)
    with pytest.raises(ValueError, match="gone"):
        jobs.classify_chunk(ids)
    assert parts == [2, 2]
    states = list(run.classifications.order_by("pk").values_list("state", flat=True))
    assert states.count("queued") == 3 and "running" not in states


def test_an_upload_that_was_never_sent_is_not_hidden_by_a_long_bulk_run(
    live_queues: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconcile_module, "RESENT", 3)
    past = timezone.now() - timedelta(minutes=5)
    run = make_run(total=5)
    for _ in range(5):
        make_classification(run=run, state=State.QUEUED, is_current=False, sent_at=past)
    send(live_queues["catalog_ai"].name, [1])  # jobs wait there
    make_queued(1)
    Classification.objects.filter(run__source=Run.Source.UPLOAD).update(
        created_at=past, sent_at=None
    )
    done = Reconciled()
    resend_lost(done)
    assert done.resent == 1
    assert live_queues["catalog_ai_uploads"].count == 1


def test_rows_from_a_clock_that_ran_ahead_are_sent_all_the_same(live_queues: Any) -> None:
    make_queued(2)
    ahead = timezone.now() + timedelta(hours=3)
    first, second = Classification.objects.order_by("pk")
    Classification.objects.filter(pk=first.pk).update(created_at=ahead, sent_at=None)
    Classification.objects.filter(pk=second.pk).update(sent_at=ahead)
    done = Reconciled()
    resend_lost(done)
    assert done.resent == 2


def test_more_rows_are_sent_than_a_statement_takes_parameters(live_queues: Any) -> None:
    """As when a paused run of a large catalogue is resumed."""
    send("catalog_ai", range(260_000))
    queue = live_queues["catalog_ai"]
    sizes = [len(job.args[0]) for job in queue.get_jobs()]
    assert sum(sizes) == 260_000 and max(sizes) == get_settings().CHUNK_SIZE


def test_with_redis_gone_more_rows_are_not_sent_than_a_statement_takes_parameters(
    settings: Any,
) -> None:
    gone = {"URL": "redis://127.0.0.1:1/0"}
    settings.RQ_QUEUES = {name: {**queue, **gone} for name, queue in settings.RQ_QUEUES.items()}
    with pytest.raises(RedisError):
        send("catalog_ai", range(260_000))


@pytest.fixture
def few_parameters() -> Iterator[None]:
    """A database that takes 100 parameters a statement, as far as this one can be told to."""
    connection.ensure_connection()
    if connection.vendor == "sqlite":
        usual = connection.connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 100)
        yield
        connection.connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, usual)
    else:
        yield


def test_more_rows_are_tried_again_than_a_statement_takes_parameters(
    live_queues: Any, few_parameters: None
) -> None:
    run = make_run(total=120, failed=120, state=Run.State.DONE)
    for _ in range(120):
        make_classification(run=run, state=State.FAILED)
    assert retry_failed(run, make_superuser()) == 120
    assert set(list_states()) == {"queued"}


def test_more_products_are_collected_and_let_go_than_a_statement_takes_parameters(
    few_parameters: None, settings: Any
) -> None:
    """As when a photo is replaced that very many products share."""
    settings.CATALOG_AI = {**settings.CATALOG_AI, "EXPAND_PAGE": 110}
    target = get_target("shop_demo.product")
    pks = [make_unjudged().pk for _ in range(120)]
    run = enqueue(target, Product.objects.filter(is_among("pk", pks)), source=Run.Source.COMMAND)
    while expand_next_page(run.pk):
        pass
    assert list_states() == [State.QUEUED] * 120
    take_over(target, [target.to_key(pk) for pk in pks])
    assert list_states() == [State.CANCELLED] * 120


def list_sizes(count: int) -> list[int]:
    return [
        len(part) for part, fresh in chunks.plan_parts(list(range(count)), chunks.Pace()) if fresh
    ]


def test_parts_begin_small_and_grow_while_they_are_quick() -> None:
    sizes = list_sizes(1024)
    assert sizes[:4] == [32, 64, 128, 256]
    assert max(sizes) == 256
    assert sum(sizes) == 1024


@pytest.mark.parametrize(("sharers", "most"), [(2, 256), (16, 64)])
def test_parts_of_the_last_work_get_small(
    monkeypatch: pytest.MonkeyPatch, sharers: int, most: int
) -> None:
    monkeypatch.setattr(chunks, "count_sharers", lambda: sharers)
    sizes = list_sizes(1024)
    assert max(sizes) <= most and sizes[-1] <= 16
    falling = sizes[sizes.index(max(sizes)) :]
    assert falling == sorted(falling, reverse=True)
    assert sum(sizes) == 1024


def test_a_worker_alone_takes_the_last_work_as_all_else(monkeypatch: pytest.MonkeyPatch) -> None:
    alone = list_sizes(1024)
    monkeypatch.setattr(chunks, "count_sharers", lambda: 1)
    assert list_sizes(1024) == alone


def test_what_a_job_has_learned_of_its_pace_holds_for_the_next_chunk() -> None:
    pace = chunks.Pace()
    sizes = [
        [len(part) for part, _ in chunks.plan_parts(list(range(1024)), pace)] for _ in range(2)
    ]
    assert sizes[1] == [256] * 4 != sizes[0]


def test_what_took_long_is_followed_by_less(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "LONG_PART", -1.0)
    assert list_sizes(64) == [32, 16, 8, 4, 2, 1, 1]


def test_no_part_grows_beyond_what_a_short_lease_allows(settings: Any) -> None:
    """Rows that are in hand for longer than their lease come to nothing, however often."""
    settings.CATALOG_AI = {**settings.CATALOG_AI, "LEASE_SECONDS": 15}
    pace, seconds_a_row = chunks.Pace(), 0.3
    for _part in range(6):
        took = pace.size * seconds_a_row
        assert took < get_settings().LEASE_SECONDS
        pace.learn(took)


def test_an_image_is_read_when_its_turn_comes() -> None:
    rows = list(Classification.objects.filter(pk__in=make_queued(2)).order_by("pk"))
    read = read_images(rows, get_target("shop_demo.product"), force=True)
    assert next(read).data is not None
    Product.objects.get(pk=rows[1].object_id).image.storage.delete(rows[1].image_name)
    assert next(read).rejected_result is not None


def test_unchanged_images_leave_no_gap_in_what_the_model_gets() -> None:
    row = Classification()
    read = [ReadImage(row, "a", None if at % 2 else b"x") for at in range(9)]
    groups = list(group_images(read, 2))
    assert [len(group) for group in groups] == [3, 4, 2]
    assert [one for group in groups for one in group] == read
