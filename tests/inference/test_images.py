"""Bytes to pixels: right for every kind of picture, and a reason for everything else."""

import io
import subprocess
import sys
import tracemalloc
from typing import Any

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageOps

from catalog_ai.inference.images import (
    ImageLimits,
    ImageRejected,
    decode_image,
    digest_image,
    locate_picture,
)
from tests.inference.corpus import encode, make_bomb, make_picture, make_scan_bomb

RED, WHITE = [255, 0, 0], [255, 255, 255]


def decode(data: bytes, **options: Any) -> Any:
    return decode_image(data, **{"width": 32, "height": 32, **options})


def test_a_picture_keeps_its_shape_on_a_white_square() -> None:
    pixels = decode(encode(Image.new("RGB", (64, 32), "red"), "PNG"))
    assert (pixels.shape, pixels.dtype) == ((32, 32, 3), np.uint8)
    assert pixels[16, 16].tolist() == RED
    assert pixels[0, 0].tolist() == WHITE and pixels[31, 31].tolist() == WHITE


def test_stretch_fills_the_square() -> None:
    pixels = decode(encode(Image.new("RGB", (64, 32), "red"), "PNG"), fit="stretch")
    assert pixels.reshape(-1, 3).tolist() == [RED] * 32 * 32


def test_a_rotated_photo_is_turned_upright() -> None:
    image = Image.new("RGB", (64, 64), "red")
    image.paste("blue", (0, 0, 64, 32))
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    pixels = decode(encode(image, "JPEG", exif=exif.tobytes(), quality=95))
    assert pixels[4, 16][0] > 200 and pixels[28, 16][2] > 200


@pytest.mark.parametrize("fmt", ["PNG", "WEBP"])
def test_transparency_becomes_white_and_not_black(fmt: str) -> None:
    pixels = decode(encode(Image.new("RGBA", (32, 32), (0, 0, 0, 0)), fmt))
    assert pixels.min() > 250


def test_a_transparent_palette_colour_becomes_white() -> None:
    image = Image.new("P", (32, 32), 0)
    image.putpalette([0, 0, 0, 255, 0, 0])
    assert decode(encode(image, "PNG", transparency=0)).min() > 250


def test_sixteen_bits_are_scaled_and_not_clipped() -> None:
    grey = np.full((32, 32), 128 * 257, np.uint16)
    assert abs(int(decode(encode(Image.fromarray(grey), "PNG"))[16, 16, 0]) - 128) <= 1


def test_cmyk_becomes_the_colour_it_means() -> None:
    image = Image.new("RGB", (32, 32), (200, 40, 60)).convert("CMYK")
    red, green, blue = (int(value) for value in decode(encode(image, "JPEG", quality=95))[16, 16])
    assert abs(red - 200) < 20 and abs(green - 40) < 30 and abs(blue - 60) < 30


