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


def read_form(page: Any, form: str) -> dict[str, str]:
    """The hidden fields of a form of the page by its id."""
    text = page.content.decode().split(f'id="{form}"')[1].split("</form>")[0]
    return dict(re.findall(r'name="(\w+)"\s+value="([^"]*)"', text))


@pytest.mark.parametrize("label", ["", "article:tshirts"])
def test_behind_the_grid_and_behind_undo_the_whole_queue_is_shown(client: Any, label: str) -> None:
    make_products(2, judged=True)
    make_suggestion(make_classification(top_label="article:ties"), label="article:ties")
    grid = client.get(reverse(QUEUE), {"view": "grid", "label": label, "order": "oldest"})
    ticked = [choice.suggestion.pk for _card, choice in grid.context["tiles"]]
    behind = unescape(read_form(grid, "cai-queue-form")["next"])
    data = {"do": "choose", "suggestion": ticked, "next": behind}
    page = client.post(reverse(DECIDE), data, follow=True)
    assert [card.row.top_label for card in page.context["cards"]] == ["article:ties"]
    assert page.context["chosen"].order == "oldest"  # what the person chose stays
    here = unescape(read_form(page, "cai-undo")["next"])
    undone = client.post(reverse("admin:catalog_ai_review_undo"), {"next": here}, follow=True)
    assert len(undone.context["cards"]) == 3


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
