"""Confidences that mean what they say, and the thresholds that follow from them.

Everything is fitted on the `val` split, through the network that ships; `test` only reports.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catalog_ai.inference.classifier import sigmoid

BUDGETS = {"permissive": 0.05, "balanced": 0.02, "strict": 0.01}
RECALLS = {"permissive": 0.95, "balanced": 0.98, "strict": 0.99}
NEVER = 1.01
PRIOR = 20.0  # photos' worth of trust in the facet's error where a label has few of its own
LOWEST_REVIEW = 0.01

Floats = NDArray[np.floating]
Ints = NDArray[np.integer]


@dataclass(frozen=True)
class Fit:
    """confidence = sigmoid(scale * logit + offset)."""

    scale: float = 1.0
    offset: float = 0.0

    def apply(self, logits: Floats) -> NDArray[np.float32]:
        return sigmoid((self.scale * logits + self.offset).astype(np.float32))


def fit_platt(logits: Floats, truth: Ints, steps: int = 50) -> Fit:
    """Logistic regression on one number by Newton's method (Platt 1999, with his soft targets).

    Fewer than five of either kind fit nothing: the identity comes back.
    """
    positives = int(truth.sum())
    negatives = len(truth) - positives
    if min(positives, negatives) < 5:
        return Fit()
    target = np.where(truth > 0, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    design = np.stack([logits, np.ones_like(logits)], 1).astype(float)
    weights = np.array([1.0, 0.0])
    for _ in range(steps):
        chance = 1 / (1 + np.exp(-np.clip(design @ weights, -30, 30)))
        slope = design.T @ (chance - target) + 1e-3 * (weights - [1.0, 0.0])
        curve = (design * (chance * (1 - chance))[:, None]).T @ design + 1e-3 * np.eye(2)
        step = np.linalg.solve(curve, slope)
        weights -= np.clip(step, -1.0, 1.0)
        if np.abs(step).max() < 1e-8:
            break
    return Fit(float(weights[0]), float(weights[1])) if weights[0] > 0.05 else Fit()


def fit_single_valued(logits: Floats, truth: Ints) -> Fit:
    """One fit for a facet of which a photo has one value: (N, labels) each.

    Fitted on every photo's two best answers, the ones that thresholds and people look at; one
    pair of numbers for the facet keeps the order of its labels.
    """
    best = np.argsort(-logits, axis=1)[:, :2]
    return fit_platt(
        np.take_along_axis(logits, best, 1).ravel(), np.take_along_axis(truth, best, 1).ravel()
    )


def choose_auto(confidence: Floats, correct: Ints, budget: float) -> float:
    """The lowest limit that files with at most `budget` wrong; NEVER where none does."""
    order = np.argsort(-confidence, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(confidence[order])), len(order) - 1)
    if not len(order):
        return NEVER
    wrong = np.cumsum(1 - correct[order].astype(int))[ends]
    allowed = np.flatnonzero(wrong <= budget * (ends + 1))
    return _round_up(confidence[order][ends[allowed[-1]]]) if len(allowed) else NEVER


def choose_label_autos(
    confidences: Floats, truth: Ints, budget: float, prior: float = PRIOR
) -> NDArray[np.float64]:
    """AUTO limits (labels,) of a single-valued facet from its (N, labels) confidences.

    A label's own error above a limit is drawn towards the whole facet's error at that limit, as
    if `prior` more photos had been seen: few photos cannot buy a low limit, nor a ban, by luck.
    A label with no photo at all gets the facet's limit for half the budget.
    """
    predicted, best = confidences.argmax(1), confidences.max(1)
    correct = truth[np.arange(len(truth)), predicted]
    careful = choose_auto(best, correct, budget / 2)
    limits = np.full(confidences.shape[1], careful)
    grid = np.unique(best)
    facet_wrong = np.array([(1 - correct[best >= limit]).mean() for limit in grid])
    for label in np.unique(predicted):
        own, right = best[predicted == label], correct[predicted == label]
        above = own[None, :] >= grid[:, None]
        wrong = (above * (1 - right)[None, :]).sum(1)
        drawn = (wrong + prior * facet_wrong) / (above.sum(1) + prior)
        allowed = np.flatnonzero(drawn <= budget)
        limits[label] = _round_up(grid[allowed[0]]) if len(allowed) else careful
    return limits


def choose_review(confidences: Floats, truth: Ints, recall: float, floor: float) -> float:
    """The limit that keeps `recall` of a label's photos, never below `floor`.

    Under ten photos a label keeps the floor: losing none of the few is worth the questions.
    """
    own = confidences[truth > 0]
    if len(own) < 10:
        return floor
    return max(floor, float(np.floor(np.quantile(own, 1 - recall) * 1e4) / 1e4))


def choose_floor(
    negative_best: Floats, own_best: Floats, unidentified: float = 0.995, lost: float = 0.015
) -> float:
    """The confidence under which a photo is none of the labels.

    No label of `unidentified` of the photos of something else reaches it. Those were trained on,
    and strange photos that were not score higher: so it lies no lower than where `lost` of the
    photos of the labels themselves, which were not trained on, would be given up.
    """
    floor = LOWEST_REVIEW
    if len(negative_best):
        floor = max(floor, _round_up(float(np.quantile(negative_best, unidentified))))
        if len(own_best):
            floor = max(floor, float(np.floor(np.quantile(own_best, lost) * 1e4) / 1e4))
    return floor


def choose_f1_limit(confidence: Floats, truth: Ints) -> float:
    """The limit of the best F1 of one tag (several tags a photo); 0.5 under five photos."""
    positives = int(truth.sum())
    if positives < 5:
        return 0.5
    order = np.argsort(-confidence, kind="stable")
    hits = np.cumsum(truth[order])
    score = 2 * hits / (np.arange(1, len(order) + 1) + positives)
    return float(np.floor(confidence[order][int(score.argmax())] * 1e4) / 1e4)


def _round_up(value: float) -> float:
    """Four decimals, upwards, so that a rounded limit files no more than the exact one."""
    return float(np.ceil(value * 1e4) / 1e4)
