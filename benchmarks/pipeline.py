"""How fast products are categorised, against what the processor can do and against the naive way.

    python benchmarks/pipeline.py [--count 6000] [--side 400] [--photos FOLDER_OR_ZIP]
        [--processes N] [--rounds 3] [--keras-python PYTHON] [--scaling]

On the same photos, in turn, `--rounds` times; medians, in images a second:

- `ceiling_ips`: reading, decoding and the network in bare processes, no queue and no database;
- `product_ips`: rows queued -> rows stored, through RQ and the database (DATABASE_URL, else
  SQLite in a temporary folder), by workers that are up already;
- `naive_ips`: a job an image, rq's forking worker, the model loaded in each job (`--network`, a
  float32 TFLite file; the shipped 8-bit one where none is given), a save a label;
- with `--keras-python`, a Python that has TensorFlow, the same with Keras (see naive.py).

`stages` are milliseconds an image in one process; `peak_rss_mb` the most memory any of the
workers' processes had. `--scaling` measures the product with 1, 2, ... processes instead.
"""

import argparse
import json
import multiprocessing
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
VAR = Path(os.environ.setdefault("DEMO_VAR", tempfile.mkdtemp(prefix="pipeline-benchmark-")))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop_demo.settings")
os.environ.setdefault("SECRET_KEY", "only-for-this-benchmark")
sys.path.insert(0, str(ROOT))

from shop_demo.demo.ports import find_free_port  # noqa: E402
from shop_demo.demo.redis import EmbeddedRedis  # noqa: E402

REDIS = EmbeddedRedis(VAR / "redis", find_free_port(16500))
os.environ["REDIS_URL"] = os.environ.get("REDIS_URL") or REDIS.url

import django  # noqa: E402

django.setup()

import django_rq  # noqa: E402
import numpy as np  # noqa: E402
from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, connections  # noqa: E402
from PIL import Image  # noqa: E402

from benchmarks.naive import tag_product  # noqa: E402
from catalog_ai.conf import get_settings  # noqa: E402
from catalog_ai.inference.bundle import MODEL_FILE, SHIPPED_BUNDLE, load_bundle  # noqa: E402
from catalog_ai.inference.classifier import Classifier  # noqa: E402
from catalog_ai.inference.images import decode_image, digest_image  # noqa: E402
from catalog_ai.models import Classification, Run  # noqa: E402
from catalog_ai.targets import get_target  # noqa: E402
from catalog_ai.training.photos import Photos  # noqa: E402
from catalog_ai.workflow import jobs  # noqa: E402
from catalog_ai.workflow.claim import claim  # noqa: E402
from catalog_ai.workflow.enqueue import enqueue  # noqa: E402
from catalog_ai.workflow.reading import read_images  # noqa: E402
from catalog_ai.workflow.store import Judged, store_results  # noqa: E402
from shop_demo.drawings import DRAWINGS, render_drawing  # noqa: E402
from shop_demo.models import Product  # noqa: E402

DIFFERENT = 64  # photos; more products share them, each file with bytes of its own behind
TARGET = "shop_demo.product"
NAIVE_SHARE = 20  # of so many photos, the naive design gets one
STAGED = 256
WAIT = 900.0  # seconds until a measurement is given up


def make_files(count: int, side: int, photos: Path | None) -> list[Path]:
    """`count` JPEGs of `side` pixels in the media folder, no two with the same digest."""
    folder = Path(settings.MEDIA_ROOT) / "products"
    folder.mkdir(parents=True, exist_ok=True)
    sources = [encode(image, side) for image in list_images(photos)]
    files = []
    for number in range(count):
        file = folder / f"{number}.jpg"
        # Decoders stop at the picture's end: the same work, another digest.
        file.write_bytes(sources[number % len(sources)] + number.to_bytes(4, "big"))
        files.append(file)
    return files


def list_images(photos: Path | None) -> Iterator[Image.Image]:
    if photos is None:
        yield from (render_drawing(drawing).convert("RGB") for drawing in DRAWINGS[:DIFFERENT])
        return
    collection = Photos(photos)
    for name in list(collection.list_names())[:DIFFERENT]:
        yield Image.fromarray(decode_image(collection.read(name)))


def encode(image: Image.Image, side: int) -> bytes:
    """A JPEG at `side` pixels with the grain of a camera: flat colours would decode too fast."""
    large = np.asarray(image.resize((side, side), Image.Resampling.BICUBIC), np.int16)
    grain = np.random.default_rng(side).normal(0, 4, (side, side, 1)).astype(np.int16)
    noisy = np.clip(large + grain, 0, 255).astype(np.uint8)
    file = VAR / "encoded.jpg"
    Image.fromarray(noisy).save(file, quality=85)
    return file.read_bytes()


