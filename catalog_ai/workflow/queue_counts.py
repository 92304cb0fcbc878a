"""How much waits for a person, by likeliest label, reason, run, model and age: one query."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import models
from django.db.models import Count, Q
from django.utils import timezone

from catalog_ai.models import Classification

DAY, WEEK, MONTH = "day", "week", "month"
AGES = {DAY: timedelta(days=1), WEEK: timedelta(days=7), MONTH: timedelta(days=30)}
# In the order of their index.
COLUMNS = {"label": "top_label", "reason": "reason", "model": "model_version", "run": "run_id"}
REASON = list(COLUMNS).index("reason")
FACET = 12  # runs and models shown beside the queue

Counts = list[tuple[str, int]]
Cell = dict[str, int]  # how many cards there are by "" (all of them) and by age


@dataclass(frozen=True)
class QueueCounts:
    """Numbers beside the filters."""

    total: int
    labels: Counts
    reasons: Counts
    runs: Counts
    models: Counts
    ages: Counts


@dataclass(frozen=True)
class QueueTable:
    """Cards of a queue by label, reason, model and run; small runs are counted under ""."""

    cells: dict[tuple[str, ...], Cell]

    @property
    def total(self) -> int:
        return sum(cell[""] for cell in self.cells.values())

    def leave_out(self, reason: str) -> "QueueTable":
        """Without the cards that wait for a reason."""
        kept = {key: cell for key, cell in self.cells.items() if key[REASON] != reason}
        return QueueTable(kept)

    def has_run(self, run: str) -> bool:
        """Whether the run has a place of its own here."""
        return not run or any(key[-1] == run for key in self.cells)

    def sum_up(self, chosen: Mapping[str, str]) -> QueueCounts:
        """Counts of each filter's values, under the other filters in force.

        `chosen` names a label, reason, model, run and age, each empty where none is chosen.
        """
        facets: dict[str, Counter[str]] = {name: Counter() for name in COLUMNS}
        ages: Counter[str] = Counter()
        for key, cell in self.cells.items():
            pairs = zip(COLUMNS, key, strict=True)
            unlike = [name for name, value in pairs if chosen[name] and value != chosen[name]]
            if not unlike:
                ages.update(cell)
            for name, value in zip(COLUMNS, key, strict=True):
                if unlike in ([], [name]):
                    facets[name][value] += cell[chosen["age"]]
        return QueueCounts(
            total=ages[chosen["age"]],
            labels=_rank(facets["label"]),
            reasons=_rank(facets["reason"]),
            runs=[pair for pair in _rank(facets["run"]) if pair[0]],
            models=_rank(facets["model"])[:FACET],
            ages=[(age, ages[age]) for age in AGES if ages[age]],
        )


def _rank(counts: "Counter[str]") -> Counts:
    """The most frequent first, without those that have none."""
    found = [(value, number) for value, number in counts.items() if number]
    return sorted(found, key=lambda pair: (-pair[1], pair[0]))


def tabulate(rows: "models.QuerySet[Classification]") -> QueueTable:
    """Count waiting rows; their index has all the columns that are read."""
    now = timezone.now()
    # Not the ids, which are not in it: PostgreSQL would look up each row.
    ages: dict[str, Any] = {
        f"older_{age}": Count("target", filter=Q(created_at__lt=now - past))
        for age, past in AGES.items()
    }
    grouped = (
        rows.order_by().values_list(*COLUMNS.values()).annotate(number=Count("target"), **ages)
    )
    size = len(COLUMNS)
    cells = {
        tuple(map(str, line[:size])): dict(zip(("", *AGES), line[size:], strict=True))
        for line in grouped
    }
    return QueueTable(_fold_runs(cells))


def _fold_runs(cells: dict[tuple[str, ...], Cell]) -> dict[tuple[str, ...], Cell]:
    """Put the cells of all but the largest runs together.

    Each upload is a run of its own: one card is a choice only where there is no other.
    """
    runs: Counter[str] = Counter()
    for (*_others, run), cell in cells.items():
        runs[run] += cell[""]
    largest = {run for run, number in runs.most_common(FACET) if number > 1 or len(runs) == 1}
    folded: dict[tuple[str, ...], Cell] = {}
    for (*others, run), cell in cells.items():
        key = (*others, run if run in largest else "")
        found = folded.setdefault(key, dict.fromkeys(cell, 0))
        for age, number in cell.items():
            found[age] += number
    return folded
