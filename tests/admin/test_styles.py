"""What our style sheets promise: no motion, no left or right, and bars that follow the text."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

import catalog_ai
from tests.admin.browser import CHROMIUM, open_browser
from tests.admin.people import PRODUCTS, make_products
from tests.factories import make_superuser

SHEETS = sorted((Path(catalog_ai.__file__).parent / "static").rglob("*.css"))
# Physical sides, but for those given for both at once and the one list as wide as its field.
SIDED = re.compile(
    r"text-align: (?:left|right)|float: (?:left|right)|border-(?:left|right)|padding-left: [^0]"
)


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_nothing_moves_and_nothing_is_tied_to_a_side(sheet: Path) -> None:
    text = re.sub(r"/\*.*?\*/", "", sheet.read_text(encoding="utf-8"), flags=re.DOTALL)
    wanted = r"@media \(prefers-reduced-motion: no-preference\) \{.*?\n\}"
    text = re.sub(wanted, "", text, flags=re.DOTALL)
    assert not re.findall(r"\b(?:transition|animation|scroll-behavior)[\w-]*:", text)
    assert not SIDED.findall(text)


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(not CHROMIUM.exists(), reason="there is no /usr/bin/chromium")
@pytest.mark.parametrize("width", [1280, 390])
def test_from_right_to_left_bars_begin_at_the_right_and_nothing_is_too_wide(
    live_server: Any, settings: Any, width: int
) -> None:
    settings.LANGUAGES = [("en", "English"), ("ar", "Arabic")]
    make_products(3, judged=True)
    client = Client()
    client.force_login(make_superuser())
    names = ("home", "review", "run_changelist", "dashboard", "thresholds", "labelrule_changelist")
    pages = [reverse(f"admin:catalog_ai_{name}") for name in names]
    viewport = {"width": width, "height": 800}
    with open_browser(live_server.url, client, locale="ar", viewport=viewport) as page:
        for address in pages:
            page.goto(address)
            assert page.evaluate("document.dir || document.documentElement.dir") == "rtl", address
            assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, address
        page.goto(reverse(PRODUCTS))
        gaps = page.evaluate(
            """() => {
              const bar = document.querySelector(".cai-bar").getBoundingClientRect();
              const fill = document.querySelector(".cai-bar-fill").getBoundingClientRect();
              return [bar.right - fill.right, fill.left - bar.left];
            }"""
        )
    assert gaps[0] < 1 < gaps[1]
