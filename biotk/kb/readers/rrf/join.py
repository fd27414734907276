"""What other files say of a concept: by a merge of sorted files, or by numbers in memory.

UMLS's files are sorted by concept, so that one pass through all of them side by side is enough and
nothing is kept. Not all of RxNorm's are, and they are small: pairs of numbers are kept.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import Generic, Never, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

#: Ids as numbers: concepts, atoms and semantic types all stay far below 2³¹.
Numbers = NDArray[np.int32]


class Lookup(Protocol[T_co]):
    """What is known of concepts, asked in ascending order of their numbers."""

    def take(self, key: int) -> Sequence[T_co]:
        """:returns: what is known of a concept."""

    def finish(self) -> int:
        """:returns: how many entries belong to no concept that was asked for."""


class MergeJoin(Generic[T]):
    """Follows a sorted stream while keys are asked for in ascending order.

    :param entries: keys and values, in ascending order of keys.

    >>> join = MergeJoin(iter([(1, "a"), (2, "b"), (2, "c"), (5, "d")]))
    >>> join.take(2), join.take(3), join.finish()
    (['b', 'c'], [], 2)
    """

    def __init__(self, entries: Iterator[tuple[int, T]]) -> None:
        self._entries = entries
        self._ahead = next(entries, None)
        self._passed = 0

    def take(self, key: int) -> list[T]:
        """:returns: the values of a key."""
        ahead = self._ahead
        while ahead is not None and ahead[0] < key:
            self._passed += 1
            ahead = next(self._entries, None)
        values: list[T] = []
        while ahead is not None and ahead[0] == key:
            values.append(ahead[1])
            ahead = next(self._entries, None)
        self._ahead = ahead
        return values

    def finish(self) -> int:
        """Read the rest, so that what is wrong in it is told.

        :returns: how many entries belong to no key that was asked for.
        """
        self._passed += self._ahead is not None
        self._passed += sum(1 for _ in self._entries)
        self._ahead = None
        return self._passed


class IntPairs:
    """Pairs of numbers looked up by their first.

    :param keys: *Shape*: (pairs,), in any order.
    :param values: *Shape*: (pairs,).

    >>> pairs = IntPairs(np.array([3, 1, 3], np.int32), np.array([7, 8, 9], np.int32))
    >>> pairs.take(3), pairs.take(2), pairs.finish()
    ([7, 9], [], 1)
    """

    def __init__(self, keys: Numbers, values: Numbers) -> None:
        order = np.argsort(keys, kind="stable")
        self.keys, self.values = keys[order], values[order]
        self._taken = 0

    def take(self, key: int) -> list[int]:
        """:returns: the values of a key, in the order in which they came."""
        start, end = np.searchsorted(self.keys, (key, key + 1))
        self._taken += int(end - start)
        return [int(value) for value in self.values[start:end]]

    def finish(self) -> int:
        """:returns: how many pairs were not taken, if each key was asked for at most once."""
        return len(self.keys) - self._taken


def collect_pairs(pairs: Iterable[tuple[int, int]]) -> tuple[Numbers, Numbers]:
    """:returns: the first and the second numbers of pairs. *Shape*: (pairs,) each."""
    firsts, seconds = array("i"), array("i")
    for first, second in pairs:
        firsts.append(first)
        seconds.append(second)
    return np.array(firsts, np.int32), np.array(seconds, np.int32)


class Nothing:
    """A file that is not there says nothing."""

    def take(self, key: int) -> Sequence[Never]:
        """:returns: nothing."""
        return ()

    def finish(self) -> int:
        """:returns: 0."""
        return 0
