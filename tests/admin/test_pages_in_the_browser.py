"""The try-one page and the run page in a real browser, with JavaScript and without."""

from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from catalog_ai.models import Run
from tests.admin.browser import NEEDS_CHROMIUM, open_browser
from tests.admin.people import log_in
from tests.factories import make_image_bytes, make_run

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


def test_without_javascript_a_photo_is_judged_all_the_same(live_server: Any, photo: Path) -> None:
    client = log_in("categorize_products")
    with open_browser(live_server.url, client, java_script_enabled=False) as page:
        page.goto(reverse("admin:catalog_ai_try"))
        page.set_input_files("input[type=file]", photo)
        page.select_option("select[name=sensitivity]", "0")
        page.click("text=Look at it")
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
    assert told == "1 of 4 products done, 25 %."
    assert Run.objects.get().state == Run.State.RUNNING
