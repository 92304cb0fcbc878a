"""Bundles: every mistake is refused with its reason, at start and not in a job."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog_ai.inference.bundle import (
    SHIPPED_BUNDLE,
    BundleError,
    fold_name,
    load_bundle,
    match_label,
)
from catalog_ai.inference.classifier import Classifier
from tests.inference.tiny import TINY

Edit = Callable[[dict[str, Any]], Any]


def change(folder: Path, edit: Edit) -> Path:
    file = folder / "bundle.json"
    raw = json.loads(file.read_text())
    edit(raw)
    file.write_text(json.dumps(raw))
    return folder


def in_label(**values: Any) -> Edit:
    return lambda raw: raw["labels"][0].update(values)


def in_strict(**values: float) -> Edit:
    return lambda raw: raw["labels"][0]["thresholds"]["strict"].update(values)


def make_circle(raw: dict[str, Any]) -> None:
    first, second = raw["labels"][:2]
    first["parent"], second["parent"] = second["id"], first["id"]


MISTAKES: dict[str, tuple[str, Edit]] = {
    "another format": ("format 9", lambda raw: raw.update(format=9)),
    "no labels key": ("wrong shape", lambda raw: raw.pop("labels")),
    "labels as text": ("wrong shape", lambda raw: raw.update(labels="shirts")),
    "files as list": ("wrong shape", lambda raw: raw.update(files=[])),
    "no files": ("wrong shape", lambda raw: raw.pop("files")),
    "width as text": ("wrong shape", lambda raw: raw["input"].update(width="wide")),
    "no end of width": ("wrong shape", lambda raw: raw["input"].update(width=float("inf"))),
    "beyond all numbers": ("wrong shape", lambda raw: raw["input"].update(scale=10**400)),
    "aliases as text": ("wrong shape", in_label(aliases="tee")),
    "a label twice": ("occurs twice", lambda raw: raw["labels"].append(raw["labels"][0])),
    "a facet twice": ("occurs twice", lambda raw: raw["facets"].append(raw["facets"][0])),
    "no label": ("no labels", lambda raw: raw.update(labels=[])),
    "facet": ("unknown facet 'smell'", in_label(facet="smell")),
    "parent": ("unknown parent", in_label(parent="article:nothing")),
    "circle": ("own ancestor", make_circle),
    "id": ("facet:slug", in_label(id="Big Label")),
    "long id": ("64 characters", in_label(id="article:" + "a" * 60)),
    "calibration": ("calibration", in_label(calibration={"scale": 0, "offset": 0})),
    "infinite": ("calibration", in_label(calibration={"scale": 1, "offset": float("inf")})),
    "preset": ("thresholds for strict", lambda raw: raw["labels"][0]["thresholds"].pop("strict")),
    "review over auto": ("review must lie", in_strict(review=5)),
    "no number": ("review must lie", in_strict(review=float("nan"))),
    "strict laxer": ("stricter preset", in_strict(auto=0.7)),
    "outputs": ("must name", lambda raw: raw["outputs"].pop("logits")),
    "fit": ("neither pad nor stretch", lambda raw: raw["input"].update(fit="squint")),
    "pad value": ("pad_value 300", lambda raw: raw["input"].update(pad_value=300)),
    "sizes": ("must be positive", lambda raw: raw.update(embedding_size=0)),
    "scale": ("finite", lambda raw: raw["input"].update(scale=0)),
    "name": ("name and version", lambda raw: raw.update(name="")),
    "checksum": ("damaged", lambda raw: raw["files"]["model.tflite"].update(sha256="0" * 64)),
    "bytes": ("damaged", lambda raw: raw["files"]["model.tflite"].update(bytes=1)),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_each_mistake_is_named_with_its_mend(bundle_dir: Path, mistake: str) -> None:
    said, edit = MISTAKES[mistake]
    with pytest.raises(BundleError, match=said) as caught:
        load_bundle(change(bundle_dir, edit))
    assert str(bundle_dir) in str(caught.value)
    assert str(caught.value).endswith(("Export the bundle again.", "Use a bundle made for it."))


def test_a_bundle_nested_beyond_reading_is_told(bundle_dir: Path) -> None:
    (bundle_dir / "bundle.json").write_text("[" * 100_000)
    with pytest.raises(BundleError, match="cannot be read"):
        load_bundle(bundle_dir)


def test_several_mistakes_are_counted(bundle_dir: Path) -> None:
    change(bundle_dir, in_label(facet="smell", parent="article:nothing"))
    with pytest.raises(BundleError, match="1 more mistake"):
        load_bundle(bundle_dir)


def test_a_missing_or_unreadable_bundle_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="no model bundle"):
        load_bundle(tmp_path)
    for content in (b"{", b"\xff\xfe", b""):
        (tmp_path / "bundle.json").write_bytes(content)
        with pytest.raises(BundleError, match="cannot be read"):
            load_bundle(tmp_path)
    (tmp_path / "bundle.json").write_text("[]")
    with pytest.raises(BundleError, match="format None"):
        load_bundle(tmp_path)


def test_a_missing_network_is_refused(bundle_dir: Path) -> None:
    (bundle_dir / "model.tflite").unlink()
    with pytest.raises(BundleError, match=r"model\.tflite is missing"):
        load_bundle(bundle_dir)


@given(data=st.data())
def test_a_bundle_with_any_part_replaced_loads_or_is_refused(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    raw = json.loads((TINY / "float32" / "bundle.json").read_text())
    part: Any = raw
    while isinstance(part, dict | list) and part:
        holder = part
        place = data.draw(st.sampled_from(list(part) if isinstance(part, dict) else [0]))
        part = holder[place]
        if data.draw(st.booleans()):
            break
    holder[place] = data.draw(st.sampled_from([None, "", "x", -1, 0, 2.5, [], {}, [1], {"a": 1}]))
    folder = tmp_path_factory.mktemp("any")
    shutil.copy(TINY / "float32" / "model.tflite", folder)
    (folder / "bundle.json").write_text(json.dumps(raw))
    try:
        load_bundle(folder)
    except BundleError as refused:
        assert len(str(refused)) > 40


def test_a_sound_bundle_says_what_it_is() -> None:
    bundle = load_bundle(TINY / "int8")
    assert bundle.model_version == "tiny-int8-1"
    assert [label.name for label in bundle.labels_of("colour")] == ["Warm", "Cool"]
    assert bundle.labels_by_id["colour:cool"].facet == "colour"


def test_the_shipped_bundle_is_sound() -> None:
    bundle = load_bundle(SHIPPED_BUNDLE)
    assert bundle.labels_of("article") and bundle.embedding_size == 256


def test_labels_are_found_by_alias_whatever_the_spelling() -> None:
    bundle = load_bundle(SHIPPED_BUNDLE)
    for name in ("Tshirts", "t-shirt", "T Shirts", "article:tshirts"):
        label = match_label(bundle, name, "article")
        assert label is not None and label.id == "article:tshirts"
    assert match_label(bundle, "submarine") is None


def test_an_id_counts_before_a_name_and_a_name_before_an_alias(bundle_dir: Path) -> None:
    def name_alike(raw: dict[str, Any]) -> None:
        first, second, third = raw["labels"][:3]
        first["aliases"], second["name"] = ["Blue jeans", "Caps"], "Caps"
        third["aliases"] = ["warm"]

    bundle = load_bundle(change(bundle_dir, name_alike))
    found = {name: match_label(bundle, name) for name in ("Blue Jeans", "caps", "warm")}
    assert found["Blue Jeans"] == bundle.labels[2]
    assert found["caps"] == bundle.labels[1]
    assert found["warm"] == bundle.labels_by_id["colour:warm"]
    assert match_label(bundle, "warm", "article") == bundle.labels[2]
    assert match_label(bundle, "-") is None


@given(name=st.text())
def test_folding_a_name_twice_changes_nothing(name: str) -> None:
    assert fold_name(fold_name(name)) == fold_name(name)


def test_inference_needs_no_django() -> None:
    imports = "import sys, catalog_ai.inference.classifier, catalog_ai.policy"
    code = f"{imports}; assert 'django' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_network_replaced_on_disk_does_not_reach_a_process_that_has_read_its_bundle(
    bundle_dir: Path,
) -> None:
    bundle = load_bundle(bundle_dir)
    photo = np.full((1, bundle.input.height, bundle.input.width, 3), 200, np.uint8)
    before = Classifier(bundle).classify(photo).confidences
    (bundle_dir / "model.tflite").write_bytes(b"half of anoth")
    assert np.array_equal(Classifier(bundle).classify(photo).confidences, before)
