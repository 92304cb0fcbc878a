"""Calibration and thresholds on made-up scores whose right answer is known."""

import numpy as np
import pytest

from catalog_ai.inference.classifier import sigmoid
from catalog_ai.training import calibrate, metrics


def test_platt_scaling_finds_the_numbers_the_truth_was_drawn_with():
    random = np.random.default_rng(1)
    logits = random.normal(0, 3, 20_000)
    truth = (random.random(20_000) < 1 / (1 + np.exp(-(0.5 * logits - 1)))).astype(int)
    fit = calibrate.fit_platt(logits, truth)
    assert fit.scale == pytest.approx(0.5, abs=0.03)
    assert fit.offset == pytest.approx(-1, abs=0.1)


def test_too_few_examples_of_one_kind_change_nothing():
    assert calibrate.fit_platt(np.arange(9.0), np.array([0] * 5 + [1] * 4)) == calibrate.Fit()


def test_calibration_makes_overconfident_answers_honest():
    random = np.random.default_rng(2)
    chance = random.dirichlet(np.full(5, 0.3), 6000)
    truth = np.array([random.multinomial(1, row) for row in chance])
    logits = 3 * np.log((chance + 1e-6) / (1 - chance + 1e-6))
    fit = calibrate.fit_single_valued(logits, truth)
    before, after = (
        metrics.find_calibration_error(
            values.max(1), truth[np.arange(len(truth)), values.argmax(1)]
        )
        for values in (sigmoid(logits.astype(np.float32)), fit.apply(logits))
    )
    assert before > 0.04
    assert after < 0.02


def test_the_auto_limit_is_the_lowest_within_the_budget():
    confidence = np.array([0.9, 0.8, 0.7, 0.6])
    assert calibrate.choose_auto(confidence, np.array([1, 1, 1, 0]), 0.02) == 0.7
    assert calibrate.choose_auto(confidence, np.array([0, 1, 1, 1]), 0.02) == calibrate.NEVER


def test_an_empty_label_is_never_filed_by_itself():
    assert calibrate.choose_auto(np.array([]), np.array([], int), 0.02) == calibrate.NEVER


def make_two_labels(random, count, wrong):
    """Confidences of answers for label 0, always right, and label 1, `wrong` of them not."""
    best = random.uniform(0.3, 1.0, 2 * count)
    label = np.repeat([0, 1], count)
    right = np.concatenate([np.ones(count, bool), random.random(count) >= wrong])
    confidences = np.stack([np.where(label == at, best, 0.01) for at in (0, 1)], 1)
    truth = np.zeros((2 * count, 2), int)
    truth[np.arange(2 * count), np.where(right, label, 1 - label)] = 1
    return confidences, truth


def test_a_sound_label_gets_a_lower_limit_than_an_unsound_one():
    confidences, truth = make_two_labels(np.random.default_rng(3), 500, 0.2)
    limits = calibrate.choose_label_autos(confidences, truth, 0.02)
    assert limits[0] < limits[1]


def test_a_smaller_budget_never_files_more():
    confidences, truth = make_two_labels(np.random.default_rng(4), 400, 0.05)
    strict, balanced, permissive = (
        calibrate.choose_label_autos(confidences, truth, budget) for budget in (0.01, 0.02, 0.05)
    )
    assert (strict >= balanced).all()
    assert (balanced >= permissive).all()


def test_three_lucky_photos_do_not_buy_a_low_limit():
    confidences, truth = make_two_labels(np.random.default_rng(5), 400, 0.3)
    lucky = np.array([[0.0, 0.0, 0.31]] * 3)
    confidences = np.vstack([np.pad(confidences, ((0, 0), (0, 1))), lucky])
    truth = np.vstack([np.pad(truth, ((0, 0), (0, 1))), np.array([[0, 0, 1]] * 3)])
    assert calibrate.choose_label_autos(confidences, truth, 0.02)[2] > 0.31


def test_review_keeps_the_recall_asked_for_but_not_below_the_floor():
    confidence = np.linspace(0.01, 1, 100)
    everything = np.ones(100, int)
    limit = calibrate.choose_review(confidence, everything, 0.95, 0.02)
    assert (confidence >= limit).mean() >= 0.95
    assert calibrate.choose_review(confidence, everything, 0.99, 0.3) == 0.3


def test_a_label_with_few_photos_is_asked_about_from_the_floor_up():
    limit = calibrate.choose_review(np.full(5, 0.9), np.ones(5, int), 0.98, 0.11)
    assert limit == 0.11


def test_the_floor_keeps_strange_photos_out():
    best = np.linspace(0, 0.5, 1000)
    floor = calibrate.choose_floor(best, np.array([]), 0.995)
    assert (best < floor).mean() >= 0.995
    assert calibrate.choose_floor(np.array([]), np.array([0.9])) == calibrate.LOWEST_REVIEW


def test_the_floor_rises_to_what_own_photos_can_spare():
    strange, own = np.full(50, 0.02), np.linspace(0.2, 1, 1000)
    floor = calibrate.choose_floor(strange, own, lost=0.015)
    assert 0.01 < (own < floor).mean() <= 0.015


def test_the_f1_limit_of_a_tag_separates_its_photos():
    confidence = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.2, 0.1])
    truth = np.array([1, 1, 1, 1, 1, 0, 0])
    assert calibrate.choose_f1_limit(confidence, truth) == 0.5
    assert calibrate.choose_f1_limit(confidence[:3], truth[:3]) == 0.5
