"""Storages that raise, cut files short or are not there: no sound picture pays for it."""

import errno
from collections.abc import Callable, Collection
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import OperationalError
from rq import SimpleWorker

from catalog_ai.conf import get_settings
from catalog_ai.models import Classification, Run
from catalog_ai.models.causes import Cause
from catalog_ai.targets import get_target
from catalog_ai.workflow.claim import Blame, claim, put_back
from catalog_ai.workflow.enqueue import enqueue
from catalog_ai.workflow.for_real import collect_results, run_for_real
from catalog_ai.workflow.jobs import classify_chunk
from catalog_ai.workflow.judging import process_rows
from catalog_ai.workflow.limits import LeaseOver, StopNow
from catalog_ai.workflow.outages import StorageLost
from catalog_ai.workflow.queues import send
from shop_demo.models import Product
from tests.factories import list_states, make_product, make_superuser, make_unjudged

pytestmark = pytest.mark.django_db
State = Classification.State
Open = Callable[[str], Any]


@pytest.fixture
def break_storage(monkeypatch: pytest.MonkeyPatch) -> Callable[[Open], None]:
    """Let a function look at each name first: it may raise, or give a file of its own."""
    sound = FileSystemStorage._open

    def set_fault(fault: Open) -> None:
        def open_broken(storage: Any, name: str, mode: str = "rb") -> Any:
            return fault(name) or sound(storage, name, mode)

        monkeypatch.setattr(FileSystemStorage, "_open", open_broken)

    return set_fault


def make_queued(count: int) -> list[int]:
    """Rows of one run."""
    for _ in range(count):
        make_unjudged()
    Run.objects.all().delete()
    products = Product.objects.order_by("pk")
    enqueue(get_target("shop_demo.product"), products, source=Run.Source.COMMAND)
    return list(Classification.objects.order_by("pk").values_list("pk", flat=True))


@pytest.mark.parametrize(
    ("error", "attempts", "interruptions"),
    [
        (PermissionError(errno.EACCES, "no"), 1, Blame.IMAGE),
        (ValueError("embedded null byte"), 1, Blame.IMAGE),
        (ConnectionResetError("this one times out"), 0, Blame.WORKER),
    ],
)
def test_a_file_that_cannot_be_read_costs_its_neighbours_nothing(
    break_storage: Any, error: Exception, attempts: int, interruptions: int
) -> None:
    ids = make_queued(5)
    name = Classification.objects.get(pk=ids[0]).image_name
    broken = [name]

    def fault(asked: str) -> None:
        if asked in broken:
            broken.clear()  # once: in the same job it is looked at alone, and well by then
            raise error

    break_storage(fault)
    process_rows(claim(ids, fresh=True))
    assert list_states()[0] == State.QUEUED and State.QUEUED not in list_states()[1:]
    row = Classification.objects.get(pk=ids[0])
    assert (row.attempts, row.interruptions) == (attempts, interruptions)
    assert type(error).__name__ in row.error
    classify_chunk(ids)
    assert State.QUEUED not in list_states()


def test_a_storage_of_which_nothing_can_be_read_is_not_asked_for_every_file(
    break_storage: Any,
) -> None:
    ids, asked = make_queued(8), []

    def fault(name: str) -> None:
        asked.append(name)
        raise PermissionError(errno.EACCES, "no")

    break_storage(fault)
    with pytest.raises(StorageLost):
        classify_chunk(ids)
    assert len(asked) == 3 + 8  # and then each of a sample
    assert set(Classification.objects.values_list("attempts", flat=True)) == {0}


def refuse_always(names: Collection[str]) -> Open:
    def fault(asked: str) -> None:
        if asked in names:
            raise PermissionError(errno.EACCES, "no")

    return fault


def list_names(ids: Collection[int]) -> list[str]:
    rows = Classification.objects.filter(pk__in=ids)
    return list(rows.values_list("image_name", flat=True))


@pytest.mark.parametrize("bad", [[0], [3, 4], [0, 1, 2, 3, 4, 5, 6, 7]])
def test_files_that_nobody_can_read_fail_with_their_reason_within_their_job(
    break_storage: Any, bad: list[int]
) -> None:
    """And stop neither the job nor whoever comes after them in it."""
    ids = make_queued(10)
    broken = [ids[at] for at in bad]
    break_storage(refuse_always(list_names(broken)))
    classify_chunk(ids)
    rows = Classification.objects.in_bulk(broken)
    assert {row.state for row in rows.values()} == {State.FAILED}
    assert {row.attempts for row in rows.values()} == {get_settings().MAX_ATTEMPTS}
    assert all("PermissionError" in row.error for row in rows.values())
    assert not {State.QUEUED, State.FAILED} & {
        row.state for row in Classification.objects.exclude(pk__in=broken)
    }


def test_an_upload_that_nobody_can_read_fails_in_one_job(break_storage: Any) -> None:
    make_queued(1)
    Classification.objects.all().delete()
    for _number in range(6):
        make_product()
    row = Classification.objects.latest("pk")
    break_storage(refuse_always([row.image_name]))
    classify_chunk([row.pk])
    row.refresh_from_db()
    assert (row.state, row.attempts) == (State.FAILED, get_settings().MAX_ATTEMPTS)


