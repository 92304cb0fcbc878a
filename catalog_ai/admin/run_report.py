"""What came of a run's products: charts and lists, from a bounded few grouped queries.

The charts of a large run are estimated from a sample of its products, and say so.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.db import models
from django.db.models import Count
from django.utils.translation import get_language, gettext

from catalog_ai.admin.access import find_model_url
from catalog_ai.admin.display import Bar, make_count_bars, name_label
from catalog_ai.models import Classification, Run, Suggestion
from catalog_ai.models.causes import tell_cause
from catalog_ai.percent import write_number
from catalog_ai.targets import get_targets
from catalog_ai.workflow.kept import name_kept
from catalog_ai.workflow.run_sample import LARGE, RunSample, sample_run

LABELS_SHOWN = 20
PRODUCTS_SHOWN = 20
LIVE_DETAIL_LIMIT = LARGE  # above it the charts are drawn when the page is opened, not live
KEPT_SECONDS = 300  # and then again for others

# Likeliest label, state, why it waits, and how many rows have all three.
Judged = Sequence[tuple[str, str, str, int]]


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


def has_live_details(run: Run) -> bool:
    """Whether the charts are cheap enough to be drawn with every look at the progress."""
    return run.total <= LIVE_DETAIL_LIMIT


def describe_details(run: Run, site: str) -> dict[str, Any]:
    """Charts and lists over the run's products; those of a large run are kept for a while."""
    if has_live_details(run):
        return _load_details(run, site)
    details = get_kept_details(run, site)
    if details is None:
        details = _load_details(run, site)
        cache.set(_name_kept(run, site), details, KEPT_SECONDS)
    return details


def get_kept_details(run: Run, site: str) -> dict[str, Any] | None:
    """The same where they are kept; None where they would have to be counted."""
    kept: dict[str, Any] | None = cache.get(_name_kept(run, site))
    return kept


def _name_kept(run: Run, site: str) -> str:
    stand = f"{run.pk}:{run.state}:{run.done}:{run.rolled_back_at}:{site}:{get_language()}"
    return name_kept("run", hashlib.sha256(stand.encode()).hexdigest())


def _load_details(run: Run, site: str) -> dict[str, Any]:
    rows = run.classifications
    troubled = {
        state: _load_troubled(run, state, site)
        for state, count in (
            (Classification.State.REJECTED, run.rejected),
            (Classification.State.FAILED, run.failed),
            (Classification.State.CANCELLED, run.cancelled),
        )
        if count
    }
    sample = sample_run(run)
    judged = _count_judged(sample)
    return {
        "sampled": sample.size,
        "margin": write_number(100 * sample.margin, 1),
        "labels": _rank_labels(sample, judged),
        "categories": _count_categories(run, sample),
        "reasons": _rank_reasons(sample, judged),
        "rejected": _count_troubles(run, Classification.State.REJECTED) if run.rejected else [],
        "failed": _count_troubles(run, Classification.State.FAILED) if run.failed else [],
        "left_out": _count_troubles(run, Classification.State.CANCELLED) if run.cancelled else [],
        "rejected_products": troubled.get(Classification.State.REJECTED, []),
        "failed_products": troubled.get(Classification.State.FAILED, []),
        "left_out_products": troubled.get(Classification.State.CANCELLED, []),
        "in_hand": rows.filter(state=Classification.State.RUNNING).count() if run.is_active else 0,
    }


def _count_judged(sample: RunSample) -> Judged:
    """All that is told of the rows themselves, from one pass over them."""
    rows = sample.rows.order_by().values_list("top_label", "state", "reason")
    return list(rows.annotate(number=Count("pk")))


def _count_categories(run: Run, sample: RunSample) -> list[Bar]:
    """Where products were filed or, in a dry run, would be."""
    target = get_targets().get(run.target)
    if target is None:
        return []
    state = Suggestion.State
    rows = sample.suggestions.filter(state__in=(state.APPLIED, state.APPROVED, state.PROPOSED))
    counts = rows.values_list("category", "label").annotate(number=Count("pk"))
    largest = list(counts.order_by("-number", "category", "label")[:LABELS_SHOWN])
    names = target.get_category_names({key for key, _label, _number in largest if key})
    # A dry run names no category where one would be made: it will be called like the label.
    named = [(names.get(key) or key or name_label(label), number) for key, label, number in largest]
    return _make_bars(sample, named)


def _rank_labels(sample: RunSample, judged: Judged) -> list[Bar]:
    counts = Counter[str]()
    for label, _state, _reason, number in judged:
        counts[label] += number
    del counts[""]
    return _make_bars(
        sample, [(name_label(label), number) for label, number in _rank(counts)[:LABELS_SHOWN]]
    )


def _rank_reasons(sample: RunSample, judged: Judged) -> list[Bar]:
    """Why products wait for a person."""
    counts = Counter[str]()
    for _label, state, reason, number in judged:
        if state in Classification.WAITING:
            counts[reason] += number
    named = [(str(Classification.Reason(reason).label), number) for reason, number in _rank(counts)]
    return _make_bars(sample, named)


def _rank(counts: "Counter[str]") -> list[tuple[str, int]]:
    """The most frequent first."""
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))


def _make_bars(sample: RunSample, counts: Sequence[tuple[str, int]]) -> list[Bar]:
    scaled = [(name, sample.scale(number)) for name, number in counts]
    return make_count_bars(scaled, estimated=sample.size is not None)


def _find_troubled(run: Run, state: str) -> "models.QuerySet[Classification]":
    """Rows of a state; of the cancelled ones those that were left out for a reason of their own."""
    rows = run.classifications.filter(state=state)
    return rows.exclude(error="") if state == Classification.State.CANCELLED else rows


def _count_troubles(run: Run, state: str) -> Sequence[Trouble]:
    rows = _find_troubled(run, state).values_list("error_code", "error_figures", "error")
    counts = rows.annotate(number=Count("pk")).order_by("-number", "error")[:PRODUCTS_SHOWN]
    return [
        Trouble(tell_cause(code, figures, text), number) for code, figures, text, number in counts
    ]


def _load_troubled(run: Run, state: str, site: str) -> list[TroubledProduct]:
    target = get_targets().get(run.target)
    if target is None:
        return []
    rows = list(_find_troubled(run, state).order_by("pk").defer("scores")[:PRODUCTS_SHOWN])
    products = target.load_products([row.object_id for row in rows])
    return [
        TroubledProduct(
            target.get_title(product),
            find_model_url(target.get_model(), "change", product.pk, site=site),
            row.trouble,
        )
        if (product := products.get(row.object_id)) is not None
        else TroubledProduct(gettext("Deleted product"), "", row.trouble)
        for row in rows
    ]
