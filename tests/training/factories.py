"""Small bundles and scores for tests of the judging."""

from pathlib import Path

import numpy as np

from catalog_ai.inference.bundle import Bundle, Facet, InputSpec, Label, Thresholds
from catalog_ai.training.predict import PhotoScores

LIMITS = dict.fromkeys(("permissive", "balanced", "strict"), Thresholds(0.9, 0.5))


def make_label(label_id, name, *aliases):
    facet = label_id.partition(":")[0]
    return Label(label_id, name, facet, aliases=aliases, thresholds=LIMITS)


def make_bundle():
    """Three article types, two genders, two tags."""
    labels = (
        make_label("article:tshirts", "Tshirts", "T-Shirt", "tee"),
        make_label("article:jeans", "Jeans"),
        make_label("article:caps", "Caps"),
        make_label("gender:men", "Men"),
        make_label("gender:women", "Women"),
        make_label("outfit:hat", "hat"),
        make_label("outfit:jeans", "jeans"),
    )
    facets = tuple(Facet(one, one) for one in ("article", "gender", "outfit"))
    return Bundle(Path("."), "small", "1", facets, labels, InputSpec(), {}, 2, {})


def make_scores(rows):
    """Scores of photos from rows of confidences in the order of `make_bundle`'s labels."""
    confidences = np.zeros((len(rows), 7), np.float32)
    for at, row in enumerate(rows):
        confidences[at, : len(row)] = row
    embeddings = np.eye(max(len(rows), 2), 2, dtype=np.float32)[: len(rows)]
    return PhotoScores(confidences, embeddings, {}, 100.0)
