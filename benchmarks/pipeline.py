"""How fast products are categorised, against what the processor can do and against the naive way.

    python benchmarks/pipeline.py [--count 6000] [--side 400|2000|3464] [--photos FOLDER_OR_ZIP]
        [--processes N] [--repeat 3] [--float-model FILE] [--keras-python PYTHON]
        [--scaling | --memory]

The database is SQLite, or what DATABASE_URL names. On the same photos, in turn, `--repeat` times;
medians, in images a second, and proportions within each turn, so that noise hits both sides alike:

- `ceiling_ips`: reading, decoding and the network in bare processes, no queue and no database;
- `product_ips`: rows queued -> rows stored, through RQ and the database (see stage.py), by
  `catalog_ai_worker --bulk N` that is up already;
- `naive_ips`: a job an image, rq's forking worker, the model loaded in each job (`--float-model`,
  a float32 TFLite file of the shipped labels; else the shipped 8-bit one, which flatters the naive
  design: see `naive_network`), a save a label;
- `keras_ips`, with `--keras-python`, a Python that has TensorFlow: the same with Keras, of
  untrained weights (see naive.py).

`stages` are seconds a thousand images in one process, `queue` what is left of the whole;
`cpu_ms` the processor time of an image in the ceiling's and in the product's processes: what of
`queue` is not in it, is waiting; `peak_rss_mb` the most memory any of the workers' processes had.
`--scaling` measures ceiling and product with 1, 2, 4 ... N processes instead; `--memory` runs
`--count` products that share a few photos and gives the memory at the start, the middle and the
end.
"""

import argparse
import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.stage import (  # noqa: E402
    DIFFERENT,
    ROOT,
    TARGET,
    forget,
    make_files,
    make_products,
    open_stage,
    start_workers,
    wait_until,
)

# isort: split
import django_rq  # noqa: E402
import numpy as np  # noqa: E402
from django.db import connection, connections  # noqa: E402
from django.utils import timezone  # noqa: E402
from rq import Queue, Worker  # noqa: E402

from benchmarks.memory import (  # noqa: E402
    MemoryWatch,
    list_children,
    read_processor,
    summarise,
)
from benchmarks.naive import tag_product  # noqa: E402
from catalog_ai.conf import get_settings  # noqa: E402
from catalog_ai.inference.bundle import MODEL_FILE, SHIPPED_BUNDLE, load_bundle  # noqa: E402
from catalog_ai.inference.classifier import Classifier  # noqa: E402
from catalog_ai.inference.cores import count_cores  # noqa: E402
from catalog_ai.inference.images import decode_image, digest_image  # noqa: E402
from catalog_ai.models import Classification, Run  # noqa: E402
from catalog_ai.targets import get_target  # noqa: E402
from catalog_ai.workflow.chunks import STORED_TOGETHER  # noqa: E402
from catalog_ai.workflow.claim import claim  # noqa: E402
from catalog_ai.workflow.classify import classify_images  # noqa: E402
from catalog_ai.workflow.enqueue import enqueue  # noqa: E402
from catalog_ai.workflow.outcome import Judged  # noqa: E402
from catalog_ai.workflow.queues import open_queue  # noqa: E402
from catalog_ai.workflow.reading import ReadImage, read_images  # noqa: E402
from catalog_ai.workflow.store import store_results  # noqa: E402
from shop_demo.models import Product  # noqa: E402

NAIVE_SHARE = 20  # of so many photos, the naive design gets one
STAGED = 512


class Pace(NamedTuple):
    """Images a second, and processor milliseconds an image."""

    ips: float
    cpu_ms: float


def run_bare(files: list[Path], ready: Any, started: Any, spent: Any) -> None:
    """One bare process: everything but the queue and the database."""
    classifier, size = Classifier(load_bundle(SHIPPED_BUNDLE)), get_settings().BATCH_SIZE
    ready.wait()
    started.wait()
    begin = time.process_time()
    for at in range(0, len(files), size):
        blobs = [file.read_bytes() for file in files[at : at + size]]
        for blob in blobs:
            digest_image(blob)
        classifier.classify(np.stack([decode_image(blob) for blob in blobs]))
    with spent.get_lock():
        spent.value += time.process_time() - begin


def measure_ceiling(files: list[Path], processes: int) -> Pace:
    context = multiprocessing.get_context("spawn")
    ready, started = context.Barrier(processes + 1), context.Barrier(processes + 1)
    spent = context.Value("d", 0.0)
    parts = [files[number::processes] for number in range(processes)]
    workers = [
        context.Process(target=run_bare, args=(part, ready, started, spent)) for part in parts
    ]
    for worker in workers:
        worker.start()
    ready.wait()
    begin = time.perf_counter()
    started.wait()
    for worker in workers:
        worker.join()
    seconds = time.perf_counter() - begin
    return Pace(len(files) / seconds, 1000 * spent.value / len(files))


