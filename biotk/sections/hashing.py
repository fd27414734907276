"""Words as rows of a table: hashed by themselves and by their pieces, so that any word has some."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, chain

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

#: Rows of the tables that words are hashed into; row 0 stands in every bag.
N_PIECES, N_WORDS = 16384, 16384

_WORD = re.compile(r"[^\W_]+|[&/#%+]")
# Words whose rows are kept.
_MOST_KEPT = 200_000
_BODY = re.compile(r"[^\W\d_]{2,}")


@lru_cache(maxsize=_MOST_KEPT)
def pieces_of(word: str) -> tuple[int, ...]:
    """:returns: the rows of a word, of its ends and of its three-letter pieces, for titles."""
    marked = f"<{word}>"
    parts = {f"w{word}", f"p{word[:4]}", f"s{word[-4:]}"}
    parts.update([marked[n : n + 3] for n in range(min(len(marked) - 2, 14))])
    return tuple([1 + zlib.crc32(part.encode()) % (N_PIECES - 1) for part in sorted(parts)])


class _WordRows(dict[str, int]):
    """The rows of words, for bodies; each is worked out once."""

    def __missing__(self, word: str) -> int:
        if len(self) >= _MOST_KEPT:
            self.clear()
        row = self[word] = 1 + zlib.crc32(word.encode()) % (N_WORDS - 1)
        return row


_row_of = _WordRows().__getitem__


def title_words(title: str) -> list[str]:
    """:returns: the words of a title, in lower case."""
    return _WORD.findall(title.lower())


@lru_cache(maxsize=100_000)
def title_rows(title: str) -> tuple[int, ...]:
    """:returns: the rows of a title's words, row 0 first."""
    return (0, *chain.from_iterable(map(pieces_of, title_words(title))))


def word_rows(text: str, start: int, end: int, most: int) -> list[int]:
    """:returns: the rows of the first words of a stretch, row 0 first."""
    words = _BODY.findall(text[start : min(end, start + 10 * most)].lower())
    return [0, *map(_row_of, words[:most])]


@dataclass(frozen=True, slots=True)
class Bags:
    """Rows of a table, some for each of many things: flat, with where each begins.

    :param rows: *Shape*: (total,).
    :param starts: *Shape*: (things,).
    """

    rows: Ints
    starts: Ints

    @classmethod
    def of(cls, bags: Sequence[Sequence[int]]) -> Bags:
        """:returns: bags, each of at least one row."""
        starts = [0, *accumulate(map(len, bags))]
        rows = np.fromiter(chain.from_iterable(bags), np.int64, starts[-1])
        return cls(rows, np.array(starts[:-1], np.int64))
