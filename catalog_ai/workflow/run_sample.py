"""Rows of a run to count by: all of them or, of a large run, an even sample of them."""

from dataclasses import dataclass
from math import sqrt

from django.db import models
from django.db.models import BigIntegerField, F
from django.db.models.functions import Mod

from catalog_ai.models import Classification, Run, Suggestion
from catalog_ai.workflow.estimate import Z

LARGE = 20_000  # products of a run from which a sample is taken
SIZE = 4_000  # about so many rows of it are looked at
# Ids are spread by a step near the golden section of the prime: neighbours are not picked together,
# and a pattern in the order of the products is not hit in step.
PRIME, STEP = 99_991, 61_798


@dataclass(frozen=True)
class RunSample:
    """Rows of a run, and for how many products each stands."""

    rows: "models.QuerySet[Classification]"
    suggestions: "models.QuerySet[Suggestion]"
    size: int | None = None  # rows that were picked; None: it is all of them
    weight: float = 1.0

    @property
    def margin(self) -> float:
        """By how much a counted share is off at most, in 19 of 20 samples; 0-1."""
        return Z * sqrt(0.25 / self.size) if self.size else 0.0

    def scale(self, number: int) -> int:
        """How many there are in all, to three figures where that is an estimate."""
        if self.size is None:
            return number
        return int(float(f"{number * self.weight:.3g}"))


def sample_run(run: Run) -> RunSample:
    """All rows of a small run; of a large one about SIZE, found along the run's index alone."""
    whole = RunSample(run.classifications.all(), Suggestion.objects.filter(classification__run=run))
    if run.total <= LARGE:
        return whole
    # As whole numbers: PostgreSQL would compare each of a run's rows as an exact decimal.
    place = Mod(F("pk") * STEP, PRIME, output_field=BigIntegerField())
    spread = run.classifications.alias(_place=place)
    picked = spread.filter(_place__lt=PRIME * SIZE // run.total).order_by()
    ids = list(picked.values_list("pk", flat=True))
    if not ids:
        return whole
    return RunSample(
        Classification.objects.filter(pk__in=ids),
        Suggestion.objects.filter(classification__in=ids),
        len(ids),
        run.total / len(ids),
    )
