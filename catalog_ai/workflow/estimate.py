"""How often a label is wrong, and between which bounds that is known. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt

Z = 1.96  # 95 % of the intervals hold the truth
ENOUGH = 20  # decisions from which they alone are believed


@dataclass(frozen=True)
class Estimate:
    """A share of wrong answers (0-1) with its 95 % interval.

    `decisions`: how many products a person decided; `by_people`: whether they alone are the source.
    """

    error: float
    lower: float
    upper: float
    decisions: int
    by_people: bool


def find_interval(wrong: float, number: float) -> tuple[float, float]:
    """Wilson's score interval for a share, 0-1 both.

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
    Journal of the American Statistical Association 22 (1927), 209-212.
    """
    if number <= 0:
        return 0.0, 1.0
    share, square = wrong / number, Z * Z
    middle = (share + square / (2 * number)) / (1 + square / number)
    reach = sqrt(share * (1 - share) / number + square / (4 * number * number))
    half = Z * reach / (1 + square / number)
    return max(0.0, middle - half), min(1.0, middle + half)


def estimate_error(decided: Sequence[bool], confidences: Iterable[float]) -> Estimate:
    """The error from decisions (True: the label was right), or with the model's own word.

    With fewer than ENOUGH decisions the calibrated confidences (0-1) of what would be filed count
    as ENOUGH further decisions: a confidence of 0.9 promises one wrong answer in ten.
    """
    number, wrong = len(decided), decided.count(False)
    if number >= ENOUGH:
        return Estimate(wrong / number, *find_interval(wrong, number), number, True)
    scores = list(confidences)
    promised = 1 - sum(scores) / len(scores) if scores else 0.0
    assumed = ENOUGH if scores else 0
    total, wrong_in_all = number + assumed, wrong + assumed * promised
    error = wrong_in_all / total if total else 0.0
    return Estimate(error, *find_interval(wrong_in_all, total), number, False)
