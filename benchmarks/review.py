"""Drives the review queue by keyboard at machine speed and prints what it took, as JSON.

    python benchmarks/review.py [--products 1000000] [--decisions 200]

A server process of its own on a database of its own (DATABASE_URL, else SQLite in a temporary
folder) that seed_scale fills: one product in five waits for a person, and those that the model is
not sure enough of are decided. `server_ms` is the time from a request's last byte to the answer's
first, of cards and decisions alike; `card_to_card_ms` from the key to the next card with its photo
loaded.
"""

import argparse
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any
from urllib.error import URLError

ROOT = Path(__file__).resolve().parent.parent
VAR = tempfile.mkdtemp(prefix="review-benchmark-")
os.environ["DEMO_VAR"] = VAR
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop_demo.settings")
os.environ.setdefault("SECRET_KEY", "only-for-this-benchmark")
sys.path.insert(0, str(ROOT))

import django  # noqa: E402

django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth import get_user_model  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import reverse  # noqa: E402
from playwright.sync_api import Page, Request, sync_playwright  # noqa: E402

from catalog_ai.models import Decision  # noqa: E402

KEYS = ("1", "1", "1", "r")
SHOWN = """pk => {
  const card = document.querySelector(".cai-focus[data-card]");
  return card && card.dataset.card !== pk && card.querySelector("img").complete;
}"""


def start_server() -> tuple["subprocess.Popen[bytes]", str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["-m", "waitress", f"--listen=127.0.0.1:{port}", "--threads=8"]
    server = subprocess.Popen(
        [sys.executable, *command, "shop_demo.wsgi:application"],
        cwd=ROOT,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    for _ in range(600):
        try:
            urllib.request.urlopen(f"{address}/admin/login/")  # noqa: S310
            return server, address
        except URLError:
            time.sleep(0.2)
    server.terminate()
    raise TimeoutError("The server did not start.")


def log_in() -> str:
    client = Client()
    client.force_login(get_user_model().objects.create_superuser("benchmark"))
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def decide(page: Page, count: int) -> list[float]:
    """Decide card after card; milliseconds from each key to the next card."""
    page.click("[data-key=f]")
    page.wait_for_function(SHOWN, arg="")
    page.wait_for_load_state("networkidle")
    took = []
    for number in range(count):
        pk = page.get_attribute(".cai-focus", "data-card")
        start = time.perf_counter()
        page.keyboard.press(KEYS[number % len(KEYS)])
        page.wait_for_function(SHOWN, arg=pk, polling="raf")
        took.append(1000 * (time.perf_counter() - start))
    page.wait_for_selector("[data-unsent='0']", state="attached")
    return took


def count_decisions() -> int:
    """What people decided: one batch each time."""
    by_people = Decision.objects.exclude(actor_name="")
    return by_people.values("batch").distinct().count()


def drive(address: str, session: str, count: int) -> dict[str, Any]:
    server_ms: list[float] = []

    def note(request: Request) -> None:
        if "/review/" in request.url:
            server_ms.append(request.timing["responseStart"] - request.timing["requestStart"])

    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        context = browser.new_context(base_url=address)
        name = settings.SESSION_COOKIE_NAME
        context.add_cookies([{"name": name, "value": session, "url": address}])
        context.set_default_timeout(120_000)  # a busy machine is slow, not broken
        page = context.new_page()
        start = time.perf_counter()
        page.goto(f"{reverse('admin:catalog_ai_review')}?reason=low_confidence")
        queue_ms = 1000 * (time.perf_counter() - start)
        page.on("requestfinished", note)
        start = time.perf_counter()
        took = decide(page, count)
        seconds = time.perf_counter() - start
        page.wait_for_timeout(1000)
        browser.close()
    return {
        "server_ms_p50": round(statistics.median(server_ms), 1),
        "server_ms_p95": round(statistics.quantiles(server_ms, n=20)[-1], 1),
        "card_to_card_ms_p50": round(statistics.median(took), 1),
        "queue_page_ms": round(queue_ms, 1),
        "seconds": round(seconds, 1),
    }


def measure(products: int, decisions: int) -> dict[str, Any]:
    call_command("migrate", verbosity=0)
    call_command("seed_scale", products=products, stdout=sys.stderr)
    seeded = count_decisions()
    session = log_in()
    # Playwright's loop runs in this thread, so the rows are counted before and after it only.
    server, address = start_server()
    try:
        figures = drive(address, session, decisions)
    finally:
        server.terminate()
        server.wait(20)
    return {"products": products, "decisions": count_decisions() - seeded, **figures}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--products", type=int, default=10_000)
    parser.add_argument("--decisions", type=int, default=200)
    options = parser.parse_args()
    try:
        figures = measure(options.products, options.decisions)
    finally:
        connection.close()
        shutil.rmtree(VAR)
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
