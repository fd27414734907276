"""Which pairs are linked, asked for a whole batch at once: what is linked is no negative."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


class LinkedPairs:
    """All links of two sides.

    :param pairs: *Shape*: (links, 2).
    :param shape: how many things there are on each side.
    """

    def __init__(self, pairs: Ints, shape: tuple[int, int]) -> None:
        order = np.argsort(pairs[:, 0], kind="stable")
        self._right = pairs[order, 1]
        self._begins = np.searchsorted(pairs[order, 0], np.arange(shape[0] + 1))
        self._place = np.full(shape[1], -1, np.int64)

    def mask(self, left: Ints, right: Ints) -> npt.NDArray[np.bool_]:
        """:returns: which of a batch's pairs are linked. *Shape*: (left, right)."""
        first, last = self._begins[left], self._begins[left + 1]
        n_links = last - first
        rows = np.repeat(np.arange(len(left)), n_links)
        within = np.arange(n_links.sum()) - np.repeat(n_links.cumsum() - n_links, n_links)
        linked = self._right[np.repeat(first, n_links) + within]
        unique, inverse = np.unique(right, return_inverse=True)
        self._place[unique] = np.arange(len(unique))
        at = self._place[linked]
        self._place[unique] = -1
        found = np.zeros((len(left), len(unique)), bool)
        found[rows[at >= 0], at[at >= 0]] = True
        result: Any = found[:, inverse]
        return np.asarray(result, bool)
