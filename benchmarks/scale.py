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
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

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
from django.db.models import Model  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.urls import NoReverseMatch, reverse  # noqa: E402
from django.utils import timezone  # noqa: E402

from catalog_ai.models import Change, Classification, Decision, HealthCheck, Rollback, Run  # noqa: E402
from catalog_ai.models.changes import write_side  # noqa: E402
from catalog_ai.workflow.export import export_products  # noqa: E402
from catalog_ai.workflow.export_lines import Shape  # noqa: E402
from catalog_ai.workflow.health.check import find_done, go_on_checking, start_check  # noqa: E402
from catalog_ai.workflow.health.lists import list_groups  # noqa: E402
from catalog_ai.workflow.queue import QueueFilter, get_page_query, position_of  # noqa: E402
from shop_demo.backdrop import TARGET, describe_run  # noqa: E402
from shop_demo.models import Product  # noqa: E402
from shop_demo.targets import ShopProductTarget  # noqa: E402

Call = Callable[[Client], Any]
# Pages without arguments that may be there or not.
PLAIN_PAGES = (
    "catalog_ai_home",
    "catalog_ai_dashboard",
    "catalog_ai_thresholds",
    "catalog_ai_budget",
    "catalog_ai_threshold_changes",
    "catalog_ai_try",
    "catalog_ai_run_changelist",
    "catalog_ai_classification_changelist",
    "catalog_ai_decision_changelist",
    "catalog_ai_labelrule_changelist",
)


def open_page(address: str, accept: str = "text/html") -> Call:
    """A GET that has to succeed."""

    def call(client: Client) -> None:
        response = client.get(address, headers={"Accept": accept})
        assert response.status_code == 200, (address, response.status_code)

    return call


def find_admin(name: str, *args: object) -> str:
    return reverse(f"admin:{name}", args=args)


def list_calls(without: Sequence[str]) -> Iterator[tuple[str, Call]]:
    """Every page by its name, but for the sections left out, which are not prepared either."""
    for section, list_pages in SECTIONS.items():
        if section not in without:
            yield from list_pages()


def list_other_pages() -> Iterator[tuple[str, Call]]:
    for name in PLAIN_PAGES:
        try:
            yield name.removeprefix("catalog_ai_"), open_page(find_admin(name))
        except NoReverseMatch:
            print(f"There is no page {name}.", file=sys.stderr)
    moved = f"{find_admin('catalog_ai_thresholds')}?auto-article:tshirts=0.8"
    yield "thresholds, a slider moved", open_page(moved, "application/json")
    yield "enqueue: the page", post_action({})
    yield "enqueue: the start", start_run


