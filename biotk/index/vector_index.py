"""Nearest vectors by cosine: exactly, block by block; the oracle of :mod:`biotk.index.faiss_index`.

Vectors are of unit length, so that the scalar product is the cosine. A search may be restricted to
some rows, and answers then as if there were no others.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from biotk.errors import InputError

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]
Mask = NDArray[np.bool_]

#: So many scores are held at once, and so many numbers of vectors: 64 MB of each.
_BLOCK = 1 << 24


class Nearest(NamedTuple):
    """What a search found, best first.

    :param scores: cosines; -inf where there is nothing more. *Shape*: (queries, k).
    :param rows: the rows of the vectors; -1 where there is nothing more. *Shape*: (queries, k).
    """

    scores: Floats
    rows: Rows


@runtime_checkable
class VectorIndex(Protocol):
    """Vectors that can be searched."""

    @property
    def dim(self) -> int:
        """The length of vectors."""

    def __len__(self) -> int:
        """How many there are."""

    def search(self, queries: Floats, *, k: int, allowed: Mask | None = None) -> Nearest:
        """Find the nearest vectors of some queries.

        :param queries: of unit length. *Shape*: (queries, dim).
        :param k: how many are wanted of each.
        :param allowed: which rows may be found; None for all. *Shape*: (rows,).
        :returns: equal cosines stand in order of rows.
        :raises InputError: queries or mask are of another shape.
        """


class ExactIndex:
    """Compares queries with all vectors.

    :param vectors: of unit length, in memory or mapped, in float32 or float16.
        *Shape*: (rows, dim).

    >>> index = ExactIndex(np.eye(3, dtype=np.float32))
    >>> index.search(np.array([[0.6, 0.8, 0.0]], np.float32), k=2).rows.tolist()
    [[1, 0]]
    """

    def __init__(self, vectors: NDArray[Any]) -> None:
        self.vectors = vectors

    @property
    def dim(self) -> int:
        """The length of vectors."""
        return int(self.vectors.shape[1])

    def __len__(self) -> int:
        return len(self.vectors)

    def search(self, queries: Floats, *, k: int, allowed: Mask | None = None) -> Nearest:
        """Find the nearest vectors; see :meth:`VectorIndex.search`."""
        check_search(self, queries, k=k, allowed=allowed)
        rows = None if allowed is None else np.flatnonzero(allowed)
        return exact_nearest(self.vectors, queries, k=k, rows=rows)


def check_search(index: VectorIndex, queries: Floats, *, k: int, allowed: Mask | None) -> None:
    """Refuse what cannot be searched.

    :raises InputError: the message says what is wrong.
    """
    if queries.ndim != 2 or queries.shape[1] != index.dim:
        raise InputError(f"queries have the shape {queries.shape}, expected (n, {index.dim})")
    if k < 1:
        raise InputError(f"k is {k}, expected at least 1")
    if allowed is not None and allowed.shape != (len(index),):
        raise InputError(f"allowed has the shape {allowed.shape}, expected ({len(index)},)")


def exact_nearest(
    vectors: NDArray[Any], queries: Floats, *, k: int, rows: Rows | None = None
) -> Nearest:
    """Compare queries with vectors, some at a time.

    :param vectors: *Shape*: (rows, dim).
    :param queries: *Shape*: (queries, dim).
    :param k: how many are wanted.
    :param rows: those that may be found, in order; None for all.
    """
    n_rows = len(vectors) if rows is None else len(rows)
    scores = np.full((len(queries), k), -np.inf, np.float32)
    found = np.full((len(queries), k), -1, np.int64)
    n_queries = max(min(len(queries), 1024), 1)
    step = max(_BLOCK // max(n_queries, vectors.shape[1]), 1)
    for begin in range(0, len(queries), n_queries):
        part = slice(begin, begin + n_queries)
        asked = np.asarray(queries[part], np.float32)
        for first in range(0, n_rows, step):
            last = min(first + step, n_rows)
            here = np.arange(first, last) if rows is None else rows[first:last]
            block = vectors[first:last] if rows is None else vectors[here]
            cosines = asked @ np.asarray(block, np.float32).T
            scores[part], found[part] = _best(
                np.concatenate([scores[part], cosines], 1),
                np.concatenate([found[part], np.broadcast_to(here, cosines.shape)], 1),
                k,
            )
    return Nearest(scores, found)


def _best(scores: Floats, rows: Rows, k: int) -> tuple[Floats, Rows]:
    """:returns: the k best of each line, in order; of equals those of the lower row."""
    if scores.shape[1] > k:
        least = np.partition(scores, -k, axis=1)[:, -k][:, None]
        # All that tie with the last one, so that the order of rows decides among them.
        width = int((scores >= least).sum(1).max())
        top = np.argpartition(scores, -width, axis=1)[:, -width:]
        scores, rows = np.take_along_axis(scores, top, 1), np.take_along_axis(rows, top, 1)
    order = np.lexsort((rows, -scores), axis=1)[:, :k]
    return np.take_along_axis(scores, order, 1), np.take_along_axis(rows, order, 1)
