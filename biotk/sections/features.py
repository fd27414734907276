"""What a model sees of texts: their lines, and what could be a title on them.

All of it is cheap: of a long line only the beginning is looked at, of a body the first words, and
what can be counted is counted for all lines of all texts at once.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biotk.sections.candidates import (
    CLOSER,
    COLON,
    DASH,
    Candidate,
    candidates,
    is_rule,
)
from biotk.sections.characters import DIGIT, LOWER, UPPER, Characters
from biotk.sections.titles import CATEGORIES, category_of, is_part
from biotk.text.lines import Line, split_lines

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

#: Rows of the tables that words are hashed into; row 0 stands in every bag.
N_PIECES, N_WORDS = 16384, 16384
#: Words of a body that are read.
BODY_WORDS = 12
#: What is told of a candidate, of a line and of a section besides their words. The last columns of
#: a section are what rules know of its title: its category, or that it is a part.
N_KNOWN = len(CATEGORIES) + 1
N_CANDIDATE, N_LINE, N_SECTION = 26, 13, 8 + N_KNOWN
#: Kinds of cues, each as columns of a candidate and of a line: capitals and small letters; blank
#: lines and indent; signs in the line and at the ends of those around it; what follows the title;
#: what rules know of it. Training hides one or another.
CUES: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...] = (
    ((3, 4, 5, 6), (4, 5)),
    ((15, 16, 17), (7, 8, 9)),
    ((20, 21, 22), (1, 2, 3, 11)),
    ((0, 10, 11, 12, 13), (0,)),
    ((24, 25), ()),
)

# Enough for marks, the longest title and what closes it.
_HEAD = 160
_WORD = re.compile(r"[^\W_]+|[&/#%+]")
_BODY = re.compile(r"[^\W\d_]{2,}")


@lru_cache(maxsize=200_000)
def pieces_of(word: str) -> tuple[int, ...]:
    """:returns: the rows of a word, of its ends and of its three-letter pieces, for titles."""
    marked = f"<{word}>"
    parts = {f"w{word}", f"p{word[:4]}", f"s{word[-4:]}"}
    parts.update(marked[n : n + 3] for n in range(min(len(marked) - 2, 14)))
    return tuple(1 + zlib.crc32(part.encode()) % (N_PIECES - 1) for part in sorted(parts))


@lru_cache(maxsize=200_000)
def row_of(word: str) -> int:
    """:returns: the row of a word, for bodies."""
    return 1 + zlib.crc32(word.encode()) % (N_WORDS - 1)


@lru_cache(maxsize=100_000)
def title_rows(title: str) -> tuple[int, ...]:
    """:returns: the rows of a title's words, in lower case, row 0 first."""
    words = _WORD.findall(title.lower())
    return (0, *chain.from_iterable(map(pieces_of, words)))


def word_rows(text: str, start: int, end: int, most: int) -> list[int]:
    """:returns: the rows of the first words of a stretch, row 0 first."""
    words = _BODY.findall(text[start : min(end, start + 10 * most)].lower())
    return [0, *map(row_of, words[:most])]


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


@dataclass(frozen=True, slots=True)
class TextFeatures:
    """Texts as the network for headings sees them, one behind the other.

    :param n_lines: lines of each text that are neither blank nor drawn.
    :param n_found: candidates of each text.
    :param lines: those lines.
    :param found: the candidates of all lines, in order.
    :param at: the line of each candidate. *Shape*: (candidates,).
    :param titles: each candidate's words.
    :param candidate: *Shape*: (candidates, N_CANDIDATE).
    :param line: *Shape*: (lines, N_LINE).
    """

    n_lines: list[int]
    n_found: list[int]
    lines: list[Line]
    found: list[Candidate]
    at: Ints
    titles: list[str]
    candidate: Floats
    line: Floats


def text_features(texts: Sequence[str]) -> TextFeatures:
    """Read some texts."""
    read = _Read()
    for text in texts:
        read.add(text)
    characters = Characters(read.heads)
    line, common = _of_lines(characters, read)
    at = np.array(read.at, np.int64)
    return TextFeatures(
        read.n_lines,
        read.n_found,
        read.lines,
        read.found,
        at,
        read.titles,
        _of_candidates(characters, read, at, common),
        line,
    )


