"""How often answers of a given score are wrong: a smooth curve, and honest limits from it.

Counting the wrong answers above a limit and taking the lowest limit that fits the budget chooses
among thousands of limits the one with the most luck. A curve of three numbers has little luck to
choose from, and what is left of it is paid for by an upper bound.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
Ints = NDArray[np.integer]
Numbers = Floats | Ints

LAPSES = (0.0, 0.0025, 0.005, 0.01, 0.015, 0.02, 0.03)
SURENESS = 0.8416  # standard deviations: in four of five draws of photos the bound holds
WEAK = 1e-3  # penalty that keeps perfectly separated scores from endless slopes


@dataclass(frozen=True)
class ErrorCurve:
    """Chance of being right = (1 - lapse) * sigmoid(slope * score + shift).

    `lapse` is what stays wrong however high the score: mistaken labels, kinds never learned.
    """

    slope: float
    shift: float
    lapse: float

    def find_wrong(self, scores: Floats) -> NDArray[np.float64]:
        """Expected share wrong, 0-1, of answers with these scores (logits)."""
        return 1 - (1 - self.lapse) * _squash(self.slope * scores + self.shift)


def fit_error_curve(scores: Floats, correct: Ints) -> ErrorCurve:
    """The likeliest curve over the lapses in LAPSES; targets are softened as Platt (1999) does.

    `scores` (N,) are logits of the answers given, `correct` (N,) 0 or 1, N >= 1. Without any wrong
    answer the softened targets still leave about one photo's worth of doubt.
    """
    right = int(correct.sum())
    target = np.where(correct > 0, (right + 1) / (right + 2), 1 / (len(correct) - right + 2))
    fits = [(_fit(scores, target, lapse), lapse) for lapse in LAPSES]
    (weights, _), lapse = min(fits, key=lambda one: one[0][1])
    return ErrorCurve(float(weights[0]), float(weights[1]), lapse)


def _fit(scores: Floats, target: Floats, lapse: float) -> tuple[NDArray[np.float64], float]:
    """Fisher scoring for slope and shift at one lapse; (weights, negative log-likelihood)."""
    design = np.stack([scores, np.ones_like(scores)], 1).astype(float)
    weights, top = np.array([1.0, 0.0]), 1 - lapse
    for _ in range(60):
        chance = _squash(design @ weights)
        moved = top * chance * (1 - chance)
        spread = np.maximum(top * chance * (1 - top * chance), 1e-9)
        slope = design.T @ ((top * chance - target) / spread * moved) + WEAK * (weights - [1, 0])
        curve = (design * (moved**2 / spread)[:, None]).T @ design + WEAK * np.eye(2)
        step = np.linalg.solve(curve, slope)
        weights = weights - np.clip(step, -0.5, 0.5)
        if np.abs(step).max() < 1e-7:
            break
    chance = np.clip(top * _squash(design @ weights), 1e-9, 1 - 1e-9)
    return weights, -float((target * np.log(chance) + (1 - target) * np.log(1 - chance)).sum())


def bound_share(wrong: Numbers, count: Numbers, sureness: float = SURENESS) -> NDArray[np.float64]:
    """Upper end of Wilson's (1927) interval of `wrong` (or expected so many) of `count`."""
    share, square = wrong / count, sureness**2
    middle = share + square / (2 * count)
    width = sureness * np.sqrt(share * (1 - share) / count + square / (4 * count**2))
    return np.asarray((middle + width) / (1 + square / count), float)


def rank_surest(confidence: Floats) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Places of (N,) confidences, the surest first, and where in that order a limit can cut.

    No limit can cut between equal confidences: only the last of them is an end.
    """
    order = np.argsort(-confidence, kind="stable")
    return order, np.append(np.flatnonzero(np.diff(confidence[order])), len(order) - 1)


def choose_limit(confidence: Floats, wrong: Numbers, budget: float) -> float:
    """The lowest confidence from which the bound of the expected error keeps within `budget`.

    `confidence` and `wrong` (expected or counted, 0-1) are (N,) each. Infinite where no limit
    does, or nothing is there.
    """
    if not len(confidence):
        return math.inf
    order, ends = rank_surest(confidence)
    counts = np.arange(1.0, len(order) + 1)
    bounds = bound_share(np.cumsum(wrong[order].astype(float)), counts)[ends]
    allowed = np.flatnonzero(bounds <= budget)
    return float(confidence[order][ends[allowed[-1]]]) if len(allowed) else math.inf


def _squash(values: Floats) -> NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-np.clip(values, -30, 30))), float)
