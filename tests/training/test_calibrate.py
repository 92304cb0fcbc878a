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


def test_a_tag_files_only_where_its_photos_leave_no_doubt():
    confidence = np.repeat([0.9, 0.8], [60, 40])
    truth = np.repeat([1, 0], [60, 40])
    assert calibrate.choose_tag_auto(confidence, truth, 0.02) == 0.9
    assert calibrate.choose_tag_auto(confidence[50:], truth[50:], 0.02) == calibrate.NEVER


def test_an_empty_label_is_never_filed_by_itself():
    assert calibrate.choose_tag_auto(np.array([]), np.array([], int), 0.02) == calibrate.NEVER


def make_labels(random, count, wrong):
    """Answers of ever higher logit for labels, of which `wrong` of the sure ones are not right."""
    logits = random.uniform(-1, 9, len(wrong) * count)
    label = np.repeat(np.arange(len(wrong)), count)
    sure = 1 / (1 + np.exp(-logits))
    right = random.random(len(label)) < sure * (1 - np.array(wrong)[label])
    own = np.where(np.arange(len(wrong)) == label[:, None], logits[:, None], -9.0)
    truth = np.zeros(own.shape, int)
    truth[np.arange(len(label)), np.where(right, label, (label + 1) % len(wrong))] = 1
    return sigmoid(own.astype(np.float32)), own, truth


def test_only_a_label_that_shows_it_breaks_the_budget_gets_a_higher_limit():
    arrays = make_labels(np.random.default_rng(3), 600, (0, 0, 0, 0, 0, 0, 0, 0, 0.05))
    limits = calibrate.choose_label_autos(*arrays, 0.03)
    assert len(set(limits[:-1])) == 1
    assert limits[-1] > limits[0]


def test_a_smaller_budget_never_files_more():
    arrays = make_labels(np.random.default_rng(4), 400, (0.01, 0.02))
    strict, balanced, permissive = (
        calibrate.choose_label_autos(*arrays, budget) for budget in (0.01, 0.02, 0.05)
    )
    assert (strict >= balanced).all()
    assert (balanced >= permissive).all()
    assert permissive.max() < 1


def test_three_lucky_photos_do_not_buy_a_low_limit():
    confidences, logits, truth = make_labels(np.random.default_rng(5), 400, (0.0, 0.0))
    limits = calibrate.choose_label_autos(
        np.vstack([np.pad(confidences, ((0, 0), (0, 1))), [[0, 0, 0.31]] * 3]),
        np.vstack([np.pad(logits, ((0, 0), (0, 1)), constant_values=-9), [[-9, -9, -0.8]] * 3]),
        np.vstack([np.pad(truth, ((0, 0), (0, 1))), [[0, 0, 1]] * 3]),
        0.05,
    )
    assert 1 > limits[2] > 0.31


def test_photos_of_no_label_count_as_wrong():
    confidences, logits, truth = make_labels(np.random.default_rng(6), 800, (0.0, 0.0))
    truth[:60] = 0
    fewer = calibrate.choose_label_autos(confidences, logits, truth, 0.02)
    known = calibrate.choose_label_autos(confidences[60:], logits[60:], truth[60:], 0.02)
    assert fewer.max() > known.max()


def test_without_photos_nothing_is_filed():
    nothing = np.zeros((0, 3))
    limits = calibrate.choose_label_autos(nothing, nothing, nothing.astype(int), 0.02)
    assert limits.tolist() == [calibrate.NEVER] * 3


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
