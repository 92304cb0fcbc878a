"""What is stored: results on their way in, and what one transaction is about to write of them."""

from dataclasses import dataclass, field

from catalog_ai.models import Classification, Decision, Suggestion
from catalog_ai.workflow.adopt import Earlier
from catalog_ai.workflow.apply import Settled
from catalog_ai.workflow.classify import ImageResult
from catalog_ai.workflow.effects import Named, name_effect


@dataclass(frozen=True)
class Judged:
    """A claimed row, the image it was judged by, and the result (None: nothing new to judge)."""

    row: Classification
    image_name: str
    result: ImageResult | None
    earlier: Earlier | None = None  # the dry run's result that is to be filed


@dataclass
class Outcome:
    """What one transaction is about to write."""

    rows: list[Classification] = field(default_factory=list)
    suggestions: list[Suggestion] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    vectors: dict[int, bytes] = field(default_factory=dict)  # packed embeddings, by row
    effects: list[str] = field(default_factory=list)  # names of Run.EFFECTS
    again: list[Classification] = field(default_factory=list)
    changes: dict[int, Named] = field(default_factory=dict)  # of a dry run, by row

    def keep(self, row: Classification, settled: Settled, vector: bytes | None) -> None:
        """Take in what one product's row will say, with its embedding as it is packed."""
        if effect := name_effect(settled):
            self.effects.append(effect)
        self.suggestions += settled.suggestions
        self.decisions += settled.decisions
        if vector is not None:
            self.vectors[row.pk] = vector
