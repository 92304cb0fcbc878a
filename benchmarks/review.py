"""Drives the review queue by keyboard at machine speed and prints what it took, as JSON.

    python benchmarks/review.py [--products 1000000] [--decisions 200]

A server process of its own on a database of its own (DATABASE_URL, else SQLite in a temporary
folder); one product in five waits for a person. `server_ms` is the time from a request's last byte
to the answer's first, of cards and decisions alike; `card_to_card_ms` from the key to the next
card with its photo loaded.
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
os.environ.setdefault("DEMO_VAR", VAR)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop_demo.settings")
os.environ.setdefault("SECRET_KEY", "only-for-this-benchmark")
sys.path.insert(0, str(ROOT))

import django  # noqa: E402

django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth import get_user_model  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, models  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import reverse  # noqa: E402
from playwright.sync_api import Page, Request, sync_playwright  # noqa: E402

from catalog_ai.models import Classification, Decision, Run, Suggestion  # noqa: E402
from shop_demo.drawings import DRAWINGS, render_drawing  # noqa: E402
from shop_demo.models import Product  # noqa: E402
from shop_demo.seeding import encode_jpeg  # noqa: E402

FIRST = 1000  # rows made one by one; the rest are doublings of them
PHOTOS = 16
KEYS = ("1", "1", "1", "r")
LABELS = ("article:tshirts", "article:shirts", "article:ties", "article:jeans", "article:dresses")
SHOWN = """pk => {
  const card = document.querySelector(".cai-focus[data-card]");
  return card && card.dataset.card !== pk && card.querySelector("img").complete;
}"""


def seed_first(count: int) -> None:
    """The first products with their results; ids run alike in all three tables."""
    folder = Path(settings.MEDIA_ROOT) / "products"
    folder.mkdir(parents=True)
    for number in range(PHOTOS):
        photo = encode_jpeg(render_drawing(DRAWINGS[number]))
        (folder / f"{number}.jpg").write_bytes(photo)
    run = Run.objects.create(
        target="shop_demo.product", source=Run.Source.COMMAND, preset="balanced", state="done"
    )
    ids = range(1, count + 1)
    Product.objects.bulk_create(
        Product(id=pk, title=f"Product {pk}", image=f"products/{pk % PHOTOS}.jpg") for pk in ids
    )
    Classification.objects.bulk_create(
        Classification(
            id=pk,
            run=run,
            target=run.target,
            object_id=str(pk),
            image_name=f"products/{pk % PHOTOS}.jpg",
            model_version=f"fashion-{pk % 2}",
            preset="balanced",
            is_current=True,
            state="filed" if pk % 5 else "review",
            reason="low_confidence",
            top_label=LABELS[pk // 5 % len(LABELS)],
            uncertainty=pk * 7919 % 100003 / 100003,
        )
        for pk in ids
    )
    Suggestion.objects.bulk_create(
        Suggestion(
            id=pk,
            classification_id=pk,
            label=LABELS[pk // 5 % len(LABELS)],
            facet="article",
            confidence=0.6,
            auto_threshold=0.9,
            review_threshold=0.1,
        )
        for pk in ids
    )


def double(model: type[models.Model], shift: int, changed: dict[str, str]) -> None:
    """Copy every row with its id raised by `shift`; `changed` gives columns another SQL value."""
    columns = [field.column for field in model._meta.local_concrete_fields]
    values = [changed.get(column, f'"{column}"') for column in columns]
    table = model._meta.db_table
    names = ", ".join(f'"{column}"' for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO "{table}" ({names}) SELECT {", ".join(values)} FROM "{table}" '  # noqa: S608
            f"WHERE id <= {shift}"
        )


def seed(count: int) -> int:
    """At least `count` products; how many it came to."""
    call_command("migrate", verbosity=0)
    made = min(FIRST, count)
    seed_first(made)
    while made < count:
        pk = f"id + {made}"
        double(Product, made, {"id": pk})
        text = f"CAST({pk} AS text)"
        spread = f"(({pk}) * 7919 % 100003) / 100003.0"
        double(Classification, made, {"id": pk, "object_id": text, "uncertainty": spread})
        double(Suggestion, made, {"id": pk, "classification_id": f"classification_id + {made}"})
        made *= 2
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return made


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
    for _ in range(150):
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
        page = context.new_page()
        start = time.perf_counter()
        page.goto(reverse("admin:catalog_ai_review"))
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--products", type=int, default=10_000)
    parser.add_argument("--decisions", type=int, default=200)
    options = parser.parse_args()
    products = seed(options.products)
    session = log_in()
    # Playwright's loop runs in this thread, so the rows are counted before and after it only.
    server, address = start_server()
    try:
        figures = drive(address, session, options.decisions)
    finally:
        server.terminate()
        server.wait(20)
    decisions = Decision.objects.values("batch").distinct().count()
    figures = {"products": products, "decisions": decisions, **figures}
    print(json.dumps(figures, indent=2))
    connection.close()
    shutil.rmtree(VAR)


if __name__ == "__main__":
    main()
