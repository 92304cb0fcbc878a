"""The last layers fitted again, on the features that the converted network really computes.

Rounding to 8 bits shifts the features a little; layers that have seen them rounded make up for
it. They also see every photo as it is, which training with varied photos never shows them.
"""

import multiprocessing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray
from tqdm import tqdm

from catalog_ai.inference.attention import read_last_layer
from catalog_ai.inference.bundle import load_bundle
from catalog_ai.inference.classifier import BATCH, Classifier
from catalog_ai.inference.cores import count_cores
from catalog_ai.training import augment
from catalog_ai.training.feed import COMPOSED, find_single, mark_several
from catalog_ai.training.fit import Proxies
from catalog_ai.training.manifest import Examples
from catalog_ai.training.network import HEADS
from catalog_ai.training.recipe import LIKENESS_WEIGHT, find_likeness_loss, make_label_loss
from catalog_ai.training.taxonomy import Taxonomy

EPOCHS = 12
RATE = 2e-3
FIT_BATCH = 256
FEWEST_STEPS = 500  # a small shop's photos are gone through more often


@dataclass(frozen=True)
class Picture:
    """A photo as it is, varied as in training, or composed with another one."""

    row: int
    other: int = -1  # row of the photo beside it
    varied: bool = False


def refit_heads(
    network: keras.Model,
    bundle: Path,
    taxonomy: Taxonomy,
    examples: Examples,
    pixels: Path,
    weights: Sequence[int],
    seed: int,
) -> dict[str, Any]:
    """Fit scores and likeness of `network` in place, on features of the raw `bundle`'s network.

    `pixels` is the file of all decoded photos, `weights` how often each set's photos are seen
    varied. Nothing is chosen on `val`: it is calibrated on, and must not have been seen. Returns
    what was done, for the bundle's record.
    """
    keras.utils.set_random_seed(seed)
    pictures = draw_pictures(examples, weights, seed)
    features = compute_features(bundle, pixels, pictures, seed)
    truth, mask = join_pictures(pictures, taxonomy, examples)
    articles = taxonomy.find_places("article")
    heads = build_heads(network, len(articles))
    epochs = fit_heads(heads, taxonomy, Features(features, truth, mask, articles))
    for name in HEADS:
        network.get_layer(name).set_weights(heads.get_layer(name).get_weights())
    return {"pictures": len(pictures), "epochs": epochs, "rate": RATE}


def draw_pictures(examples: Examples, weights: Sequence[int], seed: int) -> list[Picture]:
    """Every training photo as it is, its varied copies, and composed pictures."""
    random = np.random.default_rng(seed)
    rows = np.flatnonzero(examples.split == "train")
    copies = np.repeat(rows, np.asarray(weights)[examples.source[rows]])
    pairs = random.choice(rows, (int(len(rows) * COMPOSED), 2))
    return [
        *(Picture(int(row)) for row in rows),
        *(Picture(int(row), varied=True) for row in copies),
        *(Picture(int(one), int(other), varied=True) for one, other in pairs),
    ]


def join_pictures(
    pictures: Sequence[Picture], taxonomy: Taxonomy, examples: Examples
) -> tuple[NDArray[np.int8], NDArray[np.uint8]]:
    """Truth and mask of pictures, (N, labels) each."""
    rows = [picture.row for picture in pictures]
    truth, mask, several = examples.truth[rows], examples.mask[rows], mark_several(taxonomy)
    for at, picture in enumerate(pictures):
        if picture.other >= 0:
            other = picture.other
            truth[at], mask[at] = augment.join_targets(
                (truth[at], examples.truth[other]), (mask[at], examples.mask[other]), several
            )
    return truth, mask


def compute_features(
    bundle: Path, pixels: Path, pictures: Sequence[Picture], seed: int
) -> NDArray[np.float16]:
    """(N, channels) averaged feature maps, computed by the bundle's network on all cores."""
    chunks = [(seed + at, pictures[at : at + BATCH]) for at in range(0, len(pictures), BATCH)]
    context = multiprocessing.get_context("spawn")
    with context.Pool(count_cores(), _open_room, (bundle, pixels)) as pool:
        parts = pool.imap(_compute_chunk, chunks, chunksize=16)
        return np.concatenate(list(tqdm(parts, total=len(chunks), desc="features", unit="batch")))


