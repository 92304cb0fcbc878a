"""The health page in a real browser, with scripts and without: found, judged, decided."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from catalog_ai.models import Classification, Decision, Embedding, HealthCheck
from shop_demo.models import Product
from tests.admin.browser import NEEDS_CHROMIUM, open_browser
from tests.admin.test_health import make_broken
from tests.factories import make_client, make_image_bytes
from tests.workflow.catalogue import add_product, make_copies, place, run_check

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
pytestmark = NEEDS_CHROMIUM
SHOWN = ("disagrees", "no_image", "unreadable", "duplicates", "labels")


@pytest.fixture
def client(target: Any, media: Path, live_queues: Any) -> Client:
    """A shop with something of each kind, checked."""
    for number in range(5):
        place(f"top{number}", "Tops", state="reviewed", said="kept", reason="")
    place("shirt", "Shirts")
    add_product("Bare shirt")
    make_broken(3)
    make_copies(3)
    (media / "products").mkdir(parents=True)
    for number, product in enumerate(Product.objects.exclude(image="")):
        if product.image.name.startswith("products/"):
            picture = make_image_bytes((40 * number % 255, 120, 160), (300, 400))
            (media / product.image.name).write_bytes(picture)
    assert not Embedding.objects.exists()
    run_check(target)
    return make_client()


def find(show: str) -> str:
    page = reverse("admin:catalog_ai_health")
    return f"{page}?target=shop_demo.product&show={show}"


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_pair_is_opened_judged_and_decided(
    live_server: Any, client: Client, scripts: bool
) -> None:
    with open_browser(live_server.url, client, java_script_enabled=scripts) as page:
        page.goto(reverse("admin:catalog_ai_home"))
        page.get_by_role("link", name="Catalogue health").click()
        page.get_by_role("link", name="Tops → Tshirts").click()
        page.get_by_role("checkbox", name="top0").check()
        page.get_by_role("button", name="Send what is ticked to review").click()
        page.get_by_text("1 product was sent to the review queue.").wait_for()
        page.locator(".cai-badge", has_text="In the review queue").wait_for()
        page.get_by_role("button", name="Keep all 5").click()
        page.get_by_text("5 products stay where they are").wait_for()
        page.get_by_role("link", name="All pairs").click()
        page.get_by_role("link", name="Shirts → Tshirts").wait_for()
        left = page.get_by_role("link", name="→").all_inner_texts()
    assert left == ["Shirts → Tshirts"]
    actions = list(Decision.objects.order_by("pk").values_list("action", flat=True))
    assert actions == ["ask", *["reject"] * 5]


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_photos_are_tried_again_and_duplicates_silenced(
    live_server: Any, client: Client, scripts: bool
) -> None:
    with open_browser(live_server.url, client, java_script_enabled=scripts) as page:
        page.goto(find("unreadable"))
        page.get_by_role("checkbox", name="broken 0").check()
        page.get_by_role("button", name="Try again what is ticked").click()
        page.get_by_text("are being tried again").wait_for()
        page.get_by_role("link", name="The same photo twice").click()
        page.get_by_role("button", name="These are different products").click()
        page.get_by_text("None: no two products have the same photo.").wait_for()
        page.get_by_role("button", name="Check again").click()
        page.get_by_text("Being checked: 0 products so far.").wait_for()
    assert Classification.objects.filter(state="queued").count() == 1


def test_a_pair_is_decided_by_keyboard_alone(live_server: Any, client: Client) -> None:
    with open_browser(live_server.url, client) as page:
        page.goto(find("disagrees"))
        page.get_by_role("link", name="Tops → Tshirts").focus()
        page.keyboard.press("Enter")
        page.get_by_role("checkbox", name="top1").focus()
        page.keyboard.press("Space")
        page.get_by_role("button", name="Keep what is ticked").focus()
        page.keyboard.press("Enter")
        page.get_by_text("1 product stays where it is").wait_for()


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_section_has_a_barrier_and_all_fit(
    live_server: Any, client: Client, scheme: Any, width: int
) -> None:
    viewport = {"width": width, "height": 800}
    addresses = [find(show) for show in SHOWN]
    found: dict[str, str] = {}
    with open_browser(live_server.url, client, color_scheme=scheme, viewport=viewport) as page:
        page.goto(find("disagrees"))
        page.get_by_role("link", name="Tops → Tshirts").click()
        page.get_by_role("link", name="All pairs").wait_for()
        addresses.append(page.url)
        for address in addresses:
            page.goto(address)
            result = axe.Axe().run(page, context={"include": [["#content"]]})
            if result.violations_count:
                found[address] = result.generate_report()
            if page.evaluate("document.documentElement.scrollWidth - innerWidth") > 0:
                found[f"{address} is too wide"] = ""
    assert not found, "\n\n".join(f"{address}\n{report}" for address, report in found.items())


def test_a_check_under_way_tells_its_end_by_itself(
    live_server: Any, client: Client, target: Any
) -> None:
    check = HealthCheck.objects.create(target=target.key, products=7)
    HealthCheck.objects.filter(pk=check.pk).update(state=HealthCheck.State.LOOKING)
    ended = 'data-active="1"'

    def end_it(route: Any) -> None:
        """What the server answers once the check is done."""
        page = route.fetch().text().replace(ended, "").replace("Being checked: 7", "As of now: 9")
        route.fulfill(body=page, content_type="text/html")

    with open_browser(live_server.url, client) as page:
        page.goto(find("unreadable"))
        assert "Being checked: 7 products" in page.inner_text(".cai-health-check")
        page.locator("#content-main [type=checkbox]").first.check()
        page.route("**/health/**", end_it)
        page.wait_for_selector(".cai-health-check >> text=As of now: 9")
        assert page.locator("#content-main :checked").count() == 1  # no tick is lost for it
