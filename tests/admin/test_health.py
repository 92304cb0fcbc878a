"""The health page: what it shows of each state, what its buttons do, and who may press them."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from catalog_ai.models import Classification, HealthCheck, Run, Suggestion
from catalog_ai.workflow.health import check as checking
from shop_demo.models import Category, Product
from tests.admin.people import count_queries, log_in
from tests.factories import make_classification, make_client, make_rule
from tests.workflow.catalogue import add_product, make_copies, place, run_check

pytestmark = pytest.mark.django_db
ALL = ("categorize_products", "review_suggestions", "export_results")
SHOP = "shop_demo.product"


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """An empty cache, and checks that are handed to nobody."""
    sent: list[int] = []
    monkeypatch.setattr(checking, "check_after_commit", lambda check: sent.append(check.pk))
    cache.clear()
    yield sent
    cache.clear()


def address(**query: Any) -> str:
    pairs = "&".join(f"{key}={value}" for key, value in {"target": SHOP, **query}.items())
    return f"{reverse('admin:catalog_ai_health')}?{pairs}"


def read(client: Client, **query: Any) -> str:
    response = client.get(address(**query))
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def press(client: Client, do: str, show: str = "disagrees", **data: Any) -> str:
    """The page after a button."""
    response = client.post(address(show=show), {"do": do, **data}, follow=True)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def make_broken(count: int = 1, code: str = "damaged", state: str = "rejected") -> list[Any]:
    rows = []
    for number in range(count):
        product = add_product(f"broken {number}", f"p/{code}{number}.png")
        error = {"error_code": code, "error": "The picture is damaged or cut off."}
        judged = {"top_label": "", "top_confidence": None}
        rows.append(make_classification(product, state=state, reason="", **error, **judged))
    return rows


# First sight --------------------------------------------------------------------------------------


def test_before_the_first_check_it_says_so_and_offers_one(fresh: list[int]) -> None:
    client = log_in(*ALL)
    page = read(client)
    assert "The catalogue has not been checked yet." in page
    assert "Not known yet" in page
    assert "is being checked" in press(client, "check")
    assert len(fresh) == 1
    assert "Being checked: 0 products so far." in read(client)


def test_whoever_may_not_start_one_is_told_who_may() -> None:
    client = log_in("review_suggestions")
    assert "Somebody who may categorise products can start one." in read(client)
    assert client.post(address(), {"do": "check"}).status_code == 403
    assert not HealthCheck.objects.exists()


@pytest.mark.parametrize(
    ("show", "text"),
    [
        ("disagrees", "None: the model contradicts no category"),
        ("no_image", "None: every product has a photo."),
        ("unreadable", "None: every photo that was looked at could be read."),
        ("duplicates", "None: no two products have the same photo."),
        ("labels", "None: every label leads to a category"),
    ],
)
def test_each_state_that_is_empty_says_so(target: Any, show: str, text: str) -> None:
    add_product("fine", "products/fine.png")
    run_check(target)
    assert text in read(log_in(*ALL), show=show)


def test_a_check_that_was_given_up_says_why() -> None:
    HealthCheck.objects.create(target=SHOP, state="failed", state_reason="OSError: no disk")
    assert "The last check was given up: OSError: no disk" in read(log_in(*ALL))


def test_the_start_page_leads_there() -> None:
    page = log_in("export_results").get(reverse("admin:catalog_ai_home")).content.decode()
    assert reverse("admin:catalog_ai_health") in page


@pytest.mark.parametrize("permission", ["view_run", "auto_apply", "view_labelrule"])
def test_without_one_of_our_rights_nobody_sees_it(permission: str) -> None:
    assert log_in(permission).get(address()).status_code == 403


def test_a_product_model_that_is_not_set_up_is_not_found() -> None:
    assert log_in(*ALL).get(address(target="no.such")).status_code == 404


# Wrong categories ---------------------------------------------------------------------------------


def test_a_pair_is_one_line_that_opens(target: Any) -> None:
    for number in range(3):
        place(f"a{number}", "Tops", state="reviewed", said=Suggestion.State.KEPT)
    place("b", "Shirts")
    found = run_check(target)
    client = log_in(*ALL)
    page = read(client)
    assert page.index("Tops → Tshirts") < page.index("Shirts → Tshirts")
    assert "3 products" in page and "1 of them waits in the review queue" in page
    line = found.groups.get(size=3)
    page = read(client, show="disagrees", group=line.pk)
    assert "3 products are in the first category" in page
    assert "97 %" in page and "Send all 3 to review" in page
    assert "/photos/384/shop_demo.product/" in page


def test_labels_are_named_in_the_readers_language(target: Any) -> None:
    place("a", "Tops")
    line = run_check(target).groups.get()
    client = log_in(*ALL)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "de"
    assert "Tops → T-Shirts" in read(client)
    assert "Tops → T-Shirts" in read(client, show="disagrees", group=line.pk)
    gaps = read(client, target="shops.slugproduct", show="labels")
    assert "Sonnenbrillen" in gaps and "Sunglasses" not in gaps


def test_pairs_are_found_by_name(target: Any) -> None:
    place("a", "Tops")
    place("b", "Shirts")
    run_check(target)
    page = read(log_in(*ALL), q="tops")
    assert "Tops → Tshirts" in page and "Shirts → Tshirts" not in page
    assert "No pair of categories is called so." in read(log_in(*ALL), q="xyz")


def test_a_pair_names_its_label_in_the_readers_language_and_is_found_by_it(target: Any) -> None:
    place("a", "Tops")
    found = run_check(target)
    client = log_in(*ALL)
    client.cookies["django_language"] = "de"
    assert "Tops → T-Shirts" in read(client)
    assert "Tops → T-Shirts" in read(client, q="t-shirt")
    line = found.groups.get(kind="disagrees")
    assert "Tops → T-Shirts" in read(client, show="disagrees", group=line.pk)


def test_ticked_products_are_sent_and_kept_and_the_rest_stays(target: Any) -> None:
    kept = Suggestion.State.KEPT
    for number in range(3):
        place(f"a{number}", "Tops", state="reviewed", said=kept, reason="")
    line = run_check(target).groups.get()
    first, second, third = line.findings.order_by("pk")
    client = log_in(*ALL)
    assert "1 product was sent to the review queue." in press(client, "ask", one=[first.pk])
    assert "1 product stays where it is" in press(client, "keep", one=[second.pk])
    assert "Nothing was ticked." in press(client, "keep")
    states = Classification.objects.order_by("pk").values_list("state", "reason")
    assert list(states) == [("review", "disagrees"), ("reviewed", ""), ("reviewed", "")]
    page = read(client, show="disagrees", group=line.pk)
    assert "In the review queue" in page and ">a0</a>" in page and ">a1</a>" not in page
    assert "1 product was sent" in press(client, f"ask_all:{line.pk}")
    assert "2 products stay where they are" in press(client, f"keep_all:{line.pk}")
    assert "All of these are decided." in read(client, show="disagrees", group=line.pk)
    assert third.group_id == line.pk


def test_what_was_settled_since_is_marked_and_cannot_be_ticked(target: Any) -> None:
    product, _suggestion = place("a", "Tops")
    line = run_check(target).groups.get()
    product.categories.clear()
    page = read(log_in(*ALL), group=line.pk, show="disagrees")
    assert "Settled since" in page
    assert 'name="one"' not in page


def test_a_line_that_is_gone_is_told_and_another_shops_line_is_out_of_reach(target: Any) -> None:
    place("a", "Tops")
    line = run_check(target).groups.get()
    HealthCheck.objects.update(target="shops.intproduct")
    client = log_in(*ALL)
    for do in (f"keep_all:{line.pk}", "keep_all:999", "different:x", "nonsense"):
        assert "This line is not there any more." in press(client, do)
    assert line.findings.count() == 1


@pytest.mark.parametrize("do", ["ask", "keep", "ask_all:1", "keep_all:1", "different:1", "again:1"])
def test_decisions_need_the_right_to_review(do: str) -> None:
    client = log_in("categorize_products", "export_results")
    assert client.post(address(), {"do": do}).status_code == 403


def test_whoever_may_not_review_sees_no_buttons(target: Any) -> None:
    place("a", "Tops")
    make_copies(2)
    line = run_check(target).groups.get(kind="disagrees")
    client = log_in("export_results")
    assert "Keep all" not in read(client, group=line.pk, show="disagrees")
    assert "These are different products" not in read(client, show="duplicates")


# Photos -------------------------------------------------------------------------------------------


def test_products_without_a_photo_lead_to_their_page_and_say_when_they_have_one(
    target: Any,
) -> None:
    product = add_product("Bare shirt")
    run_check(target)
    client = log_in(*ALL)
    page = read(client, show="no_image")
    assert "Bare shirt" in page and "no photo" in page
    assert reverse("admin:shop_demo_product_change", args=[product.pk]) in page
    Product.objects.filter(pk=product.pk).update(image="products/new.png")
    assert "Has got a photo since the check." in read(client, show="no_image")


def test_unreadable_photos_are_listed_by_reason_with_what_to_do() -> None:
    make_broken(2)
    make_broken(1, "missing")
    make_broken(1, "failed", state="failed")
    client = log_in(*ALL)
    page = read(client)
    assert "Damaged or cut off" in page and "The file is missing" in page
    assert "Upload the photo again from the original" in page
    assert "Try all 3 again" in page
    alone = read(client, show="unreadable", state="rejected", code="missing")
    assert "Try this one again" in alone and "Try all" not in alone
    assert "The worker failed" in read(client, show="unreadable", state="failed")


def test_unreadable_photos_are_tried_again_at_once_or_by_reason() -> None:
    one, other = make_broken(2)
    (missing,) = make_broken(1, "missing")
    client = log_in(*ALL)
    assert "are being tried again" in press(client, "retry", "unreadable", one=[one.pk])
    flying = Classification.objects.filter(state="queued")
    assert [row.object_id for row in flying] == [one.object_id]
    assert Run.objects.latest("pk").mode == Run.Mode.REDO
    assert "Being tried again" in read(client, show="unreadable")
    press(client, "retry_all", "unreadable", state="rejected", code="missing")
    assert set(flying.values_list("object_id", flat=True)) == {one.object_id, missing.object_id}
    press(client, "retry_all", "unreadable", state="rejected")
    assert flying.filter(object_id=other.object_id).exists()
    assert "Nothing was ticked" in press(client, "retry", "unreadable")


@pytest.mark.parametrize("do", ["retry", "retry_all"])
def test_trying_again_needs_the_right_to_categorise(do: str) -> None:
    (row,) = make_broken()
    client = log_in("review_suggestions")
    data = {"do": do, "one": [row.pk], "state": "rejected"}
    assert client.post(address(show="unreadable"), data).status_code == 403
    assert "Try again" not in read(client, show="unreadable")


def test_results_that_could_be_read_are_not_tried_again_by_a_forged_form() -> None:
    row = make_classification(state="filed")
    client = log_in(*ALL)
    press(client, "retry", "unreadable", one=[row.pk])
    press(client, "retry_all", "unreadable", state="filed")
    assert not Classification.objects.filter(state="queued").exists()


def test_duplicates_stand_side_by_side_and_can_be_silenced(target: Any) -> None:
    make_copies(14)
    group = run_check(target).groups.get()
    client = log_in(*ALL)
    page = read(client, show="duplicates")
    assert "14 products with this photo" in page and "2 more are in the file." in page
    assert "Oldest product" in page and "The very same file" in page
    page = press(client, f"different:{group.pk}", "duplicates")
    assert "None: no two products have the same photo." in page
    assert "Show as duplicates again" in read(client, show="duplicates", silenced=1)
    assert "14 products" in press(client, f"again:{group.pk}", "duplicates")


# Labels -------------------------------------------------------------------------------------------


def test_labels_that_lead_nowhere_are_listed_with_their_products() -> None:
    run = Run.objects.create(target="shops.slugproduct", source="command", model_version="v")
    for state in ("review", "filed", "unidentified"):
        make_classification(run=run, top_label="article:jeans", state=state)
    client = log_in(*ALL, "view_labelrule")
    response = client.get(address(target="shops.slugproduct", show="labels"))
    gaps = [one for one, _bar in response.context["gaps"]]
    assert (gaps[0].mapping.label.id, gaps[0].products) == ("article:jeans", 2)
    labels = {one.mapping.label.id for one in gaps}
    assert "article:tshirts" not in labels  # the shop has one
    page = response.content.decode()
    mapping = reverse("admin:catalog_ai_labelrule_changelist")
    assert f"{mapping}?target=shops.slugproduct#id_article:jeans-category" in page


def test_a_rule_whose_category_is_gone_is_told() -> None:
    make_rule("article:jeans", category="4711")
    page = read(log_in(*ALL), show="labels")
    assert "Its rule names a category that is gone (4711)." in page
    assert "A category of the label's name is made with the next product." in page
    assert reverse("admin:catalog_ai_labelrule_changelist") not in page  # no right to see it
    Category.objects.create(name="Jeans")
    assert "goes to “Jeans”" in read(log_in(*ALL), show="labels")


# Files --------------------------------------------------------------------------------------------


def download(client: Client, name: str, **query: Any) -> list[str]:
    response = client.get(address(csv=name, **query))
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    return b"".join(response.streaming_content).decode().splitlines()  # type: ignore[no-any-return]


def test_every_list_is_a_file(target: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("catalog_ai.workflow.health.lines.PAGE", 2)
    for number in range(5):
        place(f"a{number}", "Tops" if number else "Shirts")
    add_product("=bare")
    make_broken(3)
    make_copies(3)
    make_rule("article:jeans", category="4711")
    run_check(target)
    client = log_in(*ALL)
    lines = download(client, "disagrees")
    assert len(lines) == 6
    assert sum("Tops → Tshirts,article:tshirts,0.97" in line for line in lines) == 4
    assert download(client, "no_image")[1].endswith(",'=bare")
    assert len(download(client, "duplicates")) == 4
    assert len(download(client, "unreadable")) == 4
    assert download(client, "labels")[1] == "article:jeans,Jeans,0,4711,"


def test_files_need_their_right_and_a_check() -> None:
    client = log_in("categorize_products", "review_suggestions")
    assert client.get(address(csv="unreadable")).status_code == 403
    client = log_in("export_results")
    for name in ("disagrees", "nonsense"):
        assert client.get(address(csv=name)).status_code == 404


# At size ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("show", ["disagrees", "no_image", "unreadable", "duplicates", "labels"])
def test_a_page_of_many_costs_what_a_page_of_few_costs(
    target: Any, show: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, size in {"TILES": 4, "LINES": 2, "GROUPS": 2}.items():
        monkeypatch.setattr(f"catalog_ai.admin.health_sections.{name}", size)
    client = make_client()
    counts = []
    for time in range(2):
        for number, category in enumerate(("Tops", "Shirts", "Jeans") * 2):
            place(f"{time}-{number}", category)
            add_product(f"bare {time}-{number}")
            make_copies(2, digest=f"{time}{number}" * 32)
        make_broken(6)
        run_check(target)
        client.get(address(show=show))
        counts.append(count_queries(client, address(show=show)))
    assert counts[0] == counts[1]
