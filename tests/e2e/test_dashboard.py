"""The dashboard in a real browser: figures open by keyboard, a file comes, nothing is too wide."""

from typing import Any

import pytest
from django.core.cache import cache
from django.urls import reverse

from tests.admin.browser import NEEDS_CHROMIUM, open_browser
from tests.admin.people import log_in
from tests.admin.test_dashboard import make_work

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
pytestmark = NEEDS_CHROMIUM


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_open_figures_have_no_barrier_and_fit(
    live_server: Any, scheme: Any, width: int
) -> None:
    cache.clear()
    make_work(count=3)
    client = log_in("view_run", "view_decision")
    viewport = {"width": width, "height": 800}
    with open_browser(live_server.url, client, color_scheme=scheme, viewport=viewport) as page:
        page.goto(reverse("admin:catalog_ai_dashboard"))
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        result = axe.Axe().run(page, context={"include": [["#content"]]})
        overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert not result.violations_count, result.generate_report()
    assert overflow <= 0


def test_without_javascript_figures_open_by_keyboard_and_the_file_comes(live_server: Any) -> None:
    cache.clear()
    make_work(count=3)
    client = log_in("view_run")
    with open_browser(live_server.url, client, java_script_enabled=False) as page:
        page.goto(reverse("admin:catalog_ai_dashboard"))
        page.locator(".cai-figures summary").first.focus()
        page.keyboard.press("Enter")
        seen = page.locator(".cai-figures table").first.is_visible()
        with page.expect_download() as file:
            page.locator("text=Download as CSV").first.click()
        name = file.value.suggested_filename
    assert seen
    assert name.startswith("catalogue-dashboard-throughput-")
