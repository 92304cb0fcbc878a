"""Claims, tries and reconciliation: nothing lost, nothing done twice."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from catalog_ai.models import Classification, Run
from catalog_ai.targets import get_target
from catalog_ai.workflow import chunks, jobs, judging
from catalog_ai.workflow import reconcile as reconcile_module
from catalog_ai.workflow.claim import claim
from catalog_ai.workflow.enqueue import enqueue
from catalog_ai.workflow.jobs import classify_chunk
from catalog_ai.workflow.queues import send
from catalog_ai.workflow.reading import ReadImage, group_images, read_images
from catalog_ai.workflow.reconcile import Reconciled, reconcile, resend_lost, take_back_expired
from catalog_ai.workflow.runs import cancel_run, pause_run, resume_run, retry_failed
from shop_demo.models import Product
from tests.factories import (
    list_states,
    make_classification,
    make_queued,
    make_run,
    make_superuser,
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
    monkeypatch: pytest.MonkeyPatch, settings: Any
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
    make_queued(5)
    Classification.objects.all().delete()
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


def list_sizes(count: int) -> list[int]:
    return [len(part) for part, fresh in chunks.plan_parts(list(range(count))) if fresh]


def test_parts_begin_small_and_grow_while_they_are_quick() -> None:
    sizes = list_sizes(1024)
    assert sizes[:4] == [32, 64, 128, 256]
    assert max(sizes) == 256
    assert sum(sizes) == 1024


def test_parts_of_the_last_work_get_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "is_last_work", lambda: True)
    sizes = list_sizes(1024)
    assert max(sizes) == 64 and sizes[-1] <= 16
    assert sizes[1:] == sorted(sizes[1:], reverse=True)
    assert sum(sizes) == 1024


def test_what_took_long_is_followed_by_less(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "LONG_PART", -1.0)
    assert list_sizes(64) == [32, 16, 8, 4, 2, 1, 1]


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
