"""Figures of a blind second reading: how often a person confirms the labels of a set."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from catalog_ai.training.error_curve import bound_share

SURENESS = 1.96  # standard deviations: 95 % intervals
FIRST, SECOND, BOTH, NEITHER = DECISIONS = ("1", "2", "both", "neither")
WRONG, RIGHT, CLOSE = KINDS = ("wrong", "right", "close")
LABEL, OTHER = "label", "other"
Key = TypeVar("Key")  # whatever tells items apart


@dataclass(frozen=True)
class Item:
    """A photo to be read again: the set's label and another name, in the order they are shown.

    `kind` is WRONG where the other name is what the model answered instead; RIGHT and CLOSE
    photos are controls, on which the model agrees with the label and the other name is its second
    best; for CLOSE ones that is a pair of names that it also mistook for one another.
    """

    kind: str
    file: str
    label: str
    other: str
    label_first: bool

    @property
    def names(self) -> tuple[str, str]:
        return (self.label, self.other) if self.label_first else (self.other, self.label)

    def unmask(self, decision: str) -> str:
        """Whom a decision favours: LABEL, OTHER, BOTH or NEITHER."""
        if decision not in (FIRST, SECOND):
            return decision
        return LABEL if (decision == FIRST) == self.label_first else OTHER


@dataclass(frozen=True)
class Share:
    """A share with its 95 % interval, all 0-1."""

    share: float
    low: float
    high: float


def find_share(count: int, total: int) -> Share:
    """Wilson's (1927) interval of `count` out of `total`, which is at least 1."""
    missed, hit = bound_share(np.array([total - count, count]), np.array(total), SURENESS)
    return Share(count / total, max(1 - float(missed), 0.0), float(hit))


def add_shares(weighted: Iterable[tuple[float, Share]]) -> Share:
    """Weighted sum of independent shares.

    Its interval is put together from theirs (Zou and Donner 2008, "Construction of confidence
    limits about effect measures").
    """
    parts = list(weighted)
    middle = sum(weight * one.share for weight, one in parts)
    low = math.hypot(*(weight * (one.share - one.low) for weight, one in parts))
    high = math.hypot(*(weight * (one.high - one.share) for weight, one in parts))
    return Share(middle, middle - low, middle + high)


def score_reading(
    items: Mapping[Key, Item], decisions: Mapping[Key, str], photos: int, wrong: int
) -> dict[str, Any]:
    """Figures of the decisions, one of DECISIONS for an item; items without one are left out.

    Of all `photos` the model was `wrong` on so many; the WRONG and RIGHT items stand for these
    and for the others. `within_reach` is the accuracy if the model gave the label wherever the
    reader found only the label fitting, and stayed as it is on all else; `with_luck` if it also
    gave the label on half of the mistakes where both names fit.
    """
    found: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS}
    for number, decision in decisions.items():
        found[items[number].kind][items[number].unmask(decision)] += 1
    figures: dict[str, Any] = {
        "photos": photos,
        "accuracy": 1 - wrong / photos,
        "unread": len(items) - len(decisions),
        "read": {kind: _list_shares(counts) for kind, counts in found.items() if counts},
    }
    if found[WRONG]:
        figures |= _find_reach(found[WRONG], wrong / photos)
    if found[WRONG] and found[RIGHT]:
        weights = ((wrong / photos, found[WRONG]), (1 - wrong / photos, found[RIGHT]))
        for name, favoured in (("not_confirmed", (OTHER, NEITHER)), ("cannot_tell", (BOTH,))):
            shares = [(weight, _share_of(counts, *favoured)) for weight, counts in weights]
            figures[name] = vars(add_shares(shares))
    return figures


def _list_shares(counts: Counter[str]) -> dict[str, Any]:
    """How many were read, and of each outcome count and share."""
    return {"photos": counts.total()} | {
        outcome: {"count": counts[outcome]} | vars(_share_of(counts, outcome))
        for outcome in (LABEL, OTHER, BOTH, NEITHER)
    }


def _share_of(counts: Counter[str], *outcomes: str) -> Share:
    return find_share(sum(counts[one] for one in outcomes), counts.total())


def _find_reach(counts: Counter[str], error: float) -> dict[str, Any]:
    """Accuracy once the mistakes that the reader could tell were mended."""
    mended = _share_of(counts, LABEL)
    luck = counts[BOTH] / counts.total() / 2
    reach = {name: 1 - error + error * value for name, value in vars(mended).items()}
    return {"within_reach": reach, "with_luck": reach["share"] + error * luck}
