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
# How many words' and pieces' rows are kept.
_MOST_KEPT = 200_000
# Words of a body: two letters or more.
_LETTERS = r"[^\W\d_]"
_BODY = re.compile(rf"{_LETTERS}{{2,}}")
# Where every letter is one of a byte, as in nearly all notes, words are cut out of bytes: small
# letters as they are, blanks for all else. The mark stands before each body, and in none of them.
_RARE_LETTER = re.compile(r"[^\W\d_\x00-\xff]")
_MARK = "\0"
_SMALL_OR_BLANK = bytes(
    ord(letter.lower() if re.match(_LETTERS, letter) or letter == _MARK else " ")
    for letter in map(chr, range(256))
)
_NO_WORD = -1


class _PieceRows(dict[str, int]):
    """The rows of pieces of words; each is worked out once."""

    def __missing__(self, piece: str) -> int:
        if len(self) >= _MOST_KEPT:
            self.clear()
        row = self[piece] = 1 + zlib.crc32(piece.encode()) % (N_PIECES - 1)
        return row


_piece_row = _PieceRows().__getitem__


@lru_cache(maxsize=_MOST_KEPT)
def pieces_of(word: str) -> tuple[int, ...]:
    """:returns: the rows of a word, of its ends and of its three-letter pieces, for titles."""
    marked = f"<{word}>"
    parts = {f"w{word}", f"p{word[:4]}", f"s{word[-4:]}"}
    parts.update([marked[n : n + 3] for n in range(min(len(marked) - 2, 14))])
    return tuple(map(_piece_row, sorted(parts)))


def _word_row(word: str) -> int:
    return 1 + zlib.crc32(word.encode()) % (N_WORDS - 1)


class _WordRows(dict[bytes, int]):
    """The rows of words; each is worked out once. That of the mark is 0, a letter has none."""

    def __missing__(self, word: bytes) -> int:
        if len(self) >= _MOST_KEPT:
            self.clear()
        if len(word) == 1:
            row = 0 if word == _MARK.encode() else _NO_WORD
        else:
            row = _word_row(word.decode("latin-1"))
        self[word] = row
        return row


_row_of = _WordRows().__getitem__


def title_words(title: str) -> list[str]:
    """:returns: the words of a title, in lower case."""
    return _WORD.findall(title.lower())


@lru_cache(maxsize=100_000)
def title_rows(title: str) -> tuple[int, ...]:
    """:returns: the rows of a title's words, row 0 first."""
    return (0, *chain.from_iterable(map(pieces_of, title_words(title))))


def sizes_of(starts: Ints, total: int) -> Ints:
    """:returns: the sizes of stretches of which each ends where the next one starts.

    :param total: where the last one ends.
    """
    sizes = np.empty_like(starts)
    np.subtract(starts[1:], starts[:-1], out=sizes[:-1])
    sizes[-1:] = total - starts[-1:]
    return sizes


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

    @property
    def sizes(self) -> Ints:
        """How many rows each bag holds. *Shape*: (things,)."""
        return sizes_of(self.starts, len(self.rows))


def first_words(bodies: Sequence[str], most: int) -> Bags:
    """:returns: the rows of the first words of some texts, in lower case, row 0 first."""
    joined = f" {_MARK} ".join(["", *bodies])
    if joined.count(_MARK) != len(bodies) or _RARE_LETTER.search(joined):
        return Bags.of([slow_first_words(body, most) for body in bodies])
    words = joined.encode("latin-1", "replace").translate(_SMALL_OR_BLANK).split()
    rows = np.fromiter(map(_row_of, words), np.int64, len(words))
    rows = rows[rows != _NO_WORD]
    every = Bags(rows, np.flatnonzero(rows == 0))
    sizes = np.minimum(every.sizes, most + 1)
    kept = np.arange(len(rows)) - np.repeat(every.starts, every.sizes) <= most
    return Bags(rows[kept], np.cumsum(sizes) - sizes)


def slow_first_words(body: str, most: int) -> list[int]:
    """:returns: what :func:`first_words` does for one text, whatever its letters."""
    return [0, *map(_word_row, _BODY.findall(body.lower())[:most])]
