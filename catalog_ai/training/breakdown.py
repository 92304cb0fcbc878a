"""Where the wrong answers are: by size of the photo, photos of the class, confidence, pair.

Run `python -m catalog_ai.training.breakdown --help`. Prints one JSON object.
"""

import io
import sys
from argparse import Namespace
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from catalog_ai.inference.bundle import load_bundle
from catalog_ai.training.command import run_command
from catalog_ai.training.judging import Judged
from catalog_ai.training.labelled import add_arguments, judge_photos
from catalog_ai.training.photos import Photos

SIDES = (100, 200, 400)  # pixels of the shorter side
COUNTS = (100, 200, 500, 1000)  # photos of a class in the whole set
CONFIDENCES = (0.5, 0.8, 0.95)
PAIRS = 10


def break_down(options: Namespace) -> dict[str, Any]:
    """Share of right answers by part of the photos.

    Raises:
        EvaluationError, BundleError, PhotoError: the reason, for people.
    """
    bundle = load_bundle(options.bundle)
    judged, counts = judge_photos(bundle, options)
    correct = judged.scores.argmax(1) == judged.truth
    sides = measure_sides(Photos(options.images), judged.names)
    held = [counts[judged.classes[at]] for at in judged.truth]
    contradicted = find_contradicted(judged.scores, judged.truth)
    return {
        "model": bundle.model_version,
        "photos": len(correct),
        "accuracy": float(correct.mean()),
        "by_shorter_side": split_correct(correct, sides, SIDES),
        "by_photos_of_the_class": split_correct(correct, held, COUNTS),
        "by_confidence": split_correct(correct, judged.scores.max(1).tolist(), CONFIDENCES),
        "share_of_wrong_in_commonest_pairs": measure_pairs(judged, PAIRS),
        "labels_contradicted": float(contradicted.mean()),
    }


def measure_sides(photos: Photos, names: Sequence[str]) -> list[int]:
    """Shorter side of each photo in pixels, by its header; 0 where it cannot be read."""
    return [_measure_side(photos, name) for name in names]


def _measure_side(photos: Photos, name: str) -> int:
    try:
        with Image.open(io.BytesIO(photos.read(name))) as image:
            return min(image.size)
    except (OSError, Image.DecompressionBombError):
        return 0


def split_correct(
    correct: NDArray[np.bool_], values: Sequence[float], limits: Sequence[float]
) -> dict[str, dict[str, float]]:
    """Photos and share of right answers from each limit up to the next, empty parts left out."""
    places = np.array([bisect_right(limits, value) for value in values])
    edges = ["", *(f"{one:g}" for one in limits), ""]
    names = [f"from {a} to below {b}" for a, b in zip(edges, edges[1:], strict=False)]
    names[0], names[-1] = f"below {edges[1]}", f"from {edges[-2]}"
    return {
        name: {
            "photos": int((places == at).sum()),
            "accuracy": float(correct[places == at].mean()),
        }
        for at, name in enumerate(names)
        if (places == at).any()
    }


def measure_pairs(judged: Judged, pairs: int) -> float:
    """Share of all wrong answers that lie within the commonest pairs, either way round."""
    predicted = judged.scores.argmax(1)
    wrong = predicted != judged.truth
    found = Counter(map(frozenset, zip(judged.truth[wrong], predicted[wrong], strict=True)))
    return sum(count for _, count in found.most_common(pairs)) / max(int(wrong.sum()), 1)


def find_contradicted(scores: NDArray[Any], truth: NDArray[Any]) -> NDArray[np.bool_]:
    """Labels that the model contradicts with confidence; `scores` (N, classes), `truth` (N,).

    Some class other than the label scores at least as high as photos of that class do on
    average, and highest of those that do (Northcutt et al. 2021, "Confident Learning"). Scores
    are made to sum to 1 first. Only for photos that the model was not trained on.
    """
    shares = scores / np.maximum(scores.sum(1, keepdims=True), 1e-9)
    usual = [
        shares[truth == at, at].mean() if (truth == at).any() else np.inf
        for at in range(scores.shape[1])
    ]
    above = np.where(shares >= usual, shares, -1.0)
    return np.asarray((above.max(1) >= 0) & (above.argmax(1) != truth), bool)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run without a shop: prints one JSON object."""
    return run_command("breakdown", __doc__, add_arguments, break_down, arguments)


if __name__ == "__main__":
    sys.exit(main())
