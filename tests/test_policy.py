"""Scores and thresholds to decisions: monotonic, complete, and nothing decided twice."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog_ai.inference.bundle import Label, load_bundle
from catalog_ai.policy import (
    Decision,
    Outcome,
    Preset,
    ReviewReason,
    Thresholds,
    Verdict,
    decide,
    decide_label,
    find_filed,
    interpolate_thresholds,
    preset_thresholds,
)
from tests.inference.tiny import TINY

PAIR = Thresholds(auto=0.9, review=0.2)
BUNDLE = load_bundle(TINY / "float32")
ARTICLES = BUNDLE.labels_of("article")

scores = st.floats(0, 1)
pairs = st.tuples(st.floats(0, 1), st.floats(0, 1.01)).map(
    lambda two: Thresholds(auto=max(two), review=min(two))
)


@st.composite
def preset_ladders(draw: st.DrawFn) -> Label:
    """A label whose presets are in order, as a bundle's must be."""
    autos = sorted(draw(st.lists(st.floats(0, 1.01), min_size=3, max_size=3)))
    levels = {
        preset: Thresholds(auto, draw(st.floats(0, auto)))
        for preset, auto in zip(("permissive", "balanced", "strict"), autos, strict=True)
    }
    return Label("article:a", "A", "article", thresholds=levels)


def judge(*confidences: float, single: bool = False) -> Verdict:
    labels = ARTICLES[: len(confidences)]
    thresholds = {label.id: PAIR for label in labels}
    return decide(confidences, labels, thresholds, {"article"}, single_valued=single)


def list_decisions(verdict: Verdict) -> list[Decision]:
    return [item.decision for item in verdict.suggestions]


@pytest.mark.parametrize(
    ("confidences", "outcome", "reason"),
    [
        ((0.95, 0.01), Outcome.FILED, ReviewReason.NONE),
        ((0.95, 0.97), Outcome.FILED, ReviewReason.NONE),
        ((0.5, 0.01), Outcome.REVIEW, ReviewReason.LOW_CONFIDENCE),
        ((0.95, 0.5), Outcome.REVIEW, ReviewReason.LOW_CONFIDENCE),
        ((0.1, 0.19), Outcome.UNIDENTIFIED, ReviewReason.UNIDENTIFIED),
    ],
)
def test_the_outcome_follows_the_thresholds(
    confidences: tuple[float, ...], outcome: Outcome, reason: ReviewReason
) -> None:
    verdict = judge(*confidences)
    assert (verdict.outcome, verdict.reason) == (outcome, reason)


def test_a_threshold_that_is_just_met_counts() -> None:
    assert decide_label(0.9, PAIR) == Decision.AUTO
    assert decide_label(0.2, PAIR) == Decision.REVIEW
    assert decide_label(0.1999, PAIR) == Decision.DROP


def test_an_auto_threshold_above_one_never_files() -> None:
    assert decide_label(1.0, Thresholds(auto=1.01, review=0.5)) == Decision.REVIEW


def test_suggestions_come_likeliest_first_with_the_thresholds_they_met() -> None:
    verdict = judge(0.5, 0.95, 0.1)
    assert list_decisions(verdict) == [Decision.AUTO, Decision.REVIEW]
    assert {item.thresholds for item in verdict.suggestions} == {PAIR}
    assert verdict.suggestions[0].label_id == ARTICLES[1].id


def test_where_one_category_is_allowed_a_certain_label_wins_over_doubtful_ones() -> None:
    verdict = judge(0.5, 0.95, single=True)
    assert (verdict.outcome, list_decisions(verdict)) == (Outcome.FILED, [Decision.AUTO])


def test_where_one_category_is_allowed_several_certain_labels_go_to_a_person() -> None:
    verdict = judge(0.95, 0.99, 0.3, single=True)
    assert (verdict.outcome, verdict.reason) == (Outcome.REVIEW, ReviewReason.SEVERAL_CLOSE)
    assert list_decisions(verdict) == [Decision.REVIEW] * 3


def test_other_facets_file_nothing() -> None:
    colour = BUNDLE.labels_of("colour")[:1]
    verdict = decide([0.99], colour, {colour[0].id: PAIR}, {"article"})
    assert verdict.outcome == Outcome.UNIDENTIFIED


