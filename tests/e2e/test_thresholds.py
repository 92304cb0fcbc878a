"""The thresholds page in a real browser, with scripts and without."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from catalog_ai.workflow.follow import follow_budgets
from tests.admin.browser import NEEDS_CHROMIUM, open_browser
from tests.factories import make_classification, make_client, make_rule, make_run, make_suggestion

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
pytestmark = NEEDS_CHROMIUM
LABEL = "article:jeans"
ROW = f"tr[data-label='{LABEL}']"
KEY = "shop_demo.product"
# How far anything of ours moved by itself; the admin's own side bar opens when a page is loaded.
SHIFTS = """() => new Promise(resolve => {
  const ours = node => node && node.closest && node.closest("#content-main");
  new PerformanceObserver(list => resolve(
    list.getEntries()
      .filter(one => one.sources.some(source => ours(source.node)))
      .reduce((sum, one) => sum + one.value, 0)
  )).observe({type: "layout-shift", buffered: true});
  setTimeout(() => resolve(0), 300);
})"""


@pytest.fixture
def client() -> Client:
    run = make_run()
    for score in (0.6, 0.7, 0.8, 0.99):
        make_classification(run=run, top_label=LABEL, scores={LABEL: score})
    for number in range(30):
        row = make_classification(run=run, state="reviewed", scores={"article:caps": 0.9})
        state = "approved" if number else "rejected"
        make_suggestion(row, label="article:caps", confidence=0.9, auto_threshold=0.95, state=state)
    make_rule(
        "article:belts",
        target=run.target,
        always_review=True,
        moved_back_at=timezone.now(),
        note="Of 30 audited products 16.7 % were wrong.",
    )
    return make_client()


def test_the_figures_follow_a_slider_at_once_and_nothing_jumps(
    live_server: Any, client: Client
) -> None:
    with open_browser(live_server.url, client) as page:
        page.goto(f"{reverse('admin:catalog_ai_thresholds')}?target=shop_demo.product")
        place = "['#cai-labels-heading', row].map((one) => document.querySelector(one).offsetTop)"
        before = page.evaluate(f"(row) => {place}", ROW)
        page.locator(f"{ROW} input").fill("0.65")
        page.locator(f"{ROW} [data-figure=filed]", has_text="75\N{NO-BREAK SPACE}%").wait_for()
        assert page.evaluate(f"(row) => {place}", ROW) == before
        assert page.evaluate(SHIFTS) == 0
        assert "Filed without a person: " in page.get_by_role("status").inner_text()
        assert page.locator(".cai-plot text", has_text="Tried").count() == 1
        assert not axe.Axe().run(page, context={"include": [["#content"]]}).violations_count
        page.get_by_text("Look at the changes and save").click()
        page.get_by_text("What is about to change").wait_for()
        assert page.url.count("auto-") == 1  # with a thousand labels no server takes them all
        page.get_by_role("button", name="Save").click()
        page.get_by_text("1 label was changed.").wait_for()


def test_another_sensitivity_moves_the_sliders(live_server: Any, client: Client) -> None:
    with open_browser(live_server.url, client) as page:
        page.goto(f"{reverse('admin:catalog_ai_thresholds')}?target=shop_demo.product")
        before = page.locator(f"{ROW} .cai-slider-value").inner_text()
        page.locator("#cai-sensitivity").select_option("1")
        page.wait_for_function(
            "([place, old]) => document.querySelector(place).textContent !== old",
            arg=[f"{ROW} .cai-slider-value", before],
        )
        assert float(page.locator(f"{ROW} .cai-slider-value").inner_text()) < float(before)


def test_without_scripts_the_same_form_does_it(live_server: Any, client: Client) -> None:
    with open_browser(live_server.url, client, java_script_enabled=False) as page:
        page.goto(f"{reverse('admin:catalog_ai_thresholds')}?target=shop_demo.product")
        page.locator(f"{ROW} input").fill("0.65")
        page.get_by_role("button", name="Show").click()
        page.locator(f"{ROW} [data-figure=filed]", has_text="75\N{NO-BREAK SPACE}%").wait_for()
        assert page.url.count("auto-") == 1  # as with scripts: only what was moved
        page.locator("#cai-budget").fill("1")
        page.get_by_role("button", name="Propose thresholds").click()
        page.wait_for_url("**propose=1**")
        page.get_by_text("Look at the changes and save").click()
        page.get_by_text("What is about to change").wait_for()
        assert "csrf" not in page.url
        page.go_back()
        page.get_by_role("button", name="file again").click()
        page.get_by_text("files by itself again").wait_for()


def test_the_keys_move_a_slider_by_a_hundredth(live_server: Any, client: Client) -> None:
    with open_browser(live_server.url, client) as page:
        page.goto(f"{reverse('admin:catalog_ai_thresholds')}?target={KEY}")
        slider = page.locator(f"{ROW} input")
        before = float(slider.input_value())
        slider.focus()
        page.keyboard.press("ArrowLeft")
        assert float(slider.input_value()) == pytest.approx(before - 0.01)
        page.locator(f"{ROW} .cai-slider-value", has_text=f"{before - 0.01:.2f}").wait_for()


@pytest.mark.parametrize("width", [1280, 390])
def test_the_tabs_lie_below_the_title(live_server: Any, client: Client, width: int) -> None:
    viewport = {"width": width, "height": 800}
    with open_browser(live_server.url, client, viewport=viewport) as page:
        for name in ("thresholds", "labelrule_changelist", "budget", "threshold_changes"):
            page.goto(f"{reverse(f'admin:catalog_ai_{name}')}?target={KEY}")
            title = page.locator("#content > h1").bounding_box()
            tabs = page.locator(".cai-tabs").bounding_box()
            assert title["y"] + title["height"] <= tabs["y"]


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_budget_is_stated_followed_and_undone(
    live_server: Any, client: Client, scripts: bool
) -> None:
    with open_browser(live_server.url, client, java_script_enabled=scripts) as page:
        page.goto(f"{reverse('admin:catalog_ai_thresholds')}?target={KEY}")
        page.get_by_text("Change the budget…").click()
        page.locator("#cai-budget-percent").fill("5")
        page.locator("#cai-budget-percent").press("Enter")
        page.get_by_role("button", name="Save: at most 5 of 100").click()
        page.get_by_text("The worker looks within a minute").wait_for()
        page.get_by_text("Error budget stated").wait_for()
        address = page.url
    assert follow_budgets() > 1
    with open_browser(live_server.url, client, java_script_enabled=scripts) as page:
        page.goto(address)
        page.get_by_text("Last looked at").wait_for()
        page.get_by_text("All changes").click()
        page.get_by_role("button", name="Undo all of this moment").click()
        page.get_by_text("changes were undone").wait_for()
        assert page.get_by_text("Undone", exact=True).count() > 1
        if scripts:
            assert not axe.Axe().run(page, context={"include": [["#content"]]}).violations_count


def test_a_slider_tells_its_number_as_the_reader_writes_it(
    live_server: Any, client: Client
) -> None:
    with open_browser(live_server.url, client, locale="de") as page:
        page.goto(f"{reverse('admin:catalog_ai_thresholds')}?target=shop_demo.product")
        shown = page.locator(f"{ROW} .cai-slider-value")
        before = shown.inner_text()
        page.locator(f"{ROW} input").fill("0.65")
        after = shown.inner_text()
        page.locator(f"{ROW} [data-figure=filed]", has_text="75\N{NO-BREAK SPACE}%").wait_for()
    assert "," in before and after == "0,65"


def test_a_server_that_does_not_answer_is_told_where_the_slider_is(
    live_server: Any, client: Client
) -> None:
    with open_browser(live_server.url, client, viewport={"width": 1280, "height": 700}) as page:
        page.goto(f"{reverse('admin:catalog_ai_thresholds')}?target=shop_demo.product")
        page.locator(f"{ROW} input").scroll_into_view_if_needed()
        page.route("**/thresholds/?*", lambda route: route.abort())
        page.locator(f"{ROW} input").fill("0.65")
        told = page.get_by_role("alert").filter(has_text="The server did not answer.")
        told.wait_for()
        box = told.bounding_box()
    assert 0 <= box["y"] <= 700 - box["height"]


def test_figures_at_other_thresholds_are_readable_and_saving_is_in_reach(
    live_server: Any, client: Client
) -> None:
    curve = f"{ROW} .cai-curve"
    with open_browser(live_server.url, client) as page:
        page.goto(f"{reverse('admin:catalog_ai_thresholds')}?target=shop_demo.product")
        page.locator(f"{ROW} summary").click()
        cell = page.locator(f"{curve} tbody th").first.bounding_box()
        room, column = page.locator(curve).bounding_box(), page.locator(f"{ROW} > td").last
        save = page.get_by_text("Look at the changes and save").bounding_box()
        seen = page.viewport_size["height"]
        wide = column.bounding_box()
    assert cell["height"] < 60  # "0.50" was broken into four lines
    assert room["x"] + room["width"] <= wide["x"] + wide["width"] + 1
    assert save["y"] + save["height"] <= seen
