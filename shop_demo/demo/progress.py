"""How far the demo's categorisation has come, read from the rows."""

from dataclasses import dataclass

from django.db.models import Count

from catalog_ai.models import Classification

State = Classification.State
WIDTH = 30


@dataclass(frozen=True)
class Progress:
    """Counts of the products' latest results."""

    total: int
    in_flight: int
    filed: int
    waiting: int
    unreadable: int

    @property
    def done(self) -> int:
        return self.total - self.in_flight

    def __str__(self) -> str:
        full = WIDTH * self.done // self.total if self.total else 0
        bar = "#" * full + "." * (WIDTH - full)
        return f"[{bar}] {self.done} of {self.total} products categorised"


def read_progress() -> Progress:
    """One query, whatever the number of products."""
    rows = Classification.objects.values("state", "is_current").annotate(number=Count("pk"))
    counts: dict[str, int] = {}
    for row in rows:
        if row["is_current"] or row["state"] in Classification.IN_FLIGHT:
            counts[row["state"]] = counts.get(row["state"], 0) + row["number"]
    in_flight = sum(counts.get(state, 0) for state in Classification.IN_FLIGHT)
    return Progress(
        total=sum(counts.values()),
        in_flight=in_flight,
        filed=counts.get(State.FILED, 0) + counts.get(State.REVIEWED, 0),
        waiting=sum(counts.get(state, 0) for state in Classification.WAITING),
        unreadable=counts.get(State.REJECTED, 0) + counts.get(State.FAILED, 0),
    )
