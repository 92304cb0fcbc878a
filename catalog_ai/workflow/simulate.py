"""What other thresholds would do, from the shop's own decisions and its newest scores."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from itertools import pairwise
from statistics import median

from django.db.models import Max

from catalog_ai.inference.bundle import Label
from catalog_ai.models import Classification, Suggestion
from catalog_ai.policy import Outcome, Thresholds, decide
from catalog_ai.targets import ProductTarget
from catalog_ai.workflow.estimate import Estimate, estimate_error
from catalog_ai.workflow.models_in_use import get_bundle
from catalog_ai.workflow.queue import QueueFilter, count_queue

NEWEST_RESULTS = 5_000
NEWEST_DECIDED = 5_000
WINDOW = 50_000  # rows back from the newest that are looked through at most
DEFAULT_SECONDS = 5.0  # a decision, where the shop's own pace is not known
PACE_FROM = 10  # gaps between decisions from which the pace is believed
SHORTEST_GAP, LONGEST_GAP = 0.5, 120.0  # seconds: below, many at once; above, a break


@dataclass
class LabelSample:
    """One label's confidences in the newest results, and what people said of it."""

    confidences: list[float] = field(default_factory=list)
    decided: list[tuple[float, bool]] = field(default_factory=list)  # confidence, was it right

    @cached_property
    def _sorted(self) -> list[float]:
        return sorted(self.confidences)

    @cached_property
    def _sorted_decided(self) -> list[tuple[float, bool]]:
        return sorted(self.decided)

    def get_filed(self, auto: float) -> list[float]:
        """Confidences that would be filed from a threshold on."""
        return self._sorted[bisect_left(self._sorted, auto) :]

    def get_decided(self, auto: float) -> list[bool]:
        """What people said of those; True: the label was right."""
        first = bisect_left(self._sorted_decided, (auto, False))
        return [right for _score, right in self._sorted_decided[first:]]

    def share_filed(self, auto: float) -> float:
        """Share (0-1) of the products with this label that would be filed."""
        return len(self.get_filed(auto)) / len(self.confidences) if self.confidences else 0.0

    def estimate(self, auto: float) -> Estimate:
        return estimate_error(self.get_decided(auto), self.get_filed(auto))


@dataclass(frozen=True)
class Sample:
    """The shop's newest results and decisions, read once, held against any thresholds."""

    target: ProductTarget
    rows: Sequence[Mapping[str, float]]  # confidence by label, filing facets only
    waiting: Sequence[bool]  # whether the row waits for a person now
    labels: Mapping[str, LabelSample]
    seconds: float | None  # a decision takes; None: not known

    def get(self, label: str) -> LabelSample:
        return self.labels.get(label) or LabelSample()


@dataclass(frozen=True)
class Simulation:
    """What thresholds would do to products like the newest ones."""

    products: int
    share_filed: float  # 0-1
    error: Estimate
    backlog: int
    backlog_left: int  # were the waiting ones categorised again
    seconds: float
    seconds_known: bool

    @property
    def minutes_left(self) -> float:
        return self.backlog_left * self.seconds / 60


def load_sample(target: ProductTarget) -> Sample:
    """Three queries, bounded whatever the size of the catalogue."""
    rows, waiting = _load_rows(target)
    labels: dict[str, LabelSample] = {}
    for scores in rows:
        for label, score in scores.items():
            labels.setdefault(label, LabelSample()).confidences.append(score)
    times = []
    for label, score, state, decided_at in _load_decided(target):
        right = state == Suggestion.State.APPROVED
        labels.setdefault(label, LabelSample()).decided.append((score, right))
        times.append(decided_at)
    return Sample(target, rows, waiting, labels, find_pace(times))