def is_idle(queue_name: str) -> bool:
    """Whether a queue has nothing waiting and nothing being worked on."""
    queue = open_queue(queue_name)
    return bool(queue.count == 0 and queue.started_job_registry.count == 0)


def measure_product(files: list[Path], supervisor: int, count: int | None = None) -> Pace:
    """From the commit of the run to its last stored row, by the workers of this supervisor.

    Of a large run the workers collect the products meanwhile, page by page: that counts.
    """
    forget()
    make_products(files, count)
    workers = list_children(supervisor)
    spent = sum(map(read_processor, workers))
    run = enqueue(get_target(TARGET), Product.objects.all(), source=Run.Source.COMMAND)
    begin = timezone.now()
    done = Run.objects.filter(pk=run.pk, state=Run.State.DONE)
    wait_until(done.exists, every=1)
    finished_at: Any = done.get().finished_at
    seconds = (finished_at - begin).total_seconds()
    wait_until(lambda: is_idle(get_settings().BULK_QUEUE))  # children count when they have ended
    spent = sum(map(read_processor, workers)) - spent
    judged = Classification.objects.filter(is_current=True).count()
    if judged != (count or len(files)):
        raise RuntimeError(f"{judged} of {count or len(files)} products have a result.")
    return Pace(judged / seconds, 1000 * spent / judged)


def measure_naive(files: list[Path], processes: int, network: Path) -> float:
    """The same through a queue of its own and rq's own forking workers."""
    forget()
    make_products(files)
    queue = Queue("naive", connection=django_rq.get_connection(get_settings().BULK_QUEUE))
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=work_naively, args=(queue,)) for _ in range(processes)]
    begin = time.perf_counter()
    for pk in Product.objects.values_list("pk", flat=True):
        queue.enqueue(tag_product, pk, str(network))
    connections.close_all()  # none may be shared across the fork
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    seconds = time.perf_counter() - begin
    done = Classification.objects.count()
    if done != len(files):
        raise RuntimeError(f"The naive design judged {done} of {len(files)} products.")
    return done / seconds


def work_naively(queue: Queue) -> None:
    Worker([queue]).work(burst=True, logging_level="ERROR")


def measure_keras(files: list[Path], python: str) -> float:
    command = [python, "-m", "benchmarks.naive", *map(str, files)]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True
    )
    return float(done.stdout.split()[-1])


class Stages:
    """The steps of a job one after the other in this process, and the seconds each took."""

    def __init__(self) -> None:
        self.took = dict.fromkeys(("claim", "read", "decode", "infer", "store"), 0.0)
        self.classifier = Classifier(load_bundle(SHIPPED_BUNDLE))

    def measure(self, files: list[Path]) -> dict[str, float]:
        """Seconds a thousand images."""
        forget()
        make_products(files)
        run = enqueue(get_target(TARGET), Product.objects.all(), source=Run.Source.COMMAND)
        django_rq.get_queue(get_settings().BULK_QUEUE).empty()  # no worker is to have them
        ids = list(Classification.objects.filter(run=run).values_list("pk", flat=True))
        for at in range(0, len(ids), STORED_TOGETHER):
            self._work(ids[at : at + STORED_TOGETHER])
        return {name: round(1000 * spent / len(ids), 3) for name, spent in self.took.items()}

    def _work(self, ids: list[int]) -> None:
        target = get_target(TARGET)
        rows = self._clock("claim", lambda: claim(ids, fresh=True))
        read: list[ReadImage] = self._clock(
            "read", lambda: list(read_images(rows, target, force=False))
        )
        blobs = [item.data for item in read if item.data is not None]
        pixels = self._clock("decode", lambda: [decode_image(blob) for blob in blobs])
        self._clock("infer", lambda: self._infer(pixels))
        results = classify_images(blobs, self.classifier, get_settings().image_limits)
        judged = [
            Judged(item.row, item.image_name, result)
            for item, result in zip(read, results, strict=True)
        ]
        self._clock("store", lambda: store_results(judged))

    def _infer(self, pixels: list[np.ndarray]) -> None:
        size = get_settings().BATCH_SIZE
        for at in range(0, len(pixels), size):
            self.classifier.classify(np.stack(pixels[at : at + size]))

    def _clock(self, name: str, step: Callable[[], Any]) -> Any:
        begin = time.perf_counter()
        result = step()
        self.took[name] += time.perf_counter() - begin
        return result


