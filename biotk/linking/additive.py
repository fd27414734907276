"""A small additive model: a curve for each feature, and a softmax over a few outcomes.

Each feature is spread over hats, one around each of its knots, so that its curve is made of
straight pieces; what is missing has a weight of its own. A generalised additive model (Hastie and
Tibshirani, 1986): all that it has learned can be drawn, one curve a feature.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from biotk.errors import InputError

Array = NDArray[np.float64]

#: At how many places at most a curve may bend.
_MOST_KNOTS = 6


class Curve(NamedTuple):
    """What a feature adds to the log odds of an outcome.

    :param points: its values where the curve may bend, with what it adds there; straight between
        these, level outside.
    :param missing: what it adds where its value is not known.
    """

    points: tuple[tuple[float, float], ...]
    missing: float


@dataclass(frozen=True, slots=True)
class AdditiveModel:
    """Probabilities of outcomes by features.

    :param features: the names of the features.
    :param knots: of each feature, ascending.
    :param weights: of each column of the design, for all outcomes but the last.
        *Shape*: (columns, outcomes - 1).
    """

    features: tuple[str, ...]
    knots: tuple[tuple[float, ...], ...]
    weights: Array

    def probabilities(self, values: Array) -> Array:
        """Work out how likely each outcome is.

        :param values: of the features; NaN where one is missing. *Shape*: (rows, features).
        :returns: rows sum to one. *Shape*: (rows, outcomes).
        """
        return _softmax(_design(values, self.knots) @ self.weights)

    def curves(self, outcome: int) -> tuple[float, dict[str, Curve]]:
        """Take the model apart: log odds of an outcome against the last one, as a sum.

        :param outcome: any but the last.
        :returns: what is always there, and what each feature adds.
        """
        column = self.weights[:, outcome].tolist()
        found, at = dict[str, Curve](), 1
        for name, knots in zip(self.features, self.knots):
            end = at + len(knots)
            found[name] = Curve(tuple(zip(knots, column[at:end])), column[end])
            at = end + 1
        return column[0], found

    def to_json(self) -> dict[str, Any]:
        """:returns: the model as JSON's types."""
        return {
            "knots": dict(zip(self.features, map(list, self.knots))),
            "weights": np.round(self.weights, 5).tolist(),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> AdditiveModel:
        """Take what :meth:`to_json` gave.

        :raises ValueError: it does not fit together.
        """
        features = tuple(str(name) for name in data["knots"])
        knots = tuple(tuple(float(x) for x in each) for each in data["knots"].values())
        weights = np.array(data["weights"], np.float64)
        columns = 1 + sum(len(each) + 1 for each in knots)
        if weights.ndim != 2 or len(weights) != columns or not np.isfinite(weights).all():
            raise ValueError("its knots and weights do not fit together")
        return cls(features, knots, weights)


def fit_additive(
    features: Sequence[str],
    values: Array,
    outcomes: NDArray[np.int64],
    *,
    n_outcomes: int,
    counts: Array | None = None,
    ridge: float = 1.0,
    steps: int = 30,
) -> AdditiveModel:
    """Fit a model by Newton's method; nothing is drawn.

    :param features: their names.
    :param values: NaN where one is missing. *Shape*: (rows, features).
    :param outcomes: of each row. *Shape*: (rows,).
    :param n_outcomes: how many there are.
    :param counts: how much each row counts; by default 1. *Shape*: (rows,).
    :param ridge: how strongly weights are drawn to 0, as a number of rows.
    :param steps: the most.
    :raises InputError: there are no rows.
    """
    if not len(values):
        raise InputError("there is nothing to fit to: no mention of this kind")
    knots = tuple(_knots(values[:, at]) for at in range(len(features)))
    design = _design(values, knots)
    counts = np.ones(len(values)) if counts is None else counts
    target = np.eye(n_outcomes)[outcomes]
    n_columns, n_free = design.shape[1], n_outcomes - 1
    weights = np.zeros((n_columns, n_free))
    drawn = np.full(n_columns, ridge)
    drawn[0] = 1e-6  # the constant goes where it likes
    for _ in range(steps):
        shares = _softmax(design @ weights)
        gap = (shares - target)[:, :n_free] * counts[:, None]
        gradient = design.T @ gap + drawn[:, None] * weights
        hessian = np.empty((n_free, n_columns, n_free, n_columns))
        for i in range(n_free):
            for j in range(n_free):
                curve = counts * shares[:, i] * ((i == j) - shares[:, j])
                hessian[i, :, j] = (design * curve[:, None]).T @ design
                if i == j:
                    hessian[i, :, j] += np.diag(drawn)
        flat = hessian.reshape(n_free * n_columns, n_free * n_columns)
        move = np.linalg.solve(flat, gradient.T.reshape(-1)).reshape(n_free, n_columns).T
        # A step that is too long is cut: Newton's method may overshoot far from the optimum.
        weights = weights - move / max(1.0, float(np.abs(move).max()) / 4)
        if float(np.abs(move).max()) < 1e-6:
            break
    return AdditiveModel(tuple(features), knots, weights)


def _knots(column: Array) -> tuple[float, ...]:
    """:returns: where a feature's curve may bend: at places that part its values evenly."""
    known = column[~np.isnan(column)]
    if not len(known):
        return ()
    distinct = np.unique(known)
    if len(distinct) <= _MOST_KNOTS:
        return tuple(distinct.tolist())
    places = np.quantile(known, np.linspace(0, 1, _MOST_KNOTS))
    return tuple(np.unique(np.round(places, 6)).tolist())


def _design(values: Array, knots: Sequence[Sequence[float]]) -> Array:
    """:returns: a constant, and for each feature its hats and whether it is missing.

    *Shape*: (rows, columns).
    """
    parts = [np.ones((len(values), 1))]
    for column, places in zip(values.T, knots):
        missing = np.isnan(column)
        parts += [_hats(np.where(missing, 0.0, column), places) * ~missing[:, None]]
        parts += [missing[:, None].astype(np.float64)]
    return np.concatenate(parts, axis=1)


def _hats(column: Array, places: Sequence[float]) -> Array:
    """:returns: how near each value is to each knot, shares of one. *Shape*: (rows, knots)."""
    if len(places) < 2:
        return np.ones((len(column), len(places)))
    knots = np.array(places)
    inside = np.clip(column, knots[0], knots[-1])
    right = np.clip(np.searchsorted(knots, inside, side="right"), 1, len(knots) - 1)
    share = (inside - knots[right - 1]) / (knots[right] - knots[right - 1])
    hats = np.zeros((len(column), len(knots)))
    rows = np.arange(len(column))
    hats[rows, right - 1] = 1 - share
    hats[rows, right] = share
    return hats


def _softmax(scores: Array) -> Array:
    """:returns: shares, the last outcome's score being 0. *Shape*: (rows, outcomes)."""
    full = np.concatenate([scores, np.zeros((len(scores), 1))], axis=1)
    powers = np.exp(full - full.max(axis=1, keepdims=True))
    shares: Array = powers / powers.sum(axis=1, keepdims=True)
    return shares
