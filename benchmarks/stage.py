"""What a benchmark plays on: a demo shop with a database, a Redis, photos and workers of its own.

Import it before anything of Django's. The database is DATABASE_URL, which must hold no product:
it is emptied time and again; else SQLite in a temporary folder.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VAR = Path(os.environ.get("DEMO_VAR") or tempfile.mkdtemp(prefix="benchmark-"))
os.environ.update(
    DEMO_VAR=str(VAR),
    DEMO_PRODUCTION="1",  # with DEBUG, Django keeps and formats every query
    DJANGO_SETTINGS_MODULE="shop_demo.settings",
    SECRET_KEY="only-for-benchmarks",  # noqa: S106
)
sys.path.insert(0, str(ROOT))

from shop_demo.demo.ports import find_free_port  # noqa: E402
from shop_demo.demo.redis import EmbeddedRedis  # noqa: E402

REDIS = EmbeddedRedis(VAR / "redis", find_free_port(16500))
if "BENCHMARK_REDIS" not in os.environ:  # processes that are started from here use the same one
    os.environ["BENCHMARK_REDIS"] = os.environ["REDIS_URL"] = REDIS.url

import django  # noqa: E402

django.setup()

import django_rq  # noqa: E402
import numpy as np  # noqa: E402
from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from PIL import Image  # noqa: E402
from rq import Worker  # noqa: E402

from catalog_ai.conf import get_settings  # noqa: E402
from catalog_ai.inference.images import decode_image  # noqa: E402
from catalog_ai.training.photos import Photos  # noqa: E402
from shop_demo.drawings import DRAWINGS, render_drawing  # noqa: E402
from shop_demo.models import Product  # noqa: E402

TARGET = "shop_demo.product"
DIFFERENT = 64  # pictures; more products share them
WAIT = 3600.0  # seconds until a measurement is given up


@contextmanager
def open_stage() -> Iterator[None]:
    """An empty shop with its Redis running; nothing is left of it afterwards, nor when ended."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        REDIS.start()
        call_command("migrate", verbosity=0)
        if Product.objects.exists():
            sys.exit("This database holds products, and a benchmark empties it. Name another one.")
        yield
        forget()
    finally:
        REDIS.stop()
        shutil.rmtree(VAR, ignore_errors=True)


def forget() -> None:
    """Empty the database."""
    call_command("flush", interactive=False, verbosity=0)


def make_files(count: int, side: int, photos: Path | None) -> list[Path]:
    """`count` JPEGs of `side` pixels in the media folder, no two with the same digest."""
    folder = Path(settings.MEDIA_ROOT) / "products"
    folder.mkdir(parents=True, exist_ok=True)
    sources = [encode(image, side) for image in list_images(photos, min(count, DIFFERENT))]
    files = []
    for number in range(count):
        file = folder / f"{number}.jpg"
        # Decoders stop at the picture's end: the same work, another digest.
        file.write_bytes(sources[number % len(sources)] + number.to_bytes(4, "big"))
        files.append(file)
    return files


def list_images(photos: Path | None, count: int) -> Iterator[Image.Image]:
    """Photos of the folder or zip, else the demo shop's drawings."""
    if photos is None:
        yield from (render_drawing(drawing).convert("RGB") for drawing in DRAWINGS[:count])
        return
    collection = Photos(photos)
    for name in list(collection.list_names())[:count]:
        yield Image.fromarray(decode_image(collection.read(name)))


def encode(image: Image.Image, side: int) -> bytes:
    """A JPEG at `side` pixels with the grain of a camera: flat colours would decode too fast."""
    large = np.asarray(image.resize((side, side), Image.Resampling.BICUBIC), np.int16)
    grain = np.random.default_rng(side).normal(0, 4, (side, side, 1)).astype(np.int16)
    noisy = np.clip(large + grain, 0, 255).astype(np.uint8)
    file = VAR / "encoded.jpg"
    Image.fromarray(noisy).save(file, quality=85)
    return file.read_bytes()


def make_products(files: Sequence[Path], count: int | None = None) -> None:
    """`count` products, one a file if left out; more products than files share them."""
    root = Path(settings.MEDIA_ROOT)
    names = [str(file.relative_to(root)) for file in files]
    Product.objects.bulk_create(
        (
            Product(title=f"Product {number}", price=1, image=names[number % len(names)])
            for number in range(count or len(names))
        ),
        batch_size=1_000,
    )


@contextmanager
def start_workers(processes: int) -> Iterator[int]:
    """The product's own workers, up and idle; their supervisor's process id."""
    command = [sys.executable, "-m", "django", "catalog_ai_worker", "--bulk", str(processes)]
    # What it says goes to the log: a benchmark's own output is one JSON object.
    supervisor = subprocess.Popen(command, cwd=ROOT, stdout=sys.stderr)
    try:
        names = get_settings()
        wait_until(lambda: count_workers(names.BULK_QUEUE) >= processes)
        wait_until(lambda: count_workers(names.UPLOAD_QUEUE) >= 1)
        yield supervisor.pid
    finally:
        supervisor.terminate()
        supervisor.wait(90)


def count_workers(queue_name: str) -> int:
    return len(Worker.all(queue=django_rq.get_queue(queue_name)))


def wait_until(condition: Callable[[], bool], every: float = 0.1) -> None:
    """Each look costs the measured processes a little of the processor.

    Raises:
        TimeoutError: the condition has not come about within WAIT.
    """
    deadline = time.monotonic() + WAIT
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("The workers did not finish.")
        time.sleep(every)
