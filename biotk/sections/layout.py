"""Characters of many texts as numbers: what a single one is, and how many stand in a stretch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bytes = NDArray[np.uint8]
Bools = NDArray[np.bool_]

#: What a character is, as bits.
UPPER, LOWER, DIGIT, COLON, SPACE, LETTER, COMMA, SLASH = (1 << n for n in range(8))

#: Longest stretch in which is counted.
LONGEST = 255

_QUESTION_MARK, _NEXT_LINE = ord("?"), 0x85
# What ends a line, as in biotk.text.lines.
_RETURN, _BREAK, _RARE_BREAKS = ord("\r"), ord("\n"), "\u2028\u2029"
_IS_BREAK = np.isin(np.arange(256), np.frombuffer(b"\r\n\f\x85", np.uint8))


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

    :returns: the characters themselves, others than those of a byte as question marks, or as the
        next line sign if they end a line; and what each is. Both *shape*: (characters,).
    """
    raw = bytearray(text.encode("latin-1", "replace"))
    kinds = raw.translate(_KINDS)
    codes = np.frombuffer(raw, np.uint8)
    if not text.isascii():
        # Those of one byte are looked up all at once, the others, which are rare, one by one.
        for at in np.flatnonzero(codes == _QUESTION_MARK).tolist():
            if text[at] != "?":
                kinds[at] = _kind(text[at])
                codes[at] = _NEXT_LINE if text[at] in _RARE_BREAKS else _QUESTION_MARK
    return codes, np.frombuffer(kinds, np.uint8)


class Layout:
    """The characters of some texts, one behind the other, a line break behind each.

    :param texts: the texts.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        #: The texts as one.
        self.text = "\n".join([*texts, ""])
        #: The characters, and what each is, as :func:`characters` tells.
        self.codes, self.kinds = characters(self.text)
        sizes = np.fromiter(map(len, texts), np.int64, len(texts))
        #: Where each text begins, and behind the last one.
        self.begins = np.zeros(len(texts) + 1, np.int64)
        np.cumsum(sizes + 1, out=self.begins[1:])

    def breaks(self) -> Ints:
        """:returns: where lines end, as :func:`~biotk.text.lines.split_lines` has them."""
        found = np.flatnonzero(_IS_BREAK.take(self.codes))
        is_return = self.codes[found] == _RETURN
        followed = self.codes.take(found + 1, mode="clip") == _BREAK
        ends: Ints = found[~(is_return & followed)]
        return ends

    def counts(self, start: Ints, end: Ints) -> tuple[Ints, Ints, Ints]:
        """Count in some stretches, of :data:`LONGEST` characters at most.

        :param start: of each, in order; ``end`` is behind it and not behind the next one's start.
        :returns: capitals, digits and colons of each.
        """
        bounds = np.stack((start, end), 1).ravel()
        # Between stretches sums may go beyond what a number holds; in them they do not.
        sums = np.add.reduceat(_ONES.take(self.kinds), bounds, dtype=np.uint32)[::2]
        counted = sums.astype(np.int64)
        return counted & 255, counted >> 8 & 255, counted >> 16
