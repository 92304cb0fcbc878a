"""What training may and may not do to a photo."""

import numpy as np
import pytest
from PIL import Image

from catalog_ai.training import augment


@pytest.fixture
def random():
    return np.random.default_rng(5)


def make_square(side=64):
    """A black square in the middle of white."""
    pixels = np.full((side, side, 3), 255, np.uint8)
    pixels[side // 4 : -side // 4, side // 4 : -side // 4] = 0
    return pixels


@pytest.mark.parametrize("side", [32, 48, 64])
def test_a_varied_photo_has_the_side_asked_for(random, side):
    varied = augment.vary_photo(make_square(), side, random)
    assert varied.shape == (side, side, 3)
    assert varied.dtype == np.uint8


def test_the_product_stays_in_the_picture(random):
    for _ in range(50):
        varied = augment.vary_photo(make_square(), 48, random)
        assert 0.08 < (varied.mean(2) < 100).mean() < 0.75


def test_one_seed_gives_one_picture():
    first, second = (
        augment.vary_photo(make_square(), 48, np.random.default_rng(9)) for _ in range(2)
    )
    assert np.array_equal(first, second)


def test_two_products_share_one_picture(random):
    red, blue = (np.full((64, 64, 3), shade, np.uint8) for shade in ((255, 0, 0), (0, 0, 255)))
    both = augment.compose_photos(red, blue, random).reshape(-1, 3)
    shares = [(both == shade).all(1).mean() for shade in ((255, 0, 0), (0, 0, 255))]
    assert shares == [0.25, 0.25]


def test_a_picture_of_two_products_has_the_labels_of_both():
    several = np.array([True, True, True, False])
    truth, mask = augment.join_targets(
        (np.array([1, 0, 0, 1], np.int8), np.array([0, 1, 0, 0], np.int8)),
        (np.array([1, 1, 1, 1], np.uint8), np.array([1, 1, 0, 1], np.uint8)),
        several,
    )
    assert truth[:2].tolist() == [1, 1]
    assert mask.tolist() == [1, 1, 0, 0]


def test_light_contrast_and_saturation_are_what_they_say(random):
    """As the three one after another, in floats."""
    pixels = random.integers(0, 256, (24, 24, 3), dtype=np.uint8)
    found = augment.shift_colours(Image.fromarray(pixels), np.random.default_rng(3))
    light, contrast, saturation = np.random.default_rng(3).uniform(0.85, 1.15, 3)
    grey = pixels.mean(2, keepdims=True)
    vivid = grey + (pixels - grey) * saturation
    wanted = (vivid.mean() + (vivid - vivid.mean()) * contrast) * light
    assert np.abs(np.asarray(found) - np.clip(wanted, 0, 255)).max() < 0.51


def test_a_hole_never_covers_more_than_a_ninth(random):
    photo = make_square(90)
    for _ in range(50):
        holed = augment.erase_part(photo, random, share=1.0)
        assert (holed != photo).any(2).mean() <= 1 / 9
