"""Processor time of a training step, by how it is computed, as JSON.

    PYTHON benchmarks/training.py [--side 224] [--batch 16] [--repeat 3]

PYTHON is one that has PyTorch, Keras and TensorFlow. In turn, `--repeat` times, each in a process
of its own with one thread: Keras on TensorFlow, and the network of `--trainer pytorch` as PyTorch
computes it, with our own way back through its halving convolutions, with that and batch norm
compiled, and with memory kept between steps as well: as the command trains. In bfloat16 where the
processor has it. Photos a second of processor time, best of the repeats, without making the
pictures.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from catalog_ai.training.processes import ALLOCATION  # noqa: E402

LABELS, ARTICLES = 257, 95
STEPS = 4


def measure_keras(side: int, batch: int) -> float:
    os.environ["KERAS_BACKEND"] = "tensorflow"
    import keras
    import numpy as np
    import tensorflow as tf

    from catalog_ai.training.fit import add_proxies
    from catalog_ai.training.network import build_network

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    network = add_proxies(build_network(LABELS, side), ARTICLES)
    network.compile(keras.optimizers.AdamW(), loss="binary_crossentropy")
    images = np.zeros((batch, side, side, 3), np.float32)
    targets = {"logits": np.zeros((batch, LABELS)), "likeness": np.zeros((batch, ARTICLES))}
    return time_steps(lambda: network.train_on_batch(images, targets), batch)


def measure_pytorch(side: int, batch: int, *, halving: bool, compiled: bool) -> float:
    import torch

    from catalog_ai.training import torch_fit, torch_functions, torch_network

    torch.set_num_threads(1)
    if not compiled:
        for module in (torch_functions, torch_network):
            module.load_compiled = lambda: None  # type: ignore[attr-defined]
    network = torch_network.Network(LABELS, ARTICLES).to(memory_format=torch.channels_last)
    if not halving:
        for unit in network.units.values():
            unit.is_depthwise = False  # then PyTorch computes it
    optimizer = torch_fit.make_optimizer(network, rate=1e-3)
    images = torch.randn(batch, side, side, 3).permute(0, 3, 1, 2)

    def step() -> None:
        with torch.autocast("cpu", torch.bfloat16, enabled=torch_functions.has_bfloat16()):
            logits, cosines = network(images)
        (logits.float().square().mean() + cosines.float().square().mean()).backward()
        optimizer.step()
        optimizer.zero_grad()

    return time_steps(step, batch)


def time_steps(step: Callable[[], object], batch: int) -> float:
    """Photos a second of processor time; the first step prepares and is left out."""
    step()
    start = time.process_time()
    for _ in range(STEPS):
        step()
    return STEPS * batch / (time.process_time() - start)


WAYS: dict[str, Callable[[int, int], float]] = {
    "keras_tensorflow": measure_keras,
    "pytorch": lambda side, batch: measure_pytorch(side, batch, halving=False, compiled=False),
    "own_way_back": lambda side, batch: measure_pytorch(side, batch, halving=True, compiled=False),
    "compiled": lambda side, batch: measure_pytorch(side, batch, halving=True, compiled=True),
    "kept_memory": lambda side, batch: measure_pytorch(side, batch, halving=True, compiled=True),
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--side", type=int, default=224)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.way:
        print(WAYS[options.way](options.side, options.batch))
        return
    found: dict[str, list[float]] = {way: [] for way in WAYS}
    sizes = ["--side", str(options.side), "--batch", str(options.batch)]
    for _ in range(options.repeat):
        for way, rates in found.items():
            command = [sys.executable, __file__, "--way", way, *sizes]
            memory = ALLOCATION if way == "kept_memory" else {}
            done = subprocess.run(
                command, check=True, stdout=subprocess.PIPE, text=True, env=os.environ | memory
            )
            rates.append(float(done.stdout.splitlines()[-1]))
    best = {way: round(max(rates), 1) for way, rates in found.items()}
    over = {way: round(best[way] / best["keras_tensorflow"], 2) for way in list(best)[1:]}
    facts = {"side": options.side, "batch": options.batch}
    print(json.dumps({**facts, "per_processor_second": best, "over_keras": over}, indent=2))


if __name__ == "__main__":
    main()
