"""Opens every page of the admin and the API at growing sizes and prints what each took, as JSON.

    python benchmarks/scale.py [--products 1000 100000 1000000] [--repeats 5] [--only PART]
        [--without health]                      # its check of a million takes long
    python benchmarks/scale.py --as-it-is       # what seed_scale has filled, which stays

Through Django's test client, on SQLite in a temporary folder or on an empty DATABASE_URL, with an
embedded Redis. Each line is `{"page", "products", "queries", "ms", "cpu_ms", "first_ms",
"first_cpu_ms"}`: `ms` is the median of the repeats, `cpu_ms` that of this process's computing time
(which other work on the machine does not change; SQLite is in it, and of a PostgreSQL on this
machine its process for this connection, without parallel workers), `first_ms`
and `first_cpu_ms` the same of the first call, with an empty cache, which is left out of both. The
last line sums up: for each page how much longer it takes at the largest size than at the smallest,
and how many more queries.
"""

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
VAR = Path(tempfile.mkdtemp(prefix="scale-benchmark-"))
os.environ.setdefault("DEMO_VAR", str(VAR))
(VAR / "static").mkdir()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop_demo.settings")
os.environ.setdefault("SECRET_KEY", "only-for-this-benchmark")
sys.path.insert(0, str(ROOT))

from shop_demo.demo.ports import find_free_port  # noqa: E402
from shop_demo.demo.redis import EmbeddedRedis  # noqa: E402

REDIS = EmbeddedRedis(VAR / "redis", find_free_port(16490))
os.environ["REDIS_URL"] = REDIS.url

import django  # noqa: E402

django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth import get_user_model  # noqa: E402
from django.core.cache import cache  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from benchmarks.computing import read_computed  # noqa: E402
from benchmarks.scale_pages import SECTIONS, Call, list_calls  # noqa: E402
from catalog_ai.workflow.export import export_products  # noqa: E402
from catalog_ai.workflow.export_lines import Shape  # noqa: E402
from shop_demo.models import Product  # noqa: E402
from shop_demo.targets import ShopProductTarget  # noqa: E402


def measure_page(client: Client, call: Call, repeats: int) -> dict[str, Any]:
    cache.clear()
    first, first_computed = time_call(client, call)
    with CaptureQueriesContext(connection) as queries:
        call(client)
    asked = len(queries)  # the next request empties the log
    took, computed = zip(*(time_call(client, call) for _ in range(repeats)), strict=True)
    return {
        "queries": asked,
        "ms": round(statistics.median(took), 1),
        "cpu_ms": round(statistics.median(computed), 1),
        "first_ms": round(first, 1),
        "first_cpu_ms": round(first_computed, 1),
    }


def time_call(client: Client, call: Call) -> tuple[float, float]:
    """Milliseconds by the clock, and of this process's computing."""
    start, computed = time.perf_counter(), read_computed()
    call(client)
    return 1000 * (time.perf_counter() - start), 1000 * (read_computed() - computed)


def measure_export() -> dict[str, Any]:
    """Rows a second, and how much the process grew from the tenth page to the last."""
    text = export_products(ShopProductTarget(), Product.objects.all(), Shape.PRODUCTS)
    start, lines, early, peak = time.perf_counter(), 0, 0, 0
    for page, chunk in enumerate(text):
        lines += chunk.count("\n")
        peak = max(peak, read_memory())
        if page == 10:
            early = peak
    seconds = time.perf_counter() - start
    return {
        "rows": lines,
        "rows_per_second": round(lines / seconds),
        "grown_mb": round((peak - early) / 2**20, 1) if early else None,
    }


def read_memory() -> int:
    """Bytes that the process has in memory now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def measure_sizes(
    sizes: list[int], repeats: int, only: str, without: Sequence[str]
) -> Iterator[dict[str, Any]]:
    """Fill the empty database, measure, and empty it again, for each size."""
    if Product.objects.exists():
        sys.exit("The database has products: name an empty one, for it is emptied at the end.")
    for products in sizes:
        call_command("seed_scale", products=products)
        yield from measure_all(products, repeats, only, without)
        call_command("flush", interactive=False, verbosity=0)


def measure_all(
    products: int, repeats: int, only: str, without: Sequence[str]
) -> Iterator[dict[str, Any]]:
    call_command("update_statistics", verbosity=0)  # as the workers' supervisor does
    client = Client()
    users = get_user_model()._default_manager
    boss = {"is_staff": True, "is_superuser": True}
    client.force_login(users.get_or_create(username="benchmark", defaults=boss)[0])
    for name, call in list_calls(without):
        if only in name or only == "pages":
            figures = measure_page(client, call, repeats)
            yield {"page": name, "products": products, **figures}
    if not only or only == "export":
        yield {"page": "export", "products": products, **measure_export()}


def sum_up(lines: list[dict[str, Any]]) -> dict[str, Any]:
    """For each page, the largest size against the smallest."""
    pages: dict[str, list[dict[str, Any]]] = {}
    for line in lines:
        pages.setdefault(line["page"], []).append(line)
    return {
        name: {
            "ratio": round(found[-1]["ms"] / found[0]["ms"], 2),
            "cpu_ratio": round(found[-1]["cpu_ms"] / found[0]["cpu_ms"], 2),
            "more_queries": found[-1]["queries"] - found[0]["queries"],
        }
        for name, found in pages.items()
        if "ms" in found[0]
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--products", type=int, nargs="+", default=[1_000, 100_000, 1_000_000])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument(
        "--only", default="", help="What pages have in their names; or pages, export"
    )
    parser.add_argument(
        "--without", nargs="+", choices=SECTIONS, default=[], help="What to leave out."
    )
    parser.add_argument("--as-it-is", action="store_true", help="Measure what is there.")
    options = parser.parse_args()
    settings.DEBUG = False  # else Django keeps every query
    call_command("migrate", verbosity=0)
    measured = (
        measure_all(Product.objects.count(), options.repeats, options.only, options.without)
        if options.as_it_is
        else measure_sizes(options.products, options.repeats, options.only, options.without)
    )
    lines = []
    REDIS.start()
    try:
        for line in measured:
            print(json.dumps(line), flush=True)
            lines.append(line)
    finally:
        REDIS.stop()
        connection.close()
        shutil.rmtree(VAR)
    print(json.dumps({"summary": sum_up(lines)}))


if __name__ == "__main__":
    main()
