"""Smooth error curves and the limits that follow, on scores whose right answer is known."""

import math

import numpy as np
import pytest

from catalog_ai.training.error_curve import bound_share, choose_limit, fit_error_curve


def draw_answers(count, lapse, seed=1):
    random = np.random.default_rng(seed)
    scores = random.normal(3, 2, count)
    chance = (1 - lapse) / (1 + np.exp(-(0.8 * scores + 0.3)))
    return scores, (random.random(count) < chance).astype(int), 1 - chance


@pytest.mark.parametrize("lapse", [0.0, 0.015])
def test_the_curve_finds_the_error_that_answers_were_drawn_with(lapse):
    scores, correct, wrong = draw_answers(40_000, lapse)
    found = fit_error_curve(scores, correct).find_wrong(scores)
    sure = scores > 5
    assert found.mean() == pytest.approx(wrong.mean(), abs=0.003)
    assert found[sure].mean() == pytest.approx(wrong[sure].mean(), abs=0.003)


def test_what_stays_wrong_at_high_scores_is_seen():
    scores, correct, _ = draw_answers(40_000, 0.015)
    assert fit_error_curve(scores, correct).lapse >= 0.01


def test_perfect_answers_keep_a_doubt_that_few_photos_cannot_take_away():
    few, many = (fit_error_curve(np.full(n, 3.0), np.ones(n, int)) for n in (20, 2000))
    score = np.array([3.0])
    assert few.find_wrong(score) > 0.02 > 0.005 > many.find_wrong(score)


def test_the_bound_is_wilsons():
    # 5 of 100 at 1.96 standard deviations: 0.0215 to 0.1118 (Brown, Cai, DasGupta 2001).
    pair = bound_share(np.array([5.0]), np.array([100.0]), 1.96)[0]
    assert pair == pytest.approx(0.1118, abs=1e-4)
    assert bound_share(np.array([5.0]), np.array([100.0]), -1.96)[0] == pytest.approx(
        0.0215, abs=1e-4
    )


def test_the_limit_keeps_the_budget_on_photos_it_has_not_seen():
    """Over many small draws the filed share wrong stays within 5 % in most of them."""
    kept = []
    for seed in range(60):
        scores, correct, _ = draw_answers(800, 0.0, seed)
        limit = choose_limit(scores, fit_error_curve(scores, correct).find_wrong(scores), 0.05)
        fresh, _, wrong = draw_answers(20_000, 0.0, 1000 + seed)
        kept.append(wrong[fresh >= limit].mean() <= 0.05)
    assert np.mean(kept) >= 0.65


def test_no_limit_is_found_where_nothing_is_sure_or_nothing_is_there():
    assert choose_limit(np.linspace(0, 1, 50), np.full(50, 0.2), 0.02) == math.inf
    assert choose_limit(np.array([]), np.array([]), 0.02) == math.inf
