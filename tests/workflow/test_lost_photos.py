"""Photos that are gone altogether stop a run and cost no product anything; a few are told alone."""

import errno
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import FileSystemStorage

from catalog_ai.models import Classification, Run
from catalog_ai.workflow.attention import NothingToLookAt, draw_attention
from catalog_ai.workflow.enqueue import enqueue
from catalog_ai.workflow.for_real import collect_results, run_for_real
from catalog_ai.workflow.jobs import classify_chunk
from catalog_ai.workflow.outages import StorageLost
from catalog_ai.workflow.runs import resume_run
from shop_demo.models import Product
from tests.factories import list_states, make_product, make_superuser

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_uploads")]
State = Classification.State
IN_FLIGHT = {State.QUEUED, State.RUNNING}


def start(target: Any, count: int, **fields: Any) -> tuple[Run, list[int]]:
    for _number in range(count):
        make_product()
    run = enqueue(target, Product.objects.all(), source=Run.Source.COMMAND, **fields)
    return run, list(run.classifications.order_by("pk").values_list("pk", flat=True))


def unmount(media: Path) -> Callable[[], None]:
    """Take the disk of the photos away; gives what brings it back."""
    aside = media.with_name("aside")
    shutil.move(media, aside)
    media.mkdir()

    def mount() -> None:
        media.rmdir()
        shutil.move(aside, media)

    return mount


def test_a_run_without_any_photo_pauses_and_goes_on_when_they_are_back(
    target: Any, media: Path
) -> None:
    run, ids = start(target, 40)
    mount = unmount(media)
    with pytest.raises(StorageLost):
        classify_chunk(ids)
    run.refresh_from_db()
    assert (run.state, run.breaker, run.done) == (Run.State.PAUSED, Run.Breaker.TRIPPED, 0)
    assert "No photo can be opened: 16 were tried" in run.why
    assert set(list_states()) == {State.QUEUED}
    mount()
    run = resume_run(run, make_superuser())
    assert (run.state, run.breaker, run.why) == (Run.State.RUNNING, Run.Breaker.ON, "")
    classify_chunk(ids)
    assert not IN_FLIGHT & set(list_states()) and State.REJECTED not in list_states()
    assert set(Classification.objects.values_list("attempts", flat=True)) == {1}


def test_who_resumes_too_early_is_told_again(target: Any, media: Path) -> None:
    run, ids = start(target, 8)
    unmount(media)
    for _time in range(2):
        with pytest.raises(StorageLost):
            classify_chunk(ids)
        run.refresh_from_db()
        assert run.state == Run.State.PAUSED and run.why
        resume_run(run, make_superuser())
    assert set(list_states()) == {State.QUEUED}


def test_a_disk_that_goes_in_the_midst_of_a_run_spoils_nothing(target: Any, media: Path) -> None:
    run, ids = start(target, 40)
    classify_chunk(ids[:10])
    done = list_states()[:10]
    assert State.REJECTED not in done
    unmount(media)
    with pytest.raises(StorageLost):
        classify_chunk(ids)
    run.refresh_from_db()
    assert (run.state, run.done) == (Run.State.PAUSED, 10)
    assert list_states() == done + [State.QUEUED] * 30


def test_earlier_results_stand_when_a_redo_finds_no_photo(target: Any, media: Path) -> None:
    _first, ids = start(target, 6)
    classify_chunk(ids)
    before = set(Classification.objects.filter(is_current=True).values_list("pk", "state"))
    run = enqueue(target, Product.objects.all(), source=Run.Source.COMMAND, mode=Run.Mode.REDO)
    unmount(media)
    with pytest.raises(StorageLost):
        classify_chunk(list(run.classifications.values_list("pk", flat=True)))
    assert set(Classification.objects.filter(is_current=True).values_list("pk", "state")) == before


@pytest.mark.parametrize("there", [0, -1])
def test_many_photos_that_are_missing_are_told_alone_while_others_are_there(
    target: Any, there: int
) -> None:
    """Be the one that is there an old product's or the newest one's."""
    run, ids = start(target, 30)
    kept = list(Product.objects.order_by("pk"))[there]
    for product in Product.objects.exclude(pk=kept.pk):
        product.image.storage.delete(product.image.name)
    classify_chunk(ids)
    run.refresh_from_db()
    assert (run.state, run.rejected) == (Run.State.DONE, 29)
    assert run.classifications.get(object_id=str(kept.pk)).state != State.REJECTED


def test_a_handful_of_products_may_well_miss_their_photos(target: Any, media: Path) -> None:
    run, ids = start(target, 4)
    unmount(media)
    classify_chunk(ids)
    run.refresh_from_db()
    assert (run.state, run.rejected) == (Run.State.DONE, 4)


def test_an_upload_waits_for_the_disk_as_in_an_outage(
    target: Any, media: Path, settings: Any
) -> None:
    start(target, 6)
    Classification.objects.all().delete()
    settings.CATALOG_AI = {**settings.CATALOG_AI, "CATEGORIZE_ON_UPLOAD": True}
    make_product()
    row = Classification.objects.get()
    mount = unmount(media)
    for _time in range(5):
        with pytest.raises(StorageLost):
            classify_chunk([row.pk])
    assert (list_states(), row.run.state) == ([State.QUEUED], Run.State.RUNNING)
    mount()
    classify_chunk([row.pk])
    row.refresh_from_db()
    assert row.state not in (*IN_FLIGHT, State.REJECTED) and row.attempts == 1


def test_photos_that_nobody_may_read_stop_the_run_too(
    target: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong key of an object storage, or a service without the right to the folder."""
    run, ids = start(target, 40)

    def refuse(*_arguments: object) -> None:
        raise PermissionError(errno.EACCES, "no")

    monkeypatch.setattr(FileSystemStorage, "_open", refuse)
    with pytest.raises(StorageLost):
        classify_chunk(ids)
    run.refresh_from_db()
    assert (run.state, run.failed) == (Run.State.PAUSED, 0)
    assert set(Classification.objects.values_list("attempts", flat=True)) == {0}


def test_a_dry_run_that_is_done_for_real_waits_for_the_photos(target: Any, media: Path) -> None:
    dry, ids = start(target, 6, dry_run=True)
    classify_chunk(ids)
    dry.refresh_from_db()
    run = run_for_real(dry, make_superuser())
    while collect_results(run.pk):
        pass
    unmount(media)
    rows = run.classifications.values_list("pk", flat=True)
    with pytest.raises(StorageLost):
        classify_chunk(list(rows))
    run.refresh_from_db()
    assert (run.state, run.done) == (Run.State.PAUSED, 0)


def test_a_web_server_without_the_photos_pauses_nothing(target: Any, media: Path) -> None:
    run, ids = start(target, 12)
    classify_chunk(ids[:6])
    unmount(media)
    row = Classification.objects.exclude(state__in=IN_FLIGHT).first()
    assert row is not None
    with pytest.raises(NothingToLookAt):
        draw_attention(row, "article:tshirts")
    run.refresh_from_db()
    assert run.state == Run.State.RUNNING
