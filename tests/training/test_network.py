"""The Keras side, where Keras is installed (the `train` extra)."""

import numpy as np
import pytest

from catalog_ai.inference.bundle import SHIPPED_BUNDLE
from catalog_ai.training.folded import list_layers, read_folded

SIDE = 64


@pytest.fixture(scope="module")
def network():
    pytest.importorskip("keras", reason="the train extra is not installed")
    from catalog_ai.training.network import build_network

    return build_network(5, SIDE)


def test_the_shipped_network_gives_back_weights_to_start_from():
    weights = read_folded(SHIPPED_BUNDLE)
    assert len(weights) == 2 * len(list_layers())
    assert weights["Conv1/kernel"].shape == (3, 3, 3, 32)
    assert weights["block_3_depthwise/kernel"].shape == (3, 3, 144, 1)
    assert weights["Conv_1/bias"].shape == (1280,)


def test_the_network_has_a_logit_a_label_and_256_numbers_for_likeness(network):
    outputs = network(np.zeros((2, SIDE, SIDE, 3), np.float32))
    assert outputs["logits"].shape == (2, 5)
    assert outputs["embedding"].shape == (2, 256)


def test_live_batch_norm_computes_what_the_folded_weights_did(network):
    from catalog_ai.training.network import list_convolutions, load_folded_backbone

    weights = read_folded(SHIPPED_BUNDLE)
    images = np.random.default_rng(1).uniform(-1, 1, (24, SIDE, SIDE, 3)).astype(np.float32)
    load_folded_backbone(network, weights, images)
    live = np.asarray(network(images, training=False)["embedding"])
    for convolution, norm in list_convolutions(network):
        bias = weights[f"{convolution.name}/bias"]
        one = np.ones_like(bias)
        norm.set_weights([one * np.sqrt(1 + norm.epsilon), bias, 0 * one, one])
    folded = np.asarray(network(images, training=False)["embedding"])
    assert np.abs(live - folded).max() < 1e-3 * np.abs(folded).max()


def test_a_masked_label_costs_nothing():
    pytest.importorskip("keras", reason="the train extra is not installed")
    from catalog_ai.training.recipe import make_label_loss
    from catalog_ai.training.taxonomy import LabelSpec, Taxonomy

    labels = [LabelSpec(f"article:{name}", name, "article") for name in "ab"]
    find_loss = make_label_loss(Taxonomy({}, labels))
    target = np.array([[1, 0, 1, 0]], np.float32)
    low, high = (find_loss(target, np.array([[2.0, wild]], np.float32)) for wild in (-50, 50))
    assert float(low[0]) == float(high[0]) == pytest.approx(2 * np.log1p(np.exp(-2)) / 4)


def test_norms_measured_again_fit_the_photos(network):
    from catalog_ai.training.network import list_convolutions, measure_norms

    photos = np.random.default_rng(2).integers(0, 255, (64, SIDE, SIDE, 3), np.uint8)
    measure_norms(network, photos)
    convolution, norm = list_convolutions(network)[0]
    images = photos.astype(np.float32) / 127.5 - 1
    seen = np.asarray(convolution(images))
    assert np.allclose(np.asarray(norm.moving_mean), seen.mean((0, 1, 2)), atol=1e-3)
    assert np.allclose(np.asarray(norm.moving_variance), seen.var((0, 1, 2)), rtol=0.05)
    assert norm.momentum != 0
