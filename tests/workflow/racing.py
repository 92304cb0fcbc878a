"""Two at once on PostgreSQL: rivals that stand in line behind a row, or start at one moment."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, connections, models, transaction

from catalog_ai.models import Classification, Run
from catalog_ai.workflow.store import Judged, store_results
from shop_demo.models import Product
from tests.factories import make_result

NEEDS_ROW_LOCKS = [
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        connection.vendor != "postgresql", reason="SQLite lets one writer in at a time: no race"
    ),
]
PATIENCE = 20.0  # seconds
SURE = {"article:tshirts": 0.999}


class Rival(threading.Thread):
    """One verb on a connection of its own; `answer` is what it returned or raised."""

    def __init__(self, verb: Callable[[], Any]) -> None:
        super().__init__(daemon=True)
        self.verb, self.answer, self.pid = verb, None, 0
        self.start()

    def run(self) -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                self.pid = cursor.fetchone()[0]
            self.answer = self.verb()
        except Exception as error:
            self.answer = error
        finally:
            connections.close_all()

    def wait_in_line(self) -> None:
        """Until it waits for a lock that another holds."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_locks WHERE pid=%s AND NOT granted", [self.pid])
                if cursor.fetchone():
                    return
            assert self.is_alive(), f"it did not wait: {self.answer!r}"
            time.sleep(0.01)
        raise AssertionError("it never came to wait")

    def finish(self) -> Any:
        self.join(PATIENCE)
        assert not self.is_alive(), "blocked for good"
        return self.answer


def race(held: "models.QuerySet[Any]", *verbs: Callable[[], Any]) -> list[Any]:
    """Line the verbs up, in order, behind rows that the test holds; their answers."""
    rivals = []
    with transaction.atomic():
        list(held.select_for_update())
        for verb in verbs:
            rivals.append(Rival(verb))
            rivals[-1].wait_in_line()
    return [rival.finish() for rival in rivals]


def start_together(*verbs: Callable[[], Any]) -> list[Any]:
    """Let the verbs go at one moment, whoever comes first."""
    gate = threading.Barrier(len(verbs))

    def behind(verb: Callable[[], Any]) -> Callable[[], Any]:
        def go() -> Any:
            gate.wait(PATIENCE)
            return verb()

        return go

    return [rival.finish() for rival in [Rival(behind(verb)) for verb in verbs]]


def line_of(product: Product) -> "models.QuerySet[Product]":
    return Product.objects.filter(pk=product.pk)


def store_sure(row: Classification) -> None:
    store_results([Judged(row, row.image_name, make_result(SURE))])


def check_counters() -> None:
    """Run counters say what the rows say."""
    for run in Run.objects.filter(total__gt=0):
        ended = run.classifications.exclude(state__in=Classification.IN_FLIGHT).count()
        assert run.done == ended, run


@contextmanager
def paused_at(monkeypatch: pytest.MonkeyPatch, place: Any, name: str) -> Iterator[Any]:
    """Stop whoever calls `place.name` right before it until the block is left."""
    arrived, leave, original = threading.Event(), threading.Event(), getattr(place, name)

    def stop(*args: Any, **kwargs: Any) -> Any:
        arrived.set()
        assert leave.wait(PATIENCE)
        return original(*args, **kwargs)

    monkeypatch.setattr(place, name, stop)
    try:
        yield arrived
    finally:
        leave.set()
