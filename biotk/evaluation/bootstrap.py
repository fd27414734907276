"""Confidence intervals by resampling documents.

Mentions of one document are alike (the same disease ten times), so that resampling mentions
would make intervals too narrow.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

#: *Shape: (documents, counts)* or *(resamples, counts)*, float64.
Counts = npt.NDArray[np.float64]
Statistic = Callable[[Counts], npt.NDArray[np.float64]]

#: How many resamples an interval rests on, unless told otherwise.
RESAMPLES = 1000

# Weights drawn at a time: 32 MB, so that a corpus of any size fits.
_BLOCK = 4_000_000


def confidence_intervals(
    counts: Counts,
    statistic: Statistic,
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
    level: float = 0.95,
) -> npt.NDArray[np.float64]:
    """Percentile bootstrap over documents (Efron 1979).

    :param counts: what each document adds to each sum. *Shape: (documents, counts)*
    :param statistic: makes figures of sums over documents, one row of them for each row of sums.
        *Shape: (rows, counts) → (rows, figures)*
    :param resamples: how often as many documents are drawn with replacement.
    :param seed: of a generator of its own; the same input gives the same intervals.
    :param level: the share of the resamples that an interval holds.
    :returns: lower and upper bound of each figure. *Shape: (figures, 2)*
    """
    documents = len(counts)
    if not documents:
        raise ValueError("no documents to resample")
    rng = np.random.default_rng(seed)
    chance = np.full(documents, 1 / documents)
    rows = max(1, _BLOCK // documents)
    drawn = [
        rng.multinomial(documents, chance, size=min(rows, resamples - done)) @ counts
        for done in range(0, resamples, rows)
    ]
    figures = statistic(np.concatenate(drawn))
    tail = (1 - level) / 2
    bounds: npt.NDArray[np.float64] = np.quantile(figures, [tail, 1 - tail], axis=0).T
    return bounds


def ratio(numerator: Any, denominator: Any) -> npt.NDArray[np.float64]:
    """:returns: numerator / denominator, element by element; 0 where the denominator is 0."""
    above, below = np.broadcast_arrays(
        np.asarray(numerator, dtype=np.float64), np.asarray(denominator, dtype=np.float64)
    )
    quotient: npt.NDArray[np.float64] = np.zeros(above.shape)
    np.divide(above, below, out=quotient, where=below != 0)
    return quotient


def precision_recall_f1(sums: Counts) -> npt.NDArray[np.float64]:
    """:returns: the three figures of (right, predicted, gold). *Shape: (rows, 3) → (rows, 3)*"""
    right, predicted, gold = sums[:, 0], sums[:, 1], sums[:, 2]
    return np.stack(
        [ratio(right, predicted), ratio(right, gold), ratio(2 * right, predicted + gold)], axis=1
    )
