"""Small copies of a photo, for pages: WebP, upright, on white, the longest side bounded."""

import io

from catalog_ai.inference.images import DEFAULT_LIMITS, ImageLimits, fit_image

SMALL, MEDIUM, LARGE = 128, 384, 1024  # pixels of the longest side
SIDES = (SMALL, MEDIUM, LARGE)
CONTENT_TYPE = "image/webp"
QUALITY = 78
METHOD = 2  # of 0 (fast) to 6 (small): docs/adr/0010-thumbnails.md has the figures
HEADER = 8  # bytes before those that a RIFF file counts


def make_thumbnail(data: bytes, side: int, limits: ImageLimits = DEFAULT_LIMITS) -> bytes:
    """A WebP of an encoded image, at most `side` pixels on its longest side, never enlarged.

    Raises:
        ImageRejected: as `decode_image`.
    """
    file = io.BytesIO()
    picture = fit_image(data, side, side, "inside", limits)
    picture.save(file, "WEBP", quality=QUALITY, method=METHOD)
    return file.getvalue()


def is_whole(thumbnail: bytes) -> bool:
    """Whether a WebP is as long as it says: another process may still be writing it."""
    return len(thumbnail) > HEADER and len(thumbnail) == HEADER + int.from_bytes(
        thumbnail[4:HEADER], "little"
    )