def compare(options: argparse.Namespace) -> dict[str, Any]:
    """Every way in turn, so that a noisy moment of the machine hits them alike."""
    files = make_files(options.count, options.side, options.photos)
    few = files[: max(options.processes * 4, len(files) // NAIVE_SHARE)]
    cpu: dict[str, list[float]] = {"ceiling": [], "product": []}
    rounds: dict[str, list[float]] = {"ceiling": [], "product": [], "naive": [], "keras": []}
    network = options.float_model or SHIPPED_BUNDLE / MODEL_FILE
    peaks = []
    for _ in range(options.repeat):
        paces = {"ceiling": measure_ceiling(files, options.processes)}
        with start_workers(options.processes) as supervisor:
            watch = MemoryWatch(supervisor)
            watch.start()
            paces["product"] = measure_product(files, supervisor)
            watch.stopped.set()
            peaks.append(watch.peak)
        for name, pace in paces.items():
            rounds[name].append(pace.ips)
            cpu[name].append(pace.cpu_ms)
        rounds["naive"].append(measure_naive(few, options.processes, network))
        if options.keras_python:
            judged = few[: 4 * options.processes]
            rounds["keras"].append(measure_keras(judged, options.keras_python))
    figures = summarise_rounds(rounds)
    stages = Stages().measure(files[:STAGED])
    whole = 1000 * options.processes / figures["product_ips"]
    stages["queue"] = round(whole - sum(stages.values()), 3)
    return {
        **figures,
        "naive_network": "float32" if options.float_model else "the shipped 8-bit one",
        "stages": stages,
        "cpu_ms": {name: round(statistics.median(spent), 3) for name, spent in cpu.items()},
        "peak_rss_mb": round(max(peaks)),
    }


def summarise_rounds(rounds: dict[str, list[float]]) -> dict[str, Any]:
    """Medians, and the median of the product's proportion to each of the others."""
    ips = {name: statistics.median(values) if values else None for name, values in rounds.items()}
    ratios: dict[str, float | None] = {}
    for name in ("ceiling", "naive", "keras"):
        pairs = zip(rounds["product"], rounds[name], strict=False)  # no round of Keras: no pair
        found = [product / other for product, other in pairs]
        ratios[f"product_over_{name}"] = round(statistics.median(found), 3) if found else None
    rounded = {f"{name}_ips": round(value, 2) if value else None for name, value in ips.items()}
    return rounded | ratios


def measure_scaling(options: argparse.Namespace) -> dict[str, Any]:
    files = make_files(options.count, options.side, options.photos)
    numbers = [n for n in (1, 2, 4, 8, 16, 32, 64) if n < options.processes] + [options.processes]
    found: dict[str, dict[int, list[float]]] = {
        name: {number: [] for number in numbers} for name in ("ceiling", "product")
    }
    for _ in range(options.repeat):
        for number in numbers:
            found["ceiling"][number].append(measure_ceiling(files, number).ips)
            with start_workers(number) as supervisor:
                found["product"][number].append(measure_product(files, supervisor).ips)
    return {
        f"{name}_ips_by_processes": {n: round(statistics.median(v), 1) for n, v in by.items()}
        for name, by in found.items()
    }


def measure_memory(options: argparse.Namespace) -> dict[str, Any]:
    """Megabytes of the largest worker, and of the largest child at each look."""
    files = make_files(min(options.count, DIFFERENT), options.side, options.photos)
    with start_workers(options.processes) as supervisor:
        watch = MemoryWatch(supervisor, every=0.5)
        watch.start()
        pace = measure_product(files, supervisor, options.count)
        watch.stopped.set()
        watch.join()
    return {
        "product_ips": round(pace.ips, 1),
        "workers_rss_mb": summarise(watch.workers),
        "children_rss_mb": summarise(watch.children),
        "peak_rss_mb": round(watch.peak),
    }


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, help="6000, and 50000 with --memory")
    parser.add_argument("--side", type=int, default=400)
    parser.add_argument("--photos", type=Path)
    parser.add_argument("--processes", type=int, default=count_cores())
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--float-model", type=Path)
    parser.add_argument("--keras-python")
    way = parser.add_mutually_exclusive_group()
    way.add_argument("--scaling", action="store_const", dest="measure", const=measure_scaling)
    way.add_argument("--memory", action="store_const", dest="measure", const=measure_memory)
    parser.set_defaults(measure=compare)
    options = parser.parse_args()
    options.count = options.count or (50_000 if options.measure is measure_memory else 6_000)
    return options


def main() -> None:
    options = parse()
    with open_stage():
        figures = options.measure(options)
    facts = {"photos": options.count, "side": options.side, "processes": options.processes}
    print(json.dumps({**facts, "database": connection.vendor, **figures}, indent=2))


if __name__ == "__main__":
    main()
