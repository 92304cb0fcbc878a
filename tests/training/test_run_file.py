"""A work folder goes on with the training that was begun in it, and with no other."""

from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from catalog_ai.training.photos import PhotoError
from catalog_ai.training.run_file import KERAS_PROGRESS, PYTORCH_STATE, load_run
from catalog_ai.training.train import prepare


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    for kind, shade in (("mugs", 40), ("plates", 200)):
        for at in range(12):
            file = tmp_path / "shop" / kind / f"{at}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (16 + at, 16), (shade, at, 0)).save(file)
    return tmp_path / "shop"


def begin(shop: Path, **other: Any) -> Path:
    """Up to where training itself would begin; the work folder."""
    out = shop.with_name("bundle")
    options = Namespace(
        **{"data": [shop], "negatives": [], "rules": None, "out": out, "work": None, "name": None},
        **{"bundle_version": "1", "backbone": None, "trainer": "keras", "batch": 8, "rate": 1e-3},
        **{"mixed": 0.5, "seed": 7, "weights": None, "kind": "int8", "refit": False},
    )
    prepare(Namespace(**{**vars(options), "stages": "64:2", **other}))
    return shop.with_name("bundle-work")


@pytest.mark.parametrize("state", [KERAS_PROGRESS, PYTORCH_STATE])
@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({"stages": "64:2,96:1"}, "--stages (64:2, now 64:2,96:1)"),
        ({"batch": 16, "rate": 1e-4}, "--batch (8, now 16), --rate (0.001, now 0.0001)"),
        ({"trainer": "pytorch"}, "--trainer (keras, now pytorch)"),
        ({"backbone": Path("other")}, "--backbone"),
    ],
)
def test_other_settings_are_refused_by_name(
    shop: Path, state: str, other: dict[str, Any], told: str
) -> None:
    work = begin(shop)
    (work / state).touch()
    with pytest.raises(PhotoError) as refused:
        begin(shop, **other)
    assert f"other {told}. To go on" in str(refused.value)
    assert load_run(work)[0]["settings"]["stages"] == [[64, 2]]


def test_what_comes_after_training_can_be_another(shop: Path) -> None:
    work = begin(shop)
    (work / KERAS_PROGRESS).touch()
    begin(shop, kind="float32", bundle_version="2")
    assert load_run(work)[0]["settings"]["kind"] == "float32"


def test_nothing_is_refused_before_training_has_begun(shop: Path) -> None:
    begin(shop)
    work = begin(shop, batch=16)
    assert load_run(work)[0]["settings"]["batch"] == 16


def test_another_photo_of_the_same_name_is_noticed(shop: Path) -> None:
    (begin(shop) / KERAS_PROGRESS).touch()
    Image.effect_noise((64, 64), 50).save(shop / "mugs" / "3.png")
    with pytest.raises(PhotoError, match="begun with other photos"):
        begin(shop)


def test_a_photo_under_another_label_is_noticed(shop: Path) -> None:
    (begin(shop) / KERAS_PROGRESS).touch()
    (shop / "mugs" / "3.png").rename(shop / "plates" / "3b.png")
    with pytest.raises(PhotoError, match="other photos, labels of the photos"):
        begin(shop)
