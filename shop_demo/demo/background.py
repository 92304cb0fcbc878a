"""The demo beside another program, which waits until every product is categorised."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

READY = "it is your shop now"
GRACE = 30.0  # seconds to stop by itself


@contextmanager
def run_demo(var: Path, photos: Path | None = None) -> Iterator[str]:
    """The address of a demo shop that keeps its files in `var`, all products categorised.

    Raises:
        RuntimeError: the demo ended before that.
    """
    command = [
        sys.executable,
        "-m",
        "shop_demo.demo",
        *(["--photos", str(photos)] if photos else []),
    ]
    environment = {**os.environ, "DEMO_VAR": str(var), "PYTHONUNBUFFERED": "1"}
    demo = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    try:
        yield _wait_until_ready(demo)
    finally:
        demo.terminate()
        demo.wait(GRACE)


def _wait_until_ready(demo: "subprocess.Popen[str]") -> str:
    address = ""
    assert demo.stdout is not None  # noqa: S101 - it was asked for
    for line in demo.stdout:
        if "/admin/" in line:
            address = "http" + line.split("http")[1].split("/admin/")[0]
        if READY in line:
            return address
    raise RuntimeError("The demo ended before the photos were categorised.")
