"""An opened image to RGB pixels of the size that is asked for: upright, flattened and padded."""

import math

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image

from catalog_ai.inference.opening import DECODER_ERRORS

WHITE = (255, 255, 255)
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
SIDEWAYS = {TURNS[orientation] for orientation in (5, 6, 7, 8)}  # width and height change places


def choose_draft(size: tuple[int, int], side: int, fit: str) -> tuple[int, int]:
    """The least (width, height) that a JPEG may be decoded at: twice what is needed is enough.

    `size` is the picture's own, `side` the longest side that is wanted, in pixels.
    docs/adr/0003-decoding.md has the figures.
    """
    if fit == "stretch":
        return (2 * side, 2 * side)
    scale = 2 * side / max(size)
    return (math.ceil(size[0] * scale), math.ceil(size[1] * scale))


def turn_upright(image: Image.Image) -> Image.Image:
    """The image as its Exif orientation says it was held."""
    turn = find_turn(image)
    return image if turn is None else image.transpose(turn)


def find_turn(image: Image.Image) -> Image.Transpose | None:
    """What turns the image upright; None where nothing need be done, or Exif is unreadable."""
    try:
        orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
    except DECODER_ERRORS:
        return None
    return TURNS.get(orientation) if isinstance(orientation, int) else None


def choose_size(size: tuple[int, int], width: int, height: int, fit: str) -> tuple[int, int]:
    """Width and height of the picture itself, by the `fit` of `images.fit_image`."""
    if fit == "stretch":
        return (width, height)
    scale = min(width / size[0], height / size[1])
    if fit == "inside":
        scale = min(scale, 1.0)
    return (max(1, round(size[0] * scale)), max(1, round(size[1] * scale)))


def shrink(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Resize before flattening: the other way round a 50-megapixel picture takes 1.4 GB."""
    if image.mode.startswith("I;16"):
        return image.resize(size, Image.Resampling.BILINEAR)  # Pillow cannot reduce 16 bits
    if image.mode in ("1", "P", "PA", "CMYK") or "transparency" in image.info:
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    return image.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)


def flatten(image: Image.Image) -> Image.Image:
    """Any mode to RGB: transparency on white, more than 8 bits scaled down and not clipped."""
    if image.mode.startswith("I") or image.mode == "F":
        return _scale_depth(image)
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        canvas = Image.new("RGBA", rgba.size, (*WHITE, 255))
        return Image.alpha_composite(canvas, rgba).convert("RGB")
    return image.convert("RGB")


def _scale_depth(image: Image.Image) -> Image.Image:
    """16-bit grey to 8 bits by its depth, whatever it holds; float by its own range."""
    values = np.nan_to_num(np.asarray(image, dtype=np.float32))
    low, high = (0.0, 65535.0) if image.mode != "F" else (values.min(), values.max())
    scaled = (values - low) * (255.0 / max(high - low, 1e-12))
    return Image.fromarray(np.rint(np.clip(scaled, 0, 255)).astype(np.uint8)).convert("RGB")


def pad(image: Image.Image, width: int, height: int, pad_value: int) -> NDArray[np.uint8]:
    """The picture in the middle of (height, width, 3) pixels, with bars round it."""
    if image.size == (width, height):
        return np.asarray(image)
    canvas = Image.new("RGB", (width, height), (pad_value,) * 3)
    canvas.paste(image, ((width - image.width) // 2, (height - image.height) // 2))
    return np.asarray(canvas)