def test_as_many_scores_as_labels_are_asked_for() -> None:
    with pytest.raises(ValueError, match="shorter"):
        decide([0.5], ARTICLES[:2], dict.fromkeys((one.id for one in ARTICLES), PAIR), {"article"})


@given(data=st.data(), single=st.booleans())
def test_a_verdict_never_contradicts_itself(data: Any, single: bool) -> None:
    confidences = data.draw(st.lists(scores, min_size=len(ARTICLES), max_size=len(ARTICLES)))
    thresholds = {label.id: data.draw(pairs) for label in ARTICLES}
    verdict = decide(confidences, ARTICLES, thresholds, {"article"}, single_valued=single)
    decisions = list_decisions(verdict)
    shown = [item.confidence for item in verdict.suggestions]
    assert Decision.DROP not in decisions
    assert shown == sorted(shown, reverse=True)
    assert (verdict.outcome == Outcome.UNIDENTIFIED) == (not decisions)
    assert (verdict.outcome == Outcome.FILED) == (set(decisions) == {Decision.AUTO})
    assert (verdict.reason == ReviewReason.NONE) == (verdict.outcome == Outcome.FILED)
    assert not single or decisions.count(Decision.AUTO) <= 1


@given(score=scores, pair=pairs, more=st.floats(0, 1))
def test_higher_thresholds_never_file_more(score: float, pair: Thresholds, more: float) -> None:
    rank = [Decision.DROP, Decision.REVIEW, Decision.AUTO]
    higher = replace(pair, auto=pair.auto + more, review=pair.review + more)
    assert rank.index(decide_label(score, higher)) <= rank.index(decide_label(score, pair))


@given(label=preset_ladders(), score=scores, one=scores, other=scores)
def test_a_stricter_slider_never_files_more(
    label: Label, score: float, one: float, other: float
) -> None:
    strict, loose = (interpolate_thresholds(label, value) for value in sorted((one, other)))
    if decide_label(score, strict) == Decision.AUTO:
        assert score >= loose.auto - 1e-12


@given(label=preset_ladders(), sensitivity=scores)
def test_the_slider_keeps_review_at_or_below_auto(label: Label, sensitivity: float) -> None:
    between = interpolate_thresholds(label, sensitivity)
    assert 0 <= between.review <= between.auto + 1e-12


@given(label=preset_ladders())
def test_the_slider_meets_the_presets_exactly(label: Label) -> None:
    for value, preset in ((0.0, "strict"), (0.5, "balanced"), (1.0, "permissive")):
        assert interpolate_thresholds(label, value) == label.thresholds[preset]


def test_a_preset_has_thresholds_for_every_label() -> None:
    for preset in Preset:
        assert set(preset_thresholds(BUNDLE, preset)) == set(BUNDLE.labels_by_id)


@given(
    st.lists(
        st.tuples(st.integers(0, 4), st.integers(0, 2), st.sampled_from([0.1, 0.3, 0.5, 0.7, 0.9])),
        max_size=15,
        unique_by=lambda entry: entry[:2],
    ),
    st.lists(st.tuples(st.sampled_from([0.3, 0.5]), st.sampled_from([0.5, 0.7, 1.01])), min_size=3),
    st.booleans(),
)
def test_many_images_at_once_are_filed_as_one_by_one(
    entries: list[tuple[int, int, float]], bounds: list[tuple[float, float]], single: bool
) -> None:
    labels = ARTICLES[:3]
    thresholds = [Thresholds(auto, review) for review, auto in bounds]
    by_label = {label.id: thresholds[number] for number, label in enumerate(labels)}
    expected = []
    for image in range(5):
        own = [(labels[label], score) for one, label, score in entries if one == image]
        verdict = decide(
            [score for _label, score in own],
            [label for label, _score in own],
            by_label,
            {"article"},
            single_valued=single,
        )
        expected.append(verdict.outcome == Outcome.FILED)
    images, places, scores = np.array(entries, float).reshape(-1, 3).T
    autos, reviews = np.array([(pair.auto, pair.review) for pair in thresholds]).T
    place = places.astype(int)
    found = find_filed(
        images.astype(int), scores, autos[place], reviews[place], 5, single_valued=single
    )
    assert found.tolist() == expected
