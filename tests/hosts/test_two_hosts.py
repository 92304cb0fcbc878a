"""Two worker hosts with one Redis, one database and a server of images; one is cut off."""

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import django_rq
import pytest
from django.db import connection
from rq import Worker

from catalog_ai.models import Classification, Decision, Run, Suggestion
from catalog_ai.targets import get_target
from catalog_ai.workflow.enqueue import enqueue
from shop_demo.models import Product
from tests.e2e.workers import wait_for
from tests.factories import make_unique_image_bytes
from tests.hosts.network import ProcessHost, make_network
from tests.hosts.services import Relay, run_redis, serve, serve_images

pytestmark = [
    pytest.mark.slow,
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="hosts share a PostgreSQL"),
]
State = Classification.State
PRODUCTS = 512


@pytest.fixture
def hosts(tmp_path: Path, media: Path, settings: Any) -> Iterator[list[ProcessHost]]:
    """Two hosts, their workers registered; the test itself queues through the same Redis."""
    (media / "products").mkdir(parents=True)
    network = make_network()
    with ExitStack() as stack:
        stack.callback(network.remove)
        redis = stack.enter_context(run_redis(network.address, tmp_path / "redis"))
        settings.RQ_QUEUES = {
            name: {**options, "URL": redis} for name, options in settings.RQ_QUEUES.items()
        }
        assert settings.RQ_QUEUES["catalog_ai"]["SERIALIZER"] == "rq.serializers.JSONSerializer"
        images = stack.enter_context(serve_images(network.address, media))
        there = connection.settings_dict
        database = Relay(network.address, (there["HOST"], int(there["PORT"] or 5432)))
        port = stack.enter_context(serve(database))
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.hosts.settings",
            "REDIS_URL": redis,
            "IMAGE_SERVER": f"http://{network.address}:{images}",
            "DATABASE_URL": f"postgres://{there['USER']}:{there['PASSWORD']}"
            f"@{network.address}:{port}/{there['NAME']}",
        }
        made = []
        for number in (0, 1):
            made.append(network.add_host(number, environment, media))
            stack.callback(made[-1].remove)
        wait_for(lambda: len(list_bulk_workers()) == 2)
        yield made
    wait_for(is_alone)


def is_alone() -> bool:
    """Whether nobody else is connected to the test's database: it is dropped after the test."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return bool(cursor.fetchone()[0] == 0)


def list_bulk_workers() -> list[Worker]:
    return list(Worker.all(queue=django_rq.get_queue("catalog_ai")))


def make_products(media: Path) -> None:
    names = [f"products/{number}.png" for number in range(PRODUCTS)]
    for name in names:
        (media / name).write_bytes(make_unique_image_bytes())
    Product.objects.bulk_create(Product(title=name, image=name) for name in names)


def start_run() -> Run:
    target = get_target("shop_demo.product")
    return enqueue(target, Product.objects.all(), source=Run.Source.COMMAND, mode=Run.Mode.REDO)


def has_ended(run: Run) -> bool:
    run.refresh_from_db()
    return run.state == Run.State.DONE


def find_holders() -> set[str]:
    """Worker processes that have rows in hand."""
    running = Classification.objects.filter(state=State.RUNNING)
    return {token[:16] for token in running.values_list("lease_token", flat=True)}


def check_results(run: Run) -> None:
    """Exactly one result a product, and what the run counted."""
    rows = Classification.objects.filter(run=run)
    assert Counter(rows.values_list("object_id", flat=True)) == Counter(
        str(pk) for pk in Product.objects.values_list("pk", flat=True)
    )
    assert rows.filter(is_current=True).exclude(scores={}).count() == PRODUCTS
    assert not rows.filter(state__in=(State.FAILED, State.REJECTED)).exists()
    assert (run.total, run.done) == (PRODUCTS, PRODUCTS)
    suggestions = Suggestion.objects.filter(classification__run=run)
    assert max(Counter(suggestions.values_list("classification", "label")).values(), default=1) == 1
    filed = Decision.objects.filter(suggestion__in=suggestions, action=Decision.Action.APPLY)
    assert max(Counter(filed.values_list("suggestion", flat=True)).values(), default=1) == 1


def test_a_run_completes_though_a_host_is_cut_off_and_its_return_does_no_harm(
    hosts: list[ProcessHost], media: Path
) -> None:
    make_products(media)
    run = start_run()
    wait_for(lambda: len(find_holders()) == 2 and run.classifications.exclude(scores={}).count())
    hosts[1].cut_off()
    wait_for(lambda: has_ended(run))
    check_results(run)
    # No image pays for it. What the host had in hand another has judged, unless the database had
    # heard the host's last word.
    assert set(run.classifications.values_list("attempts", flat=True)) == {1}

    columns = ("pk", "finished_at", "scores", "image_digest")
    before = list(run.classifications.order_by("pk").values_list(*columns))
    spoke = {worker.pid: worker.last_heartbeat for worker in list_bulk_workers()}
    hosts[1].join()
    wait_for(
        lambda: [
            worker
            for worker in list_bulk_workers()
            if hosts[1].has(worker.pid) and worker.last_heartbeat != spoke.get(worker.pid)
        ]
    )
    second = start_run()
    wait_for(lambda: has_ended(second))
    check_results(second)
    run.refresh_from_db()
    assert run.done == PRODUCTS
    assert list(run.classifications.order_by("pk").values_list(*columns)) == before
