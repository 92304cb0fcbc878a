"""Real worker processes that are stopped or killed with products in hand."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from catalog_ai.models import Classification, Run
from catalog_ai.targets import get_target
from catalog_ai.workflow.chunks import FIRST_PART
from catalog_ai.workflow.enqueue import enqueue
from shop_demo.models import Product
from tests.e2e.workers import start_worker, wait_for
from tests.factories import make_image_bytes

pytestmark = [
    pytest.mark.slow,
    pytest.mark.redis,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(sys.platform != "linux", reason="looks for children in /proc"),
]
State = Classification.State
PRODUCTS = 250  # one job of several parts


@pytest.fixture
def bulk_worker(live_queues: Any, media: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """One worker on the bulk queue, without a supervisor."""
    process = start_worker(media, "--queue", "catalog_ai")
    yield process
    process.kill()
    process.wait(10)


def queue_products(media: Path) -> Run:
    """One run over products that share a large picture, so that a job takes a while."""
    folder = media / "products"
    folder.mkdir(parents=True)
    (folder / "large.png").write_bytes(make_image_bytes(size=(1500, 1500)))
    Product.objects.bulk_create(
        Product(title=f"Product {number}", image="products/large.png") for number in range(PRODUCTS)
    )
    target = get_target("shop_demo.product")
    return enqueue(target, Product.objects.all(), source=Run.Source.COMMAND)


def count(**fields: Any) -> int:
    return Classification.objects.filter(**fields).count()


def test_a_worker_that_is_stopped_leaves_nothing_in_hand_and_the_rest_is_done_later(
    bulk_worker: Any, live_queues: Any, media: Path
) -> None:
    run = queue_products(media)
    wait_for(lambda: count(state=State.RUNNING))
    bulk_worker.send_signal(signal.SIGTERM)
    assert bulk_worker.wait(60) == 0
    assert count(state=State.RUNNING) == 0
    left = count(state=State.QUEUED, attempts=0)
    ended = count(finished_at__isnull=False)
    assert left and left + ended == PRODUCTS
    assert live_queues["catalog_ai"].count == 1
    second = start_worker(media, "--queue", "catalog_ai")
    try:
        wait_for(lambda: count(finished_at__isnull=False) == PRODUCTS)
    finally:
        second.terminate()
        assert second.wait(60) == 0
    run.refresh_from_db()
    assert (run.state, run.done) == (Run.State.DONE, PRODUCTS)


def test_the_rows_of_a_killed_child_are_tried_again_before_their_lease_is_over(
    bulk_worker: Any, live_queues: Any, media: Path
) -> None:
    queue_products(media)
    wait_for(lambda: count(state=State.RUNNING))
    children = Path(f"/proc/{bulk_worker.pid}/task/{bulk_worker.pid}/children")
    lease = Classification.objects.filter(state=State.RUNNING).values_list("lease_expires_at")
    ends = lease[0][0]
    os.kill(int(children.read_text().split()[0]), signal.SIGKILL)
    wait_for(lambda: count(finished_at__isnull=False) == PRODUCTS)
    broken_off = Classification.objects.filter(interruptions__gt=0)
    assert broken_off.exists()
    assert all(row.finished_at < ends and row.attempts == 1 for row in broken_off)


def test_a_host_that_is_stopped_with_a_long_batch_in_hand_gives_it_back_at_no_cost(
    live_queues: Any, media: Path
) -> None:
    run = queue_products(media)
    host = start_worker(media, "--bulk", "1", DJANGO_SETTINGS_MODULE="tests.slow_settings")
    try:
        # A job's first part, of half a second an image: far more than a stop waits for.
        wait_for(lambda: count(state=State.RUNNING) >= FIRST_PART)
        host.send_signal(signal.SIGTERM)
        assert host.wait(90) == 0
    finally:
        host.kill()
    assert count(state=State.QUEUED, attempts=0, interruptions=0) == PRODUCTS
    assert live_queues["catalog_ai"].count >= 1
    second = start_worker(media, "--bulk", "1")
    try:
        wait_for(lambda: count(finished_at__isnull=False) == PRODUCTS)
    finally:
        second.terminate()
        assert second.wait(90) == 0
    run.refresh_from_db()
    assert (run.state, run.done) == (Run.State.DONE, PRODUCTS)
    assert count(is_current=True, attempts=1) == PRODUCTS
