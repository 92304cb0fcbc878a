"""Every page of ours, found in the address book itself, under addresses made to break it."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import NoReverseMatch, get_resolver, reverse

from catalog_ai.models import Classification, Decision, LabelRule, Run, Suggestion
from tests.factories import (
    make_classification,
    make_filed_run,
    make_product,
    make_rule,
    make_suggestion,
    make_superuser,
    make_user,
)

pytestmark = pytest.mark.django_db

KEYS = ("target", "label", "reason", "run", "model", "age", "order", "mine", "view", "after")
MORE = ("csv", "charts", "p", "q", "v", "state", "show", "silenced", "sensitivity", "before")
LAST = ("code", "count", "look", "from", "to", "period", "page", "o", "ai_state", "ai_label", "e")
NASTY = (
    "\0",
    "-1",
    "9" * 25,
    "9" * 5_000,
    "1:" + "9" * 30,
    "nan:1",
    "inf:1",
    "\udcff".encode(errors="surrogatepass"),
    "²",
    "'\"><script>alert(1)</script>",
    "../../../etc/passwd",
    "%s%n{}{0}",
    "",
)
NUMBERS = (1, 2**31, 2**63)


def list_names() -> list[str]:
    """Names of our admin pages."""
    admin = next(
        one for one in get_resolver().url_patterns if getattr(one, "app_name", "") == "admin"
    )
    names = set()

    def walk(patterns: Any) -> None:
        for one in patterns:
            if hasattr(one, "url_patterns"):
                walk(one.url_patterns)
            elif one.name and "catalog_ai" in one.name:
                names.add(one.name)

    walk(admin.url_patterns)
    return sorted(names)


def find_addresses(name: str, number: int) -> Iterator[str]:
    """The page's address, with whatever it takes in its place."""
    product = "shop_demo.product"
    for arguments in (
        [],
        [number],
        [number, number],
        [number, "article:tshirts"],
        [number, "cancel"],
        [128, product, f"{number}"],
        [128, product, "\0"],
    ):
        try:
            yield reverse(f"admin:{name}", args=arguments)
            return
        except NoReverseMatch:
            continue


@pytest.fixture
def shop() -> None:
    """Something of everything."""
    make_product()
    make_suggestion(make_classification(make_product()))
    make_filed_run()
    make_rule("article:tshirts")


def count_all() -> list[Any]:
    models = (Run, Classification, Suggestion, Decision, LabelRule)
    return [list(model.objects.order_by("pk").values()) for model in models]


@pytest.mark.parametrize("name", list_names())
def test_no_address_breaks_a_page_or_changes_a_row(
    name: str, shop: None, live_queues: Any, client: Client
) -> None:
    client.force_login(make_superuser())
    before = count_all()
    for number in NUMBERS:
        for address in find_addresses(name, number):
            assert client.get(address).status_code < 500, address
            if number > 1:
                continue
            for text in NASTY:
                query = dict.fromkeys((*KEYS, *MORE, *LAST), text)
                assert client.get(address, query).status_code < 500, (address, query)
                del query["csv"], query["target"]  # which are looked at first
                assert client.get(address, query).status_code < 500, (address, query)
    assert count_all() == before


@pytest.mark.parametrize("name", list_names())
@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_without_a_permission_gets_in(
    name: str, method: str, shop: None, client: Client
) -> None:
    before = count_all()
    for address in find_addresses(name, Run.objects.latest("pk").pk):
        answer = getattr(client, method)(address)
        assert answer.status_code == 302 and "/login/" in answer["Location"], address
        client.force_login(make_user())
        answer = getattr(client, method)(address)
        # The admin itself sends whoever asks for a row that is not there to its start.
        gone = answer.status_code == 302 and answer["Location"] == reverse("admin:index")
        assert answer.status_code in (403, 404, 405) or gone, (address, answer.status_code)
    assert count_all() == before


@pytest.mark.parametrize("name", list_names())
def test_nothing_is_posted_from_another_site(name: str, shop: None) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_superuser())
    before = count_all()
    for address in find_addresses(name, Run.objects.latest("pk").pk):
        answer = client.post(address, {"do": "approve", "suggestion": "1"})
        assert answer.status_code in (403, 404, 405), (address, answer.status_code)
    assert count_all() == before


@pytest.mark.parametrize("text", NASTY)
@pytest.mark.parametrize("verb", ["approve", "approve_card", "choose", "dismiss", "correct"])
def test_no_form_breaks_the_review(verb: str, text: Any, client: Client, shop: None) -> None:
    client.force_login(make_superuser())
    row = Classification.objects.filter(state="review").latest("pk")
    address = reverse("admin:catalog_ai_review_decide")
    word = text if isinstance(text, str) else "\ufffd"
    for body in (
        {"do": f"{verb}:{word}"},
        {"do": verb, "suggestion": text},
        {"do": f"{verb}:{row.pk}", "category": text},
        {"do": f"{verb}:{row.pk}", "category": f"label:{word}"},
        {"do": f"{verb}:{row.pk}", "category_name": text},
    ):
        assert client.post(address, body).status_code < 500, body


API = "/api/catalog-ai/v1/"


@pytest.mark.parametrize("text", ["\0", "9" * 25, "9" * 5_000, "nan", "-1", "²", ""])
def test_no_call_breaks_the_api(text: str, client: Client, shop: None, live_queues: Any) -> None:
    client.force_login(make_superuser())
    for name in ("runs", "classifications", "suggestions"):
        query = dict.fromkeys((*KEYS, *MORE, *LAST, "cursor", "page_size", "product", "ids"), text)
        assert client.get(f"{API}{name}/", query).status_code < 500
        del query["cursor"]
        for key in query:
            assert client.get(f"{API}{name}/", {key: text}).status_code < 500, (name, key)
        if text.isascii() and "\0" not in text:
            assert client.get(f"{API}{name}/{text}/").status_code < 500
    number: Any = int(text) if text.isdigit() and len(text) < 30 and text.isascii() else text
    for body in (
        {"filter": {"id": number}},
        {"filter": {"id__in": [number]}},
        {"filter": {"title__icontains": text}},
        {"filter": {"title__in": [text]}},
        {"filter": {"price__gte": number}},
        {"filter": {"created_at__gte": text}},
        {"filter": {"ai_labels": text}},
        {"ids": [text]},
        {"ids": ["1"], "target": text},
    ):
        asked = {"target": "shop_demo.product", **body}
        answer = client.post(f"{API}runs/", asked, content_type="application/json")
        assert answer.status_code < 500, body
