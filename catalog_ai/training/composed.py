"""Several products in one picture: are both labels found? Pairs of test photos on white."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalog_ai.inference.bundle import Bundle
from catalog_ai.inference.classifier import Classifier
from catalog_ai.inference.images import decode_image
from catalog_ai.training.augment import compose_photos
from catalog_ai.training.manifest import Manifest
from catalog_ai.training.naming import match_name
from catalog_ai.training.photos import Photos

PAIRS = 300
BATCH = 8
SEED = 7


def measure_composed(bundle: Bundle, manifest: Manifest, pairs: int = PAIRS) -> dict[str, Any]:
    """Shares of pictures of two products of which both article types are found.

    `both_in_top_2`: they are the two likeliest. `both_suggested`: both reach the balanced review
    threshold. `wrong_suggestions`: suggested labels a picture that are neither.
    """
    pictures, truth = draw_pairs(bundle, manifest, pairs)
    classifier = Classifier(bundle)
    columns = [at for at, label in enumerate(bundle.labels) if label.facet == "article"]
    limits = np.array([bundle.labels[at].thresholds["balanced"].review for at in columns])
    scores = np.concatenate(
        [
            classifier.classify(pictures[at : at + BATCH]).confidences[:, columns]
            for at in range(0, len(pictures), BATCH)
        ]
    )
    both = np.array([[columns.index(one) for one in pair] for pair in truth])
    best = np.argsort(-scores, axis=1)[:, :2]
    suggested = scores >= limits
    found = np.take_along_axis(suggested, both, 1)
    return {
        "images": len(pictures),
        "both_in_top_2": float((np.sort(best, 1) == np.sort(both, 1)).all(1).mean()),
        "both_suggested": float(found.all(1).mean()),
        "one_suggested": float((found.sum(1) == 1).mean()),
        "wrong_suggestions": float((suggested.sum(1) - found.sum(1)).mean()),
    }


def draw_pairs(
    bundle: Bundle, manifest: Manifest, pairs: int
) -> tuple[NDArray[np.uint8], list[tuple[int, int]]]:
    """Pictures of two test products of different types, and the places of their labels."""
    random = np.random.default_rng(SEED)
    photos = Photos(manifest.photos)
    places = {label.id: at for at, label in enumerate(bundle.labels)}
    found = [
        (row["file"], places[label.id])
        for row in manifest.rows
        if row["split"] == "test"
        and (label := match_name(bundle, row["articleType"], "article"))
        and label.facet == "article"
    ]
    pictures: list[NDArray[np.uint8]] = []
    truth: list[tuple[int, int]] = []
    while len(pictures) < pairs:
        first, second = (found[at] for at in random.integers(0, len(found), 2))
        if first[1] == second[1]:
            continue
        pixels = [decode_image(photos.read(name)) for name, _ in (first, second)]
        pictures.append(compose_photos(pixels[0], pixels[1], random))
        truth.append((first[1], second[1]))
    return np.stack(pictures), truth
