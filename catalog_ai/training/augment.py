"""What training does to photos: crops, light, holes, several products in one picture."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]
WHITE = 255
SMALL = (56, 72, 96, 128)  # sides of the copies that shops keep as thumbnails


def vary_photo(pixels: Pixels, side: int, random: np.random.Generator) -> Pixels:
    """One (S, S, 3) photo as training sees it: (side, side, 3)."""
    image = Image.fromarray(pixels)
    if random.random() < 0.35:
        image = image.resize((int(random.choice(SMALL)),) * 2, Image.Resampling.BILINEAR)
    moved = image.transform(
        (side, side),
        Image.Transform.AFFINE,
        _draw_affine(image.width, side, random),
        Image.Resampling.BILINEAR,
        fillcolor=(WHITE,) * 3,
    )
    return erase_part(np.asarray(shift_colours(moved, random)), random)


def _draw_affine(size: int, side: int, random: np.random.Generator) -> tuple[float, ...]:
    """A random crop, aspect, turn, flip and shift as the six numbers of `Image.transform`."""
    zoom = random.uniform(0.72, 1.12) * size / side
    aspect = np.exp(random.uniform(-0.12, 0.12))
    turn = random.uniform(-0.17, 0.17) if random.random() < 0.5 else 0.0
    flip = -1.0 if random.random() < 0.5 else 1.0
    a, b = np.cos(turn) * zoom * aspect * flip, -np.sin(turn) * zoom
    d, e = np.sin(turn) * zoom * flip, np.cos(turn) * zoom / aspect
    shift = size / 2 + random.uniform(-0.06, 0.06, 2) * size
    half = side / 2
    return (a, b, shift[0] - (a + b) * half, d, e, shift[1] - (d + e) * half)


def shift_colours(image: Image.Image, random: np.random.Generator) -> Image.Image:
    """Brightness, contrast and saturation within 15 %.

    All three are one matrix, since colours less or more vivid have the same mean.
    """
    light, contrast, saturation = random.uniform(0.85, 1.15, 3)
    grey = light * contrast * (1 - saturation) / 3
    own = light * contrast * saturation + grey
    offset = light * (1 - contrast) * float(np.asarray(image).mean())
    matrix = (own, grey, grey, offset, grey, own, grey, offset, grey, grey, own, offset)
    return image.convert("RGB", matrix)


def erase_part(pixels: Pixels, random: np.random.Generator, share: float = 0.2) -> Pixels:
    """Sometimes a plain rectangle over up to a third of each side."""
    side = len(pixels)
    if random.random() >= share:
        return pixels
    height, width = random.integers(side // 10, side // 3, 2)
    top, left = random.integers(0, side - height), random.integers(0, side - width)
    holed = pixels.copy()
    holed[top : top + height, left : left + width] = random.choice((0, 128, WHITE))
    return holed


def compose_photos(first: Pixels, second: Pixels, random: np.random.Generator) -> Pixels:
    """Two photos at half size beside or above one another on white."""
    side = len(first)
    half, rest = side // 2, side // 4
    upright = random.random() < 0.5
    canvas = np.full_like(first, WHITE)
    for place, photo in enumerate((first, second)):
        part = np.asarray(Image.fromarray(photo).resize((half, half), Image.Resampling.BOX))
        top, left = (place * half, rest) if upright else (rest, place * half)
        canvas[top : top + half, left : left + half] = part
    return canvas


def join_targets(
    truths: Sequence[NDArray[np.int8]],
    masks: Sequence[NDArray[np.uint8]],
    several: NDArray[np.bool_],
) -> tuple[NDArray[np.int8], NDArray[np.uint8]]:
    """Union of two photos' labels: a yes of either stands, a no needs both.

    `several` marks labels of which one picture can have more than one of a facet; for the rest,
    such as gender, a picture of two products says nothing.
    """
    truth = np.maximum(*truths)
    certain = (truths[0] & masks[0]) | (truths[1] & masks[1])
    mask = ((masks[0] & masks[1]) | certain.astype(np.uint8)) * several
    return truth, mask.astype(np.uint8)
