"""How fast and how exact JPEGs are decoded, full and at a fraction: one JSON object on stdout.

Run: `python benchmarks/decoding.py [--repeats 5] [--photos FOLDER-OR-ZIP]`. The pictures are made
here (edges, texture, noise, JPEG quality 85). For each size: milliseconds a picture (median) of a
full decode, of `draft` to at least twice and to at least once the target, and of `decode_image`
itself; the ratios to the full decode; and how far the resulting pixels are from the full decode's,
in steps of 255. With `--photos`, also how the shipped model's answers differ from those on full
decodes, over --count of the photos enlarged to 2,000 px: share with the same article, and mean
change of its confidence.
"""

import argparse
import io
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from catalog_ai.inference.bundle import SHIPPED_BUNDLE  # noqa: E402
from catalog_ai.inference.classifier import load_classifier  # noqa: E402
from catalog_ai.inference.images import decode_image  # noqa: E402
from catalog_ai.training.photos import Photos  # noqa: E402

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


def measure_answers(source: Path, count: int) -> dict[str, float | int]:
    """The shipped model on each way's pixels, held against its answers on full decodes."""
    classifier = load_classifier(SHIPPED_BUNDLE)
    labels = classifier.bundle.labels
    article = [at for at, label in enumerate(labels) if label.facet == "article"]
    photos = Photos(source)
    names = list(photos.list_names())
    scores: dict[str, list[NDArray[np.float32]]] = {}
    for name in names[:: max(1, len(names) // count)][:count]:
        photo = Image.open(io.BytesIO(photos.read(name))).convert("RGB")
        scale = 2000 / max(photo.size)
        data = make_jpeg(photo, (round(photo.width * scale), round(photo.height * scale)))
        for way, pixels in decode_all_ways(data).items():
            found = classifier.classify(pixels[None]).confidences[0, article]
            scores.setdefault(way, []).append(found)
    full = np.array(scores.pop("full"))
    row: dict[str, float | int] = {"photos": len(full)}
    for way, others in scores.items():
        other = np.array(others)
        same = other.argmax(1) == full.argmax(1)
        row[f"{way}_same_article"] = round(float(same.mean()), 4)
        row[f"{way}_change"] = round(float(np.abs(other.max(1) - full.max(1)).mean()), 4)
    return row


def decode_all_ways(data: bytes) -> dict[str, Pixels]:
    ways = {"full": 0, "draft_2x": 2, "draft_1x": 1}
    pixels = {way: decode_plainly(data, times) for way, times in ways.items()}
    return pixels | {"decode_image": decode_image(data, width=TARGET, height=TARGET)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--photos", type=Path)
    parser.add_argument("--count", type=int, default=200)
    options = parser.parse_args()
    photo = draw_photo()
    rows: dict[str, Any] = {
        name: measure_size(make_jpeg(photo, size), options.repeats) for name, size in SIZES.items()
    }
    if options.photos:
        rows["answers"] = measure_answers(options.photos, options.count)
    print(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
