"""The protocols' own arithmetic."""

import numpy as np

from catalog_ai.inference.bundle import SHIPPED_BUNDLE, load_bundle
from catalog_ai.training.papers import describe_network, measure_search
from catalog_ai.training.predict import PhotoScores


def make_rows(types, groups):
    return [
        {"articleType": name, "duplicate_group": group}
        for name, group in zip(types, groups, strict=True)
    ]


def make_scores(angles):
    radians = np.radians(angles)
    embeddings = np.stack([np.cos(radians), np.sin(radians)], 1).astype(np.float32)
    return PhotoScores(np.zeros((len(angles), 1), np.float32), embeddings, {}, 1.0)


def test_search_counts_the_nearest_others_of_the_querys_type():
    rows = make_rows(["cap", "cap", "tie"], "123")
    assert measure_search(rows, make_scores([0, 10, 40]), nearest=1) == 2 / 3


def test_a_copy_of_the_query_under_another_id_is_no_find():
    rows = make_rows(["cap", "cap", "tie", "tie"], "1123")
    assert measure_search(rows, make_scores([0, 0, 10, 15]), nearest=1) == 0.5


def test_the_network_is_described_as_it_ships():
    described = describe_network(load_bundle(SHIPPED_BUNDLE))
    assert 2_200_000 < described["parameters"] < 3_500_000
    assert described["megabytes"] < 5
