"""What the network costs by arithmetic, batch and threads: the figures behind ADR 4.

    python benchmarks/choices.py [--network NAME=FILE ...] [--repeat 5]

`--network` names further TFLite files beside the shipped one, such as float32 and float16 of
benchmarks/float_network.py. Prints one JSON object:

- `batches`: processor milliseconds an image in one process with one thread, by network and batch;
- `layouts`: images a second of all cores, by network, as "processes x threads", batches of 8;
- `start`: milliseconds until a forked child has judged its first batch, with an interpreter that it
  builds, and with one that its parent has built and used.

Medians of `--repeat` looks, taken in turn, so that a noisy moment of the machine hits all alike.
"""

import argparse
import json
import multiprocessing
import os
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from catalog_ai.inference.bundle import SHIPPED_BUNDLE, load_bundle  # noqa: E402
from catalog_ai.inference.classifier import load_classifier  # noqa: E402
from catalog_ai.inference.cores import count_cores  # noqa: E402

BATCHES = (1, 2, 4, 8, 16, 32)
SIDE = 224
LOOK = 48  # images a look
SECONDS = 2.0  # that a layout is watched


def open_network(path: Path, batch: int, threads: int = 1) -> Any:
    """An interpreter fed with noise: what a network sees does not matter for its time."""
    interpreter = Interpreter(model_path=str(path), num_threads=threads)
    index = interpreter.get_input_details()[0]["index"]
    interpreter.resize_tensor_input(index, (batch, SIDE, SIDE, 3))
    interpreter.allocate_tensors()
    noise = np.random.default_rng(1).uniform(-1, 1, (batch, SIDE, SIDE, 3))
    interpreter.set_tensor(index, noise.astype(np.float32))
    interpreter.invoke()
    return interpreter


def measure_batch(path: Path, batch: int) -> float:
    """Processor milliseconds an image."""
    interpreter = open_network(path, batch)
    begin = time.process_time()
    for _ in range(max(1, LOOK // batch)):
        interpreter.invoke()
    return 1000 * (time.process_time() - begin) / (max(1, LOOK // batch) * batch)


def count_images(path: Path, threads: int, ready: Any, done: Any) -> None:
    interpreter, images = open_network(path, 8, threads), 0
    ready.wait()
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        interpreter.invoke()
        images += 8
    done.put(images)


def measure_layout(path: Path, processes: int, threads: int) -> float:
    """Images a second of so many processes with so many threads each."""
    context = multiprocessing.get_context("spawn")
    ready, done = context.Barrier(processes), context.Queue()
    started = [
        context.Process(target=count_images, args=(path, threads, ready, done))
        for _ in range(processes)
    ]
    for process in started:
        process.start()
    images: int = sum(done.get() for _ in started)
    for process in started:
        process.join()
    return images / SECONDS


def measure_start(built_before: bool) -> float:
    """Milliseconds from the fork to the first batch's answer."""
    photos = np.zeros((8, SIDE, SIDE, 3), np.uint8)
    classifier = load_classifier(SHIPPED_BUNDLE) if built_before else None
    if classifier:
        classifier.classify(photos)
    begin = time.perf_counter()
    if (child := os.fork()) == 0:
        (classifier or load_classifier(SHIPPED_BUNDLE)).classify(photos)
        os._exit(0)
    os.waitpid(child, 0)
    return 1000 * (time.perf_counter() - begin)


def list_layouts(cores: int) -> list[tuple[int, int]]:
    """(processes, threads) that use all cores."""
    return [(cores // threads, threads) for threads in (1, 2, 4, 8) if cores % threads == 0]


def measure(networks: dict[str, Path], repeat: int) -> dict[str, Any]:
    batches: dict[str, dict[int, list[float]]] = {name: {} for name in networks}
    layouts: dict[str, dict[str, list[float]]] = {name: {} for name in networks}
    start: dict[str, list[float]] = {"built_in_the_child": [], "built_in_the_parent": []}
    for _ in range(repeat):
        for name, path in networks.items():
            for batch in BATCHES:
                batches[name].setdefault(batch, []).append(measure_batch(path, batch))
            for processes, threads in list_layouts(count_cores()):
                key = f"{processes} x {threads}"
                layouts[name].setdefault(key, []).append(measure_layout(path, processes, threads))
        start["built_in_the_child"].append(measure_start(False))
        start["built_in_the_parent"].append(measure_start(True))
    return {
        "batches": {name: take_medians(found) for name, found in batches.items()},
        "layouts": {name: take_medians(found) for name, found in layouts.items()},
        "start": take_medians(start),
    }


def take_medians(found: dict[Any, list[float]]) -> dict[Any, float]:
    return {key: round(statistics.median(values), 2) for key, values in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--network", action="append", default=[], metavar="NAME=FILE")
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    networks = {"8-bit": load_bundle(SHIPPED_BUNDLE).model_path}
    networks |= {name: Path(file) for name, file in (one.split("=", 1) for one in options.network)}
    print(json.dumps(measure(networks, options.repeat), indent=1))


if __name__ == "__main__":
    main()
