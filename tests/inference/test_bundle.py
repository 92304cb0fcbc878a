"""Bundles: every mistake is refused with its reason, at start and not in a job."""

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog_ai.inference.bundle import (
    SHIPPED_BUNDLE,
    BundleError,
    load_bundle,
    match_label,
)
from catalog_ai.inference.classifier import load_classifier, sigmoid
from catalog_ai.policy import (
    Decision,
    Outcome,
    ReviewReason,
    Thresholds,
    decide,
    decide_label,
    interpolate_thresholds,
    preset_thresholds,
)


@pytest.fixture
def bundle_dir(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHIPPED_BUNDLE, tmp_path / "bundle"))


def change(folder: Path, edit: Any) -> Path:
    file = folder / "bundle.json"
    raw = json.loads(file.read_text())
    edit(raw)
    file.write_text(json.dumps(raw))
    return folder


MISTAKES = {
    "format 9": lambda raw: raw.update(format=9),
    "wrong shape": lambda raw: raw.pop("labels"),
    "twice": lambda raw: raw["labels"].append(raw["labels"][0]),
    "unknown facet": lambda raw: raw["labels"][0].update(facet="smell"),
    "unknown parent": lambda raw: raw["labels"][0].update(parent="article:nothing"),
    "no thresholds for strict": lambda raw: raw["labels"][0]["thresholds"].pop("strict"),
    "review must lie": lambda raw: raw["labels"][0]["thresholds"]["strict"].update(review=5),
    "facet:slug": lambda raw: raw["labels"][-1].update(id="Big Label"),
    "neither pad nor stretch": lambda raw: raw["input"].update(fit="squint"),
    "checksum": lambda raw: raw["files"]["model.tflite"].update(sha256="0" * 64),
    "must name": lambda raw: raw["outputs"].pop("logits"),
    "no labels": lambda raw: raw.update(labels=[]),
}


@pytest.mark.parametrize("said", MISTAKES)
def test_each_mistake_is_named(bundle_dir: Path, said: str) -> None:
    with pytest.raises(BundleError, match=said):
        load_bundle(change(bundle_dir, MISTAKES[said]))


def test_a_missing_or_unreadable_bundle_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="no model bundle"):
        load_bundle(tmp_path)
    (tmp_path / "bundle.json").write_text("{")
    with pytest.raises(BundleError, match="cannot be read"):
        load_bundle(tmp_path)


def test_a_network_that_does_not_fit_is_refused(bundle_dir: Path) -> None:
    with pytest.raises(BundleError, match="numbers"):
        load_classifier(change(bundle_dir, lambda raw: raw["labels"].pop()))


def test_a_network_of_another_input_size_is_refused(bundle_dir: Path) -> None:
    with pytest.raises(BundleError, match="takes"):
        load_classifier(change(bundle_dir, lambda raw: raw["input"].update(width=32)))


def test_a_damaged_network_is_refused_whatever_its_checksum(bundle_dir: Path) -> None:
    data = b"not a network" * 100
    (bundle_dir / "model.tflite").write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    entry = {"sha256": digest, "bytes": len(data)}
    change(bundle_dir, lambda raw: raw["files"].update({"model.tflite": entry}))
    with pytest.raises(BundleError, match="no network"):
        load_classifier(bundle_dir)


def test_labels_are_found_by_alias_whatever_the_spelling() -> None:
    bundle = load_bundle(SHIPPED_BUNDLE)
    for name in ("Tshirts", "t-shirt", "T Shirts", "article:tshirts"):
        label = match_label(bundle, name, "article")
        assert label is not None and label.id == "article:tshirts"
    assert match_label(bundle, "submarine") is None


def test_a_batch_gives_what_each_image_gives_alone() -> None:
    classifier = load_classifier(SHIPPED_BUNDLE)
    size = classifier.bundle.input
    images = np.random.default_rng(0).integers(0, 256, (5, size.height, size.width, 3), np.uint8)
    together = classifier.classify(images)
    alone = classifier.classify(images[3:4])
    assert np.allclose(together.confidences[3], alone.confidences[0], atol=1e-5)
    assert np.allclose(np.linalg.norm(together.embeddings, axis=1), 1, atol=1e-5)
    assert together.confidences.shape == (5, len(classifier.bundle.labels))


def test_sigmoid_does_not_overflow() -> None:
    values = sigmoid(np.array([-1e4, 0, 1e4], np.float32))
    assert values.tolist() == [0, 0.5, 1]


def test_inference_needs_no_django() -> None:
    imports = "import sys, catalog_ai.inference.classifier, catalog_ai.policy"
    code = f"{imports}; assert 'django' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


PAIR = Thresholds(auto=0.9, review=0.2)
BUNDLE = load_bundle(SHIPPED_BUNDLE)
ARTICLES = BUNDLE.labels_of("article")


def judge(*scores: float, single: bool = False) -> Any:
    labels = ARTICLES[: len(scores)]
    pairs = {label.id: PAIR for label in labels}
    return decide(scores, labels, pairs, {"article"}, single_valued=single)


def test_the_outcome_follows_the_thresholds() -> None:
    assert judge(0.95).outcome == Outcome.FILED
    assert judge(0.5).outcome == Outcome.REVIEW
    assert judge(0.1).outcome == Outcome.UNIDENTIFIED
    assert [item.decision for item in judge(0.5, 0.95, 0.1).suggestions] == [
        Decision.AUTO,
        Decision.REVIEW,
    ]


def test_a_single_category_takes_one_certain_label_and_asks_about_two() -> None:
    assert len(judge(0.95, 0.5, single=True).suggestions) == 1
    two = judge(0.95, 0.99, single=True)
    assert (two.outcome, two.reason) == (Outcome.REVIEW, ReviewReason.SEVERAL_CLOSE)
    assert {item.decision for item in two.suggestions} == {Decision.REVIEW}


def test_other_facets_file_nothing() -> None:
    colour = BUNDLE.labels_of("colour")[:1]
    verdict = decide([0.99], colour, {colour[0].id: PAIR}, {"article"})
    assert verdict.outcome == Outcome.UNIDENTIFIED


@given(score=st.floats(0, 1), low=st.floats(0, 1), high=st.floats(0, 1))
def test_a_stricter_slider_never_files_more(score: float, low: float, high: float) -> None:
    low, high = sorted((low, high))
    for label in ARTICLES[:5]:
        strict, loose = (interpolate_thresholds(label, value) for value in (low, high))
        if decide_label(score, strict) == Decision.AUTO:
            assert decide_label(score, loose) == Decision.AUTO


def test_the_slider_meets_the_presets() -> None:
    for value, preset in ((0.0, "strict"), (0.5, "balanced"), (1.0, "permissive")):
        pairs = preset_thresholds(BUNDLE, preset)
        assert all(interpolate_thresholds(label, value) == pairs[label.id] for label in ARTICLES)
