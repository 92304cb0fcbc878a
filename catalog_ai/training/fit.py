"""Training in Keras 3, on whatever backend KERAS_BACKEND names."""

import json
import math
import time
from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray
from tqdm import tqdm

from catalog_ai.training.feed import Batches, Settings
from catalog_ai.training.folded import read_folded
from catalog_ai.training.manifest import Examples
from catalog_ai.training.network import (
    SIDE,
    build_network,
    list_convolutions,
    load_folded_backbone,
    measure_norms,
)
from catalog_ai.training.taxonomy import Taxonomy

WARM_UP = 150
FACET_WEIGHTS = {
    **{"article": 2.0, "garment": 1.0, "outfit": 0.6, "subcategory": 0.7, "category": 0.5},
    **{"gender": 0.7, "colour": 0.5, "usage": 0.3, "season": 0.2},
}
LIKENESS_WEIGHT = 0.4
LIKENESS_SCALE = 16.0
PROBE_PHOTOS = 384
NORM_PHOTOS = 1_024
STATE_FILE = "training.weights.h5"


class Proxies(keras.layers.Layer):  # type: ignore[misc]
    """Cosine of an embedding to one learned point per article type, times a scale."""

    def __init__(self, classes: int, **options: Any) -> None:
        super().__init__(**options)
        self.classes = classes

    def build(self, shape: tuple[int | None, ...]) -> None:
        self.points = self.add_weight(shape=(shape[-1], self.classes), name="points")

    def call(self, embedding: Any) -> Any:
        unit = ops.normalize(embedding, axis=-1)
        return LIKENESS_SCALE * ops.matmul(unit, ops.normalize(self.points, axis=0))


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


def make_label_loss(taxonomy: Taxonomy) -> Callable[[Any, Any], Any]:
    """Binary cross-entropy over known labels; the target is truth beside mask, (N, 2 * labels)."""
    weights = np.array([FACET_WEIGHTS.get(label.facet, 1.0) for label in taxonomy.labels], "f4")

    def find_loss(target: Any, logits: Any) -> Any:
        truth, mask = ops.split(target, 2, axis=1)
        each = ops.maximum(logits, 0) - logits * truth + ops.log1p(ops.exp(-ops.abs(logits)))
        return ops.sum(each * mask * weights, axis=1) / 4

    return find_loss


def find_likeness_loss(one_hot: Any, cosines: Any) -> Any:
    """Softmax cross-entropy against the proxies; a row of zeros counts nothing."""
    return -ops.sum(one_hot * ops.log_softmax(cosines, axis=-1), axis=-1)


def add_proxies(network: keras.Model, classes: int) -> keras.Model:
    """The network as it trains: logits and likeness to the article types."""
    likeness = Proxies(classes, name="likeness")(network.output["embedding"])
    return keras.Model(network.input, {"logits": network.output["logits"], "likeness": likeness})


class StateKeeper(keras.callbacks.Callback):  # type: ignore[misc]
    """Saves after every round what the averaged network leaves out: the weights as they train,
    the points of likeness and the optimiser. It comes before the callback that averages."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        replace_file(self.folder / STATE_FILE, self.model.save_weights)


def replace_file(path: Path, write: Callable[[Path], Any]) -> None:
    """Write a file under its name only when it is whole: a run can be killed at any moment."""
    unfinished = path.with_name(f"unfinished.{path.name}")
    write(unfinished)
    unfinished.replace(path)


class Keeper(keras.callbacks.Callback):  # type: ignore[misc]
    """Saves the averaged weights after every round, and shows the time left of the whole run."""

    def __init__(self, network: keras.Model, folder: Path, stage: int, bar: tqdm) -> None:
        super().__init__()
        self.network, self.folder, self.stage, self.bar = network, folder, stage, bar

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self.bar.update()
        self.bar.set_postfix(loss=f"{(logs or {}).get('loss', float('nan')):.3f}")

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        replace_file(self.folder / "network.keras", self.network.save)
        state = {"stage": self.stage, "round": epoch + 1, "time": time.time()}
        text = json.dumps(state)
        replace_file(self.folder / "progress.json", lambda file: file.write_text(text, "utf-8"))


def read_progress(folder: Path) -> tuple[int, int]:
    """(stage, round) to go on from; (0, 0) for a new run."""
    file = folder / "progress.json"
    if not file.exists():
        return 0, 0
    state = json.loads(file.read_text(encoding="utf-8"))
    return state["stage"], state["round"]


@dataclass
class Run:
    """Everything a training run goes by."""

    options: Namespace  # stages [(side, epochs)], batch, seed, weights, rate, work, backbone
    taxonomy: Taxonomy
    examples: Examples
    pixels: NDArray[np.uint8]

    def make_feeds(self) -> list[Batches]:
        """One stage's batches each."""
        options = self.options
        return [
            Batches(
                self.taxonomy,
                self.examples,
                self.pixels,
                Settings(side, options.batch, options.seed, options.weights),
            )
            for side, _ in options.stages
        ]


