"""Where a bundle's gate is placed."""

from pathlib import Path

import numpy as np

from catalog_ai.inference.bundle import Bundle, Facet, InputSpec, Label
from catalog_ai.inference.known import make_gate
from catalog_ai.training.calibrate import LOST
from catalog_ai.training.known import fit_known


def make_bundle(parent: str) -> Bundle:
    labels = (
        Label("category:clothes", "Clothes", "category"),
        Label("article:shirts", "Shirts", "article", parent=parent),
    )
    facets = (Facet("article", "Article"), Facet("category", "Category"))
    return Bundle(Path("."), "small", "1", facets, labels, InputSpec(), {}, 2, {})


LOGITS = np.random.default_rng(4).normal(4, 2, (5000, 2)).astype(np.float32)


def test_few_of_the_shops_own_photos_lie_beyond_the_middle_of_the_gate():
    bundle = make_bundle("category:clothes")
    known = fit_known(bundle, LOGITS, strangers=True)
    assert known is not None
    score = make_gate(bundle.labels, known).score(LOGITS)
    assert abs((known.scale * score + known.offset < 0).mean() - LOST) < 0.002


def test_there_is_no_gate_without_parents_or_without_photos_of_something_else():
    assert fit_known(make_bundle(""), LOGITS, strangers=True) is None
    assert fit_known(make_bundle("category:clothes"), LOGITS, strangers=False) is None
    assert fit_known(make_bundle("category:clothes"), LOGITS[:0], strangers=True) is None
