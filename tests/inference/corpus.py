"""Hostile and odd pictures, made here: every way in which a file can be wrong."""

import io
import random
import struct
import zlib
from collections.abc import Iterator

import numpy as np
from PIL import Image

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF")
MODES = {
    "JPEG": ("L", "RGB", "CMYK"),
    "PNG": ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"),
    "WEBP": ("L", "RGB", "RGBA"),
    "GIF": ("1", "L", "P", "RGB"),
    "AVIF": ("L", "RGB", "RGBA"),
}
SIZES = ((8, 8), (31, 64), (90, 33), (1, 1), (3, 400))


def make_picture(mode: str, size: tuple[int, int], seed: int = 0) -> Image.Image:
    """A picture of noise and gradients in any mode."""
    noise = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 4), dtype=np.uint8)
    rgba = Image.fromarray(noise)
    if mode == "I;16":
        return Image.fromarray(noise[..., 0].astype(np.uint16) * 257)
    return rgba.convert("RGB").convert(mode) if mode in ("1", "P", "CMYK") else rgba.convert(mode)


def encode(image: Image.Image, fmt: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, fmt, **options)
    return buffer.getvalue()


def make_bomb(width: int, height: int) -> bytes:
    """A PNG that says it is huge, and is a few bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * 1000)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
    )


def make_scan_bomb(scans: int, side: int = 64) -> bytes:
    """A progressive JPEG that passes over its pixels `scans` times."""
    whole = encode(Image.new("L", (side, side), 100), "JPEG", progressive=True)
    last = whole[whole.rindex(b"\xff\xda") : -2]
    return whole[:-2] + last * (scans - whole.count(b"\xff\xda")) + whole[-2:]


def make_animation(fmt: str) -> bytes:
    frames = [make_picture("RGB", (40, 40), seed) for seed in range(4)]
    return encode(frames[0], fmt, save_all=True, append_images=frames[1:])


def make_tagged(fmt: str, **options: object) -> bytes:
    """A picture with an orientation and a comment in its Exif data."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "a comment"
    return encode(make_picture("RGB", (40, 30)), fmt, exif=exif.tobytes(), **options)


def make_stills() -> list[bytes]:
    """Sound pictures of every format, mode and size that the format can hold."""
    plain = [
        encode(make_picture(mode, size, seed), fmt)
        for seed, size in enumerate(SIZES)
        for fmt in FORMATS
        for mode in MODES[fmt]
    ]
    tagged = [make_tagged(fmt) for fmt in ("JPEG", "PNG", "WEBP", "AVIF")]
    return [*plain, *tagged, make_tagged("JPEG", progressive=True, icc_profile=b"odd" * 40)]


def make_sound() -> list[bytes]:
    """The stills, and an animation of every format that has them."""
    return make_stills() + [make_animation(fmt) for fmt in ("GIF", "PNG", "WEBP", "AVIF")]


def truncate(data: bytes) -> Iterator[bytes]:
    for share in (0.1, 0.3, 0.5, 0.7, 0.9, 0.99):
        yield data[: int(len(data) * share)]


def flip_bits(data: bytes, rng: random.Random, count: int) -> Iterator[bytes]:
    for _ in range(count):
        broken = bytearray(data)
        for _ in range(rng.choice((1, 3, 20))):
            broken[rng.randrange(len(broken))] ^= 1 << rng.randrange(8)
        yield bytes(broken)


def make_oddities() -> Iterator[bytes]:
    """Files that are no pictures, or more than pictures."""
    picture = encode(make_picture("RGB", (40, 40)), "PNG")
    jpeg = encode(make_picture("RGB", (40, 40)), "JPEG")
    gif = encode(make_picture("P", (40, 40)), "GIF")
    yield from (b"", b"\0", b"GIF89a", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBP")
    yield from (b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%PDF-1.7", b"MZ" + b"\0" * 99)
    yield from (picture + b"<script>alert(1)</script>", gif + b"PK\x03\x04", jpeg + jpeg)
    yield from (encode(make_picture("RGB", (40, 40)), fmt) for fmt in ("BMP", "TIFF", "ICO", "PPM"))
    yield from (make_bomb(20_000, 20_000), make_bomb(2**31 - 1, 2**31 - 1), make_bomb(0, 0))
    yield encode(make_picture("RGB", (40, 40)), "JPEG", icc_profile=b"no profile at all")
    yield encode(make_picture("RGB", (40, 40)), "JPEG", exif=b"Exif\0\0" + b"\xff" * 64)
    yield make_scan_bomb(1_000)


def make_corpus(seed: int = 1, flips: int = 17) -> Iterator[bytes]:
    """Over two thousand files, the same for the same seed."""
    rng = random.Random(seed)
    for data in make_sound():
        yield data
        yield from truncate(data)
        yield from flip_bits(data, rng, flips)
    yield from make_oddities()
