"""How fast and how exact JPEGs are decoded, full and at a fraction: one JSON object on stdout.

Run: `python benchmarks/decoding.py [--repeats 5] [--photo FILE]`. The pictures are made here
(edges, texture, noise, JPEG quality 85); `--photo` measures a real one, resized, instead. For
each size: milliseconds a picture (median) of a full decode, of `draft` to at least twice and to
at least once the target, and of `decode_image` itself; the ratios to the full decode; and how far
the resulting pixels are from the full decode's, in steps of 255.
"""

import argparse
import io
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from catalog_ai.inference.images import decode_image  # noqa: E402

TARGET = 224
SIZES = {"400 px": (400, 533), "2,000 px": (1500, 2000), "12 Mpx": (4000, 3000)}

Pixels = NDArray[np.uint8]


def draw_photo(side: int = 1024) -> Image.Image:
    """A picture with smooth shade, sharp edges, fine weave and sensor noise."""
    random = np.random.default_rng(1)
    y, x = np.mgrid[0:side, 0:side] / side
    inside = ((x - 0.5) ** 2 + (y - 0.5) ** 2 < 0.14) | (np.abs(x - 0.5) < 0.08)
    weave = 20 * np.sin(x * 400) * np.sin(y * 400)
    base = np.stack([120 + 80 * x, 60 + 90 * y, 150 - 60 * x], axis=-1) + weave[..., None]
    picture = np.where(inside[..., None], base, 245.0) + random.normal(0, 3, (side, side, 1))
    return Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8))


def make_jpeg(photo: Image.Image, size: tuple[int, int]) -> bytes:
    buffer = io.BytesIO()
    photo.resize(size, Image.Resampling.BICUBIC).save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def decode_plainly(data: bytes, times: int) -> Pixels:
    """Decode with `draft` to `times` what is needed (0: in full), fit and pad."""
    image = Image.open(io.BytesIO(data))
    scale = TARGET / max(image.size)
    size = (round(image.width * scale), round(image.height * scale))
    if times:
        image.draft("RGB", (times * size[0], times * size[1]))
    small = image.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
    canvas = Image.new("RGB", (TARGET, TARGET), "white")
    canvas.paste(small, ((TARGET - size[0]) // 2, (TARGET - size[1]) // 2))
    return np.asarray(canvas)


def time_call(call: Callable[[], Pixels], repeats: int) -> float:
    """Median milliseconds."""
    took = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        took.append(1000 * (time.perf_counter() - start))
    return statistics.median(took)


def measure_size(data: bytes, repeats: int) -> dict[str, float | int]:
    ways: dict[str, Callable[[], Pixels]] = {
        "full": lambda: decode_plainly(data, 0),
        "draft_2x": lambda: decode_plainly(data, 2),
        "draft_1x": lambda: decode_plainly(data, 1),
        "decode_image": lambda: decode_image(data, width=TARGET, height=TARGET),
    }
    took = {way: time_call(call, repeats) for way, call in ways.items()}
    full = ways["full"]().astype(int)
    row: dict[str, float | int] = {"bytes": len(data)}
    row |= {f"{way}_ms": round(one, 2) for way, one in took.items()}
    for way in ("draft_2x", "draft_1x", "decode_image"):
        row[f"{way}_speedup"] = round(took["full"] / took[way], 2)
        row[f"{way}_difference"] = round(float(np.abs(ways[way]().astype(int) - full).mean()), 2)
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--photo", type=Path)
    options = parser.parse_args()
    photo = Image.open(options.photo).convert("RGB") if options.photo else draw_photo()
    rows = {
        name: measure_size(make_jpeg(photo, size), options.repeats) for name, size in SIZES.items()
    }
    print(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
