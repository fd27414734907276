"""Sums and best ones within groups: of a batch's mentions, or of the children of its beams."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Scores = NDArray[np.float64]


def best_of_groups(groups: Ints, scores: Scores, k: int) -> Ints:
    """Find the best of each group.

    :param groups: the group of each entry. *Shape*: (entries,).
    :param scores: higher is better. *Shape*: (entries,).
    :returns: at most k entries of each, groups in order, best first, ties as they came.
    """
    order = np.lexsort((-scores, groups))
    grouped = groups[order]
    starts = np.flatnonzero(np.diff(grouped, prepend=-1))
    rank = np.arange(len(order)) - np.repeat(starts, np.diff(starts, append=len(order)))
    return order[rank < k]


def logsumexp_of_groups(groups: Ints, scores: Scores, n: int) -> Scores:
    """:returns: logarithm of the sum of the exponentials of each group; -inf for an empty one.

    :param groups: the group of each entry, in any order. *Shape*: (entries,).
    :param scores: finite. *Shape*: (entries,).
    :param n: how many groups there are.
    """
    peak = np.full(n, -np.inf)
    np.maximum.at(peak, groups, scores)
    sums = np.bincount(groups, np.exp(scores - peak[groups]), n)
    with np.errstate(divide="ignore"):
        return np.where(sums > 0, peak + np.log(sums), -np.inf)


def mass_of_groups(groups: Ints, log_probs: Scores, n: int) -> Scores:
    """:returns: the sum of the probabilities of each group. *Shape*: (n,)."""
    return np.bincount(groups, np.exp(log_probs), n).astype(np.float64)
