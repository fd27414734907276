"""Rows of numbers for things that come again, each worked out once."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

Key = TypeVar("Key", bound=Hashable)
Floats = NDArray[np.float32]

#: How many rows are kept; then all are forgotten.
MOST = 50_000


class Rows(Generic[Key]):
    """Rows of numbers for keys: titles come again in every note.

    :param make: works out the rows of some keys. *Shape*: (keys, width).
    :param width: of a row.

    >>> lengths = Rows(lambda keys: np.array([[len(key)] for key in keys]), 1)
    >>> lengths.of(["PLAN", "FH", "PLAN"]).tolist()
    [[4.0], [2.0], [4.0]]
    """

    def __init__(self, make: Callable[[Sequence[Key]], NDArray[np.floating]], width: int) -> None:
        self._make, self._width = make, width
        # As bytes: they are put one behind another many times faster than arrays.
        self._known: dict[Key, bytes] = {}

    def of(self, keys: Sequence[Key]) -> Floats:
        """:returns: the row of each key. *Shape*: (keys, width)."""
        known = self._known
        try:
            joined = b"".join([known[key] for key in keys])
        except KeyError:
            known = self._learned(keys)
            joined = b"".join([known[key] for key in keys])
        return np.frombuffer(joined, np.float32).reshape(len(keys), self._width)

    def _learned(self, keys: Sequence[Key]) -> dict[Key, bytes]:
        # Never emptied, but replaced: another thread may be reading it.
        if len(self._known) > MOST:
            self._known = {}
        known = self._known
        missing = [key for key in dict.fromkeys(keys) if key not in known]
        rows = np.ascontiguousarray(self._make(missing), np.float32)
        known.update(zip(missing, (row.tobytes() for row in rows)))
        return known
