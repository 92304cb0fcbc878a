"""The supervisor outlives what goes wrong around it, and leaves no worker behind."""

import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
from django.db import InterfaceError, OperationalError
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


@pytest.mark.django_db
@pytest.mark.parametrize(
    "error",
    [
        RedisError("away"),
        OperationalError("away"),
        InterfaceError("the connection is closed"),
        BundleError("half a bundle"),
        KeyError("a row that nobody thought of"),
    ],
)
def test_the_supervisor_outlives_a_failed_reconcile(
    error: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr(supervisor_module, "reconcile", fail)
    Supervisor(bulk=0)._reconcile()
    assert "tried again" in caplog.text


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
