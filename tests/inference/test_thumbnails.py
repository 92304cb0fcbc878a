"""Small copies of photos: whole, upright, never enlarged."""

import io

import pytest
from PIL import Image

from catalog_ai.inference.images import ImageLimits, ImageRejected
from catalog_ai.inference.thumbnails import SIDES, is_whole, make_thumbnail


def make_jpeg(size: tuple[int, int], orientation: int = 1) -> bytes:
    """Red above, blue below."""
    image = Image.new("RGB", size, (200, 20, 20))
    image.paste((20, 20, 200), (0, size[1] // 2, *size))
    exif = Image.Exif()
    exif[0x0112] = orientation
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", exif=exif)
    return buffer.getvalue()


def open_copy(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    assert image.format == "WEBP"
    return image.convert("RGB")


@pytest.mark.parametrize("side", SIDES)
def test_the_longest_side_is_bounded_and_the_shape_kept(side: int) -> None:
    copy = open_copy(make_thumbnail(make_jpeg((1500, 2000)), side))
    assert copy.size == (round(side * 0.75), side)


def test_a_small_photo_is_not_enlarged() -> None:
    assert open_copy(make_thumbnail(make_jpeg((100, 60)), 1024)).size == (100, 60)


def test_a_photo_held_sideways_is_turned_upright() -> None:
    copy = open_copy(make_thumbnail(make_jpeg((400, 200), orientation=6), 128))
    assert copy.size == (64, 128)
    assert copy.getpixel((50, 64))[0] > 150  # the upper half is now at the right
    assert copy.getpixel((10, 64))[2] > 150


def test_transparency_becomes_white() -> None:
    buffer = io.BytesIO()
    Image.new("RGBA", (300, 300), (0, 0, 0, 0)).save(buffer, "PNG")
    assert min(open_copy(make_thumbnail(buffer.getvalue(), 128)).getpixel((64, 64))) > 250


def test_what_is_refused_for_judging_is_refused_here() -> None:
    with pytest.raises(ImageRejected):
        make_thumbnail(b"no picture", 128)
    with pytest.raises(ImageRejected):
        make_thumbnail(make_jpeg((400, 400)), 128, ImageLimits(max_pixels=1000))


def test_half_a_copy_is_told_from_a_whole_one() -> None:
    whole = make_thumbnail(make_jpeg((400, 400)), 128)
    assert is_whole(whole)
    assert not any(map(is_whole, (b"", whole[:4], whole[:8], whole[:-1])))
