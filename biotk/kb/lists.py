"""Rows of unequal length over one flat Arrow array: what the columns of a KB are made of."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from biotk.kb.arrow import list_array

Ints = NDArray[np.integer[Any]]
Flags = NDArray[np.bool_]


class Lists(NamedTuple):
    """A list column: row *i* holds ``values[offsets[i]:offsets[i + 1]]``.

    :param offsets: *Shape*: (rows + 1,).
    :param values: the values of all rows, one after the other. *Shape*: (values,).

    >>> rows = Lists.of(pa.array([["a", "b"], ["b", "c"], []], pa.large_list(pa.large_string())))
    >>> joined = rows.joined(np.array([0, 2]))
    >>> joined.filtered(joined.firsts()).column().to_pylist()
    [['a', 'b', 'c'], []]
    """

    offsets: NDArray[np.int64]
    values: pa.Array

    @classmethod
    def of(cls, column: pa.Array) -> Lists:
        """:returns: the rows of a large-list column that is no slice of another."""
        return cls(column.offsets.to_numpy(), column.values)

    def column(self) -> pa.Array:
        """:returns: the rows as an Arrow column."""
        return list_array(self.offsets, self.values)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """How many values each row has. *Shape*: (rows,)."""
        return np.diff(self.offsets)

    def rows(self) -> NDArray[np.int64]:
        """:returns: the row of each value. *Shape*: (values,)."""
        return np.repeat(np.arange(len(self.offsets) - 1), self.lengths)

    def take(self, order: Ints) -> Lists:
        """:returns: the given rows, in the given order."""
        return Lists.of(self.column().take(pa.array(order)))

    def joined(self, starts: Ints) -> Lists:
        """Make one row of several that follow one another.

        :param starts: the first of the rows that become one; the first is 0. *Shape*: (groups,).
        """
        return Lists(self.offsets[np.append(starts, len(self.offsets) - 1)], self.values)

    def firsts(self, rows: Flags | None = None) -> Flags:
        """Tell which values come for the first time in their row.

        :param rows: the rows to be looked at; all values of the others are first.
        :returns: *Shape*: (values,).
        """
        first = np.ones(len(self.values), bool)
        row = self.rows()
        at = np.arange(len(row)) if rows is None else np.flatnonzero(rows[row])
        codes = codes_of(self.values.take(pa.array(at)))
        if len(codes):
            _, kept = np.unique(row[at] * (int(codes.max()) + 1) + codes, return_index=True)
            first[at] = False
            first[at[kept]] = True
        return first

    def filtered(self, keep: Flags) -> Lists:
        """:returns: the rows without the values that are not to be kept."""
        if keep.all():
            return self
        before = np.zeros(len(keep) + 1, np.int64)
        np.cumsum(keep, out=before[1:])
        return Lists(before[self.offsets], self.values.filter(pa.array(keep)))

    def plus(self, rows: Ints, values: pa.Array) -> Lists:
        """Add values at the end of their rows.

        :param rows: the row of each value. *Shape*: (values,).
        :param values: the values, of the type of the others. *Shape*: (values,).
        """
        row = np.concatenate([self.rows(), rows])
        order = np.argsort(row, kind="stable")
        both = pa.concat_arrays([self.values, values])
        lengths = np.bincount(row, minlength=len(self.offsets) - 1)
        return Lists(offsets_of(lengths), both.take(pa.array(order)))


def offsets_of(lengths: Ints) -> NDArray[np.int64]:
    """:returns: where rows of these lengths start and end. *Shape*: (rows + 1,)."""
    offsets = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    return offsets


def codes_of(values: pa.Array) -> NDArray[np.int64]:
    """:returns: a number for each value, the same for equal ones. *Shape*: (values,)."""
    codes: NDArray[np.int64] = values.dictionary_encode().indices.to_numpy().astype(np.int64)
    return codes


def one_array(column: pa.ChunkedArray) -> pa.Array:
    """:returns: a column as one array."""
    combined = column.combine_chunks()
    # Older releases of pyarrow give chunks back.
    if isinstance(combined, pa.ChunkedArray):
        combined = pa.concat_arrays(combined.chunks)
    return combined


def indices_in(values: pa.Array, known: pa.Array) -> NDArray[np.int64]:
    """:returns: where each value stands among the known ones, -1 if it does not."""
    found = pc.index_in(values, value_set=known).fill_null(-1)
    indices: NDArray[np.int64] = found.to_numpy(zero_copy_only=False).astype(np.int64)
    return indices
