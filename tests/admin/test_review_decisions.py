"""The review queue's second floor: scripts, the grid, batches of one's own, a long way back."""

import re
from html import unescape
from typing import Any
from urllib.parse import parse_qsl

import pytest
from django.urls import reverse

from catalog_ai.models import Classification
from shop_demo.models import Product
from tests.admin.people import log_in, make_products
from tests.admin.test_review import DECIDE, QUEUE, decide, read_messages, suggestions_of
from tests.factories import make_classification, make_suggestion

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Any:
    return log_in("review_suggestions")


def test_a_script_is_told_the_outcome_as_json(client: Any) -> None:
    (product,) = make_products(1, judged=True)
    row, (first, _second) = suggestions_of(product)
    as_script = {"HTTP_ACCEPT": "application/json"}
    answer = client.post(reverse(DECIDE), {"do": f"choose:{first.pk}"}, **as_script).json()
    assert answer["settled"] and answer["messages"][0]["level"] == "success"
    again = client.post(reverse(DECIDE), {"do": f"choose:{first.pk}"}, **as_script).json()
    assert again["settled"] and "decided already" in again["messages"][0]["text"]
    undone = client.post(reverse("admin:catalog_ai_review_undo"), **as_script).json()
    assert undone["card"].startswith(reverse("admin:catalog_ai_review_card", args=[row.pk]))
    wrong = client.post(
        reverse(DECIDE), {"do": f"correct:{row.pk}", "category": "999"}, **as_script
    ).json()
    assert not wrong["settled"] and "no such category" in wrong["messages"][0]["text"]


def test_every_label_shown_is_approved_with_one_button(client: Any) -> None:
    (product,) = make_products(1, judged=True)
    row, _suggestions = suggestions_of(product)
    decide(client, do=f"approve_card:{row.pk}")
    names = product.categories.values_list("name", flat=True)
    assert set(names) == {"Tshirts", "Shirts"}


def test_undo_reaches_back_over_fifty_decisions(client: Any) -> None:
    for product in make_products(55, judged=True):
        decide(client, do=f"choose:{suggestions_of(product)[1][0].pk}")
    for _ in range(55):
        client.post(reverse("admin:catalog_ai_review_undo"))
    assert not Product.objects.filter(categories__isnull=False).exists()
    assert Classification.objects.filter(state="review").count() == 55


def test_the_grid_shows_the_most_frequent_label_with_everything_ticked(client: Any) -> None:
    make_products(3, judged=True)
    make_suggestion(make_classification(top_label="article:ties"), label="article:ties")
    page = client.get(reverse(QUEUE), {"view": "grid"})
    assert [choice.suggestion.label for _card, choice in page.context["tiles"]] == [
        "article:tshirts"
    ] * 3
    assert len(re.findall(r"data-first\s+checked", page.content.decode())) == 3


@pytest.mark.parametrize("view", ["", "grid"])
def test_every_key_that_is_told_does_something_on_the_page(client: Any, view: str) -> None:
    make_products(1, judged=True)
    page = client.get(reverse(QUEUE), {"view": view}).content.decode()
    told = re.findall(r"<kbd>(.)</kbd>", page.split('id="cai-keys"')[1])
    bound = "".join(re.findall(r'data-key="([^"]*)"', page)).upper()
    assert "A" in told
    assert set(told) <= {*bound, "U"}  # there is nothing to undo yet


def read_form(page: Any, form: str) -> dict[str, str]:
    """The hidden fields of a form of the page by its id."""
    text = page.content.decode().split(f'id="{form}"')[1].split("</form>")[0]
    return dict(re.findall(r'name="(\w+)"\s+value="([^"]*)"', text))


def approve_grid(client: Any, **query: str) -> Any:
    """Approve what a page of the grid has ticked; what is shown next."""
    grid = client.get(reverse(QUEUE), {"view": "grid", **query})
    ticked = [choice.suggestion.pk for _card, choice in grid.context["tiles"]]
    behind = unescape(read_form(grid, "cai-queue-form")["next"])
    data = {"do": "choose", "suggestion": ticked, "next": behind}
    return client.post(reverse(DECIDE), data, follow=True)


