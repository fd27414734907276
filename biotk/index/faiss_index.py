"""Nearest vectors with FAISS: some candidates by compressed vectors, compared exactly in the end.

Whatever finds them, the cosines told are those of the vectors as they are stored, so that all kinds
of indexes give the same scores, and differ at most in a row that one of them overlooks:

- ``flat`` compares with all vectors;
- ``sq8`` compares with all, one byte a number;
- ``ivf`` compares with those of the nearest cells, one byte a number.

A search among few rows is exact. Among many, FAISS is given a selector; cells are added until
enough are found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from biotk.errors import InputError, UnknownNameError
from biotk.index.vector_index import (
    ExactIndex,
    Floats,
    Mask,
    Nearest,
    Rows,
    check_search,
)

Kind = Literal["exact", "flat", "sq8", "ivf"]
KINDS: tuple[Kind, ...] = ("exact", "flat", "sq8", "ivf")

#: Told how far building is: what is being done, how much of it, and how much there is.
Progress = Callable[[str, int, int], None]

#: Up to so many rows vectors are searched as they are, and up to so many all of them.
_FLAT, _SQ8 = 50_000, 500_000
#: A part of at most so many rows, or of this share of all, is searched exactly.
_FEW_ROWS, _FEW_SHARE = 20_000, 0.02
#: Of so many times as many as are wanted, the best are chosen by the vectors themselves.
_OVER = 3
#: The candidates of so many queries are compared at once: a few MB each hundred.
_COMPARED = 256
_ADDED, _SAMPLE = 1 << 16, 1 << 17


def has_faiss() -> bool:
    """:returns: whether FAISS is installed; one of the extras ``cpu`` and ``gpu`` brings it."""
    from importlib.util import find_spec

    return find_spec("faiss") is not None


def _faiss() -> Any:
    """:returns: the module, of which the types that it tells are those of its C++.

    :raises InputError: it is not installed.
    """
    try:
        import faiss
    except ImportError as error:
        raise InputError(
            "FAISS is not installed: pip install 'biotk[cpu]', or take an index of the kind exact"
        ) from error
    untyped: Any = faiss
    return untyped


def choose_kind(n_rows: int) -> Kind:
    """:returns: the kind that suits so many vectors; ``exact`` where FAISS is not installed."""
    if not n_rows or not has_faiss():
        return "exact"
    if n_rows <= _FLAT:
        return "flat"
    return "sq8" if n_rows <= _SQ8 else "ivf"


class FaissIndex:
    """An index of FAISS over stored vectors.

    :param index: of FAISS, over all rows, in their order.
    :param vectors: of unit length. *Shape*: (rows, dim).
    """

    def __init__(self, index: Any, vectors: NDArray[Any]) -> None:
        self._index, self._exact = index, ExactIndex(vectors)
        self._whole = _on_gpu(index)

    @property
    def dim(self) -> int:
        """The length of vectors."""
        return self._exact.dim

    def __len__(self) -> int:
        return len(self._exact)

    def search(self, queries: Floats, *, k: int, allowed: Mask | None = None) -> Nearest:
        """Find the nearest vectors; see :meth:`VectorIndex.search`."""
        check_search(self, queries, k=k, allowed=allowed)
        n_allowed = len(self) if allowed is None else int(np.count_nonzero(allowed))
        if n_allowed <= max(_FEW_ROWS, _FEW_SHARE * len(self)) and n_allowed < len(self):
            return self._exact.search(queries, k=k, allowed=allowed)
        queries = np.ascontiguousarray(queries, np.float32)
        fetched = min(_OVER * k + 8, n_allowed)
        if allowed is None or n_allowed == len(self):
            rows = self._among_all(queries, fetched)
        else:
            rows = self._among(queries, fetched, allowed, min(k, n_allowed))
        return self._compared(queries, rows, k)

    def _among_all(self, queries: Floats, fetched: int) -> Rows:
        rows: Rows = self._whole.search(queries, fetched)[1]
        return self._with_more_cells(queries, rows, fetched, min(fetched, len(self)), None)

    def _among(self, queries: Floats, fetched: int, allowed: Mask, least: int) -> Rows:
        faiss = _faiss()
        bits = np.packbits(allowed, bitorder="little")
        selector = faiss.IDSelectorBitmap(bits)
        if _is_ivf(self._index):
            parameters = faiss.SearchParametersIVF(sel=selector, nprobe=self._index.nprobe)
        else:
            parameters = faiss.SearchParameters(sel=selector)
        rows: Rows = self._index.search(queries, fetched, params=parameters)[1]
        return self._with_more_cells(queries, rows, fetched, least, selector)

    def _with_more_cells(
        self, queries: Floats, rows: Rows, fetched: int, least: int, selector: Any
    ) -> Rows:
        """Look into more cells for queries that have found fewer than they need."""
        if not _is_ivf(self._index):
            return rows
        faiss = _faiss()
        n_cells, n_probed = int(self._index.nlist), int(self._index.nprobe)
        while n_probed < n_cells:
            short = np.flatnonzero((rows >= 0).sum(1) < least)
            if not len(short):
                break
            n_probed = min(4 * n_probed, n_cells)
            parameters = faiss.SearchParametersIVF(sel=selector, nprobe=n_probed)
            rows[short] = self._index.search(queries[short], fetched, params=parameters)[1]
        return rows

    def _compared(self, queries: Floats, rows: Rows, k: int) -> Nearest:
        """:returns: the best of some candidates, by the vectors themselves."""
        scores = np.full((len(queries), k), -np.inf, np.float32)
        found = np.full((len(queries), k), -1, np.int64)
        for begin in range(0, len(queries), _COMPARED):
            part = slice(begin, begin + _COMPARED)
            some = np.sort(rows[part], axis=1)  # so that of equals the lower row goes first
            vectors = np.asarray(self._exact.vectors[np.maximum(some, 0)], np.float32)
            cosines = np.einsum("qd,qrd->qr", queries[part], vectors)
            cosines[some < 0] = -np.inf
            order = np.argsort(-cosines, axis=1, kind="stable")[:, :k]
            n_found = order.shape[1]
            scores[part, :n_found] = np.take_along_axis(cosines, order, 1)
            found[part, :n_found] = np.take_along_axis(some, order, 1)
        return Nearest(scores, found)


def _is_ivf(index: Any) -> bool:
    return hasattr(index, "nprobe")


def _on_gpu(index: Any) -> Any:
    """:returns: the index on the GPUs, where FAISS has any and the kind can go there."""
    faiss = _faiss()
    n_gpus = getattr(faiss, "get_num_gpus", lambda: 0)()
    if not n_gpus or isinstance(index, faiss.IndexScalarQuantizer):
        return index
    return faiss.index_cpu_to_all_gpus(index)


def build_faiss(
    vectors: NDArray[Any], kind: Kind, *, progress: Progress = lambda step, done, total: None
) -> Any:
    """Make an index of FAISS.

    :param vectors: of unit length, in memory or mapped. *Shape*: (rows, dim).
    :param kind: one of :data:`KINDS` but ``exact``, which needs none.
    :param progress: told how far it is.
    :raises UnknownNameError: there is no such kind.
    :raises InputError: FAISS is not installed.
    """
    if kind not in KINDS or kind == "exact":
        raise UnknownNameError("kind of FAISS index", kind, KINDS[1:])
    faiss = _faiss()
    n_rows, dim = vectors.shape
    index = _empty(faiss, kind, n_rows, dim)
    if not index.is_trained:
        progress("sorting vectors", 0, n_rows)
        index.train(_sample(vectors))
    for first, block in _blocks(vectors):
        index.add(block)
        progress("sorting vectors", first + len(block), n_rows)
    return index


def _empty(faiss: Any, kind: Kind, n_rows: int, dim: int) -> Any:
    byte, product = faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT
    if kind == "flat":
        return faiss.IndexFlatIP(dim)
    if kind == "sq8":
        return faiss.IndexScalarQuantizer(dim, byte, product)
    # FAISS wants 39 vectors a cell to learn them from.
    n_cells = max(min(int(4 * n_rows**0.5), n_rows // 39), 1)
    coarse = faiss.IndexFlatIP(dim)
    # Not residuals: cells of vectors of unit length differ little, and a mapped file is smaller.
    index = faiss.IndexIVFScalarQuantizer(coarse, dim, n_cells, byte, product, False)
    index.nprobe = max(n_cells // 16, min(n_cells, 16))
    index.cp.seed = 13
    return index


def _sample(vectors: NDArray[Any]) -> Floats:
    rows = np.arange(len(vectors))
    if len(vectors) > _SAMPLE:
        rows = np.sort(np.random.default_rng(13).choice(rows, _SAMPLE, replace=False))
    return np.ascontiguousarray(vectors[rows], np.float32)


def _blocks(vectors: NDArray[Any]) -> Iterator[tuple[int, Floats]]:
    for first in range(0, len(vectors), _ADDED):
        yield first, np.ascontiguousarray(vectors[first : first + _ADDED], np.float32)


def write_faiss(path: Path, index: Any) -> None:
    """Write an index of FAISS into a file."""
    faiss = _faiss()
    faiss.write_index(index, str(path))


def read_faiss(path: Path, kind: Kind) -> Any:
    """Map an index of FAISS.

    :param path: the file.
    :param kind: what it was built as.
    :raises InputError: FAISS is not installed.
    :raises RuntimeError: FAISS cannot read it.
    """
    faiss = _faiss()
    # Cells are mapped by one flag, codes in one piece by another, which older versions lack: those
    # read the file.
    whole = getattr(faiss, "IO_FLAG_MMAP_IFC", 0)
    return faiss.read_index(str(path), faiss.IO_FLAG_MMAP if kind == "ivf" else whole)
