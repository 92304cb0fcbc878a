"""What may be written after options of training."""

from argparse import ArgumentTypeError
from pathlib import Path

import pytest

from catalog_ai.training.manifest import Manifest
from catalog_ai.training.photos import PhotoError
from catalog_ai.training.train import (
    FEW,
    STAGES,
    choose_stages,
    choose_trainer,
    parse_stages,
    read_share,
)


def test_sides_and_epochs_are_read_in_order():
    assert parse_stages("128:3,224:2") == [(128, 3), (224, 2)]


def test_none_leaves_the_backbone_as_it_is():
    assert parse_stages("none") == []


@pytest.mark.parametrize("text", ["", "128", "128:", "128:3;224:2", "a:b", "8:3", "128:3,"])
def test_anything_else_is_told_how_to_be_written(text):
    with pytest.raises(PhotoError, match="side:epochs"):
        parse_stages(text)


@pytest.mark.parametrize(("count", "stages"), [(FEW - 1, "none"), (FEW, STAGES)])
def test_a_small_catalogue_fits_the_last_layers_only(count, stages):
    rows = [{"file": str(at), "split": "train"} for at in range(count)]
    rows += [{"file": f"v{at}", "split": "val"} for at in range(50)]
    assert choose_stages([Manifest(Path("."), rows)]) == stages


def test_a_trainer_that_is_not_installed_is_told(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(PhotoError, match="pip install torch"):
        choose_trainer("pytorch")


@pytest.mark.parametrize(("text", "share"), [("0", 0), ("0.25", 0.25), ("1", 1)])
def test_a_share_is_read(text, share):
    assert read_share(text) == share


@pytest.mark.parametrize("text", ["", "half", "-0.1", "1.01", "20%", "nan"])
def test_what_is_no_share_is_told(text):
    with pytest.raises(ArgumentTypeError, match="from 0 to 1"):
        read_share(text)
