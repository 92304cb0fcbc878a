"""Figures as people see them: bars with threshold marks, badges, percentages."""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog_ai.inference.bundle import BundleError, fold_name
from catalog_ai.models import Classification, Run, Suggestion
from catalog_ai.percent import write_number, write_percent
from catalog_ai.policy import Preset
from catalog_ai.workflow.models_in_use import get_label_name, translate_name

NOTHING_MAPPED: Mapping[str, str] = {}
GOOD, WAITING, BAD, QUIET = "good", "waiting", "bad", "quiet"

# A sign beside each colour, so that nothing is told by colour alone.
SIGNS = {GOOD: "✓", WAITING: "?", BAD: "!", QUIET: "–"}

TONES: dict[str, str] = {
    Classification.State.FILED: GOOD,
    Classification.State.REVIEWED: GOOD,
    Classification.State.UNCHANGED: GOOD,
    Classification.State.REVIEW: WAITING,
    Classification.State.UNIDENTIFIED: WAITING,
    Classification.State.REJECTED: BAD,
    Classification.State.FAILED: BAD,
    Run.State.DONE: GOOD,
    Run.State.PAUSED: WAITING,
    Suggestion.State.PENDING: WAITING,
    Suggestion.State.PROPOSED: WAITING,
    Suggestion.State.WOULD_ASK: WAITING,
    Suggestion.State.APPLIED: GOOD,
    Suggestion.State.APPROVED: GOOD,
    Suggestion.State.REJECTED: BAD,
}

PRESET_NAMES: dict[str, Promise] = {
    Preset.PERMISSIVE.value: gettext_lazy("Permissive"),
    Preset.BALANCED.value: gettext_lazy("Balanced"),
    Preset.STRICT.value: gettext_lazy("Strict"),
}


@dataclass(frozen=True)
class Badge:
    """A state in words, with a tone and a sign."""

    text: "str | Promise"
    tone: str

    @property
    def sign(self) -> str:
        return SIGNS[self.tone]


def make_badge(state: str, text: "str | Promise") -> Badge:
    return Badge(text, TONES.get(state, QUIET))


def make_state_badge(state: str) -> Badge:
    """Badge of a classification's state; of none where the product was never judged."""
    text = Classification.State(state).label if state else _("Never categorised")
    return make_badge(state, text)


def describe_run_state(run: Run) -> dict[str, Any]:
    """Badge of a run's state for a list, and beside it whether nothing was filed on purpose."""
    badge = make_badge(run.state, run.get_state_display())
    return {"badge": badge, "note": _("dry run") if run.dry_run else ""}


@dataclass(frozen=True)
class Bar:
    """A horizontal bar in SVG lengths: attributes pass where a CSP forbids inline styles."""

    name: str
    text: str
    width: str
    auto: str = ""  # where the label files by itself; empty where it never does
    review: str = ""
    tone: str = QUIET
    url: str = ""  # where its name leads; empty: nowhere

    def leading_to(self, url: str) -> "Bar":
        return replace(self, url=url)


def name_label(label: str, mapped: Mapping[str, str] = NOTHING_MAPPED) -> str:
    """A label in the reader's language; its id where the model is missing: lists open even then.

    Where `mapped` has the shop's own category for it, its name comes first.
    """
    try:
        name = translate_name(get_label_name(label))
    except BundleError:
        return label
    own = mapped.get(label, "")
    if not own or fold_name(own) == fold_name(name):
        return own or name
    return f"{own} ({name})"


def name_preset(preset: str) -> str:
    """A preset in the reader's language; as it is stored where there is none of that name."""
    return str(PRESET_NAMES.get(preset, preset))


def format_length(share: float) -> str:
    """A share (0-1, cut to it) as an SVG length, in no country's notation."""
    return f"{100 * min(max(share, 0.0), 1.0):.2f}%"


def format_percent(share: float | None) -> str:
    """A share in whole per cent, rounded down: 99.9 % must not read as certain."""
    if share is None:
        return "–"
    return write_percent(math.floor(100 * share + 1e-9))


def format_threshold(auto: float) -> str:
    """A threshold as the reader writes numbers; a field holds it with a point all the same."""
    return write_number(auto, 2)


def format_count(number: int) -> str:
    """A number of products, its thousands told apart."""
    return number_format(number, force_grouping=True)


def make_bar(
    name: str,
    share: float,
    *,
    auto: float | None = None,
    review: float | None = None,
    tone: str = QUIET,
) -> Bar:
    """A confidence (0-1) as a bar, its thresholds as marks."""
    return Bar(
        name=name,
        text=format_percent(share),
        width=format_length(share),
        auto=format_length(auto) if auto is not None and auto <= 1 else "",
        review=format_length(review) if review is not None else "",
        tone=tone,
    )


def make_suggestion_bar(suggestion: Suggestion, mapped: Mapping[str, str] = NOTHING_MAPPED) -> Bar:
    return make_bar(
        name_label(suggestion.label, mapped) if suggestion.label else suggestion.category,
        suggestion.confidence or 0.0,
        auto=suggestion.auto_threshold,
        review=suggestion.review_threshold,
        tone=TONES.get(suggestion.state, QUIET),
    )


def make_guess_bars(
    row: Classification,
    facets: Collection[str],
    count: int,
    mapped: Mapping[str, str] = NOTHING_MAPPED,
) -> list[Bar]:
    """The likeliest labels of these facets, where none was likely enough to be suggested."""
    filing = [pair for pair in row.scores.items() if pair[0].partition(":")[0] in facets]
    filing.sort(key=lambda pair: -pair[1])
    return [make_bar(name_label(label, mapped), score) for label, score in filing[:count]]


def make_count_bars(counts: list[tuple[str, int]], *, estimated: bool = False) -> list[Bar]:
    """Counts as bars against the largest of them."""
    largest = max((count for _name, count in counts), default=0) or 1
    text = _("about %(count)s") if estimated else "%(count)s"
    return [
        Bar(name=name, text=text % {"count": count}, width=format_length(count / largest))
        for name, count in counts
    ]
