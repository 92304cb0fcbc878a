"""Runs as a person works with them: a dry run, its results filed, and all of it taken back."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from catalog_ai.models import Classification, Rollback, Run
from shop_demo.drawings import DRAWINGS, render_drawing
from shop_demo.models import Product
from shop_demo.seeding import encode_jpeg
from tests.admin.browser import NEEDS_CHROMIUM, open_browser
from tests.admin.people import PRODUCTS, make_products
from tests.e2e.test_faults import bulk_worker
from tests.factories import make_classification, make_client, make_filed_run, make_run

__all__ = ["bulk_worker"]  # a fixture

pytest.importorskip("playwright", reason="playwright is not installed")
pytestmark = NEEDS_CHROMIUM
PHOTOS = 6
# What of our own part of the page has moved since it was opened, by its first words.
SHIFTS = """() => new Promise(done => {
    setTimeout(() => done([]), 1500);
    const seen = list => done(list.getEntries().flatMap(entry => entry.sources)
        .map(source => source.node?.parentElement?.closest("#content") && source.node)
        .filter(Boolean).map(node => node.textContent.trim().slice(0, 60)));
    new PerformanceObserver(seen).observe({type: "layout-shift", buffered: true});
})"""


@pytest.fixture
def client() -> Client:
    return make_client()


@pytest.fixture
def products(media: Path) -> Iterator[list[Product]]:
    """Products that nobody has looked at, with photos that the model knows."""
    folder = media / "products"
    folder.mkdir(parents=True)
    for number in range(PHOTOS):
        photo = encode_jpeg(render_drawing(DRAWINGS[number]))
        (folder / f"{number}.jpg").write_bytes(photo)
    yield Product.objects.bulk_create(
        Product(title=f"Shirt {number}", image=f"products/{number}.jpg") for number in range(PHOTOS)
    )


def press(page: Any, selector: str) -> None:
    """By keyboard."""
    page.focus(selector)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def wait_for(page: Any, selector: str) -> None:
    """Without JavaScript a page that waits loads itself again."""
    for _ in range(200):
        if page.locator(selector).count():
            return
        page.wait_for_timeout(500)
        page.reload()
    raise AssertionError(f"{selector} never came")


@pytest.mark.slow
@pytest.mark.redis
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_a_dry_run_is_looked_at_done_for_real_and_taken_back(
    bulk_worker: Any, live_server: Any, client: Client, products: list[Product], scripts: bool
) -> None:
    ended = "dt:text-is('time taken')"
    with open_browser(live_server.url, client, java_script_enabled=scripts) as page:
        page.goto(reverse(PRODUCTS))
        for box in page.locator("input.action-select").all():
            box.check()
        page.select_option("select[name=action]", "auto_categorize_products")
        press(page, ".actions button[type=submit]")
        page.focus("input[name=dry_run]")
        page.keyboard.press("Space")
        press(page, "input[name=confirm]")
        dry = page.url
        wait_for(page, ended)
        pairs = page.locator(".cai-pairs a").count()
        press(page, ".cai-pairs a >> nth=0")
        photos = page.locator(".cai-product img").all()
        widths = [photo.bounding_box()["width"] for photo in photos]
        page.goto(dry)
        press(page, "input[value='Do it for real']")
        real = page.url
        wait_for(page, ended)
        press(page, "a.cai-danger")
        page.wait_for_selector("dt:text-is('labels taken back')")
        press(page, "input.cai-danger")
        wait_for(page, "text=There is nothing to take back.")
        told = page.inner_text("#content")
        page.goto(real)
        end = page.inner_text("#content")
    assert pairs and widths and min(widths) >= 150
    run = Run.objects.get(dry_run=False)
    rollback = Rollback.objects.get()
    assert run.filed and rollback.taken_back == rollback.total >= run.filed
    assert "Rolled back" in told and "This run was rolled back" in end
    assert not Product.objects.filter(categories__isnull=False).exists()
    assert set(Classification.objects.values_list("attempts", flat=True)) == {1}


def test_what_comes_later_moves_nothing(
    live_server: Any, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catalog_ai.admin.run_report.LIVE_DETAIL_LIMIT", 0)
    run = make_run(total=8, review=8, state=Run.State.DONE)
    for product in make_products(8):
        make_classification(product, run)
    filed = make_filed_run()
    with open_browser(live_server.url, client) as page:
        page.goto(reverse("admin:catalog_ai_run_change", args=[run.pk]))
        page.wait_for_selector("#cai-labels-heading")
        moved = page.evaluate(SHIFTS)
        page.goto(reverse("admin:catalog_ai_run_roll_back", args=[filed.pk]))
        page.wait_for_selector("dt:text-is('labels taken back')")
        moved += page.evaluate(SHIFTS)
    assert not moved


def test_what_cannot_be_counted_is_offered_as_a_link(
    live_server: Any, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catalog_ai.admin.run_report.LIVE_DETAIL_LIMIT", 0)
    run = make_filed_run()
    address = reverse("admin:catalog_ai_run_roll_back", args=[run.pk])
    with open_browser(live_server.url, client) as page:
        page.route("**/preview/", lambda route: route.abort())
        page.goto(address)
        press(page, "a:text-is('Count them')")
        counted = page.inner_text(".cai-preview-counts")
    with open_browser(live_server.url, client, java_script_enabled=False) as page:
        page.goto(address)
        said = page.inner_text(".cai-preview-counts")
        press(page, "noscript a")
        counted_too = page.inner_text(".cai-preview-counts")
    assert "labels taken back" in counted and "labels taken back" in counted_too
    assert "being counted" not in said


def test_a_rollback_is_followed_stopped_and_taken_up_again_by_keyboard(
    live_server: Any, client: Client, live_queues: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catalog_ai.admin.run_rollback.POLL_SECONDS", 0.2)
    run = make_filed_run(2)
    with open_browser(live_server.url, client, viewport={"width": 390, "height": 844}) as page:
        page.goto(reverse("admin:catalog_ai_run_roll_back", args=[run.pk]))
        press(page, "input.cai-danger")
        with page.expect_response("**/roll-back/progress/") as answer:
            pass
        body = answer.value.json()
        page.wait_for_function("document.getElementById('cai-live').textContent !== ''")
        told = page.inner_text("#cai-live")
        press(page, "input[value=Stop]")
        press(page, "input[value='Go on with it']")
        page.wait_for_selector("input[value=Stop]")
    assert (body["active"], told) == (True, "The labels are being counted.")
    assert Rollback.objects.get().is_active
