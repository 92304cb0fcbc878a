"""Bytes to RGB pixels, safely: every image ends as an array or as a reason a person understands."""

import hashlib
import io
import struct
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF")
WHITE = (255, 255, 255)

# What Pillow's decoders raise on bytes that are no sound image of the allowed formats.
DECODER_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    IndexError,
    KeyError,
    EOFError,
    OverflowError,
    MemoryError,
    struct.error,
    zlib.error,
)


class ImageRejected(Exception):
    """An image that cannot be judged. `reason` is a sentence for the shop's staff."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(frozen=True)
class ImageLimits:
    """What is refused unseen. A 20 kB PNG can unpack to gigabytes, hence the pixel limit."""

    max_bytes: int = 20 * 2**20
    max_pixels: int = 50_000_000
    min_side: int = 8
    formats: tuple[str, ...] = FORMATS


DEFAULT_LIMITS = ImageLimits()


def digest_image(data: bytes) -> str:
    """SHA-256 of the encoded bytes, 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def decode_image(
    data: bytes,
    *,
    width: int = 224,
    height: int = 224,
    fit: str = "pad",
    pad_value: int = 255,
    limits: ImageLimits = DEFAULT_LIMITS,
) -> NDArray[np.uint8]:
    """Decode, turn upright, flatten onto white and fit an image: uint8, (height, width, 3), RGB.

    `fit` is "pad" (the whole picture, bars of `pad_value`) or "stretch". The file's content
    decides its format, never its name; of an animation the first frame counts.

    Raises:
        ImageRejected: empty, too large, of another format, damaged, or too small.
    """
    image = _open(data, limits)
    try:
        # JPEG decodes at a fraction of its size: twice the target keeps the pixels (ADR 0002).
        image.draft("RGB", (2 * width, 2 * height))
        image.load()
        rgb = flatten_image(ImageOps.exif_transpose(image))
        return _fit(rgb, width, height, fit, pad_value)
    except Image.DecompressionBombError as bomb:
        raise _too_many_pixels(limits) from bomb
    except DECODER_ERRORS as error:
        raise _damaged() from error


def _open(data: bytes, limits: ImageLimits) -> Image.Image:
    """The image with its header read and its limits checked, its pixels not decoded yet."""
    if not data:
        raise ImageRejected("empty", "The file is empty.")
    if len(data) > limits.max_bytes:
        megabytes = limits.max_bytes / 2**20
        reason = f"The file is larger than {megabytes:g} MB."
        raise ImageRejected("too_large", reason)
    try:
        image = Image.open(io.BytesIO(data), formats=limits.formats)
    except UnidentifiedImageError as error:
        names = ", ".join(limits.formats)
        reason = f"The file is not a picture in a format that can be read ({names})."
        raise ImageRejected("unsupported_format", reason) from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as bomb:
        raise _too_many_pixels(limits) from bomb
    except DECODER_ERRORS as error:
        raise _damaged() from error
    if image.width * image.height > limits.max_pixels:
        raise _too_many_pixels(limits)
    if min(image.size) < limits.min_side:
        reason = f"The picture is smaller than {limits.min_side} pixels on a side."
        raise ImageRejected("too_small", reason)
    return image


def _too_many_pixels(limits: ImageLimits) -> ImageRejected:
    megapixels = limits.max_pixels / 1e6
    return ImageRejected("too_many_pixels", f"The picture has more than {megapixels:g} megapixels.")


def _damaged() -> ImageRejected:
    return ImageRejected("damaged", "The picture is damaged or cut off.")


def flatten_image(image: Image.Image) -> Image.Image:
    """Any mode to RGB: transparency on white, more than 8 bits scaled down and not clipped."""
    if image.mode == "RGB" and "transparency" not in image.info:
        return image
    if image.mode.startswith("I") or image.mode == "F":
        return _scale_depth(image)
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        canvas = Image.new("RGBA", rgba.size, (*WHITE, 255))
        return Image.alpha_composite(canvas, rgba).convert("RGB")
    return image.convert("RGB")


def _scale_depth(image: Image.Image) -> Image.Image:
    """16-bit (and deeper) grey to 8 bits by its depth; float by its own range."""
    values = np.asarray(image, dtype=np.float64)
    if image.mode == "F":
        values = np.nan_to_num(values)
        low, high = float(values.min()), float(values.max())
    else:
        low, high = 0.0, 65535.0 if values.max() > 255 else 255.0
    scaled = (values - low) * (255.0 / (high - low)) if high > low else values * 0
    grey = Image.fromarray(np.clip(scaled, 0, 255).astype(np.uint8))
    return grey.convert("RGB")


def _fit(
    image: Image.Image, width: int, height: int, fit: str, pad_value: int
) -> NDArray[np.uint8]:
    if fit == "stretch":
        resized = image.resize((width, height), Image.Resampling.BILINEAR, reducing_gap=2.0)
        return np.asarray(resized)
    scale = min(width / image.width, height / image.height)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    if size != image.size:
        image = image.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
    canvas = Image.new("RGB", (width, height), (pad_value,) * 3)
    canvas.paste(image, ((width - size[0]) // 2, (height - size[1]) // 2))
    return np.asarray(canvas)
