"""Pictures of the admin with the demo's drawings, for the README and to look at.

    python -m shop_demo.screenshots --out docs/images              # the README's
    python -m shop_demo.screenshots --out /tmp/look --everything   # all, light, dark, phone

Needs Chromium and the `dev` requirements. The shop is a new one each time, in a folder of its own.
"""

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from shop_demo.demo.background import run_demo

CHROMIUM = "/usr/bin/chromium"
DESK, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
QUEUE = "/admin/catalog_ai/run/review/"
UNSURE = f"{QUEUE}?reason=low_confidence"  # those with suggestions
PAGES = {
    "products": "/admin/shop_demo/product/",
    "home": "/admin/catalog_ai/run/home/",
    "review": UNSURE,
    "cards": QUEUE,
    "grid": f"{QUEUE}?view=grid",
    "runs": "/admin/catalog_ai/run/",
    "run": "",  # known when it is there
    "dashboard": "/admin/catalog_ai/run/dashboard/",
    "thresholds": "/admin/catalog_ai/run/thresholds/",
    "health": "/admin/catalog_ai/run/health/",
    "try": "/admin/catalog_ai/run/try/",
}
README = ("review", "grid")
DECISIONS = "111r1s"  # keys pressed before the pictures, so that there is something to see


def sign_in(page: Page) -> None:
    page.goto("/admin/login/")
    page.fill("#id_username", "admin")
    page.fill("#id_password", "admin")
    page.click("[type=submit]")


def run_everything(page: Page) -> str:
    """Categorise a page of products once more as a bulk run; returns the address of its page."""
    page.goto("/admin/shop_demo/product/")
    page.check("#action-toggle")
    page.select_option("select[name=action]", "auto_categorize_products")
    page.click("button[name=index]")
    page.check("[name=mode][value=redo]")
    page.click("#content form [type=submit]")
    page.wait_for_url("**/change/**")
    page.wait_for_timeout(8_000)
    return page.url


def decide_some(page: Page) -> None:
    """Decide some cards by keyboard."""
    page.goto(UNSURE)
    page.click("[data-key=f]")
    for key in DECISIONS:
        page.wait_for_timeout(500)
        page.keyboard.press(key)


def list_looks(everything: bool) -> Iterator[tuple[str, dict[str, Any]]]:
    """(suffix of the file, options of the browser)."""
    yield "-light" if everything else "", {"viewport": DESK, "color_scheme": "light"}
    if everything:
        yield "-dark", {"viewport": DESK, "color_scheme": "dark"}
        yield "-phone", {"viewport": PHONE, "color_scheme": "light"}
        yield "-phone-dark", {"viewport": PHONE, "color_scheme": "dark"}


def take_pictures(page: Page, pages: dict[str, str], out: Path, suffix: str) -> None:
    """One PNG of each page; with a suffix the whole of it, without what the window shows.

    Raises:
        RuntimeError: a page does not open.
    """
    for name, address in pages.items():
        answer = page.goto(address)
        if answer is None or not answer.ok:
            raise RuntimeError(f"{address} does not open: {answer and answer.status}")
        if name == "review":
            page.click("[data-key=f]")
        page.wait_for_load_state("networkidle")
        page.screenshot(path=out / f"{name}{suffix}.png", full_page=bool(suffix))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for the PNG files")
    parser.add_argument("--photos", type=Path, help="photos instead of the drawings")
    parser.add_argument("--everything", action="store_true", help="every page, in every look")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as var,
        run_demo(Path(var), options.photos) as address,
        sync_playwright() as driver,
    ):
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(base_url=address)
        sign_in(page)
        pages = {**PAGES, "run": run_everything(page)}
        decide_some(page)
        if not options.everything:
            pages = {name: pages[name] for name in README}
        for suffix, look in list_looks(options.everything):
            page = browser.new_context(base_url=address, reduced_motion="reduce", **look).new_page()
            sign_in(page)
            take_pictures(page, pages, options.out, suffix)
        browser.close()


if __name__ == "__main__":
    main()
