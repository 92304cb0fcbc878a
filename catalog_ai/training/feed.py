"""Photos and targets to the network, batch by batch."""

import multiprocessing
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from catalog_ai.inference.images import ImageRejected, decode_image
from catalog_ai.training import augment
from catalog_ai.training.manifest import Examples, digest_photos
from catalog_ai.training.photos import Photos
from catalog_ai.training.taxonomy import Taxonomy

SIDE = 224
PHOTOS_FILE = "photos.npy"  # in the work folder: every photo, decoded
COMPOSED = 1 / 12  # share of pictures of two products
ROUND = 100  # batches
MANY = ("article", "subcategory", "category", "garment", "outfit", "colour")


def decode_all(examples: Examples, cache: Path) -> NDArray[np.uint8]:
    """Every photo as the product decodes it, (N, 224, 224, 3), kept in `cache` for later epochs.

    A photo that the product would refuse is left white. Beside the cache stands of which photos it
    is: others, or the same in another order, are decoded anew.
    """
    shape = (len(examples.files), SIDE, SIDE, 3)
    note, digest = cache.with_suffix(".sha256"), digest_photos(examples.files)
    if cache.exists() and note.exists() and note.read_text(encoding="utf-8") == digest:
        return np.load(cache, mmap_mode="r")  # type: ignore[no-any-return]
    note.unlink(missing_ok=True)
    # Under its name only when it is whole: after an interruption the rest would be black.
    unfinished = cache.with_suffix(".part")
    pixels = np.lib.format.open_memmap(unfinished, "w+", np.uint8, shape)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(mp_context=context) as pool:
        decoded = pool.map(_decode, examples.files, chunksize=64)
        for row, image in enumerate(tqdm(decoded, total=shape[0], desc="decoding", unit="photo")):
            pixels[row] = 255 if image is None else image
    pixels.flush()
    unfinished.replace(cache)
    note.write_text(digest, encoding="utf-8")
    return pixels


_open: dict[Path, Photos] = {}


def _decode(file: tuple[Path, str]) -> NDArray[np.uint8] | None:
    path, name = file
    if path not in _open:
        _open[path] = Photos(path)
    try:
        return decode_image(_open[path].read(name))
    except ImageRejected as refused:
        tqdm.write(f"{name}: {refused.reason}")
        return None


@dataclass
class Settings:
    """How batches are made."""

    side: int
    batch: int
    seed: int
    weights: Sequence[int]  # how often a photo of each manifest is seen in an epoch
    mixed: float  # share of the batches that are mixed in pairs


class Batches(keras.utils.PyDataset):  # type: ignore[misc]
    """The train split in a new order every epoch, cut into rounds after which progress is kept.

    To Keras a round is an epoch: an epoch of a large catalogue takes hours, too much to lose.
    """

    def __init__(
        self, taxonomy: Taxonomy, examples: Examples, pixels: NDArray[np.uint8], settings: Settings
    ) -> None:
        super().__init__(workers=2, use_multiprocessing=False, max_queue_size=8)
        self.examples, self.pixels, self.settings = examples, pixels, settings
        repeats = np.array(settings.weights)[examples.source] * (examples.split == "train")
        self.pool = np.repeat(np.arange(len(repeats)), repeats)
        self.articles = taxonomy.find_places("article")
        self.several = mark_several(taxonomy)
        batches = max(1, len(self.pool) // settings.batch)
        self.rounds = -(-batches // ROUND)  # an epoch
        self.length = batches // self.rounds
        self.begin_round(0)

    def __len__(self) -> int:
        """Batches a round."""
        return self.length

    def begin_round(self, number: int) -> None:
        """Go on with this round, counted from the start of the stage."""
        self.round = number
        epoch = number // self.rounds
        order = np.random.default_rng((self.settings.seed, epoch))
        self.order = order.permutation(self.pool)

    def on_epoch_end(self) -> None:
        self.begin_round(self.round + 1)

    def __getitem__(self, index: int) -> tuple[NDArray[np.float32], dict[str, Any]]:
        random = np.random.default_rng((self.settings.seed, self.round, index))
        size, place = self.settings.batch, self.round % self.rounds * self.length + index
        rows = self.order[place * size : (place + 1) * size]
        images, truth, mask = self._draw(rows, random)
        batch = np.multiply(images, 1 / 127.5, dtype=np.float32)
        batch -= 1
        likeness = find_single(truth, mask, self.articles)
        target = np.concatenate([truth, mask], axis=1).astype(np.float32)
        if random.random() < self.settings.mixed:
            batch, target = mix_pairs(batch, target, random)
            likeness = np.zeros_like(likeness)
        return batch, {"logits": target, "likeness": likeness}

    def _draw(
        self, rows: NDArray[np.integer], random: np.random.Generator
    ) -> tuple[NDArray[np.uint8], NDArray[np.int8], NDArray[np.uint8]]:
        truth, mask = self.examples.truth[rows].copy(), self.examples.mask[rows].copy()
        photos = [self.pixels[row] for row in rows]
        for place in np.flatnonzero(random.random(len(rows)) < COMPOSED):
            other = random.integers(len(rows))
            photos[place] = augment.compose_photos(photos[place], self.pixels[rows[other]], random)
            truth[place], mask[place] = augment.join_targets(
                (truth[place], self.examples.truth[rows[other]]),
                (mask[place], self.examples.mask[rows[other]]),
                self.several,
            )
        varied = [augment.vary_photo(photo, self.settings.side, random) for photo in photos]
        return np.stack(varied), truth, mask


def mark_several(taxonomy: Taxonomy) -> NDArray[np.bool_]:
    """(labels,) whether one picture can have several labels of a label's facet."""
    return np.array([label.facet in MANY for label in taxonomy.labels])


def find_single(
    truth: NDArray[np.int8], mask: NDArray[np.uint8], articles: Sequence[int]
) -> NDArray[np.float32]:
    """(N, articles): the one article type of a photo, zeros where there is not just one."""
    one_hot = truth[:, articles].astype(np.float32)
    sure = (one_hot.sum(1) == 1) & (mask[:, articles].mean(1) > 0.8)
    return np.asarray(one_hot * sure[:, None], np.float32)


def mix_pairs(
    images: NDArray[np.float32], target: NDArray[np.float32], random: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mixup (Zhang et al. 2018), alpha 0.2; target is truth beside mask, a mask needs both."""
    share = random.beta(0.2, 0.2)
    share = max(share, 1 - share)
    partner = random.permutation(len(images))
    half = target.shape[1] // 2
    truth, mask = target[:, :half], target[:, half:]
    mixed = np.concatenate([share * truth + (1 - share) * truth[partner], mask * mask[partner]], 1)
    images = share * images + (1 - share) * images[partner]
    return images.astype(np.float32), mixed.astype(np.float32)
