"""The approved products that look most like one that waits."""

from typing import Any

import numpy as np
import pytest

from catalog_ai.models import Classification, Embedding, Suggestion
from catalog_ai.workflow.neighbours import find_nearest_approved
from tests.factories import make_classification, make_product, make_suggestion

pytestmark = pytest.mark.django_db

SCORES = {"article:tshirts": 0.6, "article:tops": 0.3, "colour:red": 0.9}


def make_vector(angle: float) -> np.ndarray:
    """A vector of length 1, `angle` degrees away from the card's."""
    vector = np.zeros(256, np.float32)
    vector[:2] = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    return vector


def make_row(
    angle: float, decision: str = Suggestion.State.APPROVED, **fields: Any
) -> Classification:
    """A decided product whose photo is `angle` degrees away from the card's."""
    row = make_classification(make_product(), **{"state": "reviewed", **fields})
    make_suggestion(row, state=decision)
    Embedding.objects.create(classification=row, vector=Embedding.pack(make_vector(angle)))
    return row


@pytest.fixture
def card() -> Classification:
    row = make_classification(make_product(), scores=SCORES)
    Embedding.objects.create(classification=row, vector=Embedding.pack(make_vector(0)))
    return row


def find(card: Classification, **options: Any) -> list[tuple[int, float]]:
    found = find_nearest_approved(card, ("article",), **options)
    return [(one.row.pk, round(one.likeness, 2)) for one in found]


def test_the_likest_come_first(card: Classification) -> None:
    far, near = make_row(40), make_row(20, top_label="article:tops")
    assert find(card) == [(near.pk, 0.94), (far.pk, 0.77)]
    assert find(card, count=1) == [(near.pk, 0.94)]


def test_what_does_not_look_alike_is_no_neighbour(card: Classification) -> None:
    make_row(55)
    near = make_row(50)
    assert find(card) == [(near.pk, 0.64)]


def test_only_what_people_approved_counts(card: Classification) -> None:
    make_row(10, Suggestion.State.REJECTED)
    make_row(10, Suggestion.State.APPLIED, state="filed")
    assert find(card) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"model_version": "other-1"},
        {"is_current": False},
        {"top_label": "article:jeans"},
        {"target": "shops.other"},
    ],
)
def test_what_does_not_compare_is_left_out(card: Classification, fields: dict[str, Any]) -> None:
    make_row(10, **fields)
    assert find(card) == []


def test_a_product_is_not_its_own_neighbour(card: Classification) -> None:
    make_row(10, object_id=card.object_id, target=card.target, is_current=False)
    assert find(card) == []


def test_without_an_embedding_there_are_none() -> None:
    assert find(make_classification(scores=SCORES)) == []


def test_looking_costs_the_same_queries_for_many(
    card: Classification, django_assert_max_num_queries: Any
) -> None:
    for number in range(12):
        make_row(number)
    with django_assert_max_num_queries(6):
        assert len(find(card)) == 6
