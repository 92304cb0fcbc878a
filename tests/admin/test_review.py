"""The review queue's pages, without JavaScript: plain forms do everything."""

import re
from typing import Any

import pytest
from django.urls import reverse
from django.utils.html import strip_tags

from catalog_ai.models import Classification, Decision
from catalog_ai.workflow.queue import count_queue, get_page
from catalog_ai.workflow.queue_filter import QueueFilter
from shop_demo.models import Category, Product
from tests.admin.people import log_in, make_products
from tests.factories import make_classification, make_rule, make_run, make_suggestion

pytestmark = pytest.mark.django_db

QUEUE = "admin:catalog_ai_review"
DECIDE = "admin:catalog_ai_review_decide"


@pytest.fixture
def client() -> Any:
    return log_in("review_suggestions")


def decide(client: Any, **data: Any) -> Any:
    return client.post(reverse(DECIDE), data, follow=True)


def read_messages(answer: Any) -> list[str]:
    return [str(message) for message in answer.context["messages"]]


def suggestions_of(product: Product) -> Any:
    row = Classification.objects.get(object_id=str(product.pk))
    return row, list(row.suggestions.order_by("-confidence"))


@pytest.mark.parametrize("name", [QUEUE, DECIDE, "admin:catalog_ai_review_undo"])
def test_nobody_sees_or_decides_without_the_permission(name: str) -> None:
    stranger = log_in("categorize_products", "export_results")
    assert stranger.get(reverse(name)).status_code == 403
    assert stranger.post(reverse(name)).status_code == 403


def test_one_button_approves_the_likeliest_label(client: Any) -> None:
    (product,) = make_products(1, judged=True)
    _row, (first, second) = suggestions_of(product)
    answer = decide(client, do=f"approve:{first.pk}", next=reverse(QUEUE))
    assert read_messages(answer) == ["1 decision saved."]
    assert set(product.categories.values_list("name", flat=True)) == {"Tshirts"}
    second.refresh_from_db()
    assert second.state == "pending"


def test_many_are_approved_and_rejected_at_once(client: Any) -> None:
    products = make_products(5, judged=True)
    first = [suggestions_of(product)[1][0].pk for product in products]
    second = [suggestions_of(product)[1][1].pk for product in products]
    decide(client, do="approve", suggestion=first)
    answer = decide(client, do="reject", suggestion=second)
    assert read_messages(answer) == ["5 decisions saved."]
    assert answer.context["cards"] == []
    assert Product.objects.filter(categories__name="Tshirts").count() == 5


def test_nothing_ticked_changes_nothing_and_says_so(client: Any) -> None:
    answer = decide(client, do="approve")
    assert "Nothing was ticked" in read_messages(answer)[0]


def test_a_category_is_chosen_by_its_name(client: Any) -> None:
    (product,) = make_products(1, judged=True)
    Category.objects.create(name="Rash guards")
    row, _suggestions = suggestions_of(product)
    decide(client, do=f"correct:{row.pk}", category_name="rash GUARDS")
    assert set(product.categories.values_list("name", flat=True)) == {"Rash guards"}


def test_an_unknown_category_is_refused_with_the_nearest(client: Any) -> None:
    (product,) = make_products(1, judged=True)
    Category.objects.create(name="Rash guards")
    row, _suggestions = suggestions_of(product)
    answer = decide(client, do=f"correct:{row.pk}", category_name="rash")
    assert "Similar ones: Rash guards" in read_messages(answer)[0]
    answer = decide(client, do=f"correct:{row.pk}", category_name="nonsense")
    assert read_messages(answer) == ["There is no such category. Nothing was changed."]
    assert not Decision.objects.exists()


def test_undo_goes_back_decision_by_decision(client: Any) -> None:
    products = make_products(3, judged=True)
    for product in products:
        decide(client, do=f"approve:{suggestions_of(product)[1][0].pk}")
    for left in (2, 1, 0):
        client.post(reverse("admin:catalog_ai_review_undo"))
        assert Product.objects.filter(categories__name="Tshirts").count() == left
    answer = client.post(reverse("admin:catalog_ai_review_undo"), follow=True)
    assert "nothing to undo" in read_messages(answer)[-1]


