"""What may be written after --stages."""

import pytest

from catalog_ai.training.photos import PhotoError
from catalog_ai.training.train import parse_stages


def test_sides_and_epochs_are_read_in_order():
    assert parse_stages("128:3,224:2") == [(128, 3), (224, 2)]


def test_none_leaves_the_backbone_as_it_is():
    assert parse_stages("none") == []


@pytest.mark.parametrize("text", ["", "128", "128:", "128:3;224:2", "a:b", "8:3", "128:3,"])
def test_anything_else_is_told_how_to_be_written(text):
    with pytest.raises(PhotoError, match="side:epochs"):
        parse_stages(text)
