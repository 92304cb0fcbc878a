"""Where on an image a label's score comes from: class activation maps."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalog_ai.inference.bundle import Bundle
from catalog_ai.inference.classifier import Classifier


class AttentionUnavailable(Exception):
    """The bundle's network has no feature map that a label's score is the plain average of."""


def map_attention(
    classifier: Classifier, image: NDArray[np.uint8], label: int
) -> NDArray[np.float32]:
    """How much each part of an image speaks for a label: (h, w), 0 to 1, 1 where most.

    `image` is (height, width, 3) as the bundle wants it, `label` a place in its labels, and
    (h, w) the size of the network's last feature map, 7 x 7 for 224 pixels. Each of its places
    counts with the weights that lead from the averaged map to the label's score (Zhou et al.
    2016, "Learning Deep Features for Discriminative Localization"). What speaks against the
    label counts 0; where nothing speaks for it, all is 0.

    Raises:
        AttentionUnavailable: the network is built otherwise.
    """
    features, weights = read_last_layer(classifier, image[None])
    evidence = np.maximum(features[0] @ weights[label], 0)
    return np.asarray(evidence / max(float(evidence.max()), 1e-6), np.float32)


def read_last_layer(
    classifier: Classifier, images: NDArray[np.uint8]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """((N, h, w, channels) features, (labels, channels) weights of the scores) of a batch.

    `classifier` is one made with `keep_tensors`.

    Raises:
        AttentionUnavailable: there is no such map, or it cannot be told which one it is.
    """
    classifier.classify(images)
    tensors = classifier.list_tensors()
    weights = _find_weights(tensors, classifier.bundle)
    channels = int(weights["shape"][1])
    maps = [one for one in tensors if _is_map(one, len(images), channels)]
    if not maps:
        raise AttentionUnavailable
    # The last one: what is averaged is the map nearest to the scores.
    return classifier.read_tensor(maps[-1]), classifier.read_tensor(weights)


def _find_weights(tensors: list[dict[str, Any]], bundle: Bundle) -> dict[str, Any]:
    """The weights of the scores; a network with as many labels as embedding numbers hides them."""
    labels = len(bundle.labels)
    found = [one for one in tensors if len(one["shape"]) == 2 and int(one["shape"][0]) == labels]
    if labels in (1, bundle.embedding_size) or not found:
        raise AttentionUnavailable
    return found[0]  # weights come first; a batch of as many images as labels has their shape too


def _is_map(tensor: dict[str, Any], images: int, channels: int) -> bool:
    shape = [int(side) for side in tensor["shape"]]
    return len(shape) == 4 and shape[::3] == [images, channels] and min(shape[1:3]) > 1
