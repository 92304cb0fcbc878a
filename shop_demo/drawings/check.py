"""Does the model recognise the drawings? `python -m shop_demo.drawings.check --sheet out.png`

Prints JSON: how many drawings there are, how many the model names rightly (the likeliest article
type is the one drawn), which it misses, and what becomes of the things that are no fashion.
"""

import io
import json
from argparse import ArgumentParser
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageOps

from catalog_ai.inference.bundle import SHIPPED_BUNDLE, Bundle, match_label
from catalog_ai.inference.classifier import Classifier, load_classifier
from catalog_ai.inference.images import decode_for
from catalog_ai.policy import Preset, decide, preset_thresholds
from shop_demo.drawings import DRAWINGS, ODDITIES, Drawing, render_drawing

FACET = "article"
BATCH = 8
COLUMNS = 12
CELL = 180


def encode_drawing(image: Image.Image) -> bytes:
    """The JPEG that the demo shop stores."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def classify_drawings(classifier: Classifier, images: Sequence[Image.Image]) -> NDArray[np.float32]:
    """Confidences of shape (drawings, labels), by the way every shop photo takes."""
    spec = classifier.bundle.input
    pixels = np.stack([decode_for(spec, encode_drawing(image)) for image in images])
    parts = [
        classifier.classify(pixels[start : start + BATCH]).confidences
        for start in range(0, len(pixels), BATCH)
    ]
    return np.concatenate(parts)


def name_drawing(bundle: Bundle, confidences: NDArray[np.float32]) -> tuple[str, float]:
    """The id of the likeliest article type and its confidence (0-1)."""
    choices = [place for place, label in enumerate(bundle.labels) if label.facet == FACET]
    best = max(choices, key=lambda place: float(confidences[place]))
    return bundle.labels[best].id, float(confidences[best])


def judge_oddity(bundle: Bundle, confidences: NDArray[np.float32]) -> str:
    """What the balanced preset makes of it: filed, review or unidentified."""
    thresholds = preset_thresholds(bundle, Preset.BALANCED)
    return decide(confidences.tolist(), bundle.labels, thresholds, {FACET}).outcome.value


def check_drawings(classifier: Classifier, images: Sequence[Image.Image]) -> dict[str, Any]:
    """The report on pictures of DRAWINGS followed by ODDITIES."""
    bundle = classifier.bundle
    scores = classify_drawings(classifier, images)
    missed: dict[str, list[str]] = defaultdict(list)
    for drawing, row in zip(DRAWINGS, scores, strict=False):
        wanted = match_label(bundle, drawing.kind, FACET)
        found, confidence = name_drawing(bundle, row)
        if wanted is None or wanted.id != found:
            missed[drawing.kind].append(f"{drawing.slug}: {found} {confidence:.2f}")
    right = len(DRAWINGS) - sum(len(items) for items in missed.values())
    return {
        "model": bundle.model_version,
        "drawings": len(DRAWINGS),
        "kinds": len({drawing.kind for drawing in DRAWINGS}),
        "right": right,
        "share": round(right / len(DRAWINGS), 4),
        "missed": dict(missed),
        "oddities": {
            drawing.slug: judge_oddity(bundle, row)
            for drawing, row in zip(ODDITIES, scores[len(DRAWINGS) :], strict=True)
        },
    }


def make_sheet(drawings: Sequence[Drawing], images: Sequence[Image.Image]) -> Image.Image:
    """A contact sheet of the pictures with their titles."""
    rows = -(-len(images) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * CELL, rows * (CELL + 16)), "#d0d0d0")
    draw = ImageDraw.Draw(sheet)
    for place, (drawing, image) in enumerate(zip(drawings, images, strict=True)):
        x, y = place % COLUMNS * CELL, place // COLUMNS * (CELL + 16)
        sheet.paste(ImageOps.pad(image, (CELL - 6, CELL - 6), color="#d0d0d0"), (x + 3, y + 3))
        draw.text((x + 4, y + CELL), drawing.title[:30], fill="#202020")
    return sheet


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = ArgumentParser(description="Checks that the model recognises the demo's drawings.")
    parser.add_argument("--bundle", type=Path, default=SHIPPED_BUNDLE)
    parser.add_argument("--sheet", type=Path, help="Write a contact sheet to this file.")
    options = parser.parse_args(arguments)
    drawings = (*DRAWINGS, *ODDITIES)
    images = [render_drawing(drawing) for drawing in drawings]
    if options.sheet:
        make_sheet(drawings, images).save(options.sheet)
    print(json.dumps(check_drawings(load_classifier(options.bundle), images), indent=2))


if __name__ == "__main__":
    main()