def test_what_somebody_else_decided_is_told_and_left(client: Any) -> None:
    (product,) = make_products(1, judged=True)
    _row, (first, _second) = suggestions_of(product)
    decide(log_in("review_suggestions"), do=f"reject:{first.pk}")
    answer = decide(client, do=f"approve:{first.pk}")
    assert "decided already" in read_messages(answer)[0]
    assert not product.categories.exists()


def test_a_deleted_product_is_told_and_the_rest_is_done(client: Any) -> None:
    gone, stays = make_products(2, judged=True)
    picks = [suggestions_of(product)[1][0].pk for product in (gone, stays)]
    Product.objects.filter(pk=gone.pk)._raw_delete("default")
    answer = decide(client, do="approve", suggestion=picks)
    assert "deleted" in read_messages(answer)[0] and "1 decision saved." in read_messages(answer)
    assert stays.categories.exists()


@pytest.mark.parametrize(
    "do", ["", "approve:x", "explode:1", "correct:", "dismiss:²", "approve:-1"]
)
def test_a_tampered_form_changes_nothing(client: Any, do: str) -> None:
    make_products(1, judged=True)
    assert decide(client, do=do).status_code == 200
    assert not Decision.objects.exists()


def test_a_form_cannot_send_a_person_to_another_site(client: Any) -> None:
    answer = client.post(reverse(DECIDE), {"do": "", "next": "https://evil.example/"})
    assert answer["Location"] == reverse(QUEUE)


def test_the_card_leads_through_the_queue_in_its_order(client: Any) -> None:
    products = make_products(3, judged=True)
    for place, product in enumerate(products):
        Classification.objects.filter(object_id=str(product.pk)).update(uncertainty=place / 10)
    url = reverse("admin:catalog_ai_review_card", args=[suggestions_of(products[2])[0].pk])
    seen = []
    for _ in range(3):
        answer = client.get(url)
        seen.append(answer.context["card"].title)
        url = answer.context["next_url"]
    assert seen == ["Bulk 2", "Bulk 1", "Bulk 0"]


def test_a_decided_card_says_so(client: Any) -> None:
    row = make_classification(state="reviewed")
    page = client.get(reverse("admin:catalog_ai_review_card", args=[row.pk])).content.decode()
    assert "no longer waits" in page and 'name="do"' not in page


def test_an_unidentified_image_is_dismissed_or_filed_by_hand(client: Any) -> None:
    (product,) = make_products(1)
    row = make_classification(product, state="unidentified", scores={"article:ties": 0.05})
    url = reverse("admin:catalog_ai_review_card", args=[row.pk])
    assert client.get(url).context["card"].guesses[0].text == "5\N{NO-BREAK SPACE}%"
    decide(client, do=f"dismiss:{row.pk}")
    row.refresh_from_db()
    assert row.state == "reviewed" and not product.categories.exists()


def test_filters_narrow_the_queue_and_live_in_the_address(client: Any) -> None:
    run = make_run()
    make_suggestion(make_classification(run=run, top_label="article:ties", reason="disagrees"))
    make_suggestion(make_classification(top_label="article:shirts"))
    for query in ("label=article:ties", "reason=disagrees", f"run={run.pk}"):
        answer = client.get(f"{reverse(QUEUE)}?{query}")
        assert [card.row.top_label for card in answer.context["cards"]] == ["article:ties"]
        assert answer.context["counts"].total == 1
    assert client.get(f"{reverse(QUEUE)}?run=x&order=y&after=z").status_code == 200
    assert client.get(f"{reverse(QUEUE)}?target=no.such").status_code == 404


