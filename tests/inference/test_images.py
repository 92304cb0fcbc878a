"""Bytes to pixels: right for every kind of picture, and a reason for everything else."""

import io
import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from catalog_ai.inference.images import ImageLimits, ImageRejected, decode_image, digest_image
from tests.inference.corpus import encode, make_bomb, make_corpus, make_picture

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


def rejection(data: bytes, **limits: Any) -> ImageRejected:
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


@pytest.mark.slow
def test_two_thousand_hostile_files_end_as_a_result_or_a_reason() -> None:
    ends = {"result": 0, "reason": 0}
    for data in make_corpus():
        try:
            assert decode(data).shape == (32, 32, 3)
            ends["result"] += 1
        except ImageRejected as rejected:
            assert rejected.code and rejected.reason.endswith(".")
            ends["reason"] += 1
    assert sum(ends.values()) >= 2_000 and min(ends.values()) > 200


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    head=st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF"]),
    tail=st.binary(),
)
def test_no_bytes_end_in_another_error(head: bytes, tail: bytes) -> None:
    with pytest.raises(ImageRejected):
        decode(head + tail)


def test_a_stream_position_does_not_matter() -> None:
    buffer = io.BytesIO(encode(Image.new("RGB", (32, 32), "red"), "PNG"))
    assert decode(buffer.getvalue())[0, 0].tolist() == RED
