"""Looking up results and decisions: by what an index finds, and by parts of a name."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from catalog_ai.models import Classification, Decision, Suggestion
from catalog_ai.workflow.review import approve
from tests.admin.people import make_products
from tests.factories import make_superuser, make_user

pytestmark = pytest.mark.django_db

RESULTS = "admin:catalog_ai_classification_changelist"
DECISIONS = "admin:catalog_ai_decision_changelist"


def search(page: str, term: str) -> list[Any]:
    client = Client()
    client.force_login(make_superuser())
    changelist = client.get(reverse(page), {"q": term}).context["cl"]
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