def list_ledger_pages() -> Iterator[tuple[str, Call]]:
    """Results and decisions, looked up as a person does."""
    results, decisions = (
        find_admin(f"catalog_ai_{name}_changelist") for name in ("classification", "decision")
    )
    key = Product.objects.order_by("pk")[Product.objects.count() // 2].pk
    batch = Decision.objects.latest("pk").batch
    yield "classifications, to review", open_page(f"{results}?state__exact=review")
    yield "classifications, of a product", open_page(f"{results}?q={key}")
    yield "classifications, a column's order asked for", open_page(f"{results}?o=4")
    yield "classifications, oldest first", open_page(f"{results}?o=1")
    yield "classifications, the last page", open_page(f"{results}?p={count_pages(Classification)}")
    yield "decisions, of a product", open_page(f"{decisions}?q={key}")
    yield "decisions, of a person", open_page(f"{decisions}?q=ann")
    yield "decisions, of a batch", open_page(f"{decisions}?q={batch}")
    yield "decisions, oldest first", open_page(f"{decisions}?o=1")
    yield "decisions, the last page", open_page(f"{decisions}?p={count_pages(Decision)}")


def count_pages(model: type[Model]) -> int:
    """Of a list in the admin."""
    return -(-model._default_manager.count() // 50)


def list_product_pages() -> Iterator[tuple[str, Call]]:
    address = find_admin("shop_demo_product_changelist")
    deep = max(1, count_pages(Product) // 2)
    label = "ai_label=article:tshirts"
    queries = {
        "plain": "",
        "to review": "ai_status=review",
        "never categorised": "ai_status=never",
        "in progress": "ai_status=in-progress",
        "one label": label,
        "confidence": "ai_confidence_band=50",
        "label, state, confidence": f"ai_status=filed&{label}&ai_confidence_band=90",
        "one product searched": f"q=Tshirts+{Product.objects.latest('pk').pk}",
        "a word searched": "q=Tshirts",
        "by labels": "o=4",
        "by labels, downwards": "o=-4",
        "by state": "o=-5",
        "by state, upwards": "o=5",
        "a deep page": f"p={deep}",
        "a deep page by state": f"o=5&p={deep}",
        "the last page": f"p={count_pages(Product)}",
    }
    for name, query in queries.items():
        yield f"products, {name}", open_page(f"{address}?{query}")
    middle = Product.objects.order_by("pk")[Product.objects.count() // 2]
    yield "product", open_page(find_admin("shop_demo_product_change", middle.pk))


def list_review_pages() -> Iterator[tuple[str, Call]]:
    address = find_admin("catalog_ai_review")
    run = find_largest_run()
    queries = {
        "plain": "",
        "grid": "view=grid",
        "a label": "label=article:tshirts",
        "a reason": "reason=disagrees",
        "random audit": "reason=audit",
        "a run": f"run={run.pk}",
        "a model": f"model={run.model_version}",
        "older than a week": "age=week",
        "all filters": f"label=article:tshirts&reason=low_confidence&run={run.pk}&age=week",
        "valuable first": "order=valuable",
        "oldest first": "order=oldest",
        "a label, oldest first": "order=oldest&label=article:tshirts",
        "my batch": "mine=1",
        **{f"deep, {order}": deepen(order) for order in ("uncertain", "valuable", "oldest")},
    }
    for name, query in queries.items():
        yield f"review, {name}", open_page(f"{address}?{query}")
    card = get_page_query(QueueFilter(target=TARGET))[0]
    yield "review, one card", open_page(find_admin("catalog_ai_review_card", card.pk))


def deepen(order: str) -> str:
    """The address of the page in the middle of the queue."""
    rows = get_page_query(QueueFilter(target=TARGET, order=order))
    middle = rows[rows.count() // 2]
    return f"order={order}&after={position_of(middle, order)}"


def find_largest_run() -> Run:
    """With results of its own: a dry run has none that wait."""
    return Run.objects.filter(dry_run=False, results_of=None).latest("total")


def list_run_pages() -> Iterator[tuple[str, Call]]:
    run = find_largest_run()
    yield "run of the whole catalogue", open_page(find_admin("catalog_ai_run_change", run.pk))
    yield "its progress", open_page(find_admin("catalog_ai_run_progress", run.pk))
    yield "its charts, afterwards", open_page(find_admin("catalog_ai_run_charts", run.pk))
    yield "its roll-back page", open_page(find_admin("catalog_ai_run_roll_back", run.pk))
    yield (
        "its roll-back counts, afterwards",
        open_page(find_admin("catalog_ai_run_preview", run.pk)),
    )
    yield "its roll back is asked for", roll_back(run)
    yield from list_dry_run_pages(make_dry_run())
    yield "export page of it", open_page(f"{find_admin('catalog_ai_export')}?run={run.pk}")
    yield "export page of the queue", open_page(f"{find_admin('catalog_ai_export')}?queue=1")


def list_health_pages() -> Iterator[tuple[str, Call]]:
    """Each section behind a check of the whole catalogue, its largest line and a page far back."""
    address = f"{find_admin('catalog_ai_health')}?target={TARGET}"
    check = find_done(TARGET) or run_check()
    for show in ("disagrees", "no_image", "unreadable", "duplicates", "labels"):
        yield f"health, {show}", open_page(f"{address}&show={show}")
    line = list_groups(check, "disagrees").first()
    if line is not None:
        pair = f"{address}&show=disagrees&group={line.pk}"
        yield "health, a pair of categories", open_page(pair)
        yield "health, a pair, deep", open_page(f"{pair}&p={line.size // 48 // 2 + 1}")
    broken = Product.objects.filter(ai_state="rejected").count()
    yield "health, unreadable, deep", open_page(f"{address}&show=unreadable&p={broken // 96 + 1}")
    yield "health, one reason", open_page(f"{address}&show=unreadable&state=rejected&code=damaged")


def run_check() -> HealthCheck:
    """A check by this process, which tells how long it took."""
    start, computed = time.perf_counter(), time.process_time()
    check = start_check(ShopProductTarget(), None, by_system=True)
    while check.is_active:
        go_on_checking(check.pk)
        check.refresh_from_db()
    taken = {"seconds": time.perf_counter() - start, "cpu": time.process_time() - computed}
    rounded = {name: round(value, 1) for name, value in taken.items()}
    print(json.dumps({"check": check.state, "products": check.products, **rounded}), flush=True)
    return check


def list_dry_run_pages(run: Run) -> Iterator[tuple[str, Call]]:
    change = run.changes.order_by("-products")[0]
    middle = change.classifications.order_by("pk")[change.products // 2]
    products = find_admin("catalog_ai_run_change_products", run.pk, change.pk)
    yield "dry run of the whole catalogue", open_page(find_admin("catalog_ai_run_change", run.pk))
    yield "dry run, its changes", open_page(find_admin("catalog_ai_run_changes", run.pk))
    yield "dry run, products of a change", open_page(products)
    yield "dry run, in the middle of them", open_page(f"{products}?after={middle.pk}")
    yield "dry run, done for real: the start", do_for_real(run)


def make_dry_run() -> Run:
    """One over all products, with pairs as the worker counts them; made once."""
    if (made := Run.objects.filter(dry_run=True).first()) is not None:
        return made
    source = find_largest_run()
    known = list(
        Classification.objects.filter(run=source).values_list("top_label", flat=True)[:500]
    )
    labels = sorted({label for label in known if label})
    run = Run.objects.create(**describe_run(Run.Source.ADMIN, timezone.now()), dry_run=True)
    side = write_side([])
    changes = [
        Change.objects.create(
            run=run, effect="first_time", before=side, after=write_side([], [label])
        )
        for label in labels
    ]
    rows = (
        Classification(
            run=run,
            target=TARGET,
            object_id=str(pk),
            image_name="products/crowd-0.jpg",
            image_digest="0" * 64,
            model_version=run.model_version,
            preset=run.preset,
            state=Classification.State.FILED,
            # A tenth of them goes the commonest way.
            change=changes[0 if place % 10 == 0 else place % len(changes)],
        )
        for place, pk in enumerate(Product.objects.order_by("pk").values_list("pk", flat=True))
    )
    while page := list(islice(rows, 5_000)):
        Classification.objects.bulk_create(page)
    for change in changes:
        change.products = change.classifications.count()
        change.save()
    total = Product.objects.count()
    Run.objects.filter(pk=run.pk).update(total=total, filed=total, first_time=total)
    return run


def do_for_real(run: Run) -> Call:
    """The button; no worker is running here. Each call is the first."""
    address = find_admin("catalog_ai_run_real", run.pk)

    def call(client: Client) -> None:
        Run.objects.filter(results_of=run).delete()
        assert client.post(address).status_code == 302

    return call


def roll_back(run: Run) -> Call:
    """The same, of rolling back."""
    address = find_admin("catalog_ai_run_roll_back", run.pk)

    def call(client: Client) -> None:
        run.rollbacks.all().delete()
        assert client.post(address).status_code == 302
        run.rollbacks.update(state=Rollback.State.CANCELLED)

    return call


def list_api_pages() -> Iterator[tuple[str, Call]]:
    run = find_largest_run()
    for name in ("classification", "suggestion", "run"):
        address = reverse(f"catalog_ai_api:{name}-list")
        yield f"API, {name}s", open_page(address)
        yield f"API, {name}s, deep", follow_cursor(address)
    results, suggestions = (
        reverse(f"catalog_ai_api:{name}-list") for name in ("classification", "suggestion")
    )
    yield "API, results of a run", open_page(f"{results}?run={run.pk}&state=review")
    yield (
        "API, current results of a label",
        open_page(f"{results}?is_current=1&top_label=article:tshirts"),
    )
    yield "API, pending of a run", open_page(f"{suggestions}?run={run.pk}&state=pending")
    yield (
        "API, unsure of a label",
        open_page(f"{suggestions}?label=article:tshirts&max_confidence=0.5&current=1"),
    )


def follow_cursor(address: str) -> Call:
    """The page behind the middle row: a cursor names the row that it starts from."""
    cursor = b64encode(f"p={Classification.objects.count() // 2}".encode()).decode()
    return open_page(f"{address}?{urlencode({'cursor': cursor})}")


def post_action(data: dict[str, Any]) -> Call:
    """The change list's action on everything it lists."""
    address = find_admin("shop_demo_product_changelist")
    selected = {
        "action": "auto_categorize_products",
        "select_across": "1",
        "_selected_action": "across",
        "index": "0",
    }

    def call(client: Client) -> None:
        response = client.post(address, {**selected, **data})
        assert response.status_code in {200, 302}, response.status_code
        assert bool(data) == (response.status_code == 302), response.content.decode()

    return call


def start_run(client: Client) -> None:
    """The same, confirmed; a large run is collected by a worker, and none is running here."""
    post_action({"confirm": "1", "preset": "balanced", "mode": "missing"})(client)


SECTIONS: dict[str, Callable[[], Iterator[tuple[str, Call]]]] = {
    "products": list_product_pages,
    "review": list_review_pages,
    "runs": list_run_pages,
    "health": list_health_pages,
    "api": list_api_pages,
    "ledger": list_ledger_pages,
    "other": list_other_pages,
}


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


def read_computed() -> float:
    """Seconds of computing by this process, and by a PostgreSQL of this machine for it."""
    own = time.process_time()
    if connection.vendor != "postgresql":
        return own
    connection.ensure_connection()
    server = Path(f"/proc/{connection.connection.info.backend_pid}")
    name = server / "comm"
    if not name.exists() or name.read_text() != "postgres\n":
        return own  # it runs elsewhere
    return own + int((server / "schedstat").read_text().split()[0]) / 1e9


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