def test_a_row_that_was_interrupted_before_is_tried_to_its_end(break_storage: Any) -> None:
    ids = make_queued(6)
    Classification.objects.filter(pk=ids[0]).update(interruptions=Blame.WORKER)
    break_storage(refuse_always(list_names(ids[:1])))
    classify_chunk(ids)
    assert list_states()[0] == State.FAILED and State.QUEUED not in list_states()


def test_a_paused_run_is_not_tried_on(break_storage: Any) -> None:
    ids = make_queued(6)
    name = list_names(ids[:1])[0]

    def fault(asked: str) -> None:
        if asked == name:
            Run.objects.update(state=Run.State.PAUSED)
            raise PermissionError(errno.EACCES, "no")

    break_storage(fault)
    classify_chunk(ids)
    row = Classification.objects.get(pk=ids[0])
    assert (row.state, row.attempts) == (State.QUEUED, 1)


def test_a_photo_that_cannot_be_opened_is_not_taken_for_another_one(break_storage: Any) -> None:
    """Where a dry run is done for real."""
    ids = make_queued(6)
    Run.objects.update(dry_run=True)
    classify_chunk(ids)
    run = run_for_real(Run.objects.get(), make_superuser())
    while collect_results(run.pk):
        pass
    rows = run.classifications.order_by("pk")
    broken = [rows[0].image_name]
    break_storage(refuse_always(broken))
    with pytest.raises(PermissionError):
        classify_chunk([row.pk for row in rows])
    broken.clear()
    classify_chunk([row.pk for row in rows])
    assert not {State.QUEUED, State.CANCELLED} & set(rows.values_list("state", flat=True))


@pytest.mark.parametrize("limit", [StopNow(), LeaseOver(busy=False), OperationalError("gone")])
def test_a_limit_that_strikes_amid_a_read_is_not_the_files_fault(
    break_storage: Any, limit: Exception
) -> None:
    ids = make_queued(5)
    last = Classification.objects.get(pk=ids[4]).image_name

    def fault(name: str) -> None:
        if name == last:
            raise OSError("wrapped") from limit

    break_storage(fault)
    with pytest.raises(OSError, match="wrapped"):
        process_rows(claim(ids, fresh=True))
    assert set(Classification.objects.values_list("attempts", flat=True)) == {0}


def test_a_picture_that_was_read_cut_short_is_read_again_and_judged(break_storage: Any) -> None:
    ids = make_queued(3)
    name = Classification.objects.get(pk=ids[1]).image_name
    with default_storage.open(name) as file:
        whole = file.read()
    left = [1]

    def cut_once(asked: str) -> Any:
        if asked == name and left:
            left.pop()
            return ContentFile(whole[: len(whole) // 2])
        return None

    break_storage(cut_once)
    classify_chunk(ids)
    row = Classification.objects.get(pk=ids[1])
    assert row.state not in (State.REJECTED, State.QUEUED), row.error
    assert (row.attempts, row.interruptions) == (1, Blame.WORKER)


def test_a_picture_that_is_damaged_each_time_is_refused_at_once() -> None:
    product = make_product(b"this is no picture")
    row = Classification.objects.get()
    classify_chunk([row.pk])
    row.refresh_from_db()
    assert (row.state, row.interruptions) == (State.REJECTED, 0), product


def test_a_file_that_is_back_is_looked_at_by_the_next_run(target: Any) -> None:
    """As after a run over a storage that was not mounted."""
    ids = make_queued(1)
    name = Classification.objects.get().image_name
    with default_storage.open(name) as file:
        data = file.read()
    default_storage.delete(name)
    classify_chunk(ids)
    assert list_states() == [State.REJECTED]
    default_storage.save(name, ContentFile(data))
    run = enqueue(target, Product.objects.all(), source=Run.Source.COMMAND)
    assert run.total == 1
    classify_chunk(list(run.classifications.values_list("pk", flat=True)))
    assert list_states()[-1] not in (State.REJECTED, State.UNCHANGED)


@pytest.mark.parametrize("text", ["nul \0 in it", "half a character \udcff", "long " * 200])
def test_whatever_an_error_says_its_row_goes_back(text: str) -> None:
    rows = claim(make_queued(1), fresh=True)
    assert put_back(rows, Cause.from_error(OSError(text)), Blame.IMAGE)
    assert list_states() == [State.QUEUED]


@pytest.mark.redis
def test_what_failed_does_not_stay_in_redis(live_queues: Any, break_storage: Any) -> None:
    """In a long outage each pass of reconcile leaves failed jobs behind."""

    def fault(name: str) -> None:
        raise ConnectionResetError("away")

    queue = live_queues["catalog_ai"]
    ids = make_queued(1)
    queue.empty()
    send(queue.name, ids)
    break_storage(fault)
    worker = SimpleWorker([queue], connection=queue.connection, serializer=queue.serializer)
    worker.work(burst=True, logging_level="CRITICAL")
    [job] = queue.failed_job_registry.get_job_ids()
    kept = {key: queue.connection.ttl(key) for key in queue.connection.keys(f"rq:*{job}*")}
    assert kept and all(0 < seconds <= 3600 for seconds in kept.values()), kept
