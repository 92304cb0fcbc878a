"""The network in Keras 3: MobileNetV2 1.0, one logit a label, 256 numbers for likeness."""

from collections.abc import Sequence

import keras
import numpy as np
from numpy.typing import NDArray

from catalog_ai.training.folded import Weights

SIDE = 224
EMBEDDING = 256
HEADS = ("logits", "embedding")  # the last layers
EPSILON = 1e-3  # of keras.applications' batch norm


def build_network(labels: int, side: int = SIDE) -> keras.Model:
    """Image (N, side, side, 3) in -1 to 1 -> {"logits": (N, labels), "embedding": (N, 256)}."""
    image = keras.Input((side, side, 3), name="image")
    backbone = keras.applications.MobileNetV2(
        input_tensor=image, include_top=False, weights=None, pooling="avg"
    )
    seen = keras.layers.Dropout(0.2, name="dropout")(backbone.output)
    # Few labels are true of a photo: starting near 5 % spares the first steps.
    logits = keras.layers.Dense(
        labels, name="logits", bias_initializer=keras.initializers.Constant(-3.0), dtype="float32"
    )(seen)
    embedding = keras.layers.Dense(EMBEDDING, name="embedding", dtype="float32")(backbone.output)
    return keras.Model(image, {"logits": logits, "embedding": embedding})


def list_convolutions(network: keras.Model) -> list[tuple[keras.layers.Layer, keras.layers.Layer]]:
    """(convolution, its batch norm) from the image on."""
    kinds = (keras.layers.Conv2D, keras.layers.DepthwiseConv2D)
    convolutions = [layer for layer in network.layers if isinstance(layer, kinds)]
    norms = [
        layer for layer in network.layers if isinstance(layer, keras.layers.BatchNormalization)
    ]
    return list(zip(convolutions, norms, strict=True))


def load_folded_backbone(
    network: keras.Model, folded: Weights, images: NDArray[np.float32]
) -> None:
    """Weights with folded batch norm -> live batch norm that computes the same.

    Mean and variance of every convolution's output over `images` (N, side, side, 3 in -1 to 1)
    become the moving ones; gamma = sqrt(variance + epsilon) and beta = mean + bias undo them.
    """
    pairs = list_convolutions(network)
    biases = [folded[f"{convolution.name}/bias"] for convolution, _ in pairs]
    for (convolution, norm), bias in zip(pairs, biases, strict=True):
        convolution.set_weights([folded[f"{convolution.name}/kernel"]])
        one = np.ones_like(bias)
        norm.set_weights([one * np.sqrt(1 + EPSILON), bias, 0 * one, one])
    outputs = [convolution.output for convolution, _ in pairs]
    moments = _measure_moments(keras.Model(network.input, outputs), images)
    for (_, norm), bias, (mean, variance) in zip(pairs, biases, moments, strict=True):
        norm.set_weights([np.sqrt(variance + EPSILON), mean + bias, mean, variance])


def measure_norms(network: keras.Model, images: NDArray[np.uint8], batch: int = 32) -> None:
    """Set the moving mean and variance of every batch norm to those over `images`, in place.

    Averaged weights, and weights trained on smaller photos, give other ones than were collected
    while training (Izmailov et al. 2018, "Averaging Weights Leads to Wider Optima").
    """
    norms = [norm for _, norm in list_convolutions(network)]
    momenta = [norm.momentum for norm in norms]
    for number, at in enumerate(range(0, len(images) - batch + 1, batch)):
        for norm in norms:
            norm.momentum = number / (number + 1)  # the plain mean over all batches
        network(images[at : at + batch].astype(np.float32) / 127.5 - 1, training=True)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum


def _measure_moments(
    probe: keras.Model, images: NDArray[np.float32], batch: int = 16
) -> Sequence[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """Mean and variance by channel of each output of the probe."""
    chunks = []
    for at in range(0, len(images), batch):
        outputs = [
            keras.ops.convert_to_numpy(one).astype(np.float64)
            for one in probe(images[at : at + batch], training=False)
        ]
        parts = [(one.sum((0, 1, 2)), (one**2).sum((0, 1, 2)), one[..., 0].size) for one in outputs]
        chunks.append(parts)
    return [_join_moments(layer) for layer in zip(*chunks, strict=True)]


def _join_moments(
    parts: Sequence[tuple[NDArray[np.float64], NDArray[np.float64], int]],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    count = sum(part[2] for part in parts)
    mean = np.sum([part[0] for part in parts], axis=0) / count
    squares = np.sum([part[1] for part in parts], axis=0) / count
    variance = np.maximum(squares - mean**2, 1e-6)
    return mean.astype(np.float32), variance.astype(np.float32)
