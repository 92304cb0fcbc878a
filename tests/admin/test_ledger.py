"""Looking up results and decisions: by what an index finds, and by parts of a name."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from catalog_ai.models import Classification, Decision, Suggestion
from catalog_ai.models.classifications import FEW
from catalog_ai.workflow.review import approve
from shop_demo.models import Product
from tests.admin.people import make_products
from tests.factories import make_classification, make_client, make_user

pytestmark = pytest.mark.django_db

RESULTS = "admin:catalog_ai_classification_changelist"
DECISIONS = "admin:catalog_ai_decision_changelist"


def search(page: str, term: str) -> list[Any]:
    changelist = make_client().get(reverse(page), {"q": term}).context["cl"]
    return list(changelist.result_list)


@pytest.fixture
def decided() -> dict[str, Decision]:
    """Two products, each decided by another person."""
    made = {}
    for name, product in zip(("ann", "joanna"), make_products(2, judged=True), strict=True):
        person = make_user("review_suggestions", username=name)
        rows = Suggestion.objects.filter(
            classification__object_id=str(product.pk), label="article:tshirts"
        )
        approve([rows.get().pk], person)
        made[name] = Decision.objects.get(actor=person)
    return made


def test_results_are_found_by_product_and_by_digest() -> None:
    first, second = make_products(2, judged=True)
    row = Classification.objects.get(object_id=str(first.pk))
    Classification.objects.filter(object_id=str(second.pk)).update(image_digest="a" * 64)
    assert search(RESULTS, str(first.pk)) == [row]
    assert [one.object_id for one in search(RESULTS, "a" * 64)] == [str(second.pk)]
    assert search(RESULTS, "nothing") == []
    assert len(search(RESULTS, " ")) == 2


def test_decisions_are_found_by_batch_product_and_person(decided: dict[str, Decision]) -> None:
    ann = decided["ann"]
    assert search(DECISIONS, str(ann.batch)) == [ann]
    assert search(DECISIONS, ann.classification.object_id) == [ann]
    assert search(DECISIONS, "ann") == [ann]
    assert search(DECISIONS, " ") == [decided["joanna"], ann]


def test_a_part_of_a_name_finds_all_who_have_it(decided: dict[str, Decision]) -> None:
    assert search(DECISIONS, "NN") == [decided["joanna"], decided["ann"]]


def test_decisions_of_a_person_who_is_gone_are_found_by_name(decided: dict[str, Decision]) -> None:
    person = decided["ann"].actor
    assert person is not None
    person.delete()
    assert decided["ann"] in search(DECISIONS, "ann")
    assert search(DECISIONS, "nobody") == []


@pytest.mark.parametrize("page", [RESULTS, DECISIONS])
def test_products_are_called_by_their_titles_in_a_bounded_few_queries(
    page: str, decided: dict[str, Decision]
) -> None:
    client = make_client()
    Product.objects.filter(title="Bulk 0").update(title="<b>Parka</b>")
    with CaptureQueriesContext(connection) as few:
        text = client.get(reverse(page)).content.decode()
    assert ">&lt;b&gt;Parka&lt;/b&gt;</a>" in text and ">Bulk 1</a>" in text
    for product in make_products(8, judged=True):
        rows = Suggestion.objects.filter(classification__object_id=str(product.pk))
        approve([rows[0].pk], decided["ann"].actor)
    with CaptureQueriesContext(connection) as many:
        client.get(reverse(page))
    assert len(many) <= len(few)  # a count that took a slow machine long is kept


@pytest.mark.parametrize("page", [RESULTS, DECISIONS])
def test_what_was_decided_of_a_product_that_is_gone_is_listed_by_its_key(
    page: str, decided: dict[str, Decision]
) -> None:
    key = decided["ann"].classification.object_id
    Product.objects.filter(pk=key).delete()
    (row,) = search(page, key)
    assert (row if page == RESULTS else row.classification).object_id == key


def test_states_are_told_in_words(decided: dict[str, Decision]) -> None:
    page = make_client().get(reverse(DECISIONS)).content.decode()
    assert "Waiting for a person" in page and ">pending<" not in page


@pytest.mark.parametrize("state", FEW)
def test_the_few_where_the_work_came_to_nothing_are_found_by_an_index(state: str) -> None:
    row = make_classification(state=state)
    client = make_client()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # else PostgreSQL takes the table for one page
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
    changelist = client.get(reverse(RESULTS), {"state__exact": state}).context["cl"]
    assert [*changelist.result_list] == [row]
    assert f"catalog_ai_cls_{state}" in changelist.queryset[:50].explain()


def test_only_what_waits_has_a_reason_to_wait() -> None:
    make_classification(state="cancelled", reason=Classification.Reason.NONE)
    make_classification(reason=Classification.Reason.AUDIT)
    page = make_client().get(reverse(RESULTS)).content.decode()
    table = page.split('id="result_list"')[1].split("</table>")[0]
    assert "Random audit" in table and "Confident" not in table
