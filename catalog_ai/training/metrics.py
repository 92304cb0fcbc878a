"""Figures of merit from scores and truth, in numpy. Each function names its definition."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from catalog_ai.training.error_curve import rank_surest

Floats = NDArray[np.floating]
Ints = NDArray[np.integer]

BLOCK = 1_000  # images that are compared with all others at once


class Likeness(NamedTuple):
    """Pairs of images that are at least so alike, and which of them are of one class (0-1)."""

    cosine: float
    pairs: int
    same: float
    same_just_above: float  # of those below the next step; nan where there are none


def count_confusion(truth: Ints, predicted: Ints, classes: int) -> Ints:
    """(classes, classes) counts, row = truth, column = prediction."""
    table = np.zeros((classes, classes), dtype=np.int64)
    np.add.at(table, (truth, predicted), 1)
    return table


def score_classes(confusion: Ints) -> dict[str, Floats]:
    """precision, recall, f1 (0 where undefined) and support of every class."""
    hits = np.diag(confusion).astype(float)
    predicted, support = confusion.sum(0), confusion.sum(1)
    precision = hits / np.maximum(predicted, 1)
    recall = hits / np.maximum(support, 1)
    return {
        "precision": precision,
        "recall": recall,
        "f1": 2 * precision * recall / np.maximum(precision + recall, 1e-12),
        "support": support,
    }


def find_average_precision(scores: Floats, truth: Ints) -> float:
    """Area under precision-recall as a sum of steps over distinct scores; nan without positives.

    Equal scores are one step, so a constant score gives the share of positives.
    """
    positives = int(truth.sum())
    if not positives:
        return float("nan")
    precision, recall = trace_precision_recall(scores, truth)
    return float(np.sum(np.diff(recall, prepend=0.0) * precision))


def trace_precision_recall(scores: Floats, truth: Ints) -> tuple[Floats, Floats]:
    """Precision and recall at every distinct score, from the highest down."""
    order = np.argsort(-scores, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(scores[order])), len(order) - 1)
    hits = np.cumsum(truth[order])[ends]
    return hits / (ends + 1), hits / max(int(truth.sum()), 1)


def find_roc_auc(scores: Floats, truth: Ints) -> float:
    """Chance that a positive outscores a negative, ties count half; nan with one kind only."""
    positives = int(truth.sum())
    negatives = len(truth) - positives
    if not positives or not negatives:
        return float("nan")
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = np.cumsum(counts) - (counts - 1) / 2
    won = ranks[place][truth.astype(bool)].sum() - positives * (positives + 1) / 2
    return float(won / (positives * negatives))


def average_over_classes(values: Sequence[float]) -> float:
    """Mean of the defined values; nan where none is."""
    defined = [value for value in values if not np.isnan(value)]
    return float(np.mean(defined)) if defined else float("nan")


def find_calibration_error(confidence: Floats, correct: Ints, bins: int = 15) -> float:
    """Expected calibration error of Guo et al. (2017): equal-width bins, weighted by size."""
    table = bin_by_confidence(confidence, correct, bins)
    return float(sum(share * abs(mean - rate) for share, mean, rate in table))


def bin_by_confidence(
    confidence: Floats, correct: Ints, bins: int = 15
) -> list[tuple[float, float, float]]:
    """(share of all, mean confidence, share correct) of each bin that is not empty."""
    place = np.clip((confidence * bins).astype(int), 0, bins - 1)
    rows = []
    for index in np.unique(place):
        inside = place == index
        row = (inside.mean(), confidence[inside].mean(), correct[inside].mean())
        rows.append((float(row[0]), float(row[1]), float(row[2])))
    return rows


def find_chance_error(
    confidence: Floats, bins: int = 15, draws: int = 500, seed: int = 7
) -> tuple[float, float]:
    """The calibration error that luck alone gives: (mean, what one of twenty sets exceeds).

    Drawn for answers that are right exactly as often as these confidences say.
    """
    random = np.random.default_rng(seed)
    place = np.clip((confidence * bins).astype(int), 0, bins - 1)
    right = random.random((draws, len(confidence))) < confidence
    gaps = [np.bincount(place, row - confidence, bins) for row in right]
    errors = np.abs(gaps).sum(1) / len(confidence)
    return float(errors.mean()), float(np.quantile(errors, 0.95))


def find_automation(confidence: Floats, correct: Ints, error: float) -> float:
    """Largest share that one confidence limit files with at most `error` of the filed wrong."""
    order, ends = rank_surest(confidence)
    wrong = np.cumsum(1 - correct[order].astype(int))[ends]
    allowed = np.flatnonzero(wrong <= error * (ends + 1))
    return float((ends[allowed[-1]] + 1) / len(order)) if len(allowed) else 0.0


def score_tags(truth: Ints, chosen: Ints) -> tuple[float, float]:
    """Micro and macro F1 of (N, tags) 0/1 matrices; macro over tags that occur."""
    hits = (truth & chosen).sum(0)
    total = truth.sum(0) + chosen.sum(0)
    occurs = truth.sum(0) > 0
    micro = 2 * hits.sum() / max(int(total.sum()), 1)
    each = 2 * hits[occurs] / np.maximum(total[occurs], 1)
    return float(micro), float(each.mean()) if occurs.any() else float("nan")


def measure_likeness(embeddings: Floats, truth: Ints, steps: Sequence[float]) -> list[Likeness]:
    """How often two images of a collection are of one class, by how alike they are.

    `embeddings` is (N, size), of length 1; every pair of different images counts once for each of
    its two images. Block by block, so that memory grows with N alone.
    """
    edges = np.array([*steps, np.inf])
    pairs, same = np.zeros(len(steps), np.int64), np.zeros(len(steps), np.int64)
    for start in range(0, len(truth), BLOCK):
        cosines = embeddings[start : start + BLOCK] @ embeddings.T
        rows = np.arange(len(cosines))
        cosines[rows, start + rows] = -np.inf  # itself
        is_same = truth[start : start + BLOCK, None] == truth[None]
        pairs += np.histogram(cosines[cosines >= edges[0]], edges)[0]
        same += np.histogram(cosines[is_same & (cosines >= edges[0])], edges)[0]
    return [
        Likeness(
            step,
            int(pairs[at:].sum()),
            _divide(same[at:].sum(), pairs[at:].sum()),
            _divide(same[at], pairs[at]),
        )
        for at, step in enumerate(steps)
    ]


def _divide(part: int, whole: int) -> float:
    return float(part / whole) if whole else float("nan")
