"""The try-one page and the run page in a real browser, with JavaScript and without."""

from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from catalog_ai.models import Classification, Run
from tests.admin.browser import NEEDS_CHROMIUM, open_browser
from tests.admin.people import log_in, make_products
from tests.factories import make_classification, make_image_bytes, make_run

pytest.importorskip("playwright", reason="playwright is not installed")
pytestmark = NEEDS_CHROMIUM


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    file = tmp_path / "photo.png"
    file.write_bytes(make_image_bytes(size=(300, 300)))
    return file


def read_marks(page: Any) -> list[str]:
    """Where the review marks of the first facet stand."""
    marks = page.locator(".cai-files .cai-mark-review")
    return [marks.nth(index).get_attribute("x1") for index in range(marks.count())]


def test_the_slider_decides_anew_without_a_second_look(live_server: Any, photo: Path) -> None:
    client = log_in("categorize_products")
    sent = []
    with open_browser(live_server.url, client) as page:
        page.goto(reverse("admin:catalog_ai_try"))
        page.on("request", lambda request: sent.append(request.method))
        page.set_input_files("input[type=file]", photo)
        page.wait_for_selector(".cai-outcome")
        balanced = read_marks(page)
        page.focus("#cai-range")
        page.keyboard.press("Home")
        strict = read_marks(page)
        page.keyboard.press("End")
        permissive = read_marks(page)
        spoken = page.get_attribute("#cai-range", "aria-valuetext")
    assert sent.count("POST") == 1
    assert len(balanced) == 8
    assert strict != balanced != permissive
    assert spoken == "Permissive"


def test_a_file_that_is_no_picture_is_refused_on_the_page(live_server: Any, tmp_path: Path) -> None:
    client = log_in("categorize_products")
    file = tmp_path / "fake.jpg"
    file.write_bytes(b"not a picture")
    with open_browser(live_server.url, client) as page:
        page.goto(reverse("admin:catalog_ai_try"))
        page.set_input_files("input[type=file]", file)
        page.wait_for_selector("#cai-error:not([hidden])")
        text = page.inner_text("#cai-error")
    assert "not a picture" in text


def test_whoever_is_logged_out_is_told_so_and_not_of_the_server(
    live_server: Any, photo: Path
) -> None:
    with open_browser(live_server.url, log_in("categorize_products")) as page:
        page.goto(reverse("admin:catalog_ai_try"))
        page.context.clear_cookies()
        page.set_input_files("input[type=file]", photo)
        page.wait_for_selector("#cai-error >> text=Reload the page to log in again")


def test_without_javascript_a_photo_is_judged_all_the_same(live_server: Any, photo: Path) -> None:
    client = log_in("categorize_products")
    with open_browser(live_server.url, client, java_script_enabled=False) as page:
        page.goto(reverse("admin:catalog_ai_try"))
        page.set_input_files("input[type=file]", photo)
        page.select_option("select[name=sensitivity]", "0")
        page.click("text=Look at it")
        page.wait_for_selector("tr[data-label]")  # a click does not wait for the page it leads to
        rows = page.locator("tr[data-label]").count()
        chosen = page.input_value("select[name=sensitivity]")
    assert rows > 8
    assert chosen == "0"


def test_the_run_page_follows_its_run(live_server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("catalog_ai.admin.run_page.POLL_SECONDS", 0.2)
    client = log_in("categorize_products")
    run = make_run(total=4, filed=1)
    with open_browser(live_server.url, client) as page:
        page.goto(reverse("admin:catalog_ai_run_change", args=[run.pk]))
        with page.expect_response("**/progress/") as answer:
            pass
        body = answer.value.json()
        page.wait_for_function("document.getElementById('cai-live').textContent !== ''")
        told = page.inner_text("#cai-live")
    assert body["percent"] == 25
    assert told == "1 of 4 products done, 25\N{NO-BREAK SPACE}%."
    assert Run.objects.get().state == Run.State.RUNNING


def test_on_a_phone_all_of_the_results_of_a_run_are_seen(live_server: Any) -> None:
    run = make_run(total=99, filed=50, review=49, dry_run=True, state=Run.State.DONE)
    viewport = {"width": 390, "height": 844}
    with open_browser(live_server.url, log_in("view_run"), viewport=viewport) as page:
        page.goto(reverse("admin:catalog_ai_run_change", args=[run.pk]))
        hidden = page.locator(".cai-scroll:has(.cai-counters)").evaluate(
            "(box) => box.scrollWidth - box.clientWidth"
        )
    assert hidden <= 0


def test_on_a_phone_the_panel_says_which_word_is_the_category(live_server: Any) -> None:
    (product,) = make_products(1, judged=True)
    address = reverse("admin:shop_demo_product_change", args=[product.pk])
    viewport = {"width": 390, "height": 844}
    with open_browser(live_server.url, log_in("view_run"), viewport=viewport) as page:
        page.goto(address)
        before = page.evaluate(
            """() => [...document.querySelectorAll(".cai-panel tbody td:last-child")].map(
              (cell) => getComputedStyle(cell, "::before").content)"""
        )
    assert before and all("Category" in content for content in before)


def test_the_panel_of_a_product_under_way_tells_the_result_by_itself(live_server: Any) -> None:
    (product,) = make_products(1)
    make_classification(product, state=Classification.State.QUEUED, is_current=False)
    address = reverse("admin:shop_demo_product_change", args=[product.pk])

    def file_it(route: Any) -> None:
        """What the server would answer once the worker has filed the product."""
        page = route.fetch().text().replace('data-moving="1"', "").replace("Queued", "Filed")
        route.fulfill(body=page.replace('value="[]"', 'value="[7]"'), content_type="text/html")

    with open_browser(live_server.url, log_in("categorize_products")) as page:
        page.goto(address)
        before = page.inner_text("#cai-panel")
        page.fill("#id_title", "Half a ti")
        page.route(f"**{address}", file_it)
        page.wait_for_selector("#cai-panel >> text=Reload the page")
        after, typed = page.inner_text("#cai-panel"), page.input_value("#id_title")
    assert "Queued" in before
    assert "Categorize" not in before
    assert "Filed" in after
    assert typed == "Half a ti"
