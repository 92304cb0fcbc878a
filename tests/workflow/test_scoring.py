"""What is kept of an image's confidences, and that the short way decides as the policy does."""

from typing import Any

import numpy as np
import pytest

from catalog_ai.policy import Outcome, decide
from catalog_ai.workflow.models_in_use import get_bundle
from catalog_ai.workflow.policies import get_thresholds
from catalog_ai.workflow.scoring import Scorer
from tests.factories import make_rule

pytestmark = pytest.mark.django_db
TSHIRT = "article:tshirts"


def make_confidences(count: int) -> "list[np.ndarray[Any, np.dtype[np.float32]]]":
    """Most labels near nothing, a few anywhere, as a network gives them."""
    random = np.random.default_rng(7)
    photos = random.random((count, len(get_bundle().labels))) ** 12
    photos[::4] /= 1000  # nothing recognised
    return list(photos.astype(np.float32))


def make_scorer(target: Any) -> Scorer:
    return Scorer(target, get_bundle(), get_thresholds(target, "balanced"))


def test_the_verdict_is_the_policy_s_over_all_labels(target: Any) -> None:
    make_rule(TSHIRT, always_review=True)
    thresholds, labels = get_thresholds(target, "balanced"), get_bundle().labels
    photos = make_confidences(200)
    verdicts = [scored.verdict for scored in make_scorer(target).score(photos)]
    assert verdicts == [decide(one.tolist(), labels, thresholds, target.facets) for one in photos]
    assert {verdict.outcome for verdict in verdicts} >= {Outcome.REVIEW, Outcome.UNIDENTIFIED}


def test_a_confidence_at_its_threshold_counts(target: Any) -> None:
    make_rule(TSHIRT, auto_threshold=0.75, review_threshold=0.5)
    at = [label.id for label in get_bundle().labels].index(TSHIRT)
    photos = np.zeros((3, len(get_bundle().labels)), np.float32)
    photos[:, at] = (0.75, 0.5, np.nextafter(np.float32(0.5), np.float32(0)))
    outcomes = [scored.verdict.outcome for scored in make_scorer(target).score(list(photos))]
    assert outcomes == [Outcome.FILED, Outcome.REVIEW, Outcome.UNIDENTIFIED]


def test_scores_are_kept_from_one_percent_up_likeliest_first(target: Any) -> None:
    labels = [label.id for label in get_bundle().labels]
    colour = get_bundle().labels_of("colour")[0].id
    photo = np.zeros(len(labels), np.float32)
    for label, score in ((TSHIRT, 0.3), (colour, 0.9), (labels[-1], 0.009)):
        photo[labels.index(label)] = score
    [scored] = make_scorer(target).score([photo])
    assert list(scored.scores.items()) == [(colour, 0.9), (TSHIRT, 0.3)]
    assert (scored.top_label, round(scored.top_confidence, 4)) == (TSHIRT, 0.3)


def test_no_image_has_no_score(target: Any) -> None:
    assert make_scorer(target).score([]) == []
