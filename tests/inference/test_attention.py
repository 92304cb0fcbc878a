"""Class activation maps of the shipped network."""

import numpy as np
import pytest

from catalog_ai.inference.attention import (
    AttentionUnavailable,
    map_attention,
    read_last_layer,
)
from catalog_ai.inference.bundle import SHIPPED_BUNDLE, load_bundle
from catalog_ai.inference.classifier import Classifier
from shop_demo.drawings import DRAWINGS, render_drawing
from tests.inference.tiny import TINY


def make_picture(corner: str) -> np.ndarray:
    """A drawing in one quarter of a white picture."""
    drawing = render_drawing(DRAWINGS[0]).convert("RGB").resize((112, 112))
    picture = np.full((224, 224, 3), 255, np.uint8)
    top, left = {"left": (56, 0), "right": (56, 112)}[corner]
    picture[top : top + 112, left : left + 112] = np.asarray(drawing)
    return picture


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier(load_bundle(SHIPPED_BUNDLE), keep_tensors=True)


def test_the_map_lies_between_0_and_1_and_has_its_highest_place(classifier: Classifier) -> None:
    picture = make_picture("left")
    best = int(classifier.classify(picture[None]).confidences[0].argmax())
    attention = map_attention(classifier, picture, best)
    assert attention.shape == (7, 7)
    assert attention.min() >= 0 and attention.max() == pytest.approx(1)


def test_the_map_moves_with_the_product(classifier: Classifier) -> None:
    centres = {}
    for corner in ("left", "right"):
        picture = make_picture(corner)
        best = int(classifier.classify(picture[None]).confidences[0].argmax())
        columns = map_attention(classifier, picture, best).sum(axis=0)
        centres[corner] = float((columns * np.arange(7)).sum() / columns.sum())
    assert centres["left"] < 3 < centres["right"]


def test_the_map_averages_to_the_label_score(classifier: Classifier) -> None:
    """Up to the bias, the score is the mean of the evidence: else the wrong tensors were found."""
    scores, bare = [], []
    for corner in ("left", "right"):
        picture = make_picture(corner)
        features, weights = read_last_layer(classifier, picture[None])
        bare.append((features[0] @ weights.T).mean(axis=(0, 1)))
        scores.append(classifier.read_tensor(classifier._logits)[0])
    # The bias is in both, so that the differences between two pictures are alike.
    assert np.allclose(scores[0] - scores[1], bare[0] - bare[1], atol=0.35)
    assert np.corrcoef(scores[0] - scores[1], bare[0] - bare[1])[0, 1] > 0.99


def test_a_network_of_another_build_says_so() -> None:
    classifier = Classifier(load_bundle(TINY / "int8"), keep_tensors=True)
    side = classifier.bundle.input
    with pytest.raises(AttentionUnavailable):
        map_attention(classifier, np.zeros((side.height, side.width, 3), np.uint8), 0)
