from __future__ import annotations

import math

import numpy as np
import pytest

from biotk.errors import InputError
from biotk.evaluation.calibration import auroc, score_calibration


def test_auroc_is_how_often_a_right_answer_stands_above_a_wrong_one():
    rng = np.random.default_rng(0)
    scores = rng.integers(0, 6, size=60).astype(float)  # with ties
    right = (rng.random(60) < 0.6).astype(float)
    pairs = [
        1.0 if a > b else 0.5 if a == b else 0.0
        for a in scores[right == 1]
        for b in scores[right == 0]
    ]
    assert auroc(scores, right) == pytest.approx(np.mean(pairs))
    assert math.isnan(auroc(scores, np.ones(60)))


def test_probabilities_that_are_true_have_no_error_and_others_have_theirs():
    rng = np.random.default_rng(1)
    told = rng.random(20_000)
    right = rng.random(20_000) < told
    assert score_calibration(told, right).ece < 0.015
    over = score_calibration(np.clip(told + 0.2, 0, 1), right)
    assert over.ece == pytest.approx(0.18, abs=0.02)


def test_bins_have_equal_mass_and_the_error_is_their_mean_gap():
    told = [0.1, 0.2, 0.3, 0.9, 0.8, 0.7]
    right = [False, False, True, True, True, False]
    scores = score_calibration(told, right, bins=3)
    assert [n for _, _, n in scores.bins] == [2, 2, 2]
    gaps = [abs(0.15 - 0), abs(0.5 - 0.5), abs(0.85 - 1)]
    assert scores.ece == pytest.approx(sum(gaps) / 3)
    squares = [(t - r) ** 2 for t, r in zip(told, right)]
    assert scores.brier == pytest.approx(sum(squares) / 6)


def test_risk_counts_what_is_wrong_among_the_surest():
    scores = score_calibration([0.9, 0.8, 0.7, 0.6], [True, False, True, False])
    assert scores.risk == ((0.25, 0.0), (0.5, 0.5), (0.75, pytest.approx(1 / 3)), (1.0, 0.5))


def test_nothing_to_score_is_told():
    with pytest.raises(InputError, match="cannot be scored"):
        score_calibration([], [])
