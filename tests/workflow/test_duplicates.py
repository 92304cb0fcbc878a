"""Products with the same photo: by its bytes, and by embeddings that are nearly the same."""

from typing import Any

import numpy as np
import pytest

from catalog_ai.models import Embedding
from catalog_ai.workflow.health.alike import ALIKE, find_alike
from catalog_ai.workflow.health.duplicates import find_duplicates
from tests.factories import make_classification

pytestmark = pytest.mark.django_db
TARGET = "shop_demo.product"


def make_vector(angle: float, axis: int = 1) -> np.ndarray:
    """A vector of length 1, `angle` degrees away from the first axis."""
    vector = np.zeros(256, np.float32)
    vector[0], vector[axis] = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    return vector


def make_photo(angle: float, axis: int = 1, **fields: Any) -> str:
    row = make_classification(**{"state": "filed", "reason": "", **fields})
    Embedding.objects.create(classification=row, vector=Embedding.pack(make_vector(angle, axis)))
    return str(row.object_id)


def find() -> list[dict[str, float]]:
    return [
        {key: round(likeness, 3) for key, likeness in group.items()}
        for group in find_duplicates(TARGET)
    ]


def test_the_same_bytes_and_nearly_the_same_pictures_make_a_group() -> None:
    first = make_photo(0)
    resaved = make_photo(4)
    copy = make_photo(4, image_digest="c" * 64)
    another_copy = make_photo(4, image_digest="c" * 64)
    make_photo(90)
    assert find() == [{first: 1.0, resaved: 0.998, copy: 0.998, another_copy: 0.998}]


def test_the_very_same_file_is_told_from_a_file_that_is_nearly_the_same() -> None:
    first, same = make_photo(0, image_digest="c" * 64), make_photo(0, image_digest="c" * 64)
    other = make_photo(0)
    (group,) = find_duplicates(TARGET)
    assert group == {first: 1.0, same: 1.0, other: 0.9999}


def test_a_chain_of_likes_makes_no_group_of_unlike_pictures() -> None:
    keys = [make_photo(angle) for angle in (0, 4, 8, 12)]
    assert [set(group) for group in find()] == [set(keys[:2]), set(keys[2:])]


def test_similar_pictures_are_no_duplicates() -> None:
    beyond = np.degrees(np.arccos(ALIKE)) + 0.3
    make_photo(0), make_photo(beyond)
    assert find() == []


def test_only_latest_results_of_the_same_model_and_product_model_compare() -> None:
    make_photo(0)
    make_photo(0, model_version="another")
    make_photo(0, is_current=False)
    make_photo(0, state="rejected", image_digest="c" * 64)
    make_classification(image_digest="c" * 64, state="cancelled", is_current=False)
    assert find() == []


def test_results_without_digest_are_not_the_same_file() -> None:
    for _number in range(2):
        make_classification(image_digest="", state="filed")
    assert find() == []


def test_an_empty_shop_has_none() -> None:
    assert find() == []


def compare_each(vectors: np.ndarray) -> set[tuple[int, int]]:
    near = vectors.astype(np.float32) @ vectors.astype(np.float32).T >= ALIKE
    return {(a, b) for a, b in zip(*np.nonzero(near), strict=True) if a < b}


def test_bands_find_what_comparing_each_with_each_finds() -> None:
    chance = np.random.default_rng(1)
    crowd = chance.standard_normal((3_000, 64))
    crowd[1_500:] = crowd[:1_500] + 0.07 * chance.standard_normal((1_500, 64))
    crowd /= np.linalg.norm(crowd, axis=1, keepdims=True)
    vectors = crowd.astype(np.float16)
    wanted = compare_each(vectors)
    found = {(a, b) for a, b, _likeness in find_alike(vectors)}
    assert len(wanted) > 1_000
    assert found <= wanted
    assert len(wanted - found) <= len(wanted) / 200


def test_a_crowd_of_equal_pictures_is_named_once_and_not_pair_by_pair(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("catalog_ai.workflow.health.alike.ENTRIES", 1_000)
    vectors = np.tile(make_vector(3), (500, 1)).astype(np.float16)
    pairs = list(find_alike(vectors))
    assert {pair[0] for pair in pairs} == {0}
    assert {pair[1] for pair in pairs} == set(range(1, 500))
    assert len(pairs) <= 8 * 499
