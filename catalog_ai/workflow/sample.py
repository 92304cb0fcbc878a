"""The shop's newest results and people's decisions, read once, to hold thresholds against."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from statistics import median
from time import time
from typing import Any

import numpy as np
from django.core.cache import cache
from django.db.models import Max
from numpy.typing import NDArray

from catalog_ai.models import Classification, Suggestion
from catalog_ai.targets import ProductTarget
from catalog_ai.workflow.decided import DecidedAt, load_decided
from catalog_ai.workflow.estimate import Estimate, Evidence, estimate_error
from catalog_ai.workflow.kept import name_kept
from catalog_ai.workflow.models_in_use import get_bundle
from catalog_ai.workflow.plans import filter_unindexed, has_state
from catalog_ai.workflow.queue import count_queue
from catalog_ai.workflow.queue_filter import QueueFilter

NEWEST_RESULTS = 5_000
WINDOW = 50_000  # rows back from the newest that are looked through at most
NEWEST_PACED = 1_000  # decisions that the pace is taken from
PACE_FROM = 10  # gaps between decisions from which the pace is believed
SHORTEST_GAP, LONGEST_GAP = 0.5, 120.0  # seconds: below, many at once; above, a break
LARGE = 2_000  # results and decisions from which a sample is kept for a while
FRESH, STALE = 60, 600  # seconds: on opening a page; while its sliders are moved

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class LabelSample:
    """One label's confidences in the newest results, and what people said of it."""

    confidences: Floats = field(default_factory=lambda: np.empty(0))  # ascending
    decided: Floats = field(default_factory=lambda: np.empty(0))  # ascending confidences
    # Evidence from each of these on to the end, and none behind it: (decided + 1, 5).
    sums: Floats = field(default_factory=lambda: np.zeros((1, 5)))

    @classmethod
    def make(cls, confidences: Sequence[float], decided: Iterable[DecidedAt] = ()) -> "LabelSample":
        """From confidences (0-1) and decisions in any order."""
        found = sorted(decided, key=lambda one: one.confidence)
        rows = np.array([one.figures for one in found]).reshape(-1, 5)
        from_top = np.cumsum(rows[::-1], axis=0)[::-1]
        return cls(
            np.sort(np.asarray(confidences, float)),
            np.array([one.confidence for one in found]),
            np.vstack([from_top, np.zeros(5)]),
        )

    def find_evidence(self, auto: float) -> Evidence:
        """What people said of results from a threshold on."""
        number, *figures = self.sums[np.searchsorted(self.decided, auto)].tolist()
        return Evidence(int(number), *figures)

    def count_filed(self, auto: float) -> int:
        """How many of the newest results reach a threshold."""
        return int(self.confidences.size - np.searchsorted(self.confidences, auto))

    def share_filed(self, auto: float) -> float:
        """Share (0-1) of the products with this label that would be filed."""
        return self.count_filed(auto) / self.confidences.size if self.confidences.size else 0.0

    def find_promised(self, auto: float) -> float | None:
        """The error that calibrated confidences promise for what would be filed, 0-1."""
        filed = self.confidences[np.searchsorted(self.confidences, auto) :]
        return max(0.0, 1.0 - float(filed.mean())) if filed.size else None

    def estimate(self, auto: float) -> Estimate:
        """The share (0-1) of what a threshold files that is wrong."""
        return estimate_error(self.find_evidence(auto), self.find_promised(auto))


@dataclass(frozen=True)
class Sample:
    """What thresholds are held against. One entry of images, scores and places a score."""

    target: str
    single_valued: bool
    images: NDArray[np.int32]  # which of the newest results
    scores: Floats  # confidence, of labels that file products only
    places: NDArray[np.int32]  # which of `names`
    names: tuple[str, ...]  # label ids
    waiting: NDArray[np.bool_]  # by result: whether it waits for a person now
    labels: Mapping[str, LabelSample]
    backlog: int  # products of the target that wait for a person
    seconds: float | None  # a decision takes; None: not known

    @property
    def size(self) -> int:
        """Results and decisions: after a long dry run the newest rows may have no results."""
        return self.waiting.size + sum(int(one.sums[0, 0]) for one in self.labels.values())

    def get(self, label: str) -> LabelSample:
        """An empty one of a label that has no result."""
        return self.labels.get(label) or LabelSample()


