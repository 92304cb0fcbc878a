"""Every page of the admin and the API that benchmarks/scale.py opens, by its name.

To be imported when Django is set up.
"""

import json
import sys
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from django.db.models import Model
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from catalog_ai.models import Change, Classification, Decision, HealthCheck, Rollback, Run
from catalog_ai.models.changes import write_side
from catalog_ai.workflow.health.check import find_done, go_on_checking, start_check
from catalog_ai.workflow.health.lists import list_groups
from catalog_ai.workflow.queue import get_page_query, position_of
from catalog_ai.workflow.queue_filter import QueueFilter
from shop_demo.backdrop import TARGET, describe_run
from shop_demo.models import Product
from shop_demo.targets import ShopProductTarget

Call = Callable[[Client], Any]
State = Classification.State
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
    run = find_largest_run().pk
    for name, query in {"": "", ", to review": "&state__exact=review"}.items():
        yield f"classifications, of a run{name}", open_page(f"{results}?run={run}{query}")
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
    known = Classification.objects.filter(run=source).exclude(top_label="").order_by("pk")
    labels = sorted(set(known.values_list("top_label", flat=True)[:500]))
    run = Run.objects.create(**describe_run(Run.Source.ADMIN, timezone.now()), dry_run=True)
    side = write_side([])
    changes = [
        Change.objects.create(
            run=run, effect="first_time", before=side, after=write_side([], [label])
        )
        for label in labels
    ]
    rows = make_results(run, changes)
    while page := list(islice(rows, 5_000)):
        Classification.objects.bulk_create(page)
    for change in changes:
        change.products = change.classifications.count()
        change.save()
    total = Product.objects.count()
    Run.objects.filter(pk=run.pk).update(total=total, filed=total, first_time=total)
    return run


def make_results(run: Run, changes: Sequence[Change]) -> Iterator[Classification]:
    """What a dry run found of each product, unsaved."""
    for place, pk in enumerate(Product.objects.order_by("pk").values_list("pk", flat=True)):
        yield Classification(
            run=run,
            target=TARGET,
            object_id=str(pk),
            image_name="products/crowd-0.jpg",
            image_digest="0" * 64,
            model_version=run.model_version,
            preset=run.preset,
            # A dry run, too, is unsure of some.
            state=State.REVIEW if place % 5 == 0 else State.FILED,
            # A tenth of them goes the commonest way.
            change=changes[0 if place % 10 == 0 else place % len(changes)],
        )


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
    # As many runs a page as a thousand products have, too: else only they have a shorter one.
    for name, size in (("classification", 50), ("suggestion", 50), ("run", 10)):
        address = f"{reverse(f'catalog_ai_api:{name}-list')}?page_size={size}"
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
    """The page of a list behind the middle row: a cursor names the row that it starts from."""
    cursor = b64encode(f"p={Classification.objects.count() // 2}".encode()).decode()
    return open_page(f"{address}&{urlencode({'cursor': cursor})}")


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
