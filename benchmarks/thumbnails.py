"""What small copies of photos cost and save: one JSON object on stdout.

Run: `python benchmarks/thumbnails.py [--repeats 5] [--photos FOLDER-OR-ZIP]`. Without `--photos`
the pictures are made here, as in decoding.py. For each size of photo: its bytes, and for each
width of copy the processor's milliseconds to make it (median) and its bytes. `pages` sums up the
pictures of one page, full and as copies, in megabytes, for the photos of the largest size.
"""

import argparse
import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.decoding import SIZES, draw_photo, make_jpeg  # noqa: E402
from catalog_ai.inference.thumbnails import LARGE, MEDIUM, SIDES, SMALL, make_thumbnail  # noqa: E402
from catalog_ai.training.photos import Photos  # noqa: E402

PAGES = {"list of 50": (50, SMALL), "cards": (24, MEDIUM), "grid": (60, MEDIUM), "card": (1, LARGE)}


def measure_photos(photos: list[bytes], repeats: int) -> dict[str, Any]:
    """Medians over the photos."""
    row: dict[str, Any] = {"bytes": statistics.median(map(len, photos))}
    for side in SIDES:
        took, sizes = [], []
        for data in photos:
            for _ in range(repeats):
                start = time.process_time()
                copy = make_thumbnail(data, side)
                took.append(1000 * (time.process_time() - start))
            sizes.append(len(copy))
        row[str(side)] = {
            "ms": round(statistics.median(took), 1),
            "bytes": statistics.median(sizes),
        }
    return row


def sum_pages(row: dict[str, Any]) -> dict[str, Any]:
    return {
        page: {
            "full_mb": round(count * row["bytes"] / 1e6, 2),
            "copies_mb": round(count * row[str(side)]["bytes"] / 1e6, 3),
        }
        for page, (count, side) in PAGES.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--photos", type=Path)
    options = parser.parse_args()
    if options.photos:
        given = Photos(options.photos)
        sizes = {"photos": [given.read(name) for name in given.list_names()]}
    else:
        photo = draw_photo()
        sizes = {name: [make_jpeg(photo, size)] for name, size in SIZES.items()}
    rows = {name: measure_photos(photos, options.repeats) for name, photos in sizes.items()}
    print(json.dumps({"sizes": rows, "pages": sum_pages(list(rows.values())[-1])}, indent=1))


if __name__ == "__main__":
    main()
