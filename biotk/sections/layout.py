"""Characters of many texts as numbers: what a single one is, and how many stand in a stretch."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bytes = NDArray[np.uint8]

#: What a character is, as bits.
UPPER, LOWER, DIGIT = 1, 2, 4
_COLON = 8

#: Longest stretch in which is counted.
LONGEST = 255

# Characters of one byte are looked up all at once, the others, which are rare, one by one.
_RARE = re.compile(r"[^\x00-\xff]")


def _kind(character: str) -> int:
    upper, lower, digit = character.isupper(), character.islower(), character.isdigit()
    return UPPER * upper | LOWER * lower | DIGIT * digit | _COLON * (character == ":")


_KINDS = bytes(_kind(chr(code)) for code in range(256))
# Capitals, digits and colons, side by side in one number, a byte each.
_ONES = np.array(
    [
        (kind & UPPER > 0) | (kind & DIGIT > 0) << 8 | (kind & _COLON > 0) << 16
        for kind in range(16)
    ],
    np.uint32,
)


class Layout:
    """The characters of some texts, one behind the other.

    :param texts: the texts.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        joined = "".join(texts)
        raw = joined.encode("latin-1", "replace")
        #: The characters themselves; others than those of a byte are question marks.
        self.codes: Bytes = np.frombuffer(raw, np.uint8)
        kinds = bytearray(raw.translate(_KINDS))
        if not joined.isascii():
            for found in _RARE.finditer(joined):
                kinds[found.start()] = _kind(found[0])
        self.kinds: Bytes = np.frombuffer(kinds, np.uint8)
        self._sums = np.zeros(len(kinds) + 1, np.uint32)
        np.cumsum(_ONES.take(self.kinds), dtype=np.uint32, out=self._sums[1:])

    def counts(self, start: Ints, end: Ints) -> tuple[Ints, Ints, Ints]:
        """Count in some stretches, of :data:`LONGEST` characters at most.

        :returns: capitals, digits and colons of each.
        """
        # The sums may go beyond what a number holds; their differences are right all the same.
        counted = (self._sums[end] - self._sums[start]).astype(np.int64)
        return counted & 255, counted >> 8 & 255, counted >> 16
