"""The threshold that keeps a label to an error budget, by what people decided."""

from dataclasses import dataclass

from catalog_ai.inference.bundle import Label
from catalog_ai.policy import Preset, Thresholds
from catalog_ai.workflow.estimate import ENOUGH, Estimate, make_estimate
from catalog_ai.workflow.sample import LabelSample

STEPS = 100


@dataclass(frozen=True)
class Proposal:
    """A threshold, and what people's decisions say for it, or against the measured one."""

    auto: float
    estimate: Estimate | None = None  # None: they have no part in it


def propose_threshold(label: Label, sample: LabelSample, budget: float, present: float) -> Proposal:
    """The lowest step of 0.01 from which the upper estimate of the error is within the budget.

    Where there are too few decisions for that, the threshold that was measured for this budget when
    the model was made. From the present one it goes down to it only as far as the expected error
    keeps to the budget by the decisions so far, and up beyond it as far as they surely break it; at
    last to 1.0, where only the certain is filed.
    """
    for step in range(1, STEPS + 1):
        evidence = sample.find_evidence(step / STEPS)
        if evidence.effective < ENOUGH:
            break  # a higher threshold has fewer still
        estimate = make_estimate(evidence)
        if estimate.upper <= budget:
            return Proposal(step / STEPS, estimate)
    measured = min(get_measured(label, budget).auto, 1.0)
    steps = [measured, *(step / STEPS for step in range(1, STEPS) if step / STEPS > measured), 1.0]
    known = [sample.estimate(step) for step in steps]
    least = next(
        (n for n, one in enumerate(known) if not one.decisions or one.lower <= budget),
        len(steps) - 1,
    )
    most = next(
        (n for n, one in enumerate(known) if not one.decisions or one.error <= budget),
        len(steps) - 1,
    )
    auto = min(max(present, steps[least]), steps[max(least, most)])
    return Proposal(auto, None if auto == measured else known[0])


def get_measured(label: Label, budget: float) -> Thresholds:
    """The bundle's thresholds of the most permissive preset that was measured for the budget."""
    measured_for = ((0.05, Preset.PERMISSIVE), (0.02, Preset.BALANCED))
    preset = next((name for share, name in measured_for if budget >= share), Preset.STRICT)
    return label.thresholds[preset]