_room: dict[str, Any] = {}


def _open_room(bundle: Path, pixels: Path) -> None:
    _room["classifier"] = Classifier(load_bundle(bundle), keep_tensors=True)
    _room["pixels"] = np.load(pixels, mmap_mode="r")


def _compute_chunk(chunk: tuple[int, Sequence[Picture]]) -> NDArray[np.float16]:
    seed, pictures = chunk
    random = np.random.default_rng(seed)
    images = np.stack([_draw(picture, random) for picture in pictures])
    features, _weights = read_last_layer(_room["classifier"], images)
    return np.asarray(features.mean(axis=(1, 2)), np.float16)


def _draw(picture: Picture, random: np.random.Generator) -> NDArray[np.uint8]:
    photo: NDArray[np.uint8] = _room["pixels"][picture.row]
    if picture.other >= 0:
        photo = augment.compose_photos(photo, _room["pixels"][picture.other], random)
    return augment.vary_photo(photo, len(photo), random) if picture.varied else photo


class Features(keras.utils.PyDataset):  # type: ignore[misc]
    """Batches of features with their targets, in a new order every epoch."""

    def __init__(
        self,
        features: NDArray[np.float16],
        truth: NDArray[np.int8],
        mask: NDArray[np.uint8],
        articles: Sequence[int],
    ) -> None:
        super().__init__()
        self.features, self.truth, self.mask, self.articles = features, truth, mask, articles
        self.random = np.random.default_rng(0)
        self.on_epoch_end()

    def __len__(self) -> int:
        return -(-len(self.features) // FIT_BATCH)

    def on_epoch_end(self) -> None:
        self.order = self.random.permutation(len(self.features))

    def __getitem__(self, index: int) -> tuple[NDArray[np.float32], dict[str, NDArray[np.float32]]]:
        rows = self.order[index * FIT_BATCH : (index + 1) * FIT_BATCH]
        truth, mask = self.truth[rows], self.mask[rows]
        target = np.concatenate([truth, mask], axis=1).astype(np.float32)
        likeness = find_single(truth, mask, self.articles)
        return self.features[rows].astype(np.float32), {"logits": target, "likeness": likeness}


def build_heads(network: keras.Model, articles: int) -> keras.Model:
    """The network's last layers alone, starting from its weights: features (N, channels) in."""
    own = [network.get_layer(name) for name in HEADS]
    features = keras.Input((int(own[0].kernel.shape[0]),))
    seen = layers.Dropout(0.2)(features)
    logits, embedding = (layers.Dense(one.units, name=one.name) for one in own)
    scores, likeness = logits(seen), Proxies(max(1, articles), name="likeness")(embedding(features))
    for fresh, trained in zip((logits, embedding), own, strict=True):
        fresh.set_weights(trained.get_weights())
    return keras.Model(features, {"logits": scores, "likeness": likeness})


def fit_heads(heads: keras.Model, taxonomy: Taxonomy, train: Features) -> int:
    """Fit in place, down to a rate of zero; returns the number of epochs."""
    epochs = max(EPOCHS, -(-FEWEST_STEPS // len(train)))
    schedule = keras.optimizers.schedules.CosineDecay(RATE, epochs * len(train))
    heads.compile(
        keras.optimizers.AdamW(schedule, 1e-2),
        loss={"logits": make_label_loss(taxonomy), "likeness": find_likeness_loss},
        loss_weights={"logits": 1.0, "likeness": LIKENESS_WEIGHT},
    )
    with tqdm(total=epochs, desc="last layers", unit="epoch") as bar:
        heads.fit(train, epochs=epochs, callbacks=[make_teller(bar)], verbose=0)
    return epochs


def make_teller(bar: tqdm) -> keras.callbacks.Callback:
    """Shows every epoch's loss on the error output: the standard one is for the summary alone."""

    def tell(epoch: int, logs: Mapping[str, float]) -> None:
        bar.update()
        bar.set_postfix(loss=f"{logs['loss']:.4f}")

    return keras.callbacks.LambdaCallback(on_epoch_end=tell)
