"""The chance that a picture shows something known, from a label and the labels above it."""

import json
import shutil

import numpy as np
import pytest

from catalog_ai.inference.bundle import BundleError, Known, Label, load_bundle
from catalog_ai.inference.classifier import Classifier
from catalog_ai.inference.known import KnownGate
from tests.inference.tiny import TINY as TINIES

TINY = TINIES / "float32"

LABELS = (
    Label("category:clothes", "Clothes", "category"),
    Label("subcategory:tops", "Tops", "subcategory", parent="category:clothes"),
    Label("article:shirts", "Shirts", "article", parent="subcategory:tops"),
    Label("article:cups", "Cups", "article"),
)


def test_a_label_counts_with_all_that_is_above_it():
    gate = KnownGate(LABELS, "article", 0.5)
    scores = gate.score(np.array([[2, 4, 1, 0], [-4, -4, 1, 2]], np.float32))
    assert scores.tolist() == [1 + 0.5 * 4 + 0.5 * 2, 2]
    assert gate.rows.tolist() == [2, 3]


@pytest.fixture
def gated(tmp_path):
    """Writes a tiny bundle with this `known`."""

    def write(**known):
        folder = tmp_path / "gated"
        shutil.copytree(TINY, folder, dirs_exist_ok=True)
        content = json.loads((folder / "bundle.json").read_text(encoding="utf-8"))
        content["known"] = known
        (folder / "bundle.json").write_text(json.dumps(content), encoding="utf-8")
        return folder

    return write


def test_what_nothing_known_is_on_comes_out_low_in_its_facet_only(gated):
    folder = gated(facet="article", parents=0.5, scale=1.0, offset=-30.0)
    pictures = np.full((1, 32, 32, 3), (255, 0, 0), np.uint8)
    plain = Classifier(load_bundle(TINY)).classify(pictures).confidences[0]
    low = Classifier(load_bundle(folder)).classify(pictures).confidences[0]
    articles = [label.facet == "article" for label in load_bundle(folder).labels]
    assert plain[articles].max() > 0.9
    assert low[articles].max() < 1e-6
    assert low[np.invert(articles)] == pytest.approx(plain[np.invert(articles)])


def test_a_known_picture_keeps_its_confidence(gated):
    folder = gated(facet="article", parents=0.5, scale=1.0, offset=30.0)
    pictures = np.full((1, 32, 32, 3), (255, 0, 0), np.uint8)
    assert Classifier(load_bundle(folder)).classify(pictures).confidences == pytest.approx(
        Classifier(load_bundle(TINY)).classify(pictures).confidences
    )
    assert load_bundle(folder).known == Known("article", 0.5, 1.0, 30.0)


@pytest.mark.parametrize(
    ("known", "says"),
    [
        ({"facet": "wheels", "parents": 0.5, "scale": 1.0, "offset": 0.0}, "wheels"),
        ({"facet": "article", "parents": -1, "scale": 1.0, "offset": 0.0}, "parents of 0 or more"),
        ({"facet": "article", "parents": 0.5, "scale": 0, "offset": 0.0}, "scale above 0"),
        ({"facet": "article"}, "incomplete"),
    ],
)
def test_a_gate_that_makes_no_sense_is_refused(gated, known, says):
    with pytest.raises(BundleError, match=says):
        load_bundle(gated(**known))
