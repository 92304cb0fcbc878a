"""`make demo` says in plain words why it cannot start, and leaves nothing behind when it stops."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from catalog_ai.models import Classification
from shop_demo.demo.conditions import claim_folder
from shop_demo.demo.ports import find_free_port
from shop_demo.demo.processes import start_child, stop_children
from shop_demo.demo.progress import read_progress
from tests.factories import make_classification, make_product


def start_demo(var: Path, *arguments: str, **environment: str) -> str:
    """What it prints; it must end by itself, with a failure and no traceback."""
    env = {**os.environ, "DEMO_VAR": str(var), "DATABASE_URL": "", "REDIS_URL": "", **environment}
    command = [sys.executable, "-m", "shop_demo.demo", *arguments]
    ended = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120)
    text = ended.stdout + ended.stderr
    assert ended.returncode != 0 and "Traceback" not in text
    assert "The shop:" not in text
    return text


def test_photos_that_are_none_are_told(tmp_path: Path) -> None:
    (tmp_path / "readme.txt").write_text("hello")
    var = tmp_path / "var"
    assert "holds no picture" in start_demo(var, "--photos", str(tmp_path))
    assert "There is no folder" in start_demo(var, "--photos", str(tmp_path / "nowhere"))
    text = start_demo(var, "--photos", str(tmp_path / "readme.txt"))
    assert "neither a folder of pictures nor a zip archive" in text


def test_a_port_that_is_none_is_told(tmp_path: Path) -> None:
    assert "from 1 to 65535" in start_demo(tmp_path, "--port", "80000")


def test_a_redis_that_is_named_and_silent_is_told(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and never listens
        url = f"redis://127.0.0.1:{taken.getsockname()[1]}/0"
        assert "unset REDIS_URL" in start_demo(tmp_path, REDIS_URL=url)


def test_a_second_demo_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    with claim_folder(tmp_path):
        assert "is running in" in start_demo(tmp_path)
    claim_folder(tmp_path).close()


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(RuntimeError, match="DEMO_VAR"):
        claim_folder(tmp_path / "file" / "demo")


@pytest.mark.django_db
def test_the_progress_counts_products_and_not_results() -> None:
    again, waiting = make_product(), make_product()
    for product in (again, waiting):
        row = Classification.objects.get(object_id=product.pk)
        make_classification(product, row.run)
    Classification.objects.filter(object_id=waiting.pk, is_current=False).delete()
    progress = read_progress()
    assert (progress.total, progress.done, progress.waiting) == (2, 1, 1)


def list_processes(var: Path) -> list[int]:
    """Processes that were started for this folder."""
    mark = f"DEMO_VAR={var}".encode()
    found = []
    for environ in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            found += [int(environ.parent.name)] if mark in environ.read_bytes() else []
    return found


PART = """
import signal, sys, time
def stop(*_):
    time.sleep(float(sys.argv[2]))
    print(sys.argv[1], file=open("ended", "a"), flush=True)
    sys.exit()
signal.signal(signal.SIGTERM, stop)
print("up", flush=True)
signal.pause()
"""


def test_what_was_started_first_is_there_until_the_others_have_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    parts = [
        start_child(name, [sys.executable, "-c", PART, name, seconds], tmp_path, dict(os.environ))
        for name, seconds in (("redis", "0"), ("worker", "1"))
    ]
    while not all(part.read_tail() for part in parts):
        time.sleep(0.1)
    stop_children(parts)
    assert Path("ended").read_text().split() == ["worker", "redis"]


@pytest.mark.slow
def test_a_demo_that_is_told_to_stop_twice_leaves_nothing_running(tmp_path: Path) -> None:
    env = {**os.environ, "DEMO_VAR": str(tmp_path), "DATABASE_URL": "", "REDIS_URL": ""}
    command = [sys.executable, "-m", "shop_demo.demo", "--port", str(find_free_port(18100))]
    said = tmp_path / "said.txt"
    with said.open("w") as out:
        demo = subprocess.Popen(command, env=env, stdout=out, stderr=subprocess.STDOUT)
    try:
        end = time.monotonic() + 120
        while "The shop:" not in said.read_text() and time.monotonic() < end:
            time.sleep(0.2)
        assert len(list_processes(tmp_path)) > 3
        demo.terminate()
        time.sleep(0.2)  # `make` passes on what its whole group has been sent already
        demo.terminate()
        assert demo.wait(90) == 0, said.read_text()
        assert "Traceback" not in said.read_text()
        assert list_processes(tmp_path) == []
    finally:
        for pid in list_processes(tmp_path):
            os.kill(pid, signal.SIGKILL)
