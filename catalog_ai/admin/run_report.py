"""What a run's page tells: progress, rate, time left, and what came of its products."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.core.cache import cache
from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from catalog_ai.admin.access import find_url
from catalog_ai.admin.display import (
    BAD,
    GOOD,
    QUIET,
    WAITING,
    Badge,
    Bar,
    format_length,
    make_badge,
    make_count_bars,
    name_label,
)
from catalog_ai.models import Classification, Run, Suggestion
from catalog_ai.targets import get_targets

TONES = {
    "filed": GOOD,
    "review": WAITING,
    "unidentified": WAITING,
    "unchanged": QUIET,
    "rejected": BAD,
    "failed": BAD,
    "cancelled": QUIET,
}
LABELS_SHOWN = 20
PRODUCTS_SHOWN = 20
LIVE_DETAIL_LIMIT = 20_000  # above it the charts are drawn when the page is opened, not live
SAMPLES_KEPT = 12
SAMPLE_SECONDS = 3600


@dataclass(frozen=True)
class Counter:
    """One part of the stacked bar and one line of its table."""

    name: str
    label: Any
    count: int
    share: str  # of the products, as text
    x: str
    width: str
    tone: str


@dataclass(frozen=True)
class Trouble:
    """Products of a run that could not be judged, for one reason."""

    reason: str
    count: int


@dataclass(frozen=True)
class TroubledProduct:
    """One of them, with where to find it."""

    title: str
    url: str
    reason: str


@dataclass(frozen=True)
class Progress:
    """How far a run is, and how fast it goes."""

    run: Run
    badge: Badge
    counters: list[Counter]
    waiting: int
    rate: str
    time_left: str
    time_taken: str

    @property
    def summary(self) -> str:
        """One sentence for the live region of a screen reader."""
        done = {"done": self.run.done, "total": self.run.total, "percent": self.run.percent}
        return gettext("%(done)d of %(total)d products done, %(percent)d %%.") % done


def describe_progress(run: Run) -> Progress:
    """Progress from the run's own counters: no query over its products."""
    rate = measure_rate(run)
    return Progress(
        run=run,
        badge=make_badge(run.state, run.get_state_display()),
        counters=list_counters(run),
        waiting=max(0, run.total - run.done),
        rate=tell_rate(rate),
        time_left=tell_time_left(run, rate),
        time_taken=tell_duration(run),
    )


def list_counters(run: Run) -> list[Counter]:
    """The run's counters in the order of the bar; those of nought take no room in it."""
    counters = []
    start = 0.0
    for name in Run.COUNTERS:
        count = getattr(run, name)
        share = count / run.total if run.total else 0.0
        counters.append(
            Counter(
                name=name,
                label=Run._meta.get_field(name).verbose_name,  # type: ignore[union-attr]
                count=count,
                share=gettext("%(percent).1f %%") % {"percent": 100 * share},
                x=format_length(start),
                width=format_length(share),
                tone=TONES[name],
            )
        )
        start += share
    return counters


def measure_rate(run: Run) -> float | None:
    """Products a second: of an ended run over all its time, else between looks at the page.

    None before a second look. A pause or a retry must not spoil the figure of a running run.
    """
    if run.finished_at:
        taken = (run.finished_at - run.created_at).total_seconds()
        return run.done / taken if taken > 0 and run.done else None
    if not run.is_active:
        return None
    key = f"catalog_ai:run:{run.pk}:samples"
    samples: list[tuple[float, int]] = cache.get(key, [])
    samples = [*samples, (time.time(), run.done)][-SAMPLES_KEPT:]
    cache.set(key, samples, SAMPLE_SECONDS)
    (begin, first), (end, last) = samples[0], samples[-1]
    if end - begin < 1 or last <= first:
        return None
    return (last - first) / (end - begin)


def tell_rate(rate: float | None) -> str:
    if rate is None:
        return ""
    if rate >= 1:
        return gettext("%(rate).0f a second") % {"rate": rate}
    return gettext("%(rate).0f a minute") % {"rate": 60 * rate}