def _load_rows(target: ProductTarget) -> tuple[list[dict[str, float]], list[bool]]:
    newest = Classification.objects.aggregate(Max("pk"))["pk__max"] or 0
    found = Classification.objects.filter(
        pk__gt=newest - WINDOW,
        target=target.key,
        is_current=True,
        model_version=get_bundle().model_version,
    ).exclude(top_label="")
    pairs = found.order_by("-pk").values_list("scores", "state")[:NEWEST_RESULTS]
    floors = {
        label.id: min(pair.review for pair in label.thresholds.values())
        for label in get_bundle().labels
        if label.facet in target.facets
    }
    rows, waiting = [], []
    for scores, state in pairs:
        rows.append(
            {
                label: score
                for label, score in scores.items()
                if label in floors and score >= min(floors[label], 0.5)
            }
        )
        waiting.append(state in Classification.WAITING)
    return rows, waiting


def _load_decided(target: ProductTarget) -> list[tuple[str, float, str, datetime | None]]:
    """(label, confidence, state, time) of what people decided last of this model's results."""
    by_person = Classification.has_state(Suggestion.BY_PERSON)  # type: ignore[arg-type]
    newest = Suggestion.objects.filter(by_person).order_by("-pk")
    rows = Suggestion.objects.filter(
        pk__in=newest.values("pk")[:NEWEST_DECIDED],
        confidence__isnull=False,
        classification__target=target.key,
        classification__model_version=get_bundle().model_version,
    )
    found = rows.values_list("label", "confidence", "state", "classification__reviewed_at")
    return [(label, score or 0.0, state, at) for label, score, state, at in found]


def find_pace(times: Sequence[datetime | None]) -> float | None:
    """Median seconds between decisions that follow one another; None where too few are known."""
    known = sorted({time for time in times if time})
    gaps = [(after - before).total_seconds() for before, after in pairwise(known)]
    usual = [gap for gap in gaps if SHORTEST_GAP <= gap <= LONGEST_GAP]
    return median(usual) if len(usual) >= PACE_FROM else None


def simulate(sample: Sample, thresholds: Mapping[str, Thresholds]) -> Simulation:
    """Hold the sample against thresholds, by the very policy that runs use."""
    filed = [_would_file(scores, sample.target, thresholds) for scores in sample.rows]
    waits = sum(sample.waiting)
    left = sum(not done for done, now in zip(filed, sample.waiting, strict=True) if now)
    backlog = count_queue(QueueFilter(sample.target.key)).total
    return Simulation(
        products=len(filed),
        share_filed=sum(filed) / len(filed) if filed else 0.0,
        error=_estimate_all(sample, thresholds),
        backlog=backlog,
        backlog_left=round(backlog * left / waits) if waits else backlog,
        seconds=sample.seconds or DEFAULT_SECONDS,
        seconds_known=sample.seconds is not None,
    )


def _would_file(
    scores: Mapping[str, float], target: ProductTarget, thresholds: Mapping[str, Thresholds]
) -> bool:
    known: Mapping[str, Label] = get_bundle().labels_by_id
    verdict = decide(
        list(scores.values()),
        [known[label] for label in scores],
        thresholds,
        target.facets,
        single_valued=target.category_field.single_valued,
    )
    return verdict.outcome == Outcome.FILED


def _estimate_all(sample: Sample, thresholds: Mapping[str, Thresholds]) -> Estimate:
    """The error of all labels together: each by its own evidence, weighed by what it files."""
    parts = [
        (len(one.get_filed(thresholds[label].auto)), one.estimate(thresholds[label].auto))
        for label, one in sample.labels.items()
        if label in thresholds
    ]
    total = sum(number for number, _part in parts)
    if not total:
        return Estimate(0.0, 0.0, 1.0, sum(part.decisions for _n, part in parts), False)
    return Estimate(
        error=sum(number * part.error for number, part in parts) / total,
        lower=sum(number * part.lower for number, part in parts) / total,
        upper=sum(number * part.upper for number, part in parts) / total,
        decisions=sum(part.decisions for _n, part in parts),
        by_people=all(part.by_people for number, part in parts if number),
    )
