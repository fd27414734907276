from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from biotk.errors import InputError
from biotk.linking.additive import AdditiveModel, _design, _hats, fit_additive

NAMES = ("a", "b")


def drawn(n: int = 3000, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """:returns: features, one of them sometimes missing; outcomes; and how likely the first was."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(n, 2))
    values[: n // 10, 1] = np.nan
    first = 1 / (1 + np.exp(-2 * values[:, 0]))
    outcomes = np.where(rng.random(n) < first, 0, np.where(rng.random(n) < 0.3, 1, 2))
    return values, outcomes, first


@pytest.fixture(scope="module")
def model():
    values, outcomes, _ = drawn()
    return fit_additive(NAMES, values, outcomes, n_outcomes=3)


def test_probabilities_of_rows_never_seen_are_those_that_made_them(model):
    values, _, first = drawn(seed=1)
    found = model.probabilities(values)
    assert np.allclose(found.sum(1), 1)
    assert np.abs(found[:, 0] - first).mean() < 0.05
    # Of what is not the first outcome, three in ten are the second, whatever the features.
    assert abs((found[:, 1] / found[:, 1:].sum(1)).mean() - 0.3) < 0.05


def test_fit_is_where_the_slope_is_nothing():
    values, outcomes, _ = drawn(400)
    model = fit_additive(NAMES, values, outcomes, n_outcomes=3, ridge=2.0)
    design = _design(values, model.knots)

    def cost(weights):
        scores = np.concatenate([design @ weights, np.zeros((len(values), 1))], 1)
        logs = scores - np.log(np.exp(scores).sum(1, keepdims=True))
        return -logs[np.arange(len(values)), outcomes].sum() + (weights[1:] ** 2).sum()

    best = cost(model.weights)
    rng = np.random.default_rng(2)
    for _ in range(20):
        assert cost(model.weights + rng.normal(scale=0.05, size=model.weights.shape)) > best


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=20))
def test_hats_share_one_and_give_back_the_value_between_the_knots(values):
    knots = (-3.0, 0.0, 0.5, 4.0)
    column = np.array(values)
    hats = _hats(column, knots)
    assert np.allclose(hats.sum(1), 1) and (hats >= 0).all()
    assert np.allclose(hats @ np.array(knots), np.clip(column, -3, 4))


def test_file_gives_the_same_model(model):
    again = AdditiveModel.from_json(json.loads(json.dumps(model.to_json())))
    values = drawn(50, seed=3)[0]
    assert np.allclose(again.probabilities(values), model.probabilities(values), atol=1e-3)


def test_model_whose_parts_do_not_fit_is_refused(model):
    data = model.to_json()
    data["weights"] = data["weights"][:-1]
    with pytest.raises(ValueError, match="do not fit"):
        AdditiveModel.from_json(data)


def test_nothing_to_fit_to_is_told():
    with pytest.raises(InputError, match="nothing to fit to"):
        fit_additive(NAMES, np.zeros((0, 2)), np.zeros(0, np.int64), n_outcomes=3)
