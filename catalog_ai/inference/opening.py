"""Encoded bytes to an image with its header read: what is refused before a pixel is decoded."""

import io
import struct
import zlib
from dataclasses import dataclass

from PIL import Image, UnidentifiedImageError

from catalog_ai.inference.reasons import ImageRejected

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF")

# What Pillow's decoders raise on bytes that are no sound image of the allowed formats. Only calls
# into Pillow are guarded by it: a mistake of our own is not a damaged picture.
DECODER_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    IndexError,
    EOFError,
    OverflowError,
    RuntimeError,  # AVIF
    struct.error,
    zlib.error,
)


@dataclass(frozen=True)
class ImageLimits:
    """What is refused unseen.

    A 20 kB PNG can unpack to gigabytes, hence the pixel limit; a JPEG of 20 MB can hold 250,000
    passes over its pixels, hours of work, hence the limit of scans (cameras write 1, the web 10).
    """

    max_bytes: int = 20 * 2**20
    max_pixels: int = 50_000_000
    min_side: int = 8
    max_scans: int = 64
    formats: tuple[str, ...] = FORMATS


DEFAULT_LIMITS = ImageLimits()


def open_image(data: bytes, limits: ImageLimits = DEFAULT_LIMITS) -> Image.Image:
    """The image with its header read and its limits checked, its pixels not decoded yet.

    Raises:
        ImageRejected: empty, too large, of another format, damaged, or too small.
    """
    if not data:
        raise ImageRejected("empty")
    if len(data) > limits.max_bytes:
        raise ImageRejected("too_large", megabytes=f"{limits.max_bytes / 2**20:g}")
    try:
        image = Image.open(io.BytesIO(data), formats=limits.formats)
    except UnidentifiedImageError as error:
        raise ImageRejected("unsupported_format", formats=", ".join(limits.formats)) from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as bomb:
        raise _too_many_pixels(limits) from bomb
    except DECODER_ERRORS as error:
        raise ImageRejected("damaged") from error
    _check_header(image, data, limits)
    return image


def _check_header(image: Image.Image, data: bytes, limits: ImageLimits) -> None:
    if image.width * image.height > limits.max_pixels:
        raise _too_many_pixels(limits)
    if min(image.size) < limits.min_side:
        raise ImageRejected("too_small", pixels=str(limits.min_side))
    # FF DA starts a scan; within a scan's own data FF is always followed by 00 or D0 to D7.
    if image.format in ("JPEG", "MPO") and data.count(b"\xff\xda") > limits.max_scans:
        raise ImageRejected("too_complex")


def _too_many_pixels(limits: ImageLimits) -> ImageRejected:
    return ImageRejected("too_many_pixels", megapixels=f"{limits.max_pixels / 1e6:g}")
