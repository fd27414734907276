"""What is told of a title by its words alone, worked out for many titles at once, each once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from biotk.sections.hashing import Floats, Ints
from biotk.sections.layout import COMMA, DIGIT, LETTER, SLASH, SPACE, UPPER, Bytes, characters
from biotk.sections.rows import Rows
from biotk.sections.titles import CATEGORIES, category_of, is_part

Bools = NDArray[np.bool_]

#: How many things are told of a candidate by its words; the last two are what rules know of it.
N_WORDED = 11
#: What rules know of a section's title: its category, or that it is a part.
N_KNOWN = len(CATEGORIES) + 1

#: What the words of a candidate are known by: its title, how many characters follow without a
#: blank, three at most, which count as part of its last word; and whether rules are asked: only of
#: what looks like the end of a title, since most other candidates are sentences.
CandidateKey = tuple[str, int, bool]

# How much of a word must be there for it to be a long one, and what is put between titles for it.
_LONG = 4
_JOINED = ["    ", "x   ", "xx  ", "xxx "]
# Of each character, a byte each: capitals, letters, digits, commas, slashes and brackets. Words,
# long ones, and long ones that begin with no capital are counted in the bytes behind them.
_ONES = np.array(
    [
        sum((kind & bit > 0) << 8 * n for n, bit in enumerate((UPPER, LETTER, DIGIT, COMMA, SLASH)))
        for kind in range(256)
    ],
    "<u8",
)
_WORD, _LONG_WORD, _SMALL_WORD = (np.uint64(1 << 8 * n) for n in (5, 6, 7))


def of_candidates(keys: Sequence[CandidateKey]) -> Floats:
    """:returns: what is told of candidates by their words. *Shape*: (candidates, N_WORDED)."""
    return _CANDIDATES.of(keys)


def _of_candidates(keys: Sequence[CandidateKey]) -> Floats:
    lengths = np.fromiter([len(title) for title, _, _ in keys], np.int64, len(keys))
    _, kinds = characters("".join([title + _JOINED[joined] for title, joined, _ in keys]))
    ends = np.cumsum(lengths + _LONG) - _LONG
    starts = ends - lengths
    begins, long = _words(kinds, starts, ends)
    upper = kinds & UPPER > 0
    ones = _ONES.take(kinds)
    ones += begins * _WORD + long * _LONG_WORD + (long & ~upper) * _SMALL_WORD
    # A title is at most 90 characters long: no byte runs over.
    sums = np.add.reduceat(ones, np.stack((starts, ends), 1).ravel())[::2]
    counts = np.ascontiguousarray(sums, "<u8").view(np.uint8).reshape(-1, 8).astype(np.int64)
    n_upper, n_letters, n_digits, n_commas, n_slashes, n_words, n_long, n_small = counts.T
    # The first word may stand behind a mark, where no word begins.
    near = starts[:, None] + np.arange(1, _LONG + 1)
    first_is_long = (lengths >= _LONG) & ~begins[near].any(1)
    result = np.zeros((len(keys), N_WORDED), np.float32)
    result[:, 0] = np.minimum((n_words + 1) / 8, 1.5)
    result[:, 1] = lengths / 60
    result[:, 2] = n_upper / np.maximum(n_letters, 1)
    result[:, 3] = n_upper == np.maximum(n_letters, 1)
    result[:, 4] = (first_is_long | (n_long > 0)) & upper[starts] & (n_small == 0)
    result[:, 5] = upper[starts]
    result[:, 6] = n_digits > 0
    result[:, 7] = n_commas > 0
    result[:, 8] = n_slashes > 0
    for n, (title, _, asked) in enumerate(keys):
        if asked and (column := known(title)) is not None:
            result[n, 10 if column == len(CATEGORIES) else 9] = 1.0
    return result


def _words(kinds: Bytes, starts: Ints, ends: Ints) -> tuple[Bools, Bools]:
    """:returns: where words begin in titles, but for the first, and which of them are long."""
    inked = kinds & SPACE == 0
    begins = np.zeros(len(kinds), np.bool_)
    np.greater(inked[1:], inked[:-1], out=begins[1:])
    begins[starts] = False
    begins[ends[:, None] + np.arange(_LONG)] = False
    long = begins.copy()
    for n in range(1, _LONG):
        long[:-n] &= inked[n:]
    return begins, long


_CANDIDATES: Rows[CandidateKey] = Rows(_of_candidates, N_WORDED)


def of_sections(titles: Sequence[str]) -> Floats:
    """:returns: what is told of sections' titles. *Shape*: (titles, 4 + N_KNOWN)."""
    return _SECTIONS.of(titles)


def _of_sections(titles: Sequence[str]) -> Floats:
    rows = np.zeros((len(titles), 4 + N_KNOWN), np.float32)
    for row, title in zip(rows, titles):
        row[:4] = not title, title.isupper(), title.islower(), min(len(title) / 40, 2.0)
        if (column := known(title)) is not None:
            row[4 + column] = 1.0
    return rows


_SECTIONS: Rows[str] = Rows(_of_sections, 4 + N_KNOWN)


@lru_cache(maxsize=65536)
def known(title: str) -> int | None:
    """:returns: the column of what rules know of a title; None for nothing."""
    if is_part(title):
        return len(CATEGORIES)
    category = category_of(title)
    return None if category is None else CATEGORIES.index(category)
