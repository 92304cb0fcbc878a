"""Contact sheets: photos side by side, large enough to judge, each with its number and names."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from catalog_ai.inference.images import ImageRejected, decode_image
from catalog_ai.training.photos import Photos

COLUMNS, ROWS = 4, 3
SIDE, LINE, GAP = 320, 22, 16  # pixels
CELL = (SIDE + GAP, SIDE + 3 * LINE + GAP)


@dataclass(frozen=True)
class Caption:
    """A photo on a sheet and what stands under it."""

    file: str
    lines: tuple[str, ...]


def draw_sheets(folder: Path, photos: Photos, captions: Sequence[Caption]) -> list[Path]:
    """Write `sheet-01.png` and so on, twelve photos each, small photos enlarged."""
    paths: list[Path] = []
    for at in range(0, len(captions), COLUMNS * ROWS):
        sheet = Image.new("RGB", (CELL[0] * COLUMNS, CELL[1] * ROWS), "white")
        for place, caption in enumerate(captions[at : at + COLUMNS * ROWS]):
            row, column = divmod(place, COLUMNS)
            _draw_cell(sheet, (column * CELL[0] + GAP, row * CELL[1] + GAP), photos, caption)
        paths.append(folder / f"sheet-{len(paths) + 1:02d}.png")
        sheet.save(paths[-1])
    return paths


def _draw_cell(
    sheet: Image.Image, corner: tuple[int, int], photos: Photos, caption: Caption
) -> None:
    lines = list(caption.lines)
    try:
        sheet.paste(_enlarge(photos.read(caption.file)), corner)
    except (ImageRejected, FileNotFoundError) as error:
        lines.append(str(error))
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(LINE - 4)
    for at, line in enumerate(lines):
        pen.text((corner[0], corner[1] + SIDE + at * LINE), line, "black", font)


def _enlarge(data: bytes) -> Image.Image:
    """The whole photo on white, in a square of SIDE."""
    return Image.fromarray(np.asarray(decode_image(data, width=SIDE, height=SIDE, pad_value=255)))