class _Read:
    """Texts read one by one: what cannot be done for all of them at once."""

    def __init__(self) -> None:
        self.n_lines: list[int] = []
        self.n_found: list[int] = []
        self.lines: list[Line] = []
        self.found: list[Candidate] = []
        # The same as flat numbers, which numpy reads many times faster than tuples.
        self.line_places: list[int] = []
        self.found_places: list[int] = []
        self.at: list[int] = []
        self.titles: list[str] = []
        self.after_blank: list[bool] = []
        self.heads: list[str] = []
        self.last: list[str] = []

    def add(self, text: str) -> None:
        before, found_before, blank = len(self.lines), len(self.found), False
        for line in split_lines(text):
            # A line that is drawn parts others just as a blank one does.
            if line.end == line.start or is_rule(text, line):
                blank = True
                continue
            for each in candidates(text, line):
                self.at.append(len(self.lines))
                self.found.append(each)
                self.found_places += each
                self.titles.append(text[each.start : each.end])
            head = text[line.start : min(line.end, line.start + _HEAD)]
            self.heads.append(head)
            self.last.append(text[line.end - 1])
            self.lines.append(line)
            self.line_places += line
            self.after_blank.append(blank)
            blank = False
        self.n_lines.append(len(self.lines) - before)
        self.n_found.append(len(self.found) - found_before)

    @property
    def begins(self) -> Ints:
        """Where each line's head begins among all of them. *Shape*: (lines,)."""
        return np.array([0, *accumulate(len(head) + 1 for head in self.heads)][:-1], np.int64)


def _of_lines(characters: Characters, read: _Read) -> tuple[Floats, Floats]:
    """:returns: what is told of each line, and what of it is told of its candidates too.

    *Shapes*: (lines, N_LINE) and (lines, 9).
    """
    n = len(read.lines)
    if not n:
        return np.zeros((0, N_LINE), np.float32), np.zeros((0, 9), np.float32)
    kinds, begins = characters.kinds, read.begins
    start, end, outer = np.array(read.line_places, np.int64).reshape(-1, 3).T
    after_blank = np.array(read.after_blank)
    number = np.concatenate([np.arange(k) for k in read.n_lines])
    of = np.repeat(np.array(read.n_lines), read.n_lines)
    first, last = number == 0, number == of - 1
    ends_with = np.array([min(ord(character), 127) for character in read.last])
    before = np.where(first, 0, np.roll(ends_with, 1))
    behind_blank = np.where(last, False, np.roll(after_blank, -1))
    common = [
        after_blank & ~first, behind_blank, start > outer, first, last,
        before == ord("."), before == ord(":"),
        (before == ord(",")) | (before == ord(";")), number / of,
    ]  # fmt: skip
    stops = begins + np.array([len(head) for head in read.heads])
    length = (stops - begins).astype(np.float64)
    line = [
        np.minimum((end - start) / 100, 3.0), ends_with == ord("."), ends_with == ord(":"),
        (ends_with == ord(",")) | (ends_with == ord(";")), kinds[begins] & LOWER > 0,
        characters.count("upper", begins, stops) / length,
        characters.count("digit", begins, stops) / length,
        *common[:4], characters.count("colon", begins, stops) > 0, number / of,
    ]  # fmt: skip
    return _stacked(line), _stacked(common)


