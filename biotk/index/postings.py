"""Postings: which texts have which trigram, or which word."""

from __future__ import annotations

import numpy as np

from biotk.index.vectors import BLOCK
from biotk.kb.arrow import Ragged, list_array


def invert(rows: Ragged, n_values: int) -> Ragged:
    """Turn a table around: from the values of each row to the rows of each value.

    :param rows: values from 0 to ``n_values`` - 1.
    :returns: rows of each value, in order.
    """
    counts = np.zeros(n_values, np.int64)
    for first in range(0, len(rows), BLOCK):
        begin, end = rows.offsets[first], rows.offsets[min(first + BLOCK, len(rows))]
        counts += np.bincount(rows.values[begin:end], minlength=n_values)
    offsets = np.concatenate(([0], np.cumsum(counts)))
    inverted = np.empty(offsets[-1], np.int32)
    filled = offsets[:-1].copy()
    for first in range(0, len(rows), BLOCK):
        limits = rows.offsets[first : first + BLOCK + 1]
        row = np.repeat(np.arange(len(limits) - 1), np.diff(limits))
        # Sorted by value and, within it, by row.
        packed = np.sort((rows.values[limits[0] : limits[-1]].astype(np.int64) * BLOCK) | row)
        value = packed // BLOCK
        n_each = np.bincount(value, minlength=n_values)
        shift = filled - (np.cumsum(n_each) - n_each)
        inverted[np.arange(len(packed)) + shift[value]] = (packed & (BLOCK - 1)) + first
        filled += n_each
    return Ragged(list_array(offsets, inverted))
