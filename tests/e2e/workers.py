"""Worker processes of a test, and waiting for what they do."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.db import connection

# Seconds: a lost job is sent again within about a minute, a lost lease within about three.
ENDED = 240.0


def wait_for(condition: Callable[[], Any]) -> Any:
    """The condition's value once it is true; fails after a generous while."""
    deadline = time.monotonic() + ENDED
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.1)
    raise AssertionError("it did not happen in time")


def worker_environment(media: Path) -> dict[str, str]:
    """The worker's settings are the test's: the same database, Redis and media folder."""
    name = str(connection.settings_dict["NAME"])
    url = os.environ.get("DATABASE_URL", "")
    url = f"{url.rsplit('/', 1)[0]}/{name}" if url else f"sqlite:///{name}"
    return {
        **os.environ,
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "tests.worker_settings",
        "TEST_MEDIA_ROOT": str(media),
    }


def start_worker(media: Path, *options: str, **environment: str) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "django", "catalog_ai_worker", *options]
    return subprocess.Popen(command, env={**worker_environment(media), **environment})
