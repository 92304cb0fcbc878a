"""What other thresholds would do, from the shop's own decisions and its newest scores."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from catalog_ai.policy import Thresholds, find_filed
from catalog_ai.workflow.estimate import Estimate, pool
from catalog_ai.workflow.policies import NEVER
from catalog_ai.workflow.sample import Sample

DEFAULT_SECONDS = 5.0  # a decision, where the shop's own pace is not known
STEPS = 8  # of sensitivity, between two points of the trade-off: strict, balanced, permissive


@dataclass(frozen=True)
class Simulation:
    """What thresholds would do to products like the newest ones."""

    products: int
    share_filed: float  # 0-1
    error: Estimate
    backlog: int
    backlog_left: int  # were the waiting ones categorised again
    seconds: float
    seconds_known: bool

    @property
    def minutes_left(self) -> float:
        return self.backlog_left * self.seconds / 60


def simulate(sample: Sample, thresholds: Mapping[str, Thresholds]) -> Simulation:
    """Hold the sample against thresholds, by the very policy that runs use."""
    never = Thresholds(NEVER, NEVER)
    pairs = [thresholds.get(name, never) for name in sample.names] or [never]
    autos, reviews = np.array([(pair.auto, pair.review) for pair in pairs]).T
    filed = find_filed(
        sample.images,
        sample.scores,
        autos[sample.places],
        reviews[sample.places],
        sample.waiting.size,
        single_valued=sample.single_valued,
    )
    waits = int(sample.waiting.sum())
    left = int((sample.waiting & ~filed).sum())
    return Simulation(
        products=filed.size,
        share_filed=float(filed.mean()) if filed.size else 0.0,
        error=estimate_all(sample, thresholds),
        backlog=sample.backlog,
        backlog_left=round(sample.backlog * left / waits) if waits else sample.backlog,
        seconds=sample.seconds or DEFAULT_SECONDS,
        seconds_known=sample.seconds is not None,
    )


def estimate_all(sample: Sample, thresholds: Mapping[str, Thresholds]) -> Estimate:
    """The error of all labels together: each by its own evidence, weighed by what it files."""
    autos = {name: thresholds[name].auto for name in sample.labels if name in thresholds}
    return pool(
        (one.count_filed(auto), one.find_evidence(auto), one.find_promised(auto))
        for name, auto in autos.items()
        if (one := sample.get(name)).count_filed(auto)
    )


@dataclass(frozen=True)
class TradeOff:
    """One point of the trade-off: how much is filed, and how much of that is wrong (0-1)."""

    sensitivity: float  # 0 strict, 0.5 balanced, 1 permissive
    share_filed: float
    error: Estimate


def trace_trade_off(
    sample: Sample, find_thresholds: Callable[[float], Mapping[str, Thresholds]]
) -> list[TradeOff]:
    """All labels together from strict to permissive, in 2 * STEPS steps.

    `find_thresholds` gives the thresholds by label id at a sensitivity (0-1).
    """
    points = []
    for step in range(2 * STEPS + 1):
        sensitivity = step / (2 * STEPS)
        found = simulate(sample, find_thresholds(sensitivity))
        points.append(TradeOff(sensitivity, found.share_filed, found.error))
    return points
