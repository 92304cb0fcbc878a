"""Confidences that mean what they say, and the thresholds that follow from them.

Everything is fitted on the `val` split, through the network that ships; `test` only reports.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catalog_ai.inference.classifier import sigmoid
from catalog_ai.training.error_curve import bound_share, choose_limit, fit_error_curve

BUDGETS = {"permissive": 0.05, "balanced": 0.02, "strict": 0.01}
RECALLS = {"permissive": 0.95, "balanced": 0.98, "strict": 0.99}
NEVER = 1.01
ENOUGH_WRONG = 300  # wrong answers from which the best answers alone say how sure they are
CERTAIN = 1.645  # standard deviations: a label is blamed in error once in twenty times
LOWEST_REVIEW = 0.01
LOST = 0.008  # share of the labels' own photos given up to keep strange ones out; their own
# review limits give up about as many again

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

    Fitted on every photo's best answer, the one that files it; where too few of these are wrong
    to tell, on the two best. One pair of numbers for the facet keeps the order of its labels.
    """
    order = np.argsort(-logits, axis=1)
    best = order[:, :1]
    if int((1 - np.take_along_axis(truth, best, 1)).sum()) < ENOUGH_WRONG:
        best = order[:, :2]
    return fit_platt(
        np.take_along_axis(logits, best, 1).ravel(), np.take_along_axis(truth, best, 1).ravel()
    )


def choose_tag_auto(confidence: Floats, truth: Ints, budget: float) -> float:
    """The AUTO limit of one tag, of which a photo can have several; NEVER where none is sure."""
    return _round_up(choose_limit(confidence, 1 - truth, budget))


def choose_label_autos(
    confidences: Floats, logits: Floats, truth: Ints, budget: float
) -> NDArray[np.float64]:
    """AUTO limits (labels,) of a single-valued facet from its confidences; (N, labels) each.

    One limit for the facet: the lowest at which the error to be expected, with its bound, keeps
    within the budget. It is raised for a label whose own photos show that it breaks the budget:
    to where the lower end of its own interval does so no more. A row of `truth` without any
    1 is a photo of no label: every answer to it is wrong.
    """
    if not len(truth):
        return np.full(truth.shape[1], NEVER)
    rows, predicted, best = np.arange(len(truth)), confidences.argmax(1), confidences.max(1)
    correct, scores = truth[rows, predicted], logits[rows, predicted]
    wrong = fit_error_curve(scores, correct).find_wrong(scores)
    common = choose_limit(best, wrong, budget)
    limits = np.full(confidences.shape[1], _round_up(common))
    for label in np.unique(predicted):
        own = predicted == label
        limits[label] = _round_up(_raise_limit(best[own], 1 - correct[own], common, budget))
    return limits


def _raise_limit(confidence: Floats, wrong: Ints, limit: float, budget: float) -> float:
    """The lowest limit, from `limit` up, at which a label's own photos do not contradict it."""
    for candidate in (limit, *np.unique(confidence[confidence > limit])):
        above = confidence >= candidate
        if not above.any():
            return limit
        least = bound_share(wrong[above].sum(keepdims=True), above.sum(keepdims=True), -CERTAIN)
        if least[0] <= budget:
            return float(candidate)
    return NEVER


def choose_review(confidences: Floats, truth: Ints, recall: float, floor: float) -> float:
    """The limit that keeps `recall` of a label's photos, never below `floor`.

    Under ten photos a label keeps the floor: losing none of the few is worth the questions.
    """
    own = confidences[truth > 0]
    if len(own) < 10:
        return floor
    return max(floor, float(np.floor(np.quantile(own, 1 - recall) * 1e4) / 1e4))


def choose_floor(
    negative_best: Floats, own_best: Floats, unidentified: float = 0.995, lost: float = LOST
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
    return min(NEVER, float(np.ceil(value * 1e4) / 1e4)) if np.isfinite(value) else NEVER
