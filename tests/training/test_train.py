"""A shop's own folders to a bundle that files its products, where Keras and TensorFlow are."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from catalog_ai.inference.bundle import load_bundle
from catalog_ai.inference.classifier import Classifier
from catalog_ai.inference.images import decode_image
from shop_demo.drawings import DRAWINGS, render_drawing

pytest.importorskip("keras", reason="the train extra is not installed")
pytest.importorskip("tensorflow", reason="the train extra is not installed")
pytestmark = pytest.mark.slow
KINDS = ("Tshirts", "Watches", "Heels")
OPTIONS = ("--stages", "96:2", "--batch", "8", "--bundle-version", "1")


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty pictures each of three kinds of product, drawn a little differently every time."""
    folder, random = tmp_path_factory.mktemp("photos"), np.random.default_rng(3)
    for kind in KINDS:
        drawings = [one for one in DRAWINGS if one.kind == kind]
        for number in range(20):
            picture = render_drawing(drawings[number % len(drawings)]).convert("RGB")
            turned = picture.rotate(float(random.uniform(-8, 8)), fillcolor=(255, 255, 255))
            file = folder / kind / f"{number}.jpg"
            file.parent.mkdir(exist_ok=True)
            turned.resize((160, 160)).save(file, quality=90)
    return folder


def train(photos: Path, out: Path, *more: str) -> dict[str, dict[str, float]]:
    command = [sys.executable, "-m", "catalog_ai.training.train", "--data", str(photos)]
    # Training is no part of the coverage, and measuring it takes longer than training does.
    plain = {name: value for name, value in os.environ.items() if "COVERAGE" not in name}
    done = subprocess.run(
        [*command, "--out", str(out), *OPTIONS, *more],
        capture_output=True,
        text=True,
        check=False,
        env=plain,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return dict(json.loads(done.stdout))


def test_folders_become_a_bundle_that_knows_them(photos: Path, tmp_path: Path) -> None:
    summary = train(photos, tmp_path / "own", "--refit")
    assert set(summary) == {"article"}
    bundle = load_bundle(tmp_path / "own")
    assert {label.name for label in bundle.labels} == set(KINDS)
    assert bundle.provenance["last_layers_fitted_again"]["pictures"] > 80
    pictures = np.stack([decode_image((photos / kind / "0.jpg").read_bytes()) for kind in KINDS])
    best = Classifier(bundle).classify(pictures).confidences.argmax(axis=1)
    assert [bundle.labels[place].name for place in best] == list(KINDS)
    # A run that was interrupted after its last epoch goes on with what is left to do.
    assert set(train(photos, tmp_path / "own")) == {"article"}
    again = load_bundle(tmp_path / "own")
    assert [label.id for label in again.labels] == [label.id for label in bundle.labels]
    assert "last_layers_fitted_again" not in again.provenance


def test_pytorch_trains_one_too(photos: Path, tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="PyTorch is not installed")
    options = ("--trainer", "pytorch", "--stages", "64:1", "--batch", "32")
    assert set(train(photos, tmp_path / "own", *options)) == {"article"}
    bundle = load_bundle(tmp_path / "own")
    assert bundle.provenance["settings"]["trainer"] == "pytorch"
    assert (tmp_path / "own-work" / "training.pt").exists()
