"""The threshold that keeps a label to an error budget, by what people decided."""

from dataclasses import dataclass

from catalog_ai.inference.bundle import Label
from catalog_ai.policy import Preset, Thresholds
from catalog_ai.workflow.estimate import ENOUGH, Estimate, make_estimate
from catalog_ai.workflow.sample import LabelSample

STEPS = 100


@dataclass(frozen=True)
class Proposal:
    """A threshold, and people's estimate of its error; None where they said too little."""

    auto: float
    estimate: Estimate | None = None

    @property
    def by_people(self) -> bool:
        return self.estimate is not None


def propose_threshold(label: Label, sample: LabelSample, budget: float) -> Proposal:
    """The lowest step of 0.01 from which the upper estimate of the error is within the budget.

    Where there are too few decisions for that, the threshold that was measured for this budget when
    the model was made; where the decisions contradict that one, 1.0: only the certain is filed.
    """
    for step in range(1, STEPS + 1):
        evidence = sample.find_evidence(step / STEPS)
        if evidence.effective < ENOUGH:
            break  # a higher threshold has fewer still
        estimate = make_estimate(evidence)
        if estimate.upper <= budget:
            return Proposal(step / STEPS, estimate)
    measured = get_measured(label, budget).auto
    known = sample.estimate(measured)
    if known.by_people and known.lower > budget:
        return Proposal(1.0, known)
    return Proposal(min(measured, 1.0))


def get_measured(label: Label, budget: float) -> Thresholds:
    """The bundle's thresholds of the most permissive preset that was measured for the budget."""
    measured_for = ((0.05, Preset.PERMISSIVE), (0.02, Preset.BALANCED))
    preset = next((name for share, name in measured_for if budget >= share), Preset.STRICT)
    return label.thresholds[preset]
