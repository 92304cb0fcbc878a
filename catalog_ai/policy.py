"""Scores and thresholds to decisions: the one home of what is filed, asked or dropped. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalog_ai.inference.bundle import Bundle, Label, Thresholds

__all__ = [
    "Decision",
    "Outcome",
    "Preset",
    "ReviewReason",
    "ScoredLabel",
    "Thresholds",
    "Verdict",
    "decide",
    "find_filed",
    "interpolate_thresholds",
    "preset_thresholds",
]


class Preset(StrEnum):
    """How much is filed without a person; the figures behind each are in the bundle."""

    PERMISSIVE = "permissive"
    BALANCED = "balanced"
    STRICT = "strict"


class Decision(StrEnum):
    """What becomes of one label."""

    AUTO = "auto"
    REVIEW = "review"
    DROP = "drop"


class Outcome(StrEnum):
    """What becomes of the image as a whole."""

    FILED = "filed"
    REVIEW = "review"
    UNIDENTIFIED = "unidentified"


class ReviewReason(StrEnum):
    """Why a person is asked."""

    NONE = ""
    LOW_CONFIDENCE = "low_confidence"
    SEVERAL_CLOSE = "several_close"
    UNIDENTIFIED = "unidentified"


@dataclass(frozen=True)
class ScoredLabel:
    """One label that an image reached, with the thresholds it was held against."""

    label_id: str
    confidence: float
    decision: Decision
    thresholds: Thresholds


@dataclass(frozen=True)
class Verdict:
    """The policy's word on one image: labels that were not dropped, likeliest first."""

    outcome: Outcome
    suggestions: tuple[ScoredLabel, ...]
    reason: ReviewReason


def decide_label(confidence: float, thresholds: Thresholds) -> Decision:
    """AUTO, REVIEW or DROP for one confidence (0-1)."""
    if confidence >= thresholds.auto:
        return Decision.AUTO
    return Decision.REVIEW if confidence >= thresholds.review else Decision.DROP


def score_label(label_id: str, confidence: float, thresholds: Thresholds) -> ScoredLabel:
    """A label with its decision."""
    return ScoredLabel(label_id, confidence, decide_label(confidence, thresholds), thresholds)


def decide(
    confidences: Sequence[float],
    labels: Sequence[Label],
    thresholds: Mapping[str, Thresholds],
    facets: Collection[str],
    *,
    single_valued: bool = False,
) -> Verdict:
    """Decide on one image from its confidences (0-1, in the order of `labels`).

    Only labels of `facets` file a product. Where a product can have one category only, one
    certain label wins over doubtful ones, and several certain ones are for a person to choose.
    """
    kept = [
        score_label(label.id, float(score), thresholds[label.id])
        for label, score in zip(labels, confidences, strict=True)
        if label.facet in facets and decide_label(score, thresholds[label.id]) != Decision.DROP
    ]
    kept.sort(key=lambda item: -item.confidence)
    if not kept:
        return Verdict(Outcome.UNIDENTIFIED, (), ReviewReason.UNIDENTIFIED)
    certain = [item for item in kept if item.decision == Decision.AUTO]
    if single_valued and len(certain) == 1:
        kept = certain
    elif single_valued and certain:
        asked = tuple(replace(item, decision=Decision.REVIEW) for item in kept)
        return Verdict(Outcome.REVIEW, asked, ReviewReason.SEVERAL_CLOSE)
    if all(item.decision == Decision.AUTO for item in kept):
        return Verdict(Outcome.FILED, tuple(kept), ReviewReason.NONE)
    return Verdict(Outcome.REVIEW, tuple(kept), ReviewReason.LOW_CONFIDENCE)


def find_filed(
    images: NDArray[Any],
    scores: NDArray[Any],
    autos: NDArray[Any],
    reviews: NDArray[Any],
    number: int,
    *,
    single_valued: bool = False,
) -> NDArray[np.bool_]:
    """Which of `number` images `decide` would file, for very many at once.

    One entry for each score: its image (0 to number - 1), the confidence (0-1), and the two
    thresholds of its label. Labels that file no product must be left out.
    """
    certain = np.bincount(images[scores >= autos], minlength=number)
    kept = np.bincount(images[scores >= reviews], minlength=number)
    filed: NDArray[np.bool_] = certain == 1 if single_valued else (certain > 0) & (certain == kept)
    return filed


def preset_thresholds(bundle: Bundle, preset: str) -> dict[str, Thresholds]:
    """A preset's thresholds by label id."""
    return {label.id: label.thresholds[preset] for label in bundle.labels}


def interpolate_thresholds(label: Label, sensitivity: float) -> Thresholds:
    """Thresholds between the presets: 0 strict, 0.5 balanced, 1 permissive, straight between."""
    low, high, share = (
        (Preset.STRICT, Preset.BALANCED, 2 * sensitivity)
        if sensitivity <= 0.5
        else (Preset.BALANCED, Preset.PERMISSIVE, 2 * sensitivity - 1)
    )
    start, end = label.thresholds[low], label.thresholds[high]
    return Thresholds(
        auto=_interpolate(start.auto, end.auto, share),
        review=_interpolate(start.review, end.review, share),
    )


def _interpolate(start: float, end: float, share: float) -> float:
    """Straight from start (share 0) to end (share 1), and exactly `end` at the end of the way."""
    return end if share == 1 else start + share * (end - start)
