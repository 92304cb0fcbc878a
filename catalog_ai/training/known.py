"""Fits a bundle's `known`: where pictures of nothing that it has labels for begin."""

import numpy as np
from numpy.typing import NDArray

from catalog_ai.inference.bundle import Bundle, Known
from catalog_ai.inference.known import KnownGate
from catalog_ai.training.calibrate import LOST

FACET = "article"
PARENTS = 0.5  # 0.25 and 1 did no better on drawn, photographed and random strange pictures
STEEPNESS = 2.0  # one logit above the middle is 0.88 known, two are 0.98


def fit_known(
    bundle: Bundle, logits: NDArray[np.float32], strangers: bool, facet: str = FACET
) -> Known | None:
    """The gate in whose middle LOST of the labels' own `val` photos lie; `logits` (N, labels).

    It is placed by the own photos alone: strange ones that were trained on say little of others.
    None without a facet whose labels have parents, without photos, or where the network was
    taught no `strangers`.
    """
    parents = any(label.parent for label in bundle.labels_of(facet))
    if not (parents and strangers and len(logits)):
        return None
    score = KnownGate(bundle.labels, facet, PARENTS).score(logits)
    middle = float(np.quantile(score, LOST))
    return Known(facet, PARENTS, STEEPNESS, round(-STEEPNESS * middle, 4))
