"""Metrics against cases small enough to work out by hand."""

import numpy as np
import pytest

from catalog_ai.training import metrics


def test_the_confusion_table_has_truth_in_rows_and_answers_in_columns():
    table = metrics.count_confusion(np.array([0, 0, 1, 2]), np.array([0, 1, 1, 1]), 3)
    assert table.tolist() == [[1, 1, 0], [0, 1, 0], [0, 1, 0]]


def test_precision_recall_and_f1_of_each_class_follow_from_the_table():
    each = metrics.score_classes(np.array([[1, 1, 0], [0, 1, 0], [0, 1, 0]]))
    assert each["precision"] == pytest.approx([1, 1 / 3, 0])
    assert each["recall"] == pytest.approx([1 / 2, 1, 0])
    assert each["f1"] == pytest.approx([2 / 3, 1 / 2, 0])
    assert each["support"].tolist() == [2, 1, 1]


def test_average_precision_is_the_mean_of_the_precisions_at_each_find():
    # Ranked: hit, miss, hit -> precisions 1 and 2/3.
    area = metrics.find_average_precision(np.array([0.9, 0.8, 0.7]), np.array([1, 0, 1]))
    assert area == pytest.approx((1 + 2 / 3) / 2)


def test_a_score_that_says_nothing_has_the_share_of_positives_as_average_precision():
    area = metrics.find_average_precision(np.zeros(4), np.array([1, 0, 0, 0]))
    assert area == pytest.approx(0.25)


def test_average_precision_without_positives_is_undefined():
    assert np.isnan(metrics.find_average_precision(np.array([0.1, 0.2]), np.array([0, 0])))


@pytest.mark.parametrize(
    ("scores", "area"),
    [([0.1, 0.4, 0.35, 0.8], 0.75), ([0.1, 0.2, 0.3, 0.4], 1.0), ([0.5, 0.5, 0.5, 0.5], 0.5)],
)
def test_roc_auc_is_the_chance_that_a_positive_outscores_a_negative(scores, area):
    assert metrics.find_roc_auc(np.array(scores), np.array([0, 0, 1, 1])) == pytest.approx(area)


def test_roc_auc_of_one_kind_only_is_undefined_and_left_out_of_averages():
    lone = metrics.find_roc_auc(np.array([0.1, 0.2]), np.array([1, 1]))
    assert np.isnan(lone)
    assert metrics.average_over_classes([lone, 0.5]) == 0.5


def test_calibration_error_is_the_weighted_gap_between_confidence_and_truth():
    confidence, correct = np.array([0.95, 0.95, 0.55, 0.55]), np.array([1, 1, 1, 0])
    assert metrics.find_calibration_error(confidence, correct, 10) == pytest.approx(0.05)


def test_luck_alone_gives_a_calibration_error_that_shrinks_with_the_photos():
    mean, rare = metrics.find_chance_error(np.full(400, 0.8))
    spread = np.sqrt(0.8 * 0.2 / 400)  # of the share right in the only bin
    assert mean == pytest.approx(spread * np.sqrt(2 / np.pi), rel=0.1)
    assert rare == pytest.approx(spread * 1.96, rel=0.1)
    assert metrics.find_chance_error(np.full(40_000, 0.8))[0] == pytest.approx(mean / 10, rel=0.1)
    assert metrics.find_chance_error(np.array([0.0, 1.0, 1.0])) == (0.0, 0.0)


def test_a_confidence_of_one_falls_into_the_last_bin():
    assert metrics.bin_by_confidence(np.array([1.0]), np.array([1]), 10) == [(1.0, 1.0, 1.0)]


def test_automation_is_the_largest_share_within_the_error():
    confidence = np.array([0.9, 0.8, 0.7, 0.6, 0.5])
    correct = np.array([1, 1, 0, 1, 0])
    assert metrics.find_automation(confidence, correct, 0.0) == pytest.approx(2 / 5)
    assert metrics.find_automation(confidence, correct, 0.25) == pytest.approx(4 / 5)


def test_automation_cannot_cut_between_equal_confidences():
    assert metrics.find_automation(np.array([0.9, 0.9]), np.array([1, 0]), 0.1) == 0.0


def test_tags_are_scored_over_all_and_over_the_tags_that_occur():
    truth = np.array([[1, 0, 0], [1, 1, 0]])
    chosen = np.array([[1, 1, 0], [0, 1, 0]])
    micro, macro = metrics.score_tags(truth, chosen)
    assert micro == pytest.approx(2 * 2 / 6)
    assert macro == pytest.approx((2 / 3 + 2 / 3) / 2)


def test_likeness_counts_the_pairs_of_one_class_from_each_cosine_on(monkeypatch):
    monkeypatch.setattr(metrics, "BLOCK", 2)  # four images are two blocks
    angles = np.radians([0, 20, 50, 180])
    embeddings = np.stack([np.cos(angles), np.sin(angles)], 1)
    found = metrics.measure_likeness(embeddings, np.array([0, 0, 1, 1]), (0.5, 0.8, 0.99))
    # cosines: 0-20 0.94 (one class), 20-50 0.87, 0-50 0.64; the last is far from all
    assert [(one.cosine, one.pairs, one.same) for one in found[:2]] == [
        (0.5, 6, pytest.approx(1 / 3)),
        (0.8, 4, 0.5),
    ]
    assert found[0].same_just_above == 0.0
    assert found[2].pairs == 0 and np.isnan(found[2].same)
