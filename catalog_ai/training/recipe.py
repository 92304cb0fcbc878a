"""What training goes by, whatever does the arithmetic: the run, its losses, its learning rate."""

import math
from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from catalog_ai.training.feed import Batches, Settings
from catalog_ai.training.folded import read_folded
from catalog_ai.training.manifest import Examples
from catalog_ai.training.network import SIDE, build_network, load_folded_backbone, measure_norms
from catalog_ai.training.taxonomy import Taxonomy

WARM_UP = 150
FACET_WEIGHTS = {
    **{"article": 2.0, "garment": 1.0, "outfit": 0.6, "subcategory": 0.7, "category": 0.5},
    **{"gender": 0.7, "colour": 0.5, "usage": 0.3, "season": 0.2},
}
LABEL_SHARE = 0.25
LIKENESS_WEIGHT = 0.4
LIKENESS_SCALE = 16.0
DECAY = 0.03
PROBE_PHOTOS = 384
NORM_PHOTOS = 1_024


@dataclass
class Run:
    """Everything a training run goes by."""

    options: Namespace  # stages [(side, epochs)]; the rest as `train` names it
    taxonomy: Taxonomy
    examples: Examples
    pixels: NDArray[np.uint8]

    def make_feeds(self, parts: int = 1) -> list[Batches]:
        """One stage's batches each, every one cut into so many parts."""
        options = self.options
        size = options.batch // parts
        return [
            Batches(
                self.taxonomy,
                self.examples,
                self.pixels,
                Settings(side, size, options.seed, options.weights, options.mixed),
            )
            for side, _ in options.stages
        ]


def start_network(run: Run) -> keras.Model:
    """A network on the backbone that was named, with last layers that know nothing."""
    network = build_network(len(run.taxonomy.labels))
    if run.options.backbone is not None:
        images = run.pixels[draw_rows(run, PROBE_PHOTOS)].astype(np.float32) / 127.5 - 1
        load_folded_backbone(network, read_folded(run.options.backbone), images)
    return network


def finish_network(run: Run, network: keras.Model) -> keras.Model:
    """The trained network for photos of full size, batch norm measured, saved for conversion."""
    final = resize_network(network, SIDE)
    if run.options.stages:
        measure_norms(final, run.pixels[draw_rows(run, NORM_PHOTOS)])
    final.save(run.options.work / "network.keras")
    return final


def resize_network(network: keras.Model, side: int) -> keras.Model:
    """The same weights for photos of another size."""
    resized = build_network(network.get_layer("logits").units, side)
    resized.set_weights(network.get_weights())
    return resized


def draw_rows(run: Run, count: int) -> NDArray[np.integer]:
    """Up to `count` rows of the train split, in order."""
    rows = np.flatnonzero(run.examples.split == "train")
    random = np.random.default_rng(run.options.seed)
    return np.sort(random.choice(rows, min(count, len(rows)), replace=False))


class CosineSlice(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]
    """One stage's part of a cosine over all stages, with a short rise at the very start."""

    def __init__(self, peak: float, start: int, total: int) -> None:
        self.peak, self.start, self.total = peak, start, total

    def __call__(self, step: Any) -> Any:
        at = ops.cast(step, "float32") + self.start
        rise = ops.minimum(1.0, (at + 1) / min(WARM_UP, 1 + self.total // 10))
        return self.peak * rise * (0.01 + 0.99 * 0.5 * (1 + ops.cos(math.pi * at / self.total)))

    def get_config(self) -> dict[str, Any]:
        return {"peak": self.peak, "start": self.start, "total": self.total}


def weigh_labels(taxonomy: Taxonomy) -> NDArray[np.float32]:
    """(labels,) how much a mistake counts, by facet."""
    return np.array([FACET_WEIGHTS.get(label.facet, 1.0) for label in taxonomy.labels], np.float32)


def make_label_loss(taxonomy: Taxonomy) -> Callable[[Any, Any], Any]:
    """Binary cross-entropy over known labels; the target is truth beside mask, (N, 2 * labels)."""
    weights = weigh_labels(taxonomy)

    def find_loss(target: Any, logits: Any) -> Any:
        truth, mask = ops.split(target, 2, axis=1)
        each = ops.maximum(logits, 0) - logits * truth + ops.log1p(ops.exp(-ops.abs(logits)))
        return ops.sum(each * mask * weights, axis=1) * LABEL_SHARE

    return find_loss


def find_likeness_loss(one_hot: Any, cosines: Any) -> Any:
    """Softmax cross-entropy against the proxies; a row of zeros counts nothing."""
    return -ops.sum(one_hot * ops.log_softmax(cosines, axis=-1), axis=-1)


def find_momentum(steps: int) -> float:
    """Of the averaged weights: a short stage must not average its start away into its end."""
    return min(0.998, max(0.5, 1 - 10 / max(steps, 1)))


def replace_file(path: Path, write: Callable[[Path], Any]) -> None:
    """Write a file under its name only when it is whole: a run can be killed at any moment."""
    unfinished = path.with_name(f"unfinished.{path.name}")
    write(unfinished)
    unfinished.replace(path)
