"""Bytes to RGB pixels, safely: every image ends as an array or as a reason a person understands."""

import hashlib
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from catalog_ai.inference.opening import (
    DECODER_ERRORS,
    DEFAULT_LIMITS,
    FORMATS,
    ImageLimits,
    open_image,
)
from catalog_ai.inference.parts import InputSpec
from catalog_ai.inference.pixels import (
    SIDEWAYS,
    choose_draft,
    choose_size,
    find_turn,
    flatten,
    pad,
    shrink,
    turn_upright,
)
from catalog_ai.inference.reasons import ImageRejected

__all__ = [
    "DEFAULT_LIMITS",
    "FORMATS",
    "ImageLimits",
    "ImageRejected",
    "decode_for",
    "decode_image",
    "digest_image",
    "fit_image",
    "load_decoders",
    "locate_picture",
]


def load_decoders() -> None:
    """Load Pillow's decoders now and not with the first picture: for a process that will fork."""
    Image.init()


def digest_image(data: bytes) -> str:
    """SHA-256 of the encoded bytes, 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def decode_image(
    source: bytes | BinaryIO,
    *,
    width: int = 224,
    height: int = 224,
    fit: str = "pad",
    pad_value: int = 255,
    limits: ImageLimits = DEFAULT_LIMITS,
) -> NDArray[np.uint8]:
    """Decode, turn upright, flatten onto white and fit an image: uint8, (height, width, 3), RGB.

    `fit` is "pad" (the whole picture, bars of `pad_value`) or "stretch". The file's content
    decides its format, never its name; of an animation the first frame counts. Colour profiles
    are not applied. A stream is read from where it stands, to one byte past the limit at most.

    Raises:
        ImageRejected: empty, too large, of another format, damaged, or too small.
    """
    data = source if isinstance(source, bytes) else source.read(limits.max_bytes + 1)
    return pad(fit_image(data, width, height, fit, limits), width, height, pad_value)


def decode_for(
    spec: InputSpec, data: bytes, limits: ImageLimits = DEFAULT_LIMITS
) -> NDArray[np.uint8]:
    """An image as a network is fed it: `decode_image` at the size and fit of its input."""
    return decode_image(
        data,
        width=spec.width,
        height=spec.height,
        fit=spec.fit,
        pad_value=spec.pad_value,
        limits=limits,
    )


def fit_image(
    data: bytes, width: int, height: int, fit: str, limits: ImageLimits = DEFAULT_LIMITS
) -> Image.Image:
    """The picture alone: upright, RGB, flattened onto white, within (width, height) pixels.

    `fit` is as for `decode_image`, or "inside": the whole picture, never enlarged.

    Raises:
        ImageRejected: as `decode_image`.
    """
    image = open_image(data, limits)
    try:
        image.draft("RGB", choose_draft(image.size, max(width, height), fit))
        image.load()
        upright = turn_upright(image)
        small = shrink(upright, choose_size(upright.size, width, height, fit))
    except MemoryError as error:
        raise ImageRejected("out_of_memory") from error
    except DECODER_ERRORS as error:
        raise ImageRejected("damaged") from error
    return flatten(small)


def locate_picture(
    data: bytes,
    *,
    width: int = 224,
    height: int = 224,
    fit: str = "pad",
    limits: ImageLimits = DEFAULT_LIMITS,
) -> tuple[int, int, int, int]:
    """(left, top, right, bottom) of the picture, without its bars, in what `decode_image` gives.

    Raises:
        ImageRejected: as `decode_image`, as far as the file's header tells.
    """
    image = open_image(data, limits)
    size = image.size[::-1] if find_turn(image) in SIDEWAYS else image.size
    inner = choose_size(size, width, height, fit)
    left, top = (width - inner[0]) // 2, (height - inner[1]) // 2
    return left, top, left + inner[0], top + inner[1]
