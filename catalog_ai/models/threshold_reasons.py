"""Why a threshold changed: a code and figures, told in the language of whoever reads it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils import translation
from django.utils.formats import number_format
from django.utils.translation import gettext, gettext_noop, ngettext

from catalog_ai.percent import keep_percent

LONGEST = 300  # characters kept of a sentence

REASONS: Mapping[str, str] = {
    "measured": gettext_noop(
        "Too few decisions yet: the threshold that was measured for %(budget)s %% when the "
        "model was made."
    ),
    "too_many_wrong": gettext_noop(
        "Against the measured threshold: %(source)s, %(error)s %% wrong from there on, surely "
        "more than %(lower)s %%; %(budget)s %% are allowed."
    ),
    "as_low_as_known": gettext_noop(
        "Only as low as the decisions so far allow for %(budget)s %%: %(source)s, %(error)s %% "
        "wrong from the measured threshold on."
    ),
    "few_wrong": gettext_noop(
        "%(source)s, %(error)s %% wrong from there on, surely less than %(upper)s %%; "
        "%(budget)s %% are allowed."
    ),
    "budget_broken": gettext_noop(
        "Of %(number)d audited products %(error)s %% were wrong (surely more than %(lower)s %%); "
        "%(budget)s %% are allowed."
    ),
    "proven_since": gettext_noop(
        "Of %(number)d products decided since, %(error)s %% were wrong (surely less than "
        "%(upper)s %%); %(budget)s %% are allowed."
    ),
}


@dataclass(frozen=True)
class Reason:
    """A code of `REASONS` with its figures: `number` of people's decisions, shares as texts."""

    code: str = ""
    figures: Mapping[str, Any] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """In English, for logs and rows."""
        with translation.override(None):
            return tell_reason(self.code, self.figures, "")[:LONGEST]


def tell_reason(code: str, figures: Mapping[str, Any] | None, sentence: str) -> str:
    """In the reader's language; rows of earlier versions have a sentence only."""
    if code not in REASONS:
        return sentence
    figures = figures or {}
    written = {
        name: number_format(figure) if isinstance(figure, str) else figure
        for name, figure in figures.items()
    }
    return keep_percent(gettext(REASONS[code]) % {**written, "source": _tell_source(figures)})


def _tell_source(figures: Mapping[str, Any]) -> str:
    """What a figure rests on: `with_model` says that the model's own word is part of it."""
    number = figures.get("number", 0)
    text = (
        ngettext(
            "%(number)d decision and the model's own word",
            "%(number)d decisions and the model's own word",
            number,
        )
        if figures.get("with_model")
        else ngettext("%(number)d decision", "%(number)d decisions", number)
    )
    return text % {"number": number}
