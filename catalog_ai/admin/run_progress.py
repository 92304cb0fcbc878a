"""How far a run or its rollback is, and how fast it goes, from counters: cheap at any size."""

import math
import time
from dataclasses import dataclass
from datetime import timedelta

from django.core.cache import cache
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext

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
)
from catalog_ai.models import Rollback, Run
from catalog_ai.percent import write_percent
from catalog_ai.workflow.kept import name_kept

TONES = {
    "filed": GOOD,
    "review": WAITING,
    "unidentified": WAITING,
    "unchanged": QUIET,
    "rejected": BAD,
    "failed": BAD,
    "cancelled": QUIET,
}
SAMPLES_KEPT = 12
SAMPLE_SECONDS = 3600


@dataclass(frozen=True)
class Counter:
    """One part of the stacked bar and one line of its table."""

    name: str
    label: "str | Promise"
    count: int
    share: str  # of the products, as text
    x: str
    width: str
    tone: str


@dataclass(frozen=True)
class Progress:
    """How far a run is, and how fast it goes."""

    run: Run
    badge: Badge
    counters: list[Counter]
    effects: list[Bar]
    waiting: int
    rate: str
    time_left: str
    time_taken: str

    @property
    def summary(self) -> str:
        """One sentence for the live region of a screen reader."""
        percent = write_percent(self.run.percent)
        done = {"done": self.run.handled, "total": self.run.total, "percent": percent}
        return gettext("%(done)d of %(total)d products done, %(percent)s.") % done


def describe_progress(run: Run) -> Progress:
    """Progress from the run's own counters: no query over its products."""
    rate = measure_rate(run)
    return Progress(
        run=run,
        badge=make_badge(run.state, run.get_state_display()),
        counters=list_counters(run),
        effects=list_effects(run),
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
                label=_name_counter(run, name),
                count=count,
                share=write_percent(100 * share, 1),
                x=format_length(start),
                width=format_length(share),
                tone=TONES[name],
            )
        )
        start += share
    return counters


def _name_counter(run: Run, name: str) -> "str | Promise":
    if run.dry_run and name == "filed":
        return gettext("would be filed")
    if run.dry_run and name == "review":
        return gettext("would wait for a person")
    if run.results_of_id and name == "cancelled":
        # The results of a dry run are left out one by one; nothing else cancels single products.
        return gettext("left out")
    return Run._meta.get_field(name).verbose_name  # type: ignore[union-attr]


def list_effects(run: Run) -> list[Bar]:
    """What the results mean for the products' categories; none before there is one."""
    counts = [
        (str(Run._meta.get_field(name).verbose_name), getattr(run, name))  # type: ignore[union-attr]
        for name in Run.EFFECTS
    ]
    return make_count_bars(counts) if any(count for _name, count in counts) else []


def measure_rate(run: Run) -> float | None:
    """Products a second: of an ended run over all its time, else between looks at the page.

    None before a second look. A pause or a retry must not spoil the figure of a running run.
    """
    if run.finished_at:
        taken = (run.finished_at - run.created_at).total_seconds()
        return run.handled / taken if taken > 0 and run.handled else None
    return sample_rate(f"run:{run.pk}", run.done) if run.is_active else None


def sample_rate(name: str, done: int) -> float | None:
    """What was done a second, between the last looks at something; None before a second look."""
    key = name_kept("samples", name)
    samples: list[tuple[float, int]] = cache.get(key, [])
    samples = [*samples, (time.time(), done)][-SAMPLES_KEPT:]
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
    return tell_time_for(max(0, run.total - run.done), rate)


def tell_time_for(number: int, rate: float) -> str:
    """How long so many take at so many a second."""
    seconds = math.ceil(number / rate)
    if seconds < 60:
        return ngettext("%(n)d second", "%(n)d seconds", seconds) % {"n": seconds}
    minutes = math.ceil(seconds / 60)
    if minutes < 120:
        return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}
    return gettext("%(n)d hours") % {"n": math.ceil(minutes / 60)}


def tell_duration(work: Run | Rollback) -> str:
    """From start to end, or to now, to the second."""
    taken = (work.finished_at or timezone.now()) - work.created_at
    return str(timedelta(seconds=math.ceil(taken.total_seconds())))