@pytest.mark.parametrize("order", ["uncertain", "valuable", "oldest"])
def test_pages_hold_every_card_once_in_order(order: str) -> None:
    for place in range(7):
        make_classification(uncertainty=place % 3 / 10, value=place % 2)
    chosen = QueueFilter(target="shop_demo.product", order=order)
    seen: list[int] = []
    while True:
        rows, end = get_page(chosen, 2)
        seen += [row.pk for row in rows]
        if not end:
            break
        chosen = QueueFilter(target=chosen.target, order=order, after=end)
    key = {"uncertain": "-uncertainty", "valuable": "-value", "oldest": "id"}[order]
    tie = "id" if order == "oldest" else "-id"
    assert seen == list(Classification.objects.order_by(key, tie).values_list("pk", flat=True))
    assert count_queue(QueueFilter(target=chosen.target)).total == 7


def test_a_page_costs_the_same_for_many_cards_as_for_few(
    client: Any, django_assert_max_num_queries: Any
) -> None:
    client.get(reverse(QUEUE))
    for count in (3, 20):
        make_products(count, judged=True)
        with django_assert_max_num_queries(24):
            client.get(reverse(QUEUE))


def test_categories_are_found_while_typing(client: Any) -> None:
    Category.objects.create(name="Shirts")
    url = reverse("admin:catalog_ai_categories")
    found = client.get(url, {"target": "shop_demo.product", "q": "shi"}).json()["categories"]
    assert (found[0]["name"], found[0]["note"]) == ("Shirts", "")
    assert {item["note"] for item in found[1:]} == {"new"}
    assert client.get(url, {"target": "no.such"}).status_code == 404
    assert log_in().get(url).status_code == 403


def test_the_shops_own_category_is_named_before_the_label(client: Any) -> None:
    make_products(1, judged=True)
    own = Category.objects.create(name="Summer tops")
    make_rule("article:tshirts", category=own)
    page = client.get(reverse(QUEUE)).content.decode()
    assert "Summer tops (Tshirts)" in page
    Category.objects.update(name="T-shirts")
    page = client.get(reverse(QUEUE)).content.decode()
    assert "T-shirts" in page
    assert "(Tshirts)" not in page


def read_buttons(page: str) -> set[str]:
    """What the cards' buttons and links are called: begun by what is seen of them."""
    rows = re.findall(r'<div class="cai-review-card-buttons">(.*?)</div>', page, re.DOTALL)
    marked = re.findall(r"<(?:a|button)\s[^>]*>(.*?)</(?:a|button)>", " ".join(rows), re.DOTALL)
    return {" ".join(strip_tags(text).split()) for text in marked}


def test_a_card_without_any_label_asks_about_none(client: Any) -> None:
    (bare, guessed) = make_products(2)
    nothing = {"state": "unidentified", "reason": "unidentified"}
    make_classification(bare, **nothing)
    make_classification(guessed, scores={"article:hats": 0.1}, **nothing)
    page = client.get(reverse(QUEUE)).content.decode()
    assert read_buttons(page) == {
        f"Leave as it is : {bare.title}",
        f"Choose … category for {bare.title}",
        f"None of these : {guessed.title}",
        f"Another … category for {guessed.title}",
    }
    row = Classification.objects.get(object_id=str(bare.pk))
    card = client.get(reverse("admin:catalog_ai_review_card", args=[row.pk])).content.decode()
    assert "Leave as it is" in card and "Another category" not in card


def test_filters_in_force_are_named_and_the_list_of_them_is_folded(client: Any) -> None:
    make_products(1, judged=True)
    query = {"reason": "low_confidence", "label": "article:tshirts"}
    answer = client.get(reverse(QUEUE), query)
    assert answer.context["in_force"] == ["Low confidence", "Tshirts"]
    assert '<details class="cai-review-filters module">' in answer.content.decode()
    assert client.get(reverse(QUEUE), {"view": "grid"}).context["in_force"] == []
    assert client.get(reverse(QUEUE), {"mine": "1"}).context["in_force"] == ["Assigned to me"]
