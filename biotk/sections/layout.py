"""Characters of many texts as numbers: what a single one is, and how many stand in a stretch."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bytes = NDArray[np.uint8]

#: What a character is, as bits.
UPPER, LOWER, DIGIT, COLON, SPACE, LETTER, COMMA, SLASH = (1 << n for n in range(8))

#: Longest stretch in which is counted.
LONGEST = 255

# Characters of one byte are looked up all at once, the others, which are rare, one by one.
_RARE = re.compile(r"[^\x00-\xff]")


def _kind(character: str) -> int:
    is_a = (
        character.isupper(), character.islower(), character.isdigit(), character == ":",
        character.isspace(), character.isalpha(), character == ",", character in "/(",
    )  # fmt: skip
    return sum(told << n for n, told in enumerate(is_a))


_KINDS = bytes(_kind(chr(code)) for code in range(256))
# Capitals, digits and colons, side by side in one number, a byte each.
_ONES = np.array(
    [
        (kind & UPPER > 0) | (kind & DIGIT > 0) << 8 | (kind & COLON > 0) << 16
        for kind in range(256)
    ],
    np.uint32,
)


def characters(text: str) -> tuple[Bytes, Bytes]:
    """Look up the characters of a text.

    :returns: the characters themselves, others than those of a byte as question marks; and what
        each is. Both *shape*: (characters,).
    """
    raw = text.encode("latin-1", "replace")
    kinds = bytearray(raw.translate(_KINDS))
    if not text.isascii():
        for found in _RARE.finditer(text):
            kinds[found.start()] = _kind(found[0])
    return np.frombuffer(raw, np.uint8), np.frombuffer(kinds, np.uint8)


class Layout:
    """The characters of some texts, one behind the other.

    :param texts: the texts.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        #: The characters, and what each is, as :func:`characters` tells.
        self.codes, self.kinds = characters("".join(texts))
        self._sums = np.zeros(len(self.kinds) + 1, np.uint32)
        np.cumsum(_ONES.take(self.kinds), dtype=np.uint32, out=self._sums[1:])

    def counts(self, start: Ints, end: Ints) -> tuple[Ints, Ints, Ints]:
        """Count in some stretches, of :data:`LONGEST` characters at most.

        :returns: capitals, digits and colons of each.
        """
        # The sums may go beyond what a number holds; their differences are right all the same.
        counted = (self._sums[end] - self._sums[start]).astype(np.int64)
        return counted & 255, counted >> 8 & 255, counted >> 16
