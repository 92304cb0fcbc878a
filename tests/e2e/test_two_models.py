"""Two hosts with different models on one queue: a run keeps to its own."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from catalog_ai.inference.bundle import load_bundle
from catalog_ai.models import Classification, Run
from catalog_ai.targets import get_target
from catalog_ai.workflow import reconcile
from catalog_ai.workflow.enqueue import enqueue
from catalog_ai.workflow.models_in_use import get_bundle
from catalog_ai.workflow.vital_signs import check_worker_models
from catalog_ai.workflow.worker_models import list_worker_models
from shop_demo.models import Product
from tests.e2e.workers import start_worker, wait_for
from tests.factories import make_unique_image_bytes
from tests.inference.tiny import TINY

pytestmark = [pytest.mark.slow, pytest.mark.redis, pytest.mark.django_db(transaction=True)]
State = Classification.State
PRODUCTS = 40


@pytest.fixture
def start_bulk(live_queues: Any, media: Path) -> Iterator[Any]:
    """Starts a worker of the bulk queue and waits until it is known; of another bundle if named."""
    with ExitStack() as stack:

        def start(**more: str) -> None:
            known = len(list_worker_models())
            process = start_worker(media, "--queue", "catalog_ai", **more)
            stack.callback(process.wait)
            stack.callback(process.kill)
            wait_for(lambda: len(list_worker_models()) > known)

        yield start


def queue_products(media: Path) -> Run:
    (media / "products").mkdir(parents=True)
    names = [f"products/{number}.png" for number in range(PRODUCTS)]
    for name in names:
        (media / name).write_bytes(make_unique_image_bytes())
    Product.objects.bulk_create(Product(title=name, image=name) for name in names)
    target = get_target("shop_demo.product")
    return enqueue(target, Product.objects.all(), source=Run.Source.COMMAND)


def test_a_run_is_done_by_the_workers_that_have_its_model_and_by_no_other(
    start_bulk: Any, live_queues: Any, media: Path, settings: Any, monkeypatch: Any
) -> None:
    settings.CATALOG_AI = {**settings.CATALOG_AI, "CHUNK_SIZE": 8}
    monkeypatch.setattr(reconcile, "IDLE_GRACE", timedelta(seconds=1))
    other = load_bundle(TINY / "int8").model_version
    start_bulk(TEST_BUNDLE=str(TINY / "int8"))
    run = queue_products(media)
    wait_for(lambda: live_queues["catalog_ai"].count == 0)
    rows = run.classifications
    assert rows.filter(state=State.QUEUED, attempts=0).count() == PRODUCTS
    sign = check_worker_models()
    assert not sign.ok and other in sign.why

    start_bulk()

    def has_ended() -> bool:
        reconcile.reconcile()
        run.refresh_from_db()
        return run.state == Run.State.DONE

    wait_for(has_ended)
    mine = get_bundle().model_version
    assert run.model_version == mine != other
    assert set(rows.values_list("model_version", flat=True)) == {mine}
    labels = {label for row in rows.all() for label in row.scores}
    assert labels <= {label.id for label in get_bundle().labels}
