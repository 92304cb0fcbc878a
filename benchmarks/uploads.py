"""How soon an uploaded product has its suggestions while all bulk workers are busy.

    python benchmarks/uploads.py [--count 10000] [--uploads 50] [--every 0.5] [--side 400]
        [--photos FOLDER_OR_ZIP] [--processes N]

A bulk run of `--count` products goes on. At first it has the machine alone (`--alone` seconds:
`bulk_ips_before`); then products with a photo of their own are saved, one every `--every` seconds,
as the shop would: the receiver, the upload queue, the upload worker. `p50_s` and `p95_s` are
seconds from the save to the stored suggestions; `bulk_ips_during` what the bulk run did meanwhile.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.stage import (  # noqa: E402
    DIFFERENT,
    TARGET,
    make_files,
    make_products,
    open_stage,
    start_workers,
    wait_until,
)

# isort: split
import numpy as np  # noqa: E402
from django.core.files.base import ContentFile  # noqa: E402
from django.db import connection  # noqa: E402

from catalog_ai.inference.cores import count_cores  # noqa: E402
from catalog_ai.models import Classification, Run  # noqa: E402
from catalog_ai.targets import get_target  # noqa: E402
from catalog_ai.workflow.enqueue import enqueue  # noqa: E402
from shop_demo.models import Product  # noqa: E402

LOOK_EVERY = 0.02  # seconds: how finely an upload is timed


def upload(number: int, photo: bytes) -> float:
    """Seconds from the save of a new product to its stored suggestions."""
    product = Product(title=f"Upload {number}", price=1)
    # A digest of its own: decoders stop at the picture's end.
    data = photo + b"upload" + number.to_bytes(4, "big")
    product.image.save(f"upload-{number}.jpg", ContentFile(data), save=False)
    begin = time.perf_counter()
    product.save()
    rows = Classification.objects.filter(
        target=TARGET, object_id=str(product.pk), run__source=Run.Source.UPLOAD, is_current=True
    )
    wait_until(rows.exists, every=LOOK_EVERY)
    return time.perf_counter() - begin


def upload_all(photos: list[bytes], every: float) -> list[float]:
    """One product after the other, each at its time or as soon as the one before it is done."""
    took, begin = [], time.monotonic()
    for number, photo in enumerate(photos):
        time.sleep(max(0.0, begin + number * every - time.monotonic()))
        took.append(upload(number, photo))
    return took


class Progress:
    """How many products of a run are done, and at what speed since the last time one asked."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.done, self.at = self.count(), time.perf_counter()

    def count(self) -> int:
        rows = Classification.objects.filter(run=self.run)
        return rows.exclude(state__in=Classification.IN_FLIGHT).count()

    def read_speed(self) -> float:
        """Images a second since the last call."""
        done, at = self.count(), time.perf_counter()
        speed = (done - self.done) / (at - self.at)
        self.done, self.at = done, at
        return round(speed, 1)


def measure(options: argparse.Namespace) -> dict[str, Any]:
    files = make_files(min(options.count, DIFFERENT), options.side, options.photos)
    make_products(files, options.count)
    photos = [files[number % len(files)].read_bytes() for number in range(options.uploads)]
    with start_workers(options.processes):
        run = enqueue(get_target(TARGET), Product.objects.all(), source=Run.Source.COMMAND)
        wait_until(lambda: Progress(run).done > 0)
        progress = Progress(run)
        time.sleep(options.alone)
        before = progress.read_speed()
        took = upload_all(photos, options.every)
        during = progress.read_speed()
        busy = Run.objects.exclude(state=Run.State.DONE).filter(pk=run.pk).exists()
        run.state = Run.State.CANCELLED
        run.save(update_fields=["state"])
    if not busy:
        sys.exit("The bulk run was over before the uploads were: give a larger --count.")
    p50, p95 = (round(float(np.percentile(took, share)), 3) for share in (50, 95))
    speeds = {"bulk_ips_before": before, "bulk_ips_during": during}
    return {
        "uploads": len(took),
        "p50_s": p50,
        "p95_s": p95,
        "max_s": round(max(took), 3),
        **speeds,
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--uploads", type=int, default=50)
    parser.add_argument("--every", type=float, default=0.5)
    parser.add_argument("--alone", type=float, default=10.0)
    parser.add_argument("--side", type=int, default=400)
    parser.add_argument("--photos", type=Path)
    parser.add_argument("--processes", type=int, default=count_cores())
    options = parser.parse_args()
    with open_stage():
        figures = measure(options)
    facts = {"bulk": options.count, "side": options.side, "processes": options.processes}
    print(json.dumps({**facts, "database": connection.vendor, **figures}, indent=2))


if __name__ == "__main__":
    main()
