"""The demo shop's own pictures: enough of them, always the same, and recognisable."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from catalog_ai.inference.bundle import SHIPPED_BUNDLE, load_bundle, match_label
from shop_demo.drawings import DRAWINGS, ODDITIES, Drawing, render_drawing
from shop_demo.drawings.check import main

EVERY = (*DRAWINGS, *ODDITIES)
needs_bundle = pytest.mark.skipif(
    not (SHIPPED_BUNDLE / "bundle.json").exists(),
    reason=f"the shipped model bundle is not at {SHIPPED_BUNDLE}",
)


def digest(image: Image.Image) -> str:
    return hashlib.sha256(image.tobytes()).hexdigest()


def test_there_are_sixty_products_of_a_dozen_kinds() -> None:
    assert len(DRAWINGS) >= 60
    assert len({drawing.kind for drawing in DRAWINGS}) >= 12


def test_every_drawing_has_its_own_name_and_a_price() -> None:
    assert len({drawing.slug for drawing in EVERY}) == len(EVERY)
    assert len({drawing.title for drawing in EVERY}) == len(EVERY)
    assert all(drawing.price > 0 for drawing in EVERY)


def test_stray_objects_claim_no_kind() -> None:
    assert len(ODDITIES) == 3
    assert {drawing.kind for drawing in ODDITIES} == {""}


@needs_bundle
def test_every_kind_is_one_the_model_knows() -> None:
    bundle = load_bundle(SHIPPED_BUNDLE)
    unknown = {d.kind for d in DRAWINGS if match_label(bundle, d.kind, "article") is None}
    assert unknown == set()


@pytest.mark.parametrize("drawing", DRAWINGS[::9], ids=lambda drawing: drawing.slug)
def test_a_drawing_comes_out_the_same_every_time(drawing: Drawing) -> None:
    assert digest(render_drawing(drawing, 200)) == digest(render_drawing(drawing, 200))


def test_a_drawing_does_not_depend_on_what_was_drawn_before() -> None:
    alone = digest(render_drawing(DRAWINGS[0], 200))
    render_drawing(DRAWINGS[1], 200)
    assert digest(render_drawing(DRAWINGS[0], 200)) == alone


def test_portraits_are_three_by_four_and_the_rest_square() -> None:
    tall = next(drawing for drawing in DRAWINGS if drawing.portrait)
    square = next(drawing for drawing in DRAWINGS if not drawing.portrait)
    assert render_drawing(tall, 400).size == (300, 400)
    assert render_drawing(square, 400).size == (400, 400)


@pytest.mark.slow
def test_every_drawing_stands_on_white_and_fills_a_good_part_of_it() -> None:
    for drawing in EVERY:
        pixels = np.asarray(render_drawing(drawing, 200)).astype(int)
        drawn = (pixels.min(axis=2) < 235).mean()
        assert 0.02 < drawn < 0.9, drawing.slug
        assert pixels[2:6, 2:6].min() > 250, drawing.slug


@pytest.mark.slow
def test_no_two_drawings_are_alike() -> None:
    assert len({digest(render_drawing(drawing, 200)) for drawing in EVERY}) == len(EVERY)


@pytest.mark.slow
@needs_bundle
def test_the_shipped_model_recognises_seven_in_ten(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    main(["--sheet", str(tmp_path / "sheet.png")])
    report = json.loads(capsys.readouterr().out)
    assert report["drawings"] == len(DRAWINGS)
    assert set(report["oddities"]) == {drawing.slug for drawing in ODDITIES}
    assert report["share"] >= 0.70, report["missed"]
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.width > 1000
