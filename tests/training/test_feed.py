"""Batches in rounds: every photo once an epoch, and going on where an interrupted run stopped."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("keras", reason="the train extra is not installed")

from catalog_ai.training import feed
from catalog_ai.training.manifest import Examples, Manifest
from catalog_ai.training.taxonomy import LabelSpec, Taxonomy


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> feed.Batches:
    """24 photos in batches of 2, three batches a round; photos are told by their brightness."""
    monkeypatch.setattr(feed, "ROUND", 3)
    monkeypatch.setattr(feed, "COMPOSED", 0)
    monkeypatch.setattr(feed, "mix_pairs", lambda *parts: parts[:3])
    monkeypatch.setattr(feed.augment, "vary_photo", lambda photo, side, random: photo)
    rows = [{"file": str(at), "split": "train"} for at in range(24)]
    ones = np.ones((24, 1))
    examples = Examples(
        [Manifest(Path("."), rows)], ones.astype("i1"), ones.astype("u1"), np.array(["train"] * 24)
    )
    pixels = np.broadcast_to(np.arange(24, dtype=np.uint8)[:, None, None, None], (24, 8, 8, 3))
    taxonomy = Taxonomy({}, [LabelSpec("article:one", "One", "article")])
    return feed.Batches(taxonomy, examples, pixels, feed.Settings(8, 2, 7, [1]))


def list_photos(batches: feed.Batches) -> list[int]:
    pictures = np.concatenate([batches[at][0][:, 0, 0, 0] for at in range(len(batches))])
    return [int(round((value + 1) * 127.5)) for value in pictures]


def test_the_rounds_of_an_epoch_show_every_photo_once(batches: feed.Batches) -> None:
    assert (batches.rounds, len(batches)) == (4, 3)
    seen = []
    for _ in range(batches.rounds):
        seen += list_photos(batches)
        batches.on_epoch_end()
    assert sorted(seen) == list(range(24))
    again = []
    for _ in range(batches.rounds):
        again += list_photos(batches)
        batches.on_epoch_end()
    assert sorted(again) == list(range(24))
    assert again != seen


def test_an_interrupted_run_goes_on_with_the_photos_that_are_left(batches: feed.Batches) -> None:
    rounds = []
    for _ in range(3):
        rounds.append(list_photos(batches))
        batches.on_epoch_end()
    batches.begin_round(2)
    assert list_photos(batches) == rounds[2]


def test_photos_are_kept_under_their_name_only_when_all_are_decoded(
    batches: feed.Batches, tmp_path: Path
) -> None:
    with pytest.raises(FileNotFoundError):
        feed.decode_all(batches.examples, tmp_path / "photos.npy")
    assert not (tmp_path / "photos.npy").exists()


def test_pairs_are_mixed_with_shares_of_their_own() -> None:
    """Photos whose brightness is their number, so that what is in a picture can be read off it."""
    count = 64
    numbers = np.arange(count, dtype=np.float32)
    images = np.broadcast_to(numbers[:, None, None, None], (count, 2, 2, 3))
    truth = np.eye(count, dtype=np.float32)
    mask = np.ones_like(truth)
    mask[:8, 0] = 0  # of the first photos nobody knows the first label
    likeness = truth * (numbers >= 16)[:, None]  # and the first sixteen have no single type
    target = np.concatenate([truth, mask], axis=1)
    mixed, found, alike = feed.mix_pairs(images, target, likeness, np.random.default_rng(1))
    truth, mask = np.split(found, 2, axis=1)
    np.testing.assert_allclose(truth @ numbers, mixed[:, 0, 0, 0], rtol=1e-4, atol=1e-4)
    shares = truth.max(axis=1)
    assert shares.min() >= 0.5
    assert len(np.unique(shares.round(3))) > count / 4
    partner = (truth * (np.arange(count) != np.arange(count)[:, None])).argmax(axis=1)
    seen = truth.max(axis=1) < 1
    unknown = (numbers < 8) | (seen & (partner < 8))
    assert (mask[unknown & seen, 0] == 0).all()
    single = (numbers >= 16) & (partner >= 16) & seen
    np.testing.assert_allclose(alike[single], truth[single])
    assert not alike[:16].any()