def train_network(run: Run) -> keras.Model:
    """Train through all stages, going on after the last finished round of batches.

    An interrupted run loses at most the round it was in.
    """
    keras.utils.set_random_seed(run.options.seed)
    feeds, stages = run.make_feeds(), run.options.stages
    rounds = [feed.rounds * epochs for feed, (_, epochs) in zip(feeds, stages, strict=True)]
    steps = [len(feed) * count for feed, count in zip(feeds, rounds, strict=True)]
    stage_at, round_at = read_progress(run.options.work)
    network = start_network(run)
    done = sum(steps[:stage_at]) + (round_at * len(feeds[stage_at]) if stages else 0)
    with tqdm(total=sum(steps), initial=done, unit="batch", desc="training") as bar:
        for stage in range(stage_at, len(stages)):
            first = round_at if stage == stage_at else 0
            if first >= rounds[stage]:
                continue  # interrupted after its last round
            rate = CosineSlice(run.options.rate, sum(steps[:stage]), sum(steps))
            network = resize_network(network, stages[stage][0])
            keeper = Keeper(network, run.options.work, stage, bar)
            train_stage(run, network, feeds[stage], rate, (first, rounds[stage]), keeper)
    final = resize_network(network, SIDE)
    if stages:
        measure_norms(final, run.pixels[draw_rows(run, NORM_PHOTOS)])
    final.save(run.options.work / "network.keras")
    return final


def resize_network(network: keras.Model, side: int) -> keras.Model:
    """The same weights for photos of another size."""
    resized = build_network(network.get_layer("logits").units, side)
    resized.set_weights(network.get_weights())
    return resized


def train_stage(
    run: Run,
    network: keras.Model,
    feed: Batches,
    rate: CosineSlice,
    rounds: tuple[int, int],
    keeper: Keeper,
) -> None:
    """Train the network in place from the first of `rounds` to before the second.

    From a round other than 0 it goes on with what an earlier run kept of this stage.
    """
    trained = add_proxies(network, max(1, len(run.taxonomy.find_places("article"))))
    average = find_momentum(len(feed) * rounds[1])
    for _, norm in list_convolutions(network):
        norm.momentum = min(0.99, average)  # 0.999 would outlast a small shop's whole training
    compile_network(trained, run.taxonomy, rate, average)
    if rounds[0]:
        trained.optimizer.build(trained.trainable_variables)
        trained.load_weights(run.options.work / STATE_FILE)
        trained.optimizer.iterations.assign(rounds[0] * len(feed))
    swap = keras.callbacks.SwapEMAWeights(swap_on_epoch=True)
    feed.begin_round(rounds[0])
    callbacks = [StateKeeper(run.options.work), swap, keeper]
    trained.fit(feed, initial_epoch=rounds[0], epochs=rounds[1], callbacks=callbacks, verbose=0)


def find_momentum(steps: int) -> float:
    """Of the averaged weights: a short stage must not average its start away into its end."""
    return min(0.998, max(0.5, 1 - 10 / max(steps, 1)))


def compile_network(
    trained: keras.Model, taxonomy: Taxonomy, rate: CosineSlice, average: float
) -> None:
    """AdamW without decay of norms and biases, averaged weights, both losses."""
    optimizer = keras.optimizers.AdamW(
        rate, weight_decay=0.03, clipnorm=5.0, use_ema=True, ema_momentum=average
    )
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    trained.compile(
        optimizer,
        loss={"logits": make_label_loss(taxonomy), "likeness": find_likeness_loss},
        loss_weights={"logits": 1.0, "likeness": LIKENESS_WEIGHT},
        jit_compile=False,
    )


def start_network(run: Run) -> keras.Model:
    """The saved network of an interrupted run, else one on the backbone that was named."""
    options = run.options
    if read_progress(options.work) != (0, 0):
        return keras.models.load_model(options.work / "network.keras", compile=False)
    network = build_network(len(run.taxonomy.labels))
    if options.backbone is not None:
        images = run.pixels[draw_rows(run, PROBE_PHOTOS)].astype(np.float32) / 127.5 - 1
        load_folded_backbone(network, read_folded(options.backbone), images)
    return network


def draw_rows(run: Run, count: int) -> NDArray[np.integer]:
    """Up to `count` rows of the train split, in order."""
    rows = np.flatnonzero(run.examples.split == "train")
    random = np.random.default_rng(run.options.seed)
    return np.sort(random.choice(rows, min(count, len(rows)), replace=False))
