"""Characters of many texts counted at once: how many capitals, digits, words stand in a stretch."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Flags = NDArray[np.uint8]

#: What a character is, as bits.
UPPER, LOWER, DIGIT, LETTER, BLANK = (1 << n for n in range(5))

_BMP = 0x10000


@lru_cache(maxsize=1)
def _kinds() -> Flags:
    """:returns: what each character is as Python's own methods say; nothing beyond the BMP."""
    tests = (str.isupper, str.islower, str.isdigit, str.isalpha, str.isspace)
    table = np.zeros(_BMP, np.uint8)
    # Most of the rest of the plane is letters without case.
    for code in range(_BMP):
        character = chr(code)
        if code < 0x3000 or not (0x3400 <= code < 0xD7A4 or 0xD800 <= code < 0xF900):
            for n, test in enumerate(tests):
                table[code] |= test(character) << n
        elif code < 0xD7A4:
            table[code] = LETTER * character.isalpha()
    return table


class Characters:
    """The characters of some stretches of text, one behind the other with a line end between.

    :param stretches: the stretches.
    """

    def __init__(self, stretches: Sequence[str]) -> None:
        raw = "\n".join(stretches).encode("utf-32-le", "surrogatepass")
        self.codes = np.append(np.frombuffer(raw, np.uint32), np.uint32(10))
        if self.codes.max() < _BMP:
            self.kinds = _kinds()[self.codes]
        else:
            known = _kinds()[np.minimum(self.codes, _BMP - 1)]
            self.kinds = np.where(self.codes < _BMP, known, 0).astype(np.uint8)
        self._sums: dict[str, NDArray[np.int32]] = {}

    def count(self, name: str, start: Ints, end: Ints) -> Ints:
        """Count in some ranges.

        :param name: ``upper``, ``digit``, ``letter``, ``comma``, ``colon``, ``aside`` (slashes and
            brackets), ``word`` (beginnings of words), ``long`` (of words of more than three
            letters), ``low`` (of such that begin with no capital).
        """
        sums = self._sums.get(name)
        if sums is None:
            flags = self._flags(name)
            sums = np.zeros(len(flags) + 1, np.int32)
            np.cumsum(flags, out=sums[1:], dtype=np.int32)
            self._sums[name] = sums
        return (sums[end] - sums[start]).astype(np.int64)

    def _flags(self, name: str) -> NDArray[np.bool_]:
        kinds, codes = self.kinds, self.codes
        bits = {"upper": UPPER, "digit": DIGIT, "letter": LETTER}
        flags: NDArray[np.bool_]
        if name in bits:
            flags = (kinds & bits[name]) > 0
        elif name == "comma":
            flags = codes == ord(",")
        elif name == "colon":
            flags = codes == ord(":")
        elif name == "aside":
            flags = (codes == ord("/")) | (codes == ord("("))
        else:
            written = (kinds & BLANK) == 0
            flags = written.copy()
            flags[1:] &= ~written[:-1]
            if name != "word":
                for n in (1, 2, 3):
                    flags[:-n] &= written[n:]
                    flags[-n:] = False
            if name == "low":
                flags &= (kinds & UPPER) == 0
        return flags
