"""No page of ours has a barrier that axe knows: light and dark, at a desk and on a phone."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import URLPattern, URLResolver, reverse
from django.utils import timezone

from catalog_ai.models import Change, Classification, Rollback, Run
from catalog_ai.models.changes import write_side
from catalog_ai.workflow.rollback import start_rollback
from shop_demo.models import Product
from tests.admin.browser import NEEDS_CHROMIUM, open_browser
from tests.admin.people import make_products
from tests.factories import (
    make_classification,
    make_client,
    make_filed_run,
    make_image_bytes,
    make_run,
    make_suggestion,
    make_superuser,
)

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
pytestmark = NEEDS_CHROMIUM
DESK, PHONE = (1280, 800), (390, 844)
# Two parts of Django's own admin fall short; what is ours is held to everything.
LOOKED_AT = {"include": [["#content"]], "exclude": [["#changelist-search"], [".select2-container"]]}
OWN = ("catalog_ai", "shop_demo_product_change")


@pytest.fixture
def products(media: Path) -> list[Product]:
    """Products that wait, with photos, and one that nothing was recognised in."""
    made = make_products(4, judged=True)
    (media / "bulk").mkdir(parents=True)
    for place, product in enumerate(made):
        (media / product.image.name).write_bytes(make_image_bytes((60 * place, 90, 160)))
    Classification.objects.update(scores={"article:tshirts": 0.6, "article:shirts": 0.3})
    last = Classification.objects.filter(object_id=str(made[-1].pk))
    last.update(state="unidentified", reason="unidentified")
    make_dry_run(made)
    start_rollback(make_filed_run(), make_superuser())
    make_classification(made[0], is_current=False)  # the latest run is a plain one
    return made


def make_dry_run(products: list[Product]) -> None:
    run = make_run(
        total=4, filed=4, first_time=4, dry_run=True, state="done", finished_at=timezone.now()
    )
    sides = {"before": write_side([]), "after": write_side([], ["article:tshirts"])}
    change = Change.objects.create(run=run, effect="first_time", products=4, **sides)
    for product in products:
        row = make_classification(product, run, state="filed", is_current=False, change=change)
        make_suggestion(row, state="proposed", confidence=0.97)


@pytest.fixture
def client() -> Client:
    return make_client()


def walk(patterns: list[Any]) -> Iterator[URLPattern]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from walk(pattern.url_patterns)
        else:
            yield pattern


def list_pages(client: Client, product: Product) -> list[str]:
    """Addresses of all our pages: each that opens by a click, found by its name."""
    row = Classification.objects.get(object_id=str(product.pk), is_current=True)
    numbers = {"run": Run.objects.latest("pk").pk, "classification": row.pk, "review": row.pk}
    addresses = []
    for pattern in walk(admin.site.get_urls()):
        if not (pattern.name or "").startswith(OWN):
            continue
        wanted = pattern.pattern.converters
        pk = next((n for key, n in numbers.items() if f"_{key}_" in pattern.name), product.pk)
        values = {name: "article:tshirts" if name == "label" else pk for name in wanted}
        addresses.append(reverse(f"admin:{pattern.name}", kwargs=values))
    queue = reverse("admin:catalog_ai_review")
    found = filter(lambda address: is_page(client, address), addresses)
    return [*found, f"{queue}?view=grid", *list_run_pages()]


def list_run_pages() -> list[str]:
    """A dry run with what it would change, and a rollback under way."""
    change = Change.objects.get()
    rolled_back = Rollback.objects.get().run_id
    pages = {
        "change": [change.run_id],
        "changes": [change.run_id],
        "change_products": [change.run_id, change.pk],
        "roll_back": [rolled_back],
    }
    return [reverse(f"admin:catalog_ai_run_{name}", args=pks) for name, pks in pages.items()]


def is_page(client: Client, address: str) -> bool:
    answer = client.get(address)
    return answer.status_code == 200 and b"<html" in answer.content


@pytest.mark.slow
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_a_barrier_that_axe_knows(
    live_server: Any, client: Client, products: list[Product], scheme: Any, size: tuple[int, int]
) -> None:
    pages = list_pages(client, products[0])
    found: dict[str, str] = {}
    viewport = {"width": size[0], "height": size[1]}
    with open_browser(
        live_server.url, client, color_scheme=scheme, viewport=viewport, reduced_motion="reduce"
    ) as page:
        for address in pages:
            page.goto(address)
            result = axe.Axe().run(page, context=LOOKED_AT)
            if result.violations_count:
                found[address] = result.generate_report()
            overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            if overflow > 0:
                found[f"{address} is too wide"] = f"{overflow} pixels"
    assert len(pages) > 12
    assert not found, "\n\n".join(f"{address}\n{report}" for address, report in found.items())