def get_sample(target: ProductTarget, oldest: float = FRESH) -> Sample:
    """The sample; one of a large shop may be `oldest` seconds old."""
    key = name_kept("sample", target.key, get_bundle().model_version)
    kept: tuple[float, Sample] | None = cache.get(key)
    if kept is not None and time() - kept[0] <= oldest:
        return kept[1]
    sample = load_sample(target)
    if sample.size >= LARGE:
        cache.set(key, (time(), sample), STALE)
    return sample


def load_sample(target: ProductTarget) -> Sample:
    """A bounded number of queries, each bounded whatever the size of the catalogue."""
    results = _load_results(target)
    names = tuple(sorted({label for scores, _waits in results for label in scores}))
    place_of = {label: place for place, label in enumerate(names)}
    entries = [
        (image, score, place_of[label])
        for image, (scores, _waits) in enumerate(results)
        for label, score in scores.items()
    ]
    images, scores, places = np.array(entries, float).reshape(-1, 3).T
    decided = load_decided(target)
    labels = {
        label: LabelSample.make(scores[places == place_of.get(label, -1)], decided.get(label, ()))
        for label in {*names, *decided}
    }
    return Sample(
        target=target.key,
        single_valued=target.category_field.single_valued,
        images=images.astype(np.int32),
        scores=scores,
        places=places.astype(np.int32),
        names=names,
        waiting=np.array([waits for _scores, waits in results], bool),
        labels=labels,
        backlog=count_queue(QueueFilter(target.key)).total,
        seconds=find_pace(_load_times(target)),
    )


def _load_results(target: ProductTarget) -> list[tuple[dict[str, float], bool]]:
    """Scores that may matter of the newest results, and whether each waits for a person."""
    newest = Classification.objects.aggregate(Max("pk"))["pk__max"] or 0
    pairs = _load_window(target, newest, NEWEST_RESULTS)
    if len(pairs) < NEWEST_RESULTS and (start := _find_start_of_dry_run(newest - WINDOW)):
        pairs += _load_window(target, start - 1, NEWEST_RESULTS - len(pairs))
    floors = {
        label.id: min(0.5, *(pair.review for pair in label.thresholds.values()))
        for label in get_bundle().labels_of(*target.facets)
    }

    def keep(scores: dict[str, Any]) -> dict[str, float]:
        return {key: score for key, score in scores.items() if score >= floors.get(key, 2.0)}

    return [(keep(scores), state in Classification.WAITING) for scores, state in pairs]


def _load_window(target: ProductTarget, last: int, count: int) -> list[tuple[dict[str, Any], str]]:
    """Scores and states of the newest results up to this key."""
    in_window = Classification.objects.filter(
        pk__gt=last - WINDOW,
        pk__lte=last,
        is_current=True,
        model_version=get_bundle().model_version,
    )
    found = filter_unindexed(in_window, "target", target.key).exclude(top_label="")
    return list(found.order_by("-pk").values_list("scores", "state")[:count])


def _find_start_of_dry_run(pk: int) -> int | None:
    """First key of the dry run that fills the window up to here; None where none does."""
    rows = Classification.objects.filter(pk__lte=pk).order_by("-pk")
    found = rows.values_list("run", "run__dry_run").first()
    if found is None or not found[1]:
        return None
    # State by state: that is what the index of a run's rows answers at once.
    of_run = Classification.objects.filter(run=found[0]).order_by("pk").values_list("pk", flat=True)
    firsts = [of_run.filter(state=state).first() for state in Classification.State]
    return min(first for first in firsts if first is not None)


def _load_times(target: ProductTarget) -> list[datetime | None]:
    """When people decided last."""
    by_person = has_state(Suggestion.BY_PERSON)
    newest = Suggestion.objects.filter(by_person).order_by("-pk").values("pk")[:NEWEST_PACED]
    rows = filter_unindexed(
        Suggestion.objects.filter(pk__in=newest), "classification__target", target.key
    )
    return list(rows.values_list("classification__reviewed_at", flat=True))


def find_pace(times: Sequence[datetime | None]) -> float | None:
    """Median seconds between decisions that follow one another; None where too few are known."""
    known = sorted({time for time in times if time})
    gaps = [(after - before).total_seconds() for before, after in pairwise(known)]
    usual = [gap for gap in gaps if SHORTEST_GAP <= gap <= LONGEST_GAP]
    return median(usual) if len(usual) >= PACE_FROM else None