def run_bare(files: list[Path], ready: Any, started: Any) -> None:
    """One bare process: everything but the queue and the database."""
    classifier, size = Classifier(load_bundle(SHIPPED_BUNDLE)), get_settings().BATCH_SIZE
    ready.wait()
    started.wait()
    for at in range(0, len(files), size):
        blobs = [file.read_bytes() for file in files[at : at + size]]
        for blob in blobs:
            digest_image(blob)
        classifier.classify(np.stack([decode_image(blob) for blob in blobs]))


def measure_ceiling(files: list[Path], processes: int) -> float:
    context = multiprocessing.get_context("spawn")
    ready, started = context.Barrier(processes + 1), context.Barrier(processes + 1)
    parts = [files[number::processes] for number in range(processes)]
    workers = [context.Process(target=run_bare, args=(part, ready, started)) for part in parts]
    for worker in workers:
        worker.start()
    ready.wait()
    begin = time.perf_counter()
    started.wait()
    for worker in workers:
        worker.join()
    return len(files) / (time.perf_counter() - begin)


@contextmanager
def start_workers(processes: int) -> Iterator[int]:
    """The product's own workers, up and idle; their supervisor's process id."""
    command = [sys.executable, "-m", "django", "catalog_ai_worker", "--bulk", str(processes)]
    supervisor = subprocess.Popen(command, cwd=ROOT)
    try:
        warm_up(processes)
        yield supervisor.pid
    finally:
        supervisor.terminate()
        supervisor.wait(90)


def warm_up(processes: int) -> None:
    """Until every worker has registered."""
    from rq import Worker

    queue = django_rq.get_queue(get_settings().BULK_QUEUE)
    wait_until(lambda: len(Worker.all(queue=queue)) >= processes)


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("The workers did not finish.")
        time.sleep(0.1)  # each look costs the measured processes a little of the processor


def measure_product(files: list[Path]) -> float:
    """Images a second from the commit of the run to its last stored row.

    Of a large run the workers collect the products meanwhile, page by page: that counts.
    """
    forget()
    make_products(files)
    run = enqueue(get_target(TARGET), Product.objects.all(), source=Run.Source.COMMAND)
    begin = time.perf_counter()
    wait_until(lambda: Run.objects.filter(pk=run.pk, state=Run.State.DONE).exists())
    seconds = time.perf_counter() - begin
    judged = Classification.objects.filter(is_current=True).count()
    if judged != len(files):
        raise RuntimeError(f"{judged} of {len(files)} products have a result.")
    return len(files) / seconds


def make_products(files: list[Path]) -> None:
    root = Path(settings.MEDIA_ROOT)
    Product.objects.bulk_create(
        Product(title=file.stem, price=1, image=str(file.relative_to(root))) for file in files
    )


def forget() -> None:
    call_command("flush", interactive=False, verbosity=0)


def measure_naive(files: list[Path], processes: int, network: Path) -> float:
    """The same through a queue of its own and rq's own forking workers."""
    from rq import Queue, Worker

    forget()
    make_products(files)
    queue = Queue("naive", connection=django_rq.get_connection(get_settings().BULK_QUEUE))
    connections.close_all()
    context = multiprocessing.get_context("fork")
    begin = time.perf_counter()
    for pk in Product.objects.values_list("pk", flat=True):
        queue.enqueue(tag_product, pk, str(network))
    connections.close_all()
    workers = [
        context.Process(
            target=lambda: Worker([queue]).work(burst=True, logging_level="ERROR"), daemon=False
        )
        for _ in range(processes)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    seconds = time.perf_counter() - begin
    done = Classification.objects.count()
    if done != len(files):
        raise RuntimeError(f"The naive design judged {done} of {len(files)} products.")
    return done / seconds


def measure_keras(files: list[Path], python: str) -> float:
    command = [python, "-m", "benchmarks.naive", *map(str, files)]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True
    )
    return float(done.stdout.split()[-1])


