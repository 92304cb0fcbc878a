"""The files in deploy/: units that systemd reads, and web servers that stop without dropping."""

import re
import shutil
import signal
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path

import pytest
import yaml

from shop_demo.demo.ports import find_free_port

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
STOP_SIGNALS = [
    ("containers/Containerfile", r"^STOPSIGNAL (\w+)"),
    ("systemd/shop-web.service", r"^KillSignal=(\w+)"),
]
SLOW_SHOP = """
import time

def answer(environ, start):
    if environ["PATH_INFO"] == "/slow":
        print("asked", flush=True)
        time.sleep(1)
    start("200 OK", [("Content-Length", "2")])
    return [b"ok"]
"""


@pytest.mark.parametrize(("file", "pattern"), STOP_SIGNALS)
def test_a_web_server_that_is_stopped_ends_what_it_is_answering(
    tmp_path: Path, file: str, pattern: str
) -> None:
    asked = re.search(pattern, (DEPLOY / file).read_text(), re.M)
    stop = signal.Signals[asked[1]] if asked else signal.SIGTERM
    (tmp_path / "slow_shop.py").write_text(SLOW_SHOP)
    port = find_free_port(18100)
    command = [sys.executable, "-m", "waitress", f"--listen=127.0.0.1:{port}", "slow_shop:answer"]
    answers: list[bytes] = []
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as server:
        assert server.stdout and server.stderr
        assert b"Serving" in server.stderr.readline()
        client = threading.Thread(target=lambda: answers.append(ask(port)))
        client.start()
        server.stdout.readline()  # it is answering
        server.send_signal(stop)
        client.join(10)
        try:
            server.wait(10)
        finally:
            server.kill()  # or a server that does not hear it would be waited for for ever
    assert answers == [b"ok"]


def ask(port: int) -> bytes:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/slow", timeout=9) as answer:
        read: bytes = answer.read()
        return read


def test_what_a_shop_needs_all_the_time_is_started_again() -> None:
    services = yaml.safe_load((DEPLOY / "containers/compose.yaml").read_text())["services"]
    once = services.pop("prepare")
    assert "restart" not in once
    assert {name: one.get("restart") for name, one in services.items()} == dict.fromkeys(
        services, "unless-stopped"
    )


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd-analyze")
def test_systemd_reads_the_units_without_a_complaint(tmp_path: Path) -> None:
    for unit in (DEPLOY / "systemd").iterdir():
        text = unit.read_text().replace("/srv/shop/.venv/bin/python", sys.executable)
        (tmp_path / unit.name).write_text(text)
    units = [str(unit) for unit in tmp_path.iterdir()]
    verified = subprocess.run(
        ["systemd-analyze", "verify", *units], capture_output=True, text=True, timeout=60
    )
    complaints = [line for line in verified.stderr.splitlines() if "catalog-ai" in line]
    complaints += [line for line in verified.stderr.splitlines() if "shop-web" in line]
    assert (verified.returncode, complaints) == (0, [])
