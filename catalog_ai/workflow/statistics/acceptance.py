"""How many of the model's suggestions people accept, and how sure that figure is."""

import math
from dataclasses import dataclass

Z = 1.959964  # two-sided 95 %


@dataclass
class Tally:
    """Suggestions that people decided, and how many of these they approved."""

    approved: int = 0
    decided: int = 0

    def add(self, number: int, approved: bool) -> None:
        """Count so many decisions."""
        self.decided += number
        self.approved += number if approved else 0

    def include(self, other: "Tally") -> None:
        """Count all of another tally."""
        self.approved += other.approved
        self.decided += other.decided

    @property
    def share(self) -> float | None:
        """Approved of decided, 0-1; None where nothing was decided."""
        return self.approved / self.decided if self.decided else None

    @property
    def interval(self) -> tuple[float, float]:
        """The share's 95 % interval (0-1, 0-1) by Wilson's score; all of it for no decision.

        E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
        Journal of the American Statistical Association 22 (1927), pp. 209-212.
        """
        if not self.decided:
            return 0.0, 1.0
        n, share = self.decided, self.approved / self.decided
        centre = share + Z**2 / (2 * n)
        spread = Z * math.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2))
        whole = 1 + Z**2 / n
        return max((centre - spread) / whole, 0.0), min((centre + spread) / whole, 1.0)
