"""A bundle's network with thresholds of other photos."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from catalog_ai.inference.bundle import MODEL_FILE, load_bundle
from catalog_ai.training.recalibrate import main
from tests.inference.tiny import TINY

BUNDLE = TINY / "float32"
KINDS = {"Red shirts": (255, 0, 0), "Green bags": (0, 255, 0), "Blue jeans": (0, 0, 255)}


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Eighty plain pictures of each kind, near its colour, and as many of a kind unknown."""
    random = np.random.default_rng(2)
    for kind, colour in {**KINDS, "Grey cups": (120, 120, 120)}.items():
        folder = tmp_path / "photos" / kind
        folder.mkdir(parents=True)
        for number in range(80):
            shade = np.clip(np.array(colour) + random.integers(-20, 20, 3), 0, 255)
            Image.new("RGB", (24, 24), tuple(int(one) for one in shade)).save(
                folder / f"{number}.png"
            )
    return tmp_path / "photos"


def test_the_network_stays_and_the_thresholds_are_of_these_photos(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "again"
    arguments = ["--bundle", str(BUNDLE), "--data", str(photos), "--out", str(out)]
    assert main([*arguments, "--bundle-version", "2"]) == 0
    summary = json.loads(capsys.readouterr().out)
    before, after = load_bundle(BUNDLE), load_bundle(out)
    assert (out / MODEL_FILE).read_bytes() == (BUNDLE / MODEL_FILE).read_bytes()
    assert [label.id for label in after.labels] == [label.id for label in before.labels]
    assert (after.name, after.version) == (before.name, "2")
    assert after.provenance["calibrated_again"]["network_of"] == before.model_version
    assert 120 > summary["article"]["photos"] > 20
    assert {one.id: one.thresholds for one in after.labels} != {
        one.id: one.thresholds for one in before.labels
    }


def test_photos_that_the_bundle_knows_nothing_of_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "photos" / "Cups"
    folder.mkdir(parents=True)
    for number in range(40):
        Image.new("RGB", (24, 24), (number, 0, 0)).save(folder / f"{number}.png")
    arguments = ["--bundle", str(BUNDLE), "--data", str(tmp_path / "photos")]
    with pytest.raises(SystemExit):
        main([*arguments, "--out", str(tmp_path / "again")])
    assert "nothing to fit" in capsys.readouterr().err
    assert not (tmp_path / "again").exists()