def _of_candidates(characters: Characters, read: _Read, at: Ints, common: Floats) -> Floats:
    """:returns: what is told of each candidate. *Shape*: (candidates, N_CANDIDATE)."""
    if not read.found:
        return np.zeros((0, N_CANDIDATE), np.float32)
    lines = np.array(read.line_places, np.int64).reshape(-1, 3)[at]
    # From places in texts to places among the heads of lines.
    offset = read.begins[at] - lines[:, 0]
    start, end, body, ends = np.array(read.found_places, np.int64).reshape(-1, 4).T
    start, end, body, line_end = start + offset, end + offset, body + offset, lines[:, 1] + offset
    count, kinds = characters.count, characters.kinds
    letters = np.maximum(count("letter", start, end), 1)
    upper = count("upper", start, end) / letters
    # The first word may stand behind a mark, where no word begins.
    first = (count("word", start + 1, np.minimum(start + 5, len(kinds))) == 0) & (end - start > 3)
    long = count("long", start + 1, end) + first
    low = count("low", start + 1, end) + (kinds[start] & UPPER == 0)
    rest = np.where(body < line_end, kinds[np.minimum(body, len(kinds) - 1)], 0)
    new = np.r_[True, at[1:] != at[:-1]]
    size = np.diff(np.append(np.flatnonzero(new), len(at)))
    number = np.arange(len(at)) - np.repeat(np.flatnonzero(new), size)
    of = np.repeat(size, size)
    # What rules know is asked of what looks like a title only: most other candidates are sentences.
    known = np.zeros((len(at), 2), np.float32)
    for k in np.flatnonzero(ends & (COLON | CLOSER | DASH)).tolist():
        if (column := _known(read.titles[k])) is not None:
            known[k, int(column == len(CATEGORIES))] = 1.0
    # What ends a title and what stands before it is not told: a model that sees a dash or a number
    # learns that what it has not seen before a dash is no title.
    columns = [
        body >= line_end, np.minimum((count("word", start + 1, end) + 1) / 8, 1.5),
        (end - start) / 60, upper, upper == 1.0, (long > 0) & (low == 0),
        kinds[start] & UPPER > 0, count("digit", start, end) > 0, count("comma", start, end) > 0,
        count("aside", start, end) > 0, rest & UPPER > 0, rest & LOWER > 0, rest & DIGIT > 0,
        np.minimum((line_end - body) / 200, 2.0), number / of,
    ]  # fmt: skip
    return np.concatenate([_stacked(columns), common[at], known], 1)


def _stacked(columns: Sequence[NDArray[Any]]) -> Floats:
    return np.stack(columns, 1).astype(np.float32)


@dataclass(frozen=True, slots=True)
class SectionFeatures:
    """The sections of some texts as the network for categories sees them.

    :param n_sections: of each text.
    :param titles: each title's words; empty for none.
    :param bodies: rows of each body's first words.
    :param section: *Shape*: (sections, N_SECTION).
    """

    n_sections: list[int]
    titles: list[str]
    bodies: list[list[int]]
    section: Floats


@lru_cache(maxsize=65536)
def _of_title(title: str) -> tuple[float, ...]:
    """:returns: what is told of a section's title; the last columns are what rules know of it."""
    known = [0.0] * N_KNOWN
    if (column := _known(title)) is not None:
        known[column] = 1.0
    return (not title, title.isupper(), title.islower(), min(len(title) / 40, 2.0), *known)


@lru_cache(maxsize=65536)
def _known(title: str) -> int | None:
    """:returns: the column of what rules know of a title; None for nothing."""
    if is_part(title):
        return len(CATEGORIES)
    category = category_of(title)
    return None if category is None else CATEGORIES.index(category)


#: Where the title and the body of a section stand: title start, title end, body start, end.
Span = tuple[int, int, int, int]


def section_features(texts: Sequence[tuple[str, Sequence[Span]]]) -> SectionFeatures:
    """Read the sections of some texts.

    :param texts: each with the spans of its sections; an empty title for none.
    """
    rows, titles, bodies = [], [], []
    for text, spans in texts:
        n = len(spans)
        for k, (start, stop, body, end) in enumerate(spans):
            title = text[start:stop]
            titles.append(title)
            bodies.append(word_rows(text, body, end, BODY_WORDS))
            layout = ("\n" in text[stop:body], min((end - body) / 500, 3.0), body >= end, k / n)
            rows.append(layout + _of_title(title))
    dense = np.array(rows, np.float32).reshape(len(rows), N_SECTION)
    return SectionFeatures([len(spans) for _, spans in texts], titles, bodies, dense)
