"""Retired ids in memory: 8 bytes each, whatever their number, and chains of them followed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from biotk.kb.readers.retired import CIRCLE, ELSEWHERE, NO_REPLACEMENT, SEVERAL
from biotk.kb.readers.rrf.join import IntPairs, Numbers, collect_pairs
from biotk.kb.readers.rrf.rows import RrfTable

#: What MRCUI says of a retired id that has become something else than one concept.
ONLY_NEAR = "retired ids mapped to a broader, narrower or related concept only"


def umls_retired(table: RrfTable, left_out: Counter[str]) -> Iterator[tuple[int, int]]:
    """Read MRCUI: which ids were merged into which (``SY``).

    :param left_out: counts the rows of ids that were deleted, or mapped to what is only near.
    :returns: retired ids and those that replace them, as numbers.
    """
    rel = table.at("REL")
    for old, new, fields in _pairs(table):
        if fields[rel] == "SY" and new is not None:
            yield old, new
        elif fields[rel] in ("RB", "RN", "RO"):
            left_out[ONLY_NEAR] += 1
        else:
            left_out[NO_REPLACEMENT] += 1


def rxnorm_retired(
    table: RrfTable, left_out: Counter[str], live: Numbers
) -> Iterator[tuple[int, int]]:
    """Read RXNCUI or RXNATOMARCHIVE: an id that stands for itself has no replacement.

    :param left_out: counts the rows of those.
    :param live: ids in use, in ascending order; an atom may have left a concept that lives on.
    :returns: retired ids and those that replace them, as numbers.
    """
    for old, new, _ in _pairs(table):
        at = int(np.searchsorted(live, old))
        if at < len(live) and live[at] == old:
            continue
        if new is None or new == old:
            left_out[NO_REPLACEMENT] += 1
        else:
            yield old, new


def _pairs(table: RrfTable) -> Iterator[tuple[int, int | None, list[str]]]:
    first, second = table.at("CUI1"), table.at("CUI2")
    for row in table.rows():
        fields = row[1]
        old, new = table.number(fields[first]), table.number(fields[second])
        if old is None or (new is None and fields[second]):
            table.bad_id(row, fields[first if old is None else second])
        else:
            yield old, new, fields


def follow_pairs(old: Numbers, new: Numbers, left_out: Counter[str]) -> tuple[Numbers, Numbers]:
    """Follow every retired id to the end of its chain.

    :param old: retired ids, in any order. *Shape*: (pairs,).
    :param new: what replaces each. *Shape*: (pairs,).
    :param left_out: counts ids with several replacements, and those that go round in a circle.
    :returns: retired ids with exactly one replacement, and what stands at the chain's end.

    >>> ids = follow_pairs(np.int32([1, 2, 5, 5]), np.int32([2, 9, 6, 7]), Counter())
    >>> [numbers.tolist() for numbers in ids]
    [[1, 2], [9, 9]]
    """
    pairs = np.unique(np.stack([old, new], axis=1), axis=0) if len(old) else np.empty((0, 2), int)
    ids, counts = np.unique(pairs[:, 0], return_counts=True)
    left_out[SEVERAL] += int((counts > 1).sum())
    single = np.isin(pairs[:, 0], ids[counts == 1])
    start, target = pairs[single, 0], pairs[single, 1]
    # Each round doubles the number of steps taken, so that the longest chain ends in log n rounds.
    for _ in range(len(start).bit_length() + 1):
        at, hit = _find(start, target)
        if not hit.any():
            break
        target = np.where(hit, target[at], target)
    _, circle = _find(start, target)
    left_out[CIRCLE] += int(circle.sum())
    return start[~circle].astype(np.int32), target[~circle].astype(np.int32)


def _find(ids: Numbers, wanted: Numbers) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """:returns: where each wanted number stands among sorted ids, and whether it does."""
    if not len(ids):
        return np.zeros(len(wanted), np.int64), np.zeros(len(wanted), bool)
    at = np.minimum(np.searchsorted(ids, wanted), len(ids) - 1)
    return at, ids[at] == wanted


class RetiredIds:
    """The retired ids that mean a concept.

    :param pairs: retired ids and what replaces them, as numbers, in any order.
    :param left_out: counts those that lead to no one concept.
    """

    def __init__(self, pairs: Iterator[tuple[int, int]], left_out: Counter[str]) -> None:
        self._left_out = left_out
        old, new = follow_pairs(*collect_pairs(pairs), left_out)
        self._by_new = IntPairs(new, old)

    def take(self, key: int) -> list[int]:
        """:returns: the ids that a concept has had."""
        return self._by_new.take(key)

    def finish(self) -> int:
        """Count the ids whose replacement was not asked for.

        :returns: 0, since they are counted.
        """
        self._left_out[ELSEWHERE] += self._by_new.finish()
        return 0
