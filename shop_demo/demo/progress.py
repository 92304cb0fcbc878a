"""How far the demo's categorisation has come, read from the rows."""

from dataclasses import dataclass

from django.db.models import Count

from catalog_ai.models import Classification

State = Classification.State
WIDTH = 30


@dataclass(frozen=True)
class Progress:
    """Counts of products by their latest result."""

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
    """Two queries, whatever the number of products.

    A product that is looked at again has a result and a row in flight: it counts once, as not done.
    """
    flying = Classification.objects.filter(state__in=Classification.IN_FLIGHT)
    settled = Classification.objects.filter(is_current=True).exclude(
        object_id__in=flying.values("object_id")
    )
    states = dict(settled.values_list("state").annotate(number=Count("pk")).order_by())
    in_flight = flying.count()
    return Progress(
        total=sum(states.values()) + in_flight,
        in_flight=in_flight,
        filed=states.get(State.FILED, 0) + states.get(State.REVIEWED, 0),
        waiting=sum(states.get(state, 0) for state in Classification.WAITING),
        unreadable=states.get(State.REJECTED, 0) + states.get(State.FAILED, 0),
    )
