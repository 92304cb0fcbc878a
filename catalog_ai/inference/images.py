"""Bytes to RGB pixels, safely: every image ends as an array or as a reason a person understands."""

import hashlib
import io
import math
import struct
import zlib
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, UnidentifiedImageError

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF")
WHITE = (255, 255, 255)
OUT_OF_MEMORY = "The picture needs more memory than there is. Try it smaller."
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


class ImageRejected(Exception):
    """An image that cannot be judged. `reason` is a sentence for the shop's staff."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


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
    image = _open(data, limits)
    try:
        image.draft("RGB", _choose_draft(image.size, max(width, height), fit))
        image.load()
        upright = _turn_upright(image)
        small = _shrink(upright, _choose_size(upright.size, width, height, fit))
    except MemoryError as error:
        raise ImageRejected("out_of_memory", OUT_OF_MEMORY) from error
    except DECODER_ERRORS as error:
        raise _damaged() from error
    return _pad(_flatten(small), width, height, pad_value)


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
    image = _open(data, limits)
    size = image.size[::-1] if _find_turn(image) in SIDEWAYS else image.size
    inner = _choose_size(size, width, height, fit)
    left, top = (width - inner[0]) // 2, (height - inner[1]) // 2
    return left, top, left + inner[0], top + inner[1]


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
    _check_header(image, data, limits)
    return image


def _check_header(image: Image.Image, data: bytes, limits: ImageLimits) -> None:
    if image.width * image.height > limits.max_pixels:
        raise _too_many_pixels(limits)
    if min(image.size) < limits.min_side:
        reason = f"The picture is smaller than {limits.min_side} pixels on a side."
        raise ImageRejected("too_small", reason)
    # FF DA starts a scan; within a scan's own data FF is always followed by 00 or D0 to D7.
    if image.format in ("JPEG", "MPO") and data.count(b"\xff\xda") > limits.max_scans:
        reason = "The picture is stored in too many layers. Save it again as an ordinary JPEG."
        raise ImageRejected("too_complex", reason)


def _too_many_pixels(limits: ImageLimits) -> ImageRejected:
    megapixels = limits.max_pixels / 1e6
    return ImageRejected("too_many_pixels", f"The picture has more than {megapixels:g} megapixels.")


def _damaged() -> ImageRejected:
    return ImageRejected("damaged", "The picture is damaged or cut off.")


def _choose_draft(size: tuple[int, int], side: int, fit: str) -> tuple[int, int]:
    """The least size that a JPEG may be decoded at: twice what is needed keeps the pixels.

    docs/adr/0003-decoding.md has the figures.
    """
    if fit == "stretch":
        return (2 * side, 2 * side)
    scale = 2 * side / max(size)
    return (math.ceil(size[0] * scale), math.ceil(size[1] * scale))


def _turn_upright(image: Image.Image) -> Image.Image:
    """The image as its Exif orientation says it was held."""
    turn = _find_turn(image)
    return image if turn is None else image.transpose(turn)


def _find_turn(image: Image.Image) -> Image.Transpose | None:
    """What turns the image upright; None where nothing need be done, or Exif is unreadable."""
    try:
        orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
    except DECODER_ERRORS:
        return None
    return TURNS.get(orientation) if isinstance(orientation, int) else None


def _choose_size(size: tuple[int, int], width: int, height: int, fit: str) -> tuple[int, int]:
    if fit == "stretch":
        return (width, height)
    scale = min(width / size[0], height / size[1])
    return (max(1, round(size[0] * scale)), max(1, round(size[1] * scale)))


def _shrink(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Resize before flattening: the other way round a 50-megapixel picture takes 1.4 GB."""
    if image.mode.startswith("I;16"):
        return image.resize(size, Image.Resampling.BILINEAR)  # Pillow cannot reduce 16 bits
    if image.mode in ("1", "P", "PA", "CMYK") or "transparency" in image.info:
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    return image.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)


def _flatten(image: Image.Image) -> Image.Image:
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


def _pad(image: Image.Image, width: int, height: int, pad_value: int) -> NDArray[np.uint8]:
    if image.size == (width, height):
        return np.asarray(image)
    canvas = Image.new("RGB", (width, height), (pad_value,) * 3)
    canvas.paste(image, ((width - image.width) // 2, (height - image.height) // 2))
    return np.asarray(canvas)
