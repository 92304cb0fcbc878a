"""Training in Keras 3, on whatever backend KERAS_BACKEND names."""

import json
import time
from pathlib import Path
from typing import Any

import keras
from keras import ops
from tqdm import tqdm

from catalog_ai.training.feed import Batches
from catalog_ai.training.network import list_convolutions
from catalog_ai.training.recipe import (
    DECAY,
    LIKENESS_SCALE,
    LIKENESS_WEIGHT,
    CosineSlice,
    Run,
    find_likeness_loss,
    find_momentum,
    finish_network,
    make_label_loss,
    replace_file,
    resize_network,
    start_network,
)
from catalog_ai.training.run_file import KERAS_PROGRESS
from catalog_ai.training.taxonomy import Taxonomy

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


class Keeper(keras.callbacks.Callback):  # type: ignore[misc]
    """Saves the averaged weights after every round, and shows the time left of the whole run."""

    def __init__(self, network: keras.Model, folder: Path, stage: int, bar: tqdm) -> None:
        super().__init__()
        self.network, self.folder, self.stage, self.bar = network, folder, stage, bar
        self.is_first = True

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        if self.is_first:  # it had the graph to build, which says nothing about the pace
            self.bar.unpause()
        self.is_first = False
        self.bar.update()
        self.bar.set_postfix(loss=f"{(logs or {}).get('loss', float('nan')):.3f}")

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        replace_file(self.folder / "network.keras", self.network.save)
        state = {"stage": self.stage, "round": epoch + 1, "time": time.time()}
        text = json.dumps(state)
        replace_file(self.folder / KERAS_PROGRESS, lambda file: file.write_text(text, "utf-8"))


def read_progress(folder: Path) -> tuple[int, int]:
    """(stage, round) to go on from; (0, 0) for a new run."""
    file = folder / KERAS_PROGRESS
    if not file.exists():
        return 0, 0
    state = json.loads(file.read_text(encoding="utf-8"))
    return state["stage"], state["round"]


def train_network(run: Run) -> keras.Model:
    """Train through all stages, going on after the last finished round of batches.

    An interrupted run loses at most the round it was in.
    """
    keras.utils.set_random_seed(run.options.seed)
    feeds, stages = run.make_feeds(), run.options.stages
    rounds = [feed.rounds * epochs for feed, (_, epochs) in zip(feeds, stages, strict=True)]
    steps = [len(feed) * count for feed, count in zip(feeds, rounds, strict=True)]
    stage_at, round_at = read_progress(run.options.work)
    network = load_network(run)
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
    return finish_network(run, network)


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


def compile_network(
    trained: keras.Model, taxonomy: Taxonomy, rate: CosineSlice, average: float
) -> None:
    """AdamW without decay of norms and biases, averaged weights, both losses."""
    optimizer = keras.optimizers.AdamW(
        rate, weight_decay=DECAY, clipnorm=5.0, use_ema=True, ema_momentum=average
    )
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    trained.compile(
        optimizer,
        loss={"logits": make_label_loss(taxonomy), "likeness": find_likeness_loss},
        loss_weights={"logits": 1.0, "likeness": LIKENESS_WEIGHT},
        jit_compile=False,
    )


def load_network(run: Run) -> keras.Model:
    """The saved network of an interrupted run, else one to start from."""
    if read_progress(run.options.work) == (0, 0):
        return start_network(run)
    return keras.models.load_model(run.options.work / "network.keras", compile=False)
