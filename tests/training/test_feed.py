"""Batches in rounds: every photo once an epoch, and going on where an interrupted run stopped."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("keras", reason="the train extra is not installed")

from catalog_ai.training import feed
from catalog_ai.training.manifest import Examples, Manifest
from catalog_ai.training.taxonomy import LabelSpec, Taxonomy


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> feed.Batches:
    """24 photos in batches of 2, three batches a round; photos are told by their brightness."""
    monkeypatch.setattr(feed, "ROUND", 3)
    monkeypatch.setattr(feed, "COMPOSED", 0)
    monkeypatch.setattr(feed.augment, "vary_photo", lambda photo, side, random: photo)
    rows = [{"file": str(at), "split": "train"} for at in range(24)]
    ones = np.ones((24, 1))
    examples = Examples(
        [Manifest(Path("."), rows)], ones.astype("i1"), ones.astype("u1"), np.array(["train"] * 24)
    )
    pixels = np.broadcast_to(np.arange(24, dtype=np.uint8)[:, None, None, None], (24, 8, 8, 3))
    taxonomy = Taxonomy({}, [LabelSpec("article:one", "One", "article")])
    return feed.Batches(taxonomy, examples, pixels, feed.Settings(8, 2, 7, [1], mixed=0))


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


def test_photos_in_another_order_are_decoded_anew(tmp_path: Path) -> None:
    for shade in (40, 200):
        Image.new("RGB", (32, 32), (shade,) * 3).save(tmp_path / f"{shade}.png")
    target = np.ones((2, 1))

    def decode(*shades: int) -> list[int]:
        rows = [{"file": f"{shade}.png"} for shade in shades]
        manifest, split = Manifest(tmp_path, rows), np.array(["train"] * 2)
        examples = Examples([manifest], target.astype("i1"), target.astype("u1"), split)
        pixels = feed.decode_all(examples, tmp_path / "photos.npy")
        return [int(photo[0, 0, 0]) for photo in pixels]

    assert decode(40, 200) == [40, 200]
    assert decode(200, 40) == [200, 40]


def test_as_many_batches_are_mixed_as_was_asked_for(batches: feed.Batches) -> None:
    def count_mixed() -> int:
        values = [(batches[at][0] + 1) * 127.5 for at in range(len(batches))]
        return sum(bool((np.abs(value - value.round()) > 0.01).any()) for value in values)

    assert count_mixed() == 0
    batches.settings.mixed = 1
    assert count_mixed() > 0