def tell_time_left(run: Run, rate: float | None) -> str:
    if rate is None or run.state != Run.State.RUNNING:
        return ""
    seconds = math.ceil(max(0, run.total - run.done) / rate)
    if seconds < 60:
        return ngettext("%(n)d second", "%(n)d seconds", seconds) % {"n": seconds}
    minutes = math.ceil(seconds / 60)
    if minutes < 120:
        return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}
    return gettext("%(n)d hours") % {"n": math.ceil(minutes / 60)}


def tell_duration(run: Run) -> str:
    """From start to end, or to now, to the second."""
    taken = (run.finished_at or timezone.now()) - run.created_at
    return str(timedelta(seconds=round(taken.total_seconds())))


def has_live_details(run: Run) -> bool:
    """Whether the charts are cheap enough to be drawn with every look at the progress."""
    return run.total <= LIVE_DETAIL_LIMIT


def describe_details(run: Run, site: str) -> dict[str, Any]:
    """Charts and lists over the run's products: a bounded few grouped queries."""
    rows = run.classifications
    troubled = {
        state: _load_troubled(run, state, site)
        for state, count in (("rejected", run.rejected), ("failed", run.failed))
        if count
    }
    return {
        "labels": _count_labels(run),
        "categories": _count_categories(run),
        "reasons": _count_reasons(run),
        "rejected": _count_troubles(run, Classification.State.REJECTED) if run.rejected else [],
        "failed": _count_troubles(run, Classification.State.FAILED) if run.failed else [],
        "rejected_products": troubled.get("rejected", []),
        "failed_products": troubled.get("failed", []),
        "in_hand": rows.filter(state=Classification.State.RUNNING).count() if run.is_active else 0,
    }


def _count_labels(run: Run) -> list[Bar]:
    rows = run.classifications.exclude(top_label="").values_list("top_label").order_by()
    counts = rows.annotate(number=Count("pk")).order_by("-number", "top_label")[:LABELS_SHOWN]
    return make_count_bars([(name_label(label), number) for label, number in counts])


def _count_categories(run: Run) -> list[Bar]:
    """Where products were filed or, in a dry run, would be."""
    target = get_targets().get(run.target)
    if target is None:
        return []
    state = Suggestion.State
    rows = Suggestion.objects.filter(
        classification__run=run, state__in=(state.APPLIED, state.APPROVED, state.PROPOSED)
    ).exclude(category="")
    counts = rows.values_list("category").annotate(number=Count("pk"))
    largest = list(counts.order_by("-number", "category")[:LABELS_SHOWN])
    names = target.get_category_names([key for key, _number in largest])
    return make_count_bars([(names.get(key, key), number) for key, number in largest])


def _count_reasons(run: Run) -> list[Bar]:
    """Why products wait for a person."""
    rows = run.classifications.filter(state__in=Classification.WAITING).values_list("reason")
    counts = rows.annotate(number=Count("pk")).order_by("-number", "reason")
    named = [(str(Classification.Reason(reason).label), number) for reason, number in counts]
    return make_count_bars(named)


def _count_troubles(run: Run, state: str) -> Sequence[Trouble]:
    rows = run.classifications.filter(state=state).values_list("error")
    counts = rows.annotate(number=Count("pk")).order_by("-number", "error")[:PRODUCTS_SHOWN]
    return [Trouble(reason, number) for reason, number in counts]


def _load_troubled(run: Run, state: str, site: str) -> list[TroubledProduct]:
    target = get_targets().get(run.target)
    if target is None:
        return []
    rows = list(run.classifications.filter(state=state).defer("scores")[:PRODUCTS_SHOWN])
    products = target.load_products([row.object_id for row in rows])
    opts = target.get_model()._meta
    name = f"{opts.app_label}_{opts.model_name}_change"
    return [
        TroubledProduct(target.get_title(product), find_url(name, product.pk, site=site), row.error)
        for row in rows
        if (product := products.get(row.object_id)) is not None
    ]
