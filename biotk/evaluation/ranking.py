"""How well scores put right pairs before wrong ones: AUC, average precision, recall, Spearman.

Everything takes weights, a row of them for each resample, so that an interval costs one pass over
scores that were sorted once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from biotk.evaluation.bootstrap import RESAMPLES, confidence_intervals, ratio

Floats = npt.NDArray[np.float64]

# Weights held at a time: 32 MB.
_BLOCK = 4_000_000


class Figure(NamedTuple):
    """A figure and its interval of 95 %."""

    value: float
    low: float
    high: float

    def to_dict(self) -> dict[str, float]:
        """:returns: the three by their names."""
        return self._asdict()


class Sorted(NamedTuple):
    """Scores in order, of which equal ones stand together.

    :param order: items from the highest score down. *Shape*: (items,).
    :param begins: where in that order each group of equal scores begins. *Shape*: (groups,).
    """

    order: npt.NDArray[np.int64]
    begins: npt.NDArray[np.int64]

    @classmethod
    def of(cls, scores: npt.ArrayLike) -> Sorted:
        """Sort scores.

        :param scores: higher is better. *Shape*: (items,).
        """
        scores = np.asarray(scores, np.float64)
        order = np.argsort(-scores, kind="stable")
        new = np.ones(len(scores), bool)
        new[1:] = np.diff(scores[order]) != 0
        return cls(order, np.flatnonzero(new))


def areas(scores: npt.ArrayLike, right: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> Any:
    """Work out the areas below the ROC curve and the curve of precision over recall.

    Of equal scores each half of the pairs counts as in order, as Mann and Whitney have it; average
    precision takes equal scores as one step, and joins no points by lines (Davis and Goadrich,
    2006).

    :param scores: higher is better. *Shape*: (items,).
    :param right: which items are. *Shape*: (items,), bool.
    :param weights: of items, in several ways at once; by default each counts once.
        *Shape*: (rows, items).
    :returns: both areas; NaN where nothing is right or nothing is wrong. *Shape*: (rows, 2).
    """
    right = np.asarray(right, bool)
    weights = np.ones((1, len(right))) if weights is None else np.asarray(weights, np.float64)
    order, begins = Sorted.of(scores)
    hit = right[order]
    counted = weights[:, order]
    if not len(begins):
        return np.full((len(counted), 2), np.nan)
    positive = np.add.reduceat(counted * hit, begins, axis=1)
    negative = np.add.reduceat(counted * ~hit, begins, axis=1)
    seen_right, seen_wrong = positive.cumsum(1), negative.cumsum(1)
    n_right, n_wrong = seen_right[:, -1:], seen_wrong[:, -1:]
    below = n_wrong - seen_wrong + negative / 2
    with np.errstate(invalid="ignore", divide="ignore"):
        auc = (positive * below).sum(1) / (n_right * n_wrong)[:, 0]
        precision = ratio(seen_right, seen_right + seen_wrong)
        average = (positive * precision).sum(1) / n_right[:, 0]
    return np.stack([auc, average], 1)


def resampled(
    groups: npt.NDArray[np.int64], *, resamples: int = RESAMPLES, seed: int = 0
) -> npt.NDArray[np.float32]:
    """Draw groups of items with replacement, as often as there are groups.

    :param groups: which group each item is in, from 0. *Shape*: (items,).
    :returns: how often each item was drawn. *Shape*: (resamples, items).
    """
    n = int(groups.max()) + 1 if len(groups) else 0
    if not n:
        raise ValueError("no items to resample")
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(n, np.full(n, 1 / n), size=resamples).astype(np.float32)
    return drawn[:, groups]


def area_resamples(
    scores: npt.ArrayLike,
    right: npt.ArrayLike,
    groups: npt.NDArray[np.int64],
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Floats:
    """Work both areas out over resamples of groups; of one seed, alike for any scores.

    :returns: *Shape*: (resamples, 2).
    """
    weights = resampled(groups, resamples=resamples, seed=seed)
    step = max(1, _BLOCK // max(len(groups), 1))
    parts = [areas(scores, right, weights[at : at + step]) for at in range(0, resamples, step)]
    return np.concatenate(parts)


def interval(values: npt.ArrayLike, *, level: float = 0.95) -> tuple[float, float]:
    """:returns: the bounds between which that share of some resamples lies."""
    tail = (1 - level) / 2
    low, high = np.nanquantile(np.asarray(values), [tail, 1 - tail])
    return float(low), float(high)


def recall_at(ranks: Sequence[npt.NDArray[np.int64]], k: int) -> float:
    """Work out which share of what is right stands among the first, and take the mean.

    :param ranks: for each query, the ranks of what is right among what is wrong, from 0: what is
        right does not stand in each other's way (Bordes et al., 2013, "filtered").
    :param k: how many are looked at.
    :returns: the mean over queries for which something is right; 0 if there are none.
    """
    shares = [float((each < k).mean()) for each in ranks if len(each)]
    return float(np.mean(shares)) if shares else 0.0


def within_group_spearman(
    scores: npt.ArrayLike,
    values: npt.ArrayLike,
    groups: npt.ArrayLike,
    *,
    least: int = 5,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Figure | None:
    """Correlate ranks within groups, since values of two groups cannot be compared.

    Ranks are taken within each group and centred there; the products are summed over all groups.
    The interval comes from resampling groups.

    :param scores: *Shape*: (items,).
    :param values: what they should rise with. *Shape*: (items,).
    :param groups: of each item, any numbers. *Shape*: (items,).
    :param least: smaller groups, and those where nothing differs, are left out.
    :returns: None if no group is left.
    """
    scores, values, groups = np.asarray(scores), np.asarray(values), np.asarray(groups)
    sums = []
    for group in np.unique(groups):
        rows = np.flatnonzero(groups == group)
        if len(rows) < least:
            continue
        x, y = (_centred_ranks(each[rows]) for each in (scores, values))
        if x.any() and y.any():
            # Divided by the size, so that a group's say grows with its size and not its square.
            sums.append(np.array([x @ y, x @ x, y @ y]) / len(rows) ** 2)
    if not sums:
        return None
    counts = np.stack(sums)
    bounds = confidence_intervals(counts, _correlation, resamples=resamples, seed=seed)
    value = _correlation(counts.sum(0)[None])[0, 0]
    return Figure(float(value), float(bounds[0, 0]), float(bounds[0, 1]))


def _correlation(sums: Floats) -> Floats:
    return ratio(sums[:, 0], np.sqrt(sums[:, 1] * sums[:, 2]))[:, None]


def _centred_ranks(values: npt.NDArray[Any]) -> Floats:
    """:returns: ranks, those of equal values averaged, less their mean."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = counts.cumsum()
    ranks: Floats = (ends - (counts - 1) / 2)[inverse]
    centred: Floats = ranks - ranks.mean()
    return centred