def test_the_first_frame_of_an_animation_counts() -> None:
    frames = [Image.new("RGB", (32, 32), color) for color in ("red", "blue")]
    data = encode(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert decode(data)[16, 16].tolist() == RED


def test_the_content_decides_and_not_the_name() -> None:
    assert decode(encode(Image.new("RGB", (32, 32), "red"), "WEBP", lossless=True)).shape == (
        32,
        32,
        3,
    )


def rejection(data: bytes | io.BytesIO, **limits: Any) -> ImageRejected:
    with pytest.raises(ImageRejected) as caught:
        decode_image(data, limits=ImageLimits(**limits))
    return caught.value


def test_each_refusal_has_a_code_and_a_reason() -> None:
    whole = encode(make_picture("RGB", (90, 90)), "JPEG")
    assert rejection(b"").code == "empty"
    assert rejection(whole, max_bytes=100).code == "too_large"
    assert rejection(whole, max_pixels=100).code == "too_many_pixels"
    assert rejection(make_bomb(20_000, 20_000)).code == "too_many_pixels"
    assert rejection(b"<html>").code == "unsupported_format"
    assert rejection(encode(Image.new("RGB", (9, 9)), "BMP")).code == "unsupported_format"
    assert rejection(whole[: len(whole) // 2]).code == "damaged"
    assert rejection(encode(Image.new("RGB", (2, 90)), "PNG")).code == "too_small"
    assert str(rejection(b"")) == rejection(b"").reason == "The file is empty."


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    tracemalloc.start()
    rejection(make_bomb(60_000, 60_000))
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5_000_000


def test_a_digest_is_of_the_bytes() -> None:
    assert digest_image(b"a") != digest_image(b"b") and len(digest_image(b"")) == 64


def test_a_stream_is_read_to_the_limit_and_no_further() -> None:
    data = encode(Image.new("RGB", (32, 32), "red"), "PNG")
    assert decode(io.BytesIO(data))[16, 16].tolist() == RED
    endless = io.BytesIO(b"x" * 10_000)
    assert rejection(endless, max_bytes=100).code == "too_large"
    assert endless.tell() == 101


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_every_orientation_is_turned_as_exif_says(fmt: str, orientation: int) -> None:
    image = Image.new("RGB", (64, 64), "red")
    image.paste("blue", (0, 0, 64, 20))
    image.paste("lime", (0, 20, 20, 64))
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encode(image, fmt, exif=exif.tobytes(), quality=95)
    expected = ImageOps.exif_transpose(Image.open(io.BytesIO(data))).resize((32, 32))
    difference = decode(data).astype(int) - np.asarray(expected.convert("RGB"))
    assert np.abs(difference).mean() < 4


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_unreadable_exif_does_not_cost_the_picture() -> None:
    data = encode(Image.new("RGB", (32, 32), "red"), "JPEG", exif=b"Exif\0\0MM\0*" + b"\xff" * 64)
    assert decode(data)[16, 16][0] > 240


def test_half_transparent_red_becomes_pink() -> None:
    pixels = decode(encode(Image.new("RGBA", (64, 64), (255, 0, 0, 128)), "PNG"))
    assert np.abs(pixels.astype(int) - [255, 127, 127]).max() <= 2


def test_hidden_colours_do_not_bleed_into_the_visible() -> None:
    image = Image.new("RGBA", (64, 64), (0, 255, 0, 0))  # green, and invisible
    image.paste((255, 0, 0, 255), (0, 0, 33, 64))
    pixels = decode(encode(image, "PNG")).astype(int)
    assert (pixels[..., 1] <= pixels[..., 2] + 2).all()  # white and red, never green


@pytest.mark.parametrize("level", [0, 200, 40_000, 65_535])
def test_sixteen_bits_mean_the_same_however_dark_the_picture(level: int) -> None:
    data = encode(Image.fromarray(np.full((64, 64), level, np.uint16)), "PNG")
    assert abs(int(decode(data)[16, 16, 0]) - level / 257) <= 1


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_mode_shows_the_same_grey_picture(mode: str) -> None:
    ramp = Image.linear_gradient("L")
    image = Image.fromarray(np.asarray(ramp).astype(np.uint16) * 257)
    image = image if mode == "I;16" else ramp.convert(mode)
    pixels = decode(encode(image, "PNG")).astype(int)
    expected = np.asarray(ramp.resize((32, 32), Image.Resampling.BOX), int)[..., None]
    assert np.abs(pixels - expected).mean() < (12 if mode == "1" else 3)  # "1" is dithered


def test_palette_colours_are_mixed_when_shrunk_and_not_picked() -> None:
    stripes = Image.fromarray(np.tile(np.array([0, 255], np.uint8), (64, 32))).convert("P")
    pixels = decode(encode(stripes, "PNG"))
    assert np.abs(pixels[:, 2:-2].astype(int) - 127).max() < 8


def test_a_long_thin_picture_is_still_seen() -> None:
    pixels = decode(encode(Image.new("RGB", (4000, 8), "red"), "PNG"))
    assert (pixels == RED).all(axis=-1).any()


def test_other_targets_than_squares_are_filled() -> None:
    data = encode(Image.new("RGB", (100, 50), "red"), "PNG")
    assert decode(data, width=20, height=40).shape == (40, 20, 3)
    assert decode(data, width=20, height=40, fit="stretch")[0, 0].tolist() == RED


def test_a_jpeg_of_endless_scans_is_refused_and_one_of_a_few_is_not() -> None:
    assert rejection(make_scan_bomb(1_000)).code == "too_complex"
    assert decode(make_scan_bomb(30)).shape == (32, 32, 3)


def test_a_damaged_avif_is_the_pictures_fault() -> None:
    whole = encode(make_picture("RGB", (40, 30)), "AVIF")
    damaged = bytearray(whole)
    damaged[-40:] = bytes(40)
    start = whole.index(b"pitm")
    damaged[start : start + 4] = b"none"
    assert rejection(bytes(damaged)).code == "damaged"


def test_too_little_memory_is_said_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    def run_out(_image: Image.Image, *_arguments: Any, **_options: Any) -> None:
        raise MemoryError

    monkeypatch.setattr(Image.Image, "resize", run_out)
    assert rejection(encode(Image.new("RGB", (32, 32)), "PNG")).code == "out_of_memory"


@pytest.mark.slow
@pytest.mark.parametrize(("mode", "megabytes"), [("RGBA", 700), ("I;16", 400), ("P", 500)])
def test_fifty_megapixels_take_bounded_memory(mode: str, megabytes: int) -> None:
    code = (
        "import io, numpy as np; from PIL import Image;"
        "from catalog_ai.inference.images import decode_image;"
        "side, buffer = 7_000, io.BytesIO();"
        "grey = np.full((side, side), 30_000, np.uint16);"
        f"mode = {mode!r};"
        "image = Image.fromarray(grey) if mode == 'I;16' else Image.new(mode, (side, side));"
        "image.save(buffer, 'PNG', compress_level=1); del image, grey;"
        "decode_image(buffer.getvalue());"
        # A child's ru_maxrss begins with what its parent had; this is its own.
        "own = next(line for line in open('/proc/self/status') if line.startswith('VmHWM'));"
        "print(int(own.split()[1]) // 1024)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert int(done.stdout) < megabytes


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("size", [(60, 80), (80, 60), (50, 50)])
def test_the_picture_is_located_between_its_bars(size: tuple[int, int], orientation: int) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    buffer = io.BytesIO()
    Image.new("RGB", size, (200, 0, 0)).save(buffer, "JPEG", exif=exif)
    left, top, right, bottom = locate_picture(buffer.getvalue(), width=32, height=32)
    dark = decode_image(buffer.getvalue(), width=32, height=32)[..., 1] < 128
    rows, columns = np.flatnonzero(dark.any(axis=1)), np.flatnonzero(dark.any(axis=0))
    assert (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1) == (left, top, right, bottom)
