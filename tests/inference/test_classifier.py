"""The classifier: whatever the network's numbers are, confidences and embeddings come out right."""

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog_ai.inference.bundle import SHIPPED_BUNDLE, BundleError, load_bundle
from catalog_ai.inference.classifier import Classifier, load_classifier, normalise, sigmoid
from tests.inference.tiny import TINY

KINDS = ["float32", "int8", "uint8"]
PLAIN = {"red-shirts": (255, 0, 0), "green-bags": (0, 255, 0), "white-shoes": (255, 255, 255)}


def change(folder: Path, **parts: Any) -> Path:
    file = folder / "bundle.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | parts))
    return folder


def read(folder: Path, part: str) -> Any:
    return json.loads((folder / "bundle.json").read_text())[part]


def paint(*colours: tuple[int, int, int]) -> Any:
    return np.array([np.full((32, 32, 3), colour, np.uint8) for colour in colours])


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_network_knows_its_colours(kind: str) -> None:
    classifier = load_classifier(TINY / kind)
    found = classifier.classify(paint(*PLAIN.values())).confidences
    ids = [label.id for label in classifier.bundle.labels]
    for row, name in zip(found, PLAIN, strict=True):
        assert row[ids.index(f"article:{name}")] > 0.95
        assert sorted(row[:6])[-2] < 0.05


@pytest.mark.parametrize("kind", KINDS)
def test_a_batch_gives_what_each_image_gives_alone(kind: str) -> None:
    classifier = load_classifier(TINY / kind)
    images = np.random.default_rng(0).integers(0, 256, (11, 32, 32, 3), np.uint8)
    together = classifier.classify(images)
    for index in range(11):
        alone = classifier.classify(images[index : index + 1])
        assert np.allclose(together.confidences[index], alone.confidences[0], atol=1e-6)
        assert np.allclose(together.embeddings[index], alone.embeddings[0], atol=1e-6)


def test_the_shipped_network_agrees_with_itself_in_batches_of_any_size() -> None:
    classifier = load_classifier(SHIPPED_BUNDLE)
    spec = classifier.bundle.input
    images = np.random.default_rng(0).integers(0, 256, (5, spec.height, spec.width, 3), np.uint8)
    together = classifier.classify(images)
    alone = classifier.classify(images[3:4])
    assert np.allclose(together.confidences[3], alone.confidences[0], atol=1e-5)
    assert together.confidences.shape == (5, len(classifier.bundle.labels))
    assert together.embeddings.shape == (5, classifier.bundle.embedding_size)
    assert np.allclose(np.linalg.norm(together.embeddings, axis=1), 1, atol=1e-5)


def test_calibration_bends_the_confidence_of_its_label_alone(bundle_dir: Path) -> None:
    plain = load_classifier(bundle_dir).classify(paint((255, 0, 0))).confidences[0]
    labels = read(bundle_dir, "labels")
    labels[0]["calibration"] = {"scale": 0.5, "offset": -1.0}
    bent = load_classifier(change(bundle_dir, labels=labels)).classify(paint((255, 0, 0)))
    assert bent.confidences[0, 0] == pytest.approx(1 / (1 + np.exp(1.0 - 0.5 * 4)), abs=1e-4)
    assert np.allclose(bent.confidences[0, 1:], plain[1:])


def test_more_threads_change_no_answer() -> None:
    images = paint(*PLAIN.values())
    one, two = (load_classifier(TINY / "float32", threads=count) for count in (1, 2))
    assert np.allclose(one.classify(images).confidences, two.classify(images).confidences)


def test_a_network_of_other_labels_is_refused(bundle_dir: Path) -> None:
    change(bundle_dir, labels=read(bundle_dir, "labels")[:-1])
    with pytest.raises(BundleError, match=r"logits output has 8 numbers.* of 7"):
        load_classifier(bundle_dir)


def test_a_network_of_another_embedding_is_refused(bundle_dir: Path) -> None:
    with pytest.raises(BundleError, match="embedding output has 16 numbers"):
        load_classifier(change(bundle_dir, embedding_size=256))


def test_a_network_of_another_input_size_is_refused(bundle_dir: Path) -> None:
    change(bundle_dir, input=read(bundle_dir, "input") | {"width": 64})
    with pytest.raises(BundleError, match=r"\(32, 32, 3\).*\(32, 64, 3\)"):
        load_classifier(bundle_dir)


def test_a_network_without_the_named_output_is_refused(bundle_dir: Path) -> None:
    change(bundle_dir, outputs=read(bundle_dir, "outputs") | {"logits": "scores"})
    with pytest.raises(BundleError, match="no output 'scores'"):
        load_classifier(bundle_dir)


def test_a_network_that_takes_one_image_at_a_time_is_refused() -> None:
    with pytest.raises(BundleError, match="free batch size"):
        load_classifier(TINY / "one_at_a_time")


def test_numbers_of_an_unknown_kind_are_refused() -> None:
    classifier = load_classifier(TINY / "float32")
    for dtype, scale in ((np.int64, 1.0), (np.int8, 0.0)):
        with pytest.raises(BundleError, match="float32, int8 and uint8"):
            classifier._check_dtype({"dtype": dtype, "quantization": (scale, 0)}, "input")


def test_what_is_no_network_is_refused_whatever_its_checksum(bundle_dir: Path) -> None:
    data = b"not a network" * 100
    (bundle_dir / "model.tflite").write_bytes(data)
    entry = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    bundle = load_bundle(change(bundle_dir, files={"model.tflite": entry}))
    with pytest.raises(BundleError, match="no network"):
        Classifier(bundle)


@given(logits=st.lists(st.floats(-(2.0**100), 2.0**100, width=32), min_size=2))
def test_sigmoid_keeps_the_order_and_stays_within_zero_and_one(logits: list[float]) -> None:
    values = sigmoid(np.sort(np.array(logits, np.float32)))
    assert ((values >= 0) & (values <= 1)).all() and (np.diff(values) >= -1e-7).all()


def test_sigmoid_does_not_overflow() -> None:
    assert sigmoid(np.array([-1e4, 0, 1e4], np.float32)).tolist() == [0, 0.5, 1]


def test_an_embedding_of_nothing_stays_nothing() -> None:
    assert normalise(np.zeros((2, 4), np.float32)).tolist() == [[0.0] * 4] * 2


def test_threads_that_share_a_classifier_get_their_own_answers() -> None:
    """A web server judges uploads in several threads of one process."""
    classifier = Classifier(load_bundle(TINY / "float32"))
    spec = classifier.bundle.input
    pictures = [
        np.full((1, spec.height, spec.width, 3), shade, np.uint8) for shade in range(0, 250, 10)
    ]
    alone = [classifier.classify(picture).confidences for picture in pictures]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(classifier.classify, pictures * 20))
    for place, predictions in enumerate(together):
        assert np.array_equal(predictions.confidences, alone[place % len(pictures)])
