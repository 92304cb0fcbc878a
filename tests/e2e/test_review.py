"""The review queue in a real browser: keys, the grid, two reviewers, no JavaScript, no network."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.urls import reverse

from catalog_ai.models import Classification, Decision, Suggestion
from shop_demo.models import Category, Product
from tests.admin.browser import NEEDS_CHROMIUM, open_browser
from tests.admin.people import log_in, make_products
from tests.factories import make_image_bytes

pytest.importorskip("playwright", reason="playwright is not installed")
pytestmark = NEEDS_CHROMIUM
QUEUE = "admin:catalog_ai_review"


@pytest.fixture
def products(media: Path) -> list[Product]:
    """Six products that wait, the first one first in the queue."""
    Category.objects.create(name="Rash guards")
    made = make_products(6, judged=True)
    (media / "bulk").mkdir(parents=True)
    for place, product in enumerate(made):
        (media / product.image.name).write_bytes(make_image_bytes((40 * place, 90, 160)))
        rows = Classification.objects.filter(object_id=str(product.pk))
        rows.update(uncertainty=1 - place / 10, value=place)
    return made


def card_of(product: Product) -> str:
    row = Classification.objects.get(object_id=str(product.pk))
    return reverse("admin:catalog_ai_review_card", args=[row.pk])


@contextmanager
def open_first_card(live_server: Any, products: list[Product]) -> Iterator[Any]:
    address = card_of(products[0])  # while no browser runs: playwright forbids queries then
    with open_browser(live_server.url, log_in("review_suggestions")) as page:
        page.goto(address)
        yield page


def wait_for_card(page: Any, product: Product) -> None:
    page.wait_for_selector(f".cai-focus[aria-label='{product.title}']")


def open_second(page: Any, address: str, client: Any) -> Any:
    """Another person's browser beside the first one's."""
    context = page.context.browser.new_context(base_url=address)
    name = settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": address}])
    return context.new_page()


def wait_told(page: Any, level: str = "success") -> str:
    return str(page.wait_for_selector(f".cai-told.{level}").inner_text())


def wait_sent(page: Any) -> None:
    page.wait_for_selector(".cai-told[data-unsent='0']", state="attached")


def press_enter_before_the_answer(page: Any) -> None:
    """Enter is pressed while the next search for categories is still on its way."""

    def press(route: Any) -> None:
        page.keyboard.press("Enter")
        route.continue_()

    page.route("**/review/categories/**", press, times=1)


def list_filed() -> dict[str, str]:
    pairs = Product.objects.exclude(categories=None).values_list("title", "categories__name")
    return dict(pairs)


def test_a_product_a_key(live_server: Any, products: list[Product]) -> None:
    first = card_of(products[0])
    loads = []
    with open_browser(live_server.url, log_in("review_suggestions")) as page:
        page.goto(first)
        page.on("load", lambda _page: loads.append(page.url))
        page.keyboard.press("1")
        wait_for_card(page, products[1])
        page.keyboard.press("2")
        wait_for_card(page, products[2])
        page.keyboard.press("r")
        wait_for_card(page, products[3])
        page.keyboard.press("s")
        wait_for_card(page, products[4])
        page.keyboard.press("c")
        page.keyboard.insert_text("rash")  # at once: one search, whose answer the list is
        page.wait_for_selector("#cai-category-list li")
        page.keyboard.press("Enter")
        wait_for_card(page, products[5])
        page.keyboard.press("a")
        # The queue's end, or the skipped card once more, if the last one was fetched late enough.
        page.wait_for_selector(
            f".messagelist .success, .cai-focus[aria-label='{products[3].title}']"
        )
        page.wait_for_function(
            "Number(document.getElementById('cai-told').dataset.unsent || 0) === 0"
        )
    assert len(loads) <= 1  # none but the one that leaves the last card
    assert list_filed() == {
        "Bulk 0": "Tshirts",
        "Bulk 1": "Shirts",
        "Bulk 4": "Rash guards",
        "Bulk 5": "Tshirts",
    }
    left = Classification.objects.filter(state="review").values_list("object_id", flat=True)
    assert list(left) == [str(products[3].pk)]


def test_a_category_that_is_not_found_leaves_the_card_where_it_is(
    live_server: Any, products: list[Product]
) -> None:
    with open_first_card(live_server, products) as page:
        page.keyboard.press("c")
        page.keyboard.type("nonsense")
        page.keyboard.press("Enter")  # before the server has answered
        assert wait_told(page, "warning") == "No category found"
        wait_for_card(page, products[0])
        assert page.input_value("#cai-category") == "nonsense"
        press_enter_before_the_answer(page)  # before anybody has seen what it would be
        page.fill("#cai-category", "rash")
        page.wait_for_selector("#cai-category-list li")
        wait_for_card(page, products[0])
        page.keyboard.press("Enter")
        wait_for_card(page, products[1])
        page.keyboard.press("c")
        page.keyboard.type("rash GUARDS")
        page.keyboard.press("Enter")
        wait_for_card(page, products[2])
        wait_sent(page)
    assert list_filed() == {"Bulk 0": "Rash guards", "Bulk 1": "Rash guards"}


def test_undo_brings_card_after_card_back(live_server: Any, products: list[Product]) -> None:
    with open_first_card(live_server, products) as page:
        for following in products[1:4]:
            page.keyboard.press("a")
            wait_for_card(page, following)
        for before in reversed(products[:3]):
            page.keyboard.press("u")
            wait_for_card(page, before)
        page.keyboard.press("1")
        wait_for_card(page, products[1])
        wait_sent(page)
    assert list_filed() == {"Bulk 0": "Tshirts"}


def test_a_decision_that_was_not_saved_comes_back(
    live_server: Any, products: list[Product]
) -> None:
    with open_first_card(live_server, products) as page:
        page.wait_for_load_state("networkidle")
        page.route("**/review/decide/", lambda route: route.abort())
        page.keyboard.press("a")
        wait_for_card(page, products[1])
        assert "“Bulk 0” could not be saved" in wait_told(page, "error")
        page.unroute("**/review/decide/")
        page.keyboard.press("a")
        wait_for_card(page, products[0])
        page.keyboard.press("a")
        wait_for_card(page, products[2])
        wait_sent(page)
    assert list_filed() == {"Bulk 0": "Tshirts", "Bulk 1": "Tshirts"}


def test_keys_are_letters_in_a_field_and_can_be_switched_off(
    live_server: Any, products: list[Product]
) -> None:
    with open_first_card(live_server, products) as page:
        page.keyboard.press("c")
        page.keyboard.type("ars1u?")
        assert page.input_value("#cai-category") == "ars1u?"
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")
        page.keyboard.press("?")
        page.uncheck("#cai-keys-on")
        page.keyboard.press("Escape")
        page.keyboard.press("a")
        page.wait_for_timeout(300)
        wait_for_card(page, products[0])
    assert not Decision.objects.exists()


def test_filing_nowhere_is_told_before_the_card_is_left(
    live_server: Any, products: list[Product]
) -> None:
    with open_first_card(live_server, products) as page:
        page.click("#cai-correct")
        assert page.evaluate("document.activeElement.id") == "cai-category"
        page.keyboard.type("nonsense")
        page.click("#cai-correct")
        assert "No category found" in wait_told(page, "warning")
        page.fill("#cai-category", "rash")
        page.click("#cai-correct")
        page.get_by_role("option", name="Rash guards").click()
        wait_for_card(page, products[0])
        page.click("#cai-correct")
        wait_for_card(page, products[1])
        wait_sent(page)
    assert list_filed() == {"Bulk 0": "Rash guards"}


def test_whoever_is_logged_out_is_told_so(live_server: Any, products: list[Product]) -> None:
    with open_first_card(live_server, products) as page:
        page.wait_for_load_state("networkidle")
        page.context.clear_cookies()
        page.keyboard.press("a")
        assert "Reload the page to log in again" in wait_told(page, "error")
    assert not Decision.objects.exists()


def test_the_key_that_shows_the_keys_hides_them(live_server: Any, products: list[Product]) -> None:
    with open_first_card(live_server, products) as page:
        page.keyboard.press("?")
        page.wait_for_selector("#cai-keys[open]")
        page.keyboard.press("a")  # decides nothing meanwhile
        page.keyboard.press("?")
        page.wait_for_selector("#cai-keys:not([open])", state="attached")
        page.keyboard.press("s")
        wait_for_card(page, products[1])
    assert not Decision.objects.exists()


@pytest.mark.parametrize("size", [(60, 240), (240, 60)], ids=["tall", "wide"])
def test_the_whole_photo_is_seen_whatever_its_shape(
    live_server: Any, products: list[Product], media: Path, size: tuple[int, int]
) -> None:
    (media / products[0].image.name).write_bytes(make_image_bytes(size=size))
    with open_first_card(live_server, products) as page:
        page.wait_for_function("document.querySelector('.cai-focus-photo img').complete")
        frame = page.locator(".cai-focus-photo").bounding_box()
        photo = page.locator(".cai-focus-photo img").bounding_box()
    assert photo["height"] <= frame["height"] and photo["width"] <= frame["width"]


def test_on_a_phone_suggestions_and_guesses_are_of_one_size(
    live_server: Any, products: list[Product]
) -> None:
    guessed = Classification.objects.filter(object_id=str(products[5].pk))
    guessed.update(state="unidentified", scores={"article:shirts": 0.1})
    card, viewport = card_of(products[0]), {"width": 390, "height": 844}
    with open_browser(live_server.url, log_in("review_suggestions"), viewport=viewport) as page:
        page.goto(reverse(QUEUE))
        size = "(kind) => getComputedStyle(document.querySelector(kind)).fontSize"
        text = page.evaluate(size, ".cai-guess")
        assert page.evaluate(size, ".cai-review-choice:not(.cai-guess)") == text
        page.goto(card)
        assert page.evaluate(size, ".cai-correct label") == text


@pytest.mark.parametrize("width", [1920, 1280, 390])
def test_no_bar_lies_over_the_name_of_a_label(
    live_server: Any, products: list[Product], width: int
) -> None:
    Suggestion.objects.filter(label="article:tshirts").update(label="article:long-sleeves")
    viewport = {"width": width, "height": 1080}
    client = log_in("review_suggestions")
    with open_browser(live_server.url, client, viewport=viewport, locale="de") as page:
        page.goto(reverse(QUEUE))
        page.get_by_text("Langarmshirts", exact=True).first.wait_for()
        covered = page.evaluate(
            """() => [...document.querySelectorAll(".cai-review-choice")].filter((choice) => {
              const words = document.createRange();
              words.selectNodeContents(choice.querySelector(".cai-label-name"));
              const [name, bar] = [words, choice.querySelector(".cai-bar")].map((one) =>
                one.getBoundingClientRect());
              return name.right > bar.left && name.bottom > bar.top && bar.bottom > name.top;
            }).length"""
        )
    assert covered == 0


def test_the_grid_approves_all_but_what_was_unticked(
    live_server: Any, products: list[Product]
) -> None:
    with open_browser(live_server.url, log_in("review_suggestions")) as page:
        page.goto(reverse(QUEUE))
        page.keyboard.press("g")
        page.wait_for_selector(".cai-tile")
        page.locator(".cai-tile").nth(1).click()
        page.locator(".cai-tile").nth(3).click(modifiers=["Shift"])
        assert page.inner_text("#cai-ticked") == "3 ticked"
        page.keyboard.press("a")
        page.wait_for_selector(".messagelist .success")
    assert set(list_filed()) == {"Bulk 0", "Bulk 4", "Bulk 5"}


def test_two_reviewers_never_hold_the_same_card(live_server: Any, products: list[Product]) -> None:
    one, other = log_in("review_suggestions"), log_in("review_suggestions")
    with open_browser(live_server.url, one) as page:
        page.goto(reverse(QUEUE) + "?label=article:tshirts")
        page.get_by_role("button", name="Assign to me").click()
        page.wait_for_selector("text=6 cards are yours")
    with open_browser(live_server.url, other) as page:
        page.goto(reverse(QUEUE))
        assert page.get_by_text("nothing waits").count() == 1
    with open_browser(live_server.url, one) as page:
        page.goto(reverse(QUEUE) + "?mine=1")
        page.get_by_role("button", name="Give my cards back").click()
        page.wait_for_selector("text=everybody's again")
    with open_browser(live_server.url, other) as page:
        page.goto(reverse(QUEUE))
        assert page.locator(".cai-review-card").count() == 6


def test_what_a_colleague_decided_is_told_and_left(
    live_server: Any, products: list[Product]
) -> None:
    first, colleague = card_of(products[0]), log_in("review_suggestions")
    row = Classification.objects.get(object_id=str(products[0].pk))
    with open_browser(live_server.url, log_in("review_suggestions")) as page:
        page.goto(first)
        page.wait_for_load_state("networkidle")
        beside = open_second(page, live_server.url, colleague)
        beside.goto(first)
        beside.keyboard.press("r")
        wait_for_card(beside, products[1])
        wait_sent(beside)
        page.keyboard.press("a")
        wait_for_card(page, products[1])
        assert "decided already" in wait_told(page, "warning")
    row.refresh_from_db()
    assert row.state == "reviewed" and not list_filed()


def test_all_of_it_works_without_javascript(live_server: Any, products: list[Product]) -> None:
    first = card_of(products[0])
    client = log_in("review_suggestions")
    with open_browser(live_server.url, client, java_script_enabled=False) as page:
        page.goto(first)
        page.locator("button[value^='choose:']").first.click()
        wait_for_card(page, products[1])
        page.fill("#cai-category", "Rash guards")
        page.click("#cai-correct")
        wait_for_card(page, products[2])
        page.get_by_role("button", name="None of these").click()
        wait_for_card(page, products[3])
        page.get_by_role("button", name="Undo").click()
        wait_for_card(page, products[2])
        page.click("[data-key=s]")
        wait_for_card(page, products[3])
        page.goto(reverse(QUEUE) + "?view=grid&label=article:tshirts")
        page.get_by_role("button", name="Approve “").click()
        page.wait_for_selector(".success")
    filed = list_filed()
    assert filed.pop("Bulk 1") == "Rash guards"
    assert set(filed.values()) == {"Tshirts"} and len(filed) == 5


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("where", ["queue", "grid", "card"])
def test_no_barrier_that_axe_knows(
    live_server: Any, products: list[Product], where: str, scheme: str
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    address = {
        "queue": reverse(QUEUE),
        "grid": reverse(QUEUE) + "?view=grid",
        "card": card_of(products[0]),
    }[where]
    with open_browser(live_server.url, log_in("review_suggestions"), color_scheme=scheme) as page:
        page.goto(address)
        found = axe.Axe().run(page, context="#content")
    assert not found.response["violations"], found.generate_report()


def test_a_key_shows_where_the_model_looked_from_card_to_card(
    live_server: Any, products: list[Product]
) -> None:
    Classification.objects.update(scores={"article:tshirts": 0.6, "article:shirts": 0.3})
    likeliest = ".cai-attention[src$='/look/article:tshirts/']"
    second = ".cai-attention[src$='/look/article:shirts/']"
    with open_first_card(live_server, products) as page:
        page.wait_for_selector(".cai-nearest .cai-note")
        assert page.query_selector(".cai-attention") is None
        page.keyboard.press("l")
        page.wait_for_selector(likeliest)
        page.focus(".cai-focus-choice[data-key='2']")
        page.wait_for_selector(second)
        page.keyboard.press("s")
        wait_for_card(page, products[1])
        page.wait_for_selector(likeliest)
        page.keyboard.press("l")
        page.wait_for_selector(".cai-attention", state="detached")


def open_queue(page: Any, below: Product) -> Any:
    """The list of cards, scrolled to the button that approves for this one."""
    page.goto(reverse(QUEUE))
    button = page.get_by_role("button", name=f"Approve Tshirts for {below.title}")
    button.scroll_into_view_if_needed()
    return button


def test_a_card_decided_in_the_list_leaves_the_list_where_it_was(
    live_server: Any, products: list[Product]
) -> None:
    viewport = {"width": 390, "height": 600}
    client = log_in("review_suggestions")
    with open_browser(live_server.url, client, viewport=viewport) as page:
        button = open_queue(page, products[4])
        before = page.evaluate("scrollY")
        place = button.bounding_box()["y"]
        button.click()
        said = wait_told(page)
        after = page.get_by_role("button", name=f"Approve Tshirts for {products[5].title}")
        assert before > 300
        assert abs(after.bounding_box()["y"] - place) < 2
        assert page.evaluate("document.activeElement.tagName") == "BODY"
    assert said == "1 decision saved."


def test_a_double_click_in_the_list_decides_one_card(
    live_server: Any, products: list[Product]
) -> None:
    viewport = {"width": 390, "height": 600}
    client = log_in("review_suggestions")
    with open_browser(live_server.url, client, viewport=viewport) as page:
        page.clock.set_fixed_time("2026-11-29")  # however long the list takes to load
        box = open_queue(page, products[4]).bounding_box()
        page.mouse.click(box["x"] + 20, box["y"] + 10)
        wait_told(page)
        page.mouse.click(box["x"] + 20, box["y"] + 10)
        page.wait_for_timeout(800)
    assert list_filed() == {products[4].title: "Tshirts"}


def test_by_keyboard_the_next_card_of_the_list_has_the_focus(
    live_server: Any, products: list[Product]
) -> None:
    with open_browser(live_server.url, log_in("review_suggestions")) as page:
        open_queue(page, products[2]).focus()
        page.keyboard.press("Enter")
        page.wait_for_selector(".messagelist .success, .cai-told.success")
        focused = page.evaluate("document.activeElement.getAttribute('href')")
    assert focused.partition("?")[0] == card_of(products[3])