@pytest.mark.parametrize("label", ["", "article:tshirts"])
def test_behind_a_label_of_the_grid_comes_the_next_one_and_then_the_cards(
    client: Any, label: str
) -> None:
    make_products(2, judged=True)
    (tie,) = make_products(1)
    make_suggestion(make_classification(tie, top_label="article:ties"), label="article:ties")
    make_classification(top_label="article:hats", state="unidentified", reason="unidentified")
    page = approve_grid(client, label=label, order="oldest")
    assert page.context["chosen"].order == "oldest"  # what the person chose stays
    assert [choice.suggestion.label for _card, choice in page.context["tiles"]] == ["article:ties"]
    last = approve_grid(client, label="article:ties")
    assert [card.row.top_label for card in last.context["cards"]] == ["article:hats"]


def undo_in_grid(client: Any, page: Any) -> Any:
    """Press the grid's own undo button; what is shown next."""
    form = page.content.decode().split('<form id="cai-undo"')[1]
    (address,) = re.findall(r'action="([^"]*)"', form.split(">")[0])
    data = read_form(page, "cai-undo")
    return client.post(unescape(address), {**data, "next": unescape(data["next"])}, follow=True)


def test_undo_in_the_grid_shows_the_label_that_was_undone(client: Any) -> None:
    make_products(3, judged=True)
    for label in ("article:ties", "article:caps"):
        for product in make_products(2):
            make_suggestion(make_classification(product, top_label=label), label=label)
    page = approve_grid(client, label="article:caps")
    undone = undo_in_grid(client, page)
    assert undone.context["chosen"].label == "article:caps"
    assert len(undone.context["tiles"]) == 2
    assert "nothing to undo" in read_messages(undo_in_grid(client, undone))[-1]


def test_undo_in_the_grid_of_what_has_nothing_to_tick_opens_its_card(client: Any) -> None:
    (product,) = make_products(1)
    row = make_classification(product, state="unidentified", reason="unidentified")
    grid = client.get(reverse(QUEUE), {"view": "grid"})
    assert read_messages(decide(client, do=f"dismiss:{row.pk}")) == ["1 decision saved."]
    assert undo_in_grid(client, grid).context["card"].row == row


def test_what_has_nothing_to_tick_is_not_counted_in_the_grid(client: Any) -> None:
    make_products(2, judged=True)
    nothing = {"state": "unidentified", "reason": "unidentified"}
    for label in ("article:tshirts", "article:hats"):
        make_classification(top_label=label, **nothing)
    page = client.get(reverse(QUEUE), {"view": "grid"})
    assert [(text, number) for _url, text, number, _on in page.context["grid_labels"]] == [
        ("Tshirts", 2)
    ]
    assert page.context["counts"].total == 2
    assert client.get(reverse(QUEUE)).context["counts"].total == 4


def test_the_grid_says_what_is_left_when_nothing_has_a_label_to_tick(client: Any) -> None:
    make_classification(top_label="article:hats", state="unidentified", reason="unidentified")
    page = client.get(reverse(QUEUE), {"view": "grid"}).content.decode()
    assert "1 product is left, and has no label to tick" in page
    (cards,) = re.findall(r'href="\?([^"]*)">Show them as cards', page)
    assert len(client.get(f"{reverse(QUEUE)}?{unescape(cards)}").context["cards"]) == 1
    Classification.objects.all().delete()
    assert "All done" in client.get(reverse(QUEUE), {"view": "grid"}).content.decode()


def test_the_way_from_the_grid_to_the_cards_keeps_only_what_the_person_chose(client: Any) -> None:
    make_products(2, judged=True)
    for query, kept in (({}, ""), ({"label": "article:tshirts"}, "article:tshirts")):
        page = client.get(reverse(QUEUE), {"view": "grid", **query}).content.decode()
        (cards,) = re.findall(r'href="\?([^"]*)"\s*>Cards</a>', page)
        assert dict(parse_qsl(unescape(cards))).get("label", "") == kept


def test_taken_cards_are_hidden_from_others_until_given_back(client: Any) -> None:
    make_products(2, judged=True)
    take = reverse("admin:catalog_ai_review_take")
    assert client.get(take).status_code == 302
    answer = client.post(take, {"do": "take"}, follow=True)
    assert "2 cards are yours" in read_messages(answer)[0]
    assert len(answer.context["cards"]) == 2
    other = log_in("review_suggestions")
    assert other.get(reverse(QUEUE)).context["cards"] == []
    card = answer.context["cards"][0].row.pk
    page = other.get(reverse("admin:catalog_ai_review_card", args=[card])).content.decode()
    assert "Somebody else has taken this card" in page
    assert "No card was free" in read_messages(other.post(take, {"do": "take"}, follow=True))[0]
    client.post(take, {"do": "give_back"})
    assert len(other.get(reverse(QUEUE)).context["cards"]) == 2
    assert log_in("export_results").post(take).status_code == 403
