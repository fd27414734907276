"""A table from string keys to rows: a marisa-trie for the keys, a list column for the rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import marisa_trie
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from biotk.errors import KbCorruptError
from biotk.kb.arrow import Ragged, Rows, list_array, map_table, write_table
from biotk.kb.manifest import sha256_file
from biotk.kb.schema import KEY_ROWS

_SLICE = 50_000  # keys that are made Python objects at once


def write_keys(folder: Path, stem: str, keys: pa.Array) -> int:
    """Write ``<stem>.marisa`` and ``<stem>.arrow``: from each key to the rows that have it.

    :param keys: the key of each row, large strings; an empty one leaves its row out.
    :returns: the number of distinct keys.
    """
    encoded = keys.dictionary_encode()
    distinct, codes = encoded.dictionary, encoded.indices.to_numpy()
    order = pc.sort_indices(distinct).to_numpy()
    if len(order) and not distinct[int(order[0])].as_py():
        order = order[1:]
    in_order = distinct.take(pa.array(order))
    trie = marisa_trie.Trie(_texts(in_order))
    numbers = np.full(len(distinct), -1, np.int64)
    numbers[order] = np.fromiter((trie[key] for key in _texts(in_order)), np.int64, len(order))
    key_idx = numbers[codes]
    rows = np.argsort(key_idx, kind="stable")[np.count_nonzero(key_idx < 0) :]
    offsets = np.zeros(len(trie) + 1, np.int64)
    np.cumsum(np.bincount(key_idx[rows], minlength=len(trie)), out=offsets[1:])
    # Not by the trie itself, which does not tell why it could not write.
    (folder / f"{stem}.marisa").write_bytes(trie.tobytes())
    write_table(folder / f"{stem}.arrow", {"rows": list_array(offsets, rows.astype(np.int32))})
    return len(trie)


def _texts(keys: pa.Array) -> Iterator[str]:
    for start in range(0, len(keys), _SLICE):
        yield from keys.slice(start, _SLICE).to_pylist()


class KeyTable:
    """Look-up of keys in a memory-mapped trie.

    :param folder: the artifact's folder.
    :param stem: the name of the table's two files.
    :param sha256: the trie's checksum. It is checked, since a damaged trie is walked to wherever
        its bits lead and would take the process down; a gigabyte of trie takes less than a second.
    :raises KbCorruptError: it cannot be read, or is damaged.
    """

    def __init__(self, folder: Path, stem: str, *, sha256: str) -> None:
        path = folder / f"{stem}.marisa"
        if sha256_file(path) != sha256:
            raise KbCorruptError(
                f"{path} is damaged: its checksum is not the manifest's. Build the KB again."
            )
        try:
            self._trie = marisa_trie.Trie().mmap(str(path))
        except RuntimeError as error:
            raise KbCorruptError(f"{path} cannot be read: {error}. Build the KB again.") from error
        self._rows = Ragged(map_table(folder / f"{stem}.arrow", KEY_ROWS).column("rows"))
        if len(self._rows) != len(self._trie):
            raise KbCorruptError(
                f"{path} has {len(self._trie)} keys, its table {len(self._rows)} rows. "
                "Build the KB again."
            )
        self._none: Rows = np.empty(0, np.int32)

    def __len__(self) -> int:
        return len(self._trie)

    def __contains__(self, key: str) -> bool:
        return key in self._trie

    def rows(self, key: str) -> Rows:
        """:returns: the rows of a key, in order; none for an unknown key. *Shape*: (rows,)."""
        key_idx = self._trie.get(key)
        return self._none if key_idx is None else self._rows[key_idx]

    def key(self, key_idx: int) -> str:
        """:returns: the key of that number; the numbers run from 0 to ``len(self) - 1``."""
        key: str = self._trie.restore_key(key_idx)
        return key

    def rows_of(self, key_idx: int) -> Rows:
        """:returns: the rows of a key, by its number. *Shape*: (rows,)."""
        return self._rows[key_idx]

    def any_row(self, flags: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """For each key, whether any of its rows is flagged.

        :param flags: *Shape*: (rows of the table that the keys lead to,).
        :returns: *Shape*: (keys,).
        """
        result: NDArray[np.bool_] = np.logical_or.reduceat(
            flags[self._rows.values], self._rows.offsets[:-1]
        )
        return result

    def prefixes(self, text: str) -> Iterable[str]:
        """:returns: the keys that ``text`` starts with, shortest first."""
        prefixes: list[str] = self._trie.prefixes(text)
        return prefixes

    def iter_keys(self, prefix: str = "") -> Iterable[str]:
        """:returns: all keys that start with ``prefix``, in an order of the trie's own."""
        keys: Iterable[str] = self._trie.iterkeys(prefix)
        return keys
