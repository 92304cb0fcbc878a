"""What our style sheets promise: no motion, no left or right, and bars that follow the text."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

import catalog_ai
from tests.admin.browser import CHROMIUM, open_browser
from tests.admin.people import PRODUCTS, make_products
from tests.factories import make_client

APP = Path(catalog_ai.__file__).parent
SHEETS = sorted((APP / "static").rglob("*.css"))
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


def test_every_class_of_our_sheets_is_on_some_page() -> None:
    files = [file for end in ("html", "py", "js") for file in APP.rglob(f"*.{end}")]
    code = "\n".join(file.read_text(encoding="utf-8") for file in files)
    used = set(re.findall(r"[\w-]+", code))
    # Put together in templates: the beginning, and then a tone, a counter or a number.
    ends = set(re.findall(r'"([\w-]+)"', code)) | set("0123456789")
    begun = tuple(set(re.findall(r"\b(cai-(?:[a-z]+-)?)\{\{", code)))
    for sheet in SHEETS:
        selectors = re.sub(r"/\*.*?\*/|\{[^{}]*\}", "", sheet.read_text(), flags=re.DOTALL)
        classes = set(re.findall(r"\.(cai-[\w-]+)", selectors)) - used
        composed = {name for name in classes if name.startswith(begun)}
        assert not classes - {name for name in composed if name.rpartition("-")[2] in ends}


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(not CHROMIUM.exists(), reason="there is no /usr/bin/chromium")
@pytest.mark.parametrize("width", [1280, 390])
def test_from_right_to_left_bars_begin_at_the_right_and_nothing_is_too_wide(
    live_server: Any, settings: Any, width: int
) -> None:
    settings.LANGUAGES = [("en", "English"), ("ar", "Arabic")]
    make_products(3, judged=True)
    client = make_client()
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
