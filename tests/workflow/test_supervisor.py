"""The supervisor outlives what goes wrong around it, and leaves no worker behind."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import IntegrityError, InterfaceError, OperationalError, ProgrammingError
from psycopg.errors import UndefinedColumn
from redis.exceptions import RedisError

from catalog_ai.inference.bundle import BundleError
from catalog_ai.workflow import supervisor as supervisor_module
from catalog_ai.workflow.supervisor import Supervisor


@pytest.fixture
def worker() -> "Iterator[subprocess.Popen[bytes]]":
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    yield process
    process.kill()
    process.wait()


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    """A supervisor takes the process's signals over."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


def lack_column() -> ProgrammingError:
    """As PostgreSQL says it in any language."""
    error = ProgrammingError("Spalte fehlt")
    error.__cause__ = UndefinedColumn()
    return error


AWAY = [
    RedisError("away"),
    OperationalError("connection refused\n\tIs the server running?"),
    InterfaceError("the connection is closed"),
    ConnectionRefusedError("the storage is away"),
    BundleError("half a bundle"),
    OperationalError("no such table: yet"),
    lack_column(),
]
OUR_OWN = [
    KeyError("a row that nobody thought of"),
    IntegrityError("a row that there is already"),
    ProgrammingError("operator does not exist"),
]
PASSES = [("reconcile", Supervisor._reconcile), ("update_summaries", Supervisor._count)]


@pytest.mark.django_db
@pytest.mark.parametrize(("verb", "do_pass"), PASSES)
@pytest.mark.parametrize("error", [*AWAY, *OUR_OWN])
def test_the_supervisor_outlives_a_failed_pass_and_tells_where_our_own_errors_came_from(
    error: Exception,
    verb: str,
    do_pass: Callable[[Supervisor], None],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(*args: Any, **options: Any) -> None:
        raise error

    monkeypatch.setattr(supervisor_module, verb, fail)
    do_pass(Supervisor(bulk=0))
    (line,) = caplog.records
    assert "tried again" in line.getMessage() and "\n" not in line.getMessage()
    assert bool(line.exc_info) == (error in OUR_OWN)


def test_workers_end_with_a_supervisor_that_breaks(
    worker: "subprocess.Popen[bytes]", monkeypatch: pytest.MonkeyPatch
) -> None:
    supervisor = Supervisor(bulk=0)
    supervisor.processes = {0: worker}

    def fail() -> None:
        raise OSError("no process can be started")

    monkeypatch.setattr(supervisor, "_start_missing", fail)
    with pytest.raises(OSError, match="no process"):
        supervisor.run()
    assert worker.poll() is not None
