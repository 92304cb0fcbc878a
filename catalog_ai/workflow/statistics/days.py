"""The figures of one day: what is kept of it, and what days add up to."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from catalog_ai.workflow.statistics.acceptance import Tally


@dataclass
class LabelFigures:
    """Products whose likeliest label is this one."""

    count: int = 0
    confidence_sum: float = 0.0

    @property
    def confidence(self) -> float:
        """Mean confidence, 0-1."""
        return self.confidence_sum / self.count if self.count else 0.0


@dataclass
class Pace:
    """Products that a person decided, and in how many different hours."""

    products: int = 0
    hours: int = 0


@dataclass
class DayFigures:
    """All that is counted of a day. Every number adds up over days."""

    labels: dict[str, LabelFigures] = field(default_factory=lambda: defaultdict(LabelFigures))
    filed: int = 0  # products, by the model itself
    decided: dict[tuple[str, str], Tally] = field(  # by label and model version
        default_factory=lambda: defaultdict(Tally)
    )
    corrections: Counter[tuple[str, str]] = field(default_factory=Counter)  # label, category's key
    reviewers: dict[str, Pace] = field(default_factory=lambda: defaultdict(Pace))

    @property
    def products(self) -> int:
        return sum(label.count for label in self.labels.values())

    def pack(self) -> dict[str, Any]:
        """As JSON keeps it: short, for a page reads one of these for each of its days."""
        return {
            "labels": [[key, one.count, one.confidence_sum] for key, one in self.labels.items()],
            "filed": self.filed,
            "decided": [
                [*key, tally.approved, tally.decided] for key, tally in self.decided.items()
            ],
            "corrections": [[*key, number] for key, number in self.corrections.items()],
            "reviewers": [[key, one.products, one.hours] for key, one in self.reviewers.items()],
        }

    @classmethod
    def unpack(cls, kept: dict[str, Any]) -> "DayFigures":
        """From what `pack` gave."""
        return cls(
            {key: LabelFigures(*numbers) for key, *numbers in kept["labels"]},
            kept["filed"],
            {(label, version): Tally(*numbers) for label, version, *numbers in kept["decided"]},
            Counter({(label, category): n for label, category, n in kept["corrections"]}),
            {name: Pace(*numbers) for name, *numbers in kept["reviewers"]},
        )
