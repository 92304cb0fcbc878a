"""How often a label is wrong, and between which bounds that is known. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt

Z = 1.96  # 95 % of the intervals hold the truth
ENOUGH = 20  # decisions from which they alone are believed


@dataclass(frozen=True)
class Estimate:
    """A share of wrong answers (0-1) with its 95 % interval.

    `decisions`: how many products a person decided; `assumed`: how much of it is the model's own
    word (0-1).
    """

    error: float
    lower: float
    upper: float
    decisions: int
    assumed: float = 0.0

    @property
    def by_people(self) -> bool:
        """Whether people's decisions alone are the source, and there are enough of them."""
        return not self.assumed and bool(self.decisions)


@dataclass(frozen=True)
class Evidence:
    """Decisions, each counted for as many products as it stands for.

    One that was asked with chance c stands for 1 / c products. Source: D. G. Horvitz and
    D. J. Thompson, "A generalization of sampling without replacement from a finite universe",
    Journal of the American Statistical Association 47 (1952), 663-685.
    """

    number: int = 0  # decisions
    weight: float = 0.0  # products they stand for
    wrong: float = 0.0  # of these, wrong
    squares: float = 0.0  # sum of the squared weights
    squares_wrong: float = 0.0  # of the wrong ones

    @classmethod
    def gather(cls, decided: Iterable[tuple[bool, float]]) -> "Evidence":
        """From (was it right, chance of being asked) of each decision."""
        total = cls()
        for right, chance in decided:
            weight = 1 / chance
            wrong = 0.0 if right else weight
            total += cls(1, weight, wrong, weight * weight, wrong * wrong)
        return total

    def __add__(self, other: "Evidence") -> "Evidence":
        return Evidence(
            self.number + other.number,
            self.weight + other.weight,
            self.wrong + other.wrong,
            self.squares + other.squares,
            self.squares_wrong + other.squares_wrong,
        )

    def scale(self, weight: float) -> "Evidence":
        """The same decisions, standing for `weight` products in all."""
        if not self.weight:
            return self
        by = weight / self.weight
        square = by * by
        return Evidence(
            self.number,
            self.weight * by,
            self.wrong * by,
            self.squares * square,
            self.squares_wrong * square,
        )

    @property
    def share(self) -> float:
        """Wrong of all, 0-1."""
        return self.wrong / self.weight if self.weight else 0.0

    @property
    def effective(self) -> float:
        """How many decisions of equal weight would say as much.

        The smaller of two answers: Kish's, from the weights alone, and the one of the linearised
        variance, which is the smaller where the heavy decisions are the wrong ones. Source:
        L. Kish, "Survey Sampling" (1965), section 11.7; W. G. Cochran, "Sampling Techniques"
        (1977), section 6.4.
        """
        if not self.weight:
            return 0.0
        share, whole = self.share, self.weight * self.weight
        spread = self.squares_wrong * (1 - share) ** 2
        spread += (self.squares - self.squares_wrong) * share * share
        by_weights = whole / self.squares
        return min(by_weights, share * (1 - share) * whole / spread) if spread else by_weights


def assume(promised: float) -> Evidence:
    """The model's own word, as ENOUGH decisions: `promised` of them (0-1) wrong."""
    return Evidence(0, ENOUGH, ENOUGH * promised, ENOUGH, ENOUGH * promised)


def find_interval(wrong: float, number: float) -> tuple[float, float]:
    """Wilson's score interval for a share, 0-1 both.

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
    Journal of the American Statistical Association 22 (1927), 209-212.
    """
    if number <= 0:
        return 0.0, 1.0
    share, square = wrong / number, Z * Z
    middle = (share + square / (2 * number)) / (1 + square / number)
    reach = sqrt(max(0.0, share * (1 - share)) / number + square / (4 * number * number))
    half = Z * reach / (1 + square / number)
    return max(0.0, middle - half), min(1.0, middle + half)


def estimate_error(evidence: Evidence, promised: float | None = None) -> Estimate:
    """The error by people's decisions or, while they say too little, with the model's own word.

    With less said than by ENOUGH decisions, `promised` (0-1: one minus the mean calibrated
    confidence of what would be filed; None where nothing would be) counts as ENOUGH more.
    """
    assumed = 0.0
    if evidence.effective < ENOUGH:
        evidence = evidence.scale(evidence.effective)
        assumed = 1.0 if promised is None else ENOUGH / (ENOUGH + evidence.weight)
        evidence += assume(promised) if promised is not None else Evidence()
    return make_estimate(evidence, assumed)


def make_estimate(evidence: Evidence, assumed: float = 0.0) -> Estimate:
    """The share wrong, with Wilson's interval on the effective number of decisions."""
    effective = evidence.effective
    bounds = find_interval(evidence.share * effective, effective)
    return Estimate(evidence.share, *bounds, evidence.number, assumed)


def pool(parts: Iterable[tuple[float, Evidence, float | None]]) -> Estimate:
    """The error of several labels together, each by its own evidence, as a stratified sample.

    Each part: how many products of the label would be filed, its evidence, and what the model
    promises (see `estimate_error`). A label with too little evidence brings the model's word.
    """
    whole, assumed = Evidence(), 0.0
    for filed, evidence, promised in parts:
        if evidence.effective < ENOUGH and promised is not None:
            own = evidence.scale(evidence.effective)
            evidence = own + assume(promised)
            assumed += filed * ENOUGH / evidence.weight
        whole += evidence.scale(filed)
    return make_estimate(whole, assumed / whole.weight if whole.weight else 1.0)


def list_figures(estimate: Estimate, budget: float) -> dict[str, str | int | bool]:
    """What a reason is told with: shares in percent, as they are shown."""
    return {
        "number": estimate.decisions,
        "with_model": 0 < estimate.assumed < 1,
        "error": f"{100 * estimate.error:.1f}",
        "lower": f"{100 * estimate.lower:.1f}",
        "upper": f"{100 * estimate.upper:.1f}",
        "budget": f"{100 * budget:g}",
    }