def measure_stages(files: list[Path]) -> dict[str, float]:
    """Milliseconds an image of each step of a job, in this process."""
    forget()
    make_products(files)
    django_rq.get_queue(get_settings().BULK_QUEUE).empty()
    run = enqueue(get_target(TARGET), Product.objects.all(), source=Run.Source.COMMAND)
    django_rq.get_queue(get_settings().BULK_QUEUE).empty()
    ids = list(Classification.objects.filter(run=run).values_list("pk", flat=True))
    took = dict.fromkeys(("claim", "read", "decode", "infer", "store"), 0.0)
    size, classifier = get_settings().CHUNK_SIZE, Classifier(load_bundle(SHIPPED_BUNDLE))

    def clock(name: str, step: Callable[[], Any]) -> Any:
        begin = time.perf_counter()
        result = step()
        took[name] += time.perf_counter() - begin
        return result

    for at in range(0, len(ids), size):
        rows = clock("claim", lambda at=at: claim(ids[at : at + size], fresh=True))
        read = clock("read", lambda rows=rows: read_images(rows, get_target(TARGET), force=False))
        blobs = [item.data for item in read]
        pixels = clock("decode", lambda blobs=blobs: [decode_image(blob) for blob in blobs])
        clock("infer", lambda pixels=pixels: infer(classifier, pixels))
        results = jobs._classify(read)
        judged = [Judged(item.row, item.image_name, results[item.row.pk]) for item in read]
        clock("store", lambda judged=judged: store_results(judged))
    return {name: round(1000 * seconds / len(ids), 3) for name, seconds in took.items()}


def infer(classifier: Classifier, pixels: list[np.ndarray]) -> None:
    size = get_settings().BATCH_SIZE
    for at in range(0, len(pixels), size):
        classifier.classify(np.stack(pixels[at : at + size]))


class MemoryWatch(threading.Thread):
    """The most memory that any process below `parent` had at once, in megabytes."""

    def __init__(self, parent: int) -> None:
        super().__init__(daemon=True)
        self.parent, self.peak, self.stopped = parent, 0.0, threading.Event()

    def run(self) -> None:
        while not self.stopped.wait(0.1):
            self.peak = max([self.peak, *map(read_memory, list_descendants(self.parent))])


def list_descendants(parent: int) -> list[int]:
    """Process ids below one, from /proc."""
    found, queue = [], [parent]
    while queue:
        children = Path(f"/proc/{queue.pop()}/task").glob("*/children")
        try:
            pids = [int(pid) for file in children for pid in file.read_text().split()]
        except OSError:  # it ended while it was looked at
            continue
        found += pids
        queue += pids
    return found


def read_memory(pid: int) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    line = next((one for one in status.splitlines() if one.startswith("VmHWM")), "VmHWM: 0 kB")
    return int(line.split()[1]) / 1024


def compare(options: argparse.Namespace, files: list[Path]) -> dict[str, Any]:
    """Every way in turn, so that a noisy moment of the machine hits them alike."""
    rounds: dict[str, list[float]] = {"ceiling": [], "product": [], "naive": [], "keras": []}
    few = files[: max(options.processes * 4, len(files) // NAIVE_SHARE)]
    for _ in range(options.rounds):
        rounds["ceiling"].append(measure_ceiling(files, options.processes))
        with start_workers(options.processes) as supervisor:
            watch = MemoryWatch(supervisor)
            watch.start()
            rounds["product"].append(measure_product(files))
            watch.stopped.set()
        rounds["naive"].append(measure_naive(few, options.processes, options.network))
        if options.keras_python:
            rounds["keras"].append(
                measure_keras(few[: 4 * options.processes], options.keras_python)
            )
    ips = {name: statistics.median(values) if values else None for name, values in rounds.items()}
    ratios = {
        f"product_over_{name}": round(ips["product"] / other, 3) if (other := ips[name]) else None
        for name in ("ceiling", "naive", "keras")
    }
    return {
        **{f"{name}_ips": round(value, 2) if value else None for name, value in ips.items()},
        **ratios,
        "stages": measure_stages(files[:STAGED]),
        "peak_rss_mb": round(watch.peak),
    }


def measure_scaling(options: argparse.Namespace, files: list[Path]) -> dict[str, Any]:
    found = {}
    for processes in range(1, options.processes + 1):
        with start_workers(processes):
            found[str(processes)] = round(
                statistics.median(measure_product(files) for _ in range(options.rounds)), 1
            )
    return {"product_ips_by_processes": found}


def main() -> None:
    cores = len(os.sched_getaffinity(0))
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=6_000)
    parser.add_argument("--side", type=int, default=400)
    parser.add_argument("--photos", type=Path)
    parser.add_argument("--processes", type=int, default=cores)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--network", type=Path, default=SHIPPED_BUNDLE / MODEL_FILE)
    parser.add_argument("--keras-python")
    parser.add_argument("--scaling", action="store_true")
    options = parser.parse_args()
    if os.environ["REDIS_URL"] == REDIS.url:
        REDIS.start()
    try:
        call_command("migrate", verbosity=0)
        files = make_files(options.count, options.side, options.photos)
        figures = (measure_scaling if options.scaling else compare)(options, files)
    finally:
        REDIS.stop()
        shutil.rmtree(VAR, ignore_errors=True)
    facts = {"photos": options.count, "side": options.side, "processes": options.processes}
    print(json.dumps({**facts, "database": connection.vendor, **figures}, indent=2))


if __name__ == "__main__":
    main()
