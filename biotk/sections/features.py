"""What a model sees of texts: their lines, and what could be a title on them.

All of it is cheap: of a long line only the beginning is looked at, of a body the first words, and
what hangs on the words of a title alone is worked out once for each title.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter
from typing import NamedTuple

import numpy as np

from biotk.sections import title_features
from biotk.sections.candidates import (
    CLOSER,
    COLON,
    DASH,
    RULING,
    Candidate,
    candidates,
    is_rule,
)
from biotk.sections.hashing import Floats, Ints, word_rows
from biotk.sections.layout import DIGIT, LOWER, UPPER, Layout
from biotk.sections.title_features import N_KNOWN, CandidateKey
from biotk.text.lines import Line, split_lines

#: Words of a body that are read.
BODY_WORDS = 12
#: What is told of a candidate, of a line and of a section besides their words. The last N_KNOWN
#: columns of a section are what rules know of its title.
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
# Columns of a line that hang on the lines around it.
_AFTER_BLANK, _BEHIND_BLANK, _FIRST, _SHARE = 7, 8, 10, 12
# What looks like the end of a title rather than of a sentence.
_BODY = itemgetter(2)
_ASKED = COLON | CLOSER | DASH


@dataclass(frozen=True, slots=True)
class TextFeatures:
    """Texts as the network for headings sees them, one behind the other.

    :param n_lines: lines of each text that are neither blank nor drawn.
    :param n_found: candidates of each text.
    :param lines: those lines.
    :param found: the candidates of all lines, in order.
    :param at: the line of each candidate. *Shape*: (candidates,).
    :param first: where the first candidate stands of each line that has any. *Shape*: (such
        lines,).
    :param titles: each candidate's words.
    :param candidate: *Shape*: (candidates, N_CANDIDATE).
    :param line: *Shape*: (lines, N_LINE).
    """

    n_lines: list[int]
    n_found: list[int]
    lines: list[Line]
    found: list[Candidate]
    at: Ints
    first: Ints
    titles: list[str]
    candidate: Floats
    line: Floats


def text_features(texts: Sequence[str]) -> TextFeatures:
    """Read some texts."""
    read = _Read()
    for text in texts:
        read.add(text)
    layout, places = Layout(texts), _places(read, texts)
    line = _of_lines(read, layout, places.line)
    return TextFeatures(
        read.n_lines,
        read.n_found,
        read.lines,
        read.found,
        places.at,
        places.first,
        read.titles,
        _of_candidates(read, layout, places, _common(line)[places.at]),
        line,
    )


def starts_of(at: Ints) -> Ints:
    """:returns: where each line's first candidate stands.

    :param at: the line of each candidate, in order. *Shape*: (candidates,).
    """
    new = np.ones(len(at), np.bool_)
    np.not_equal(at[1:], at[:-1], out=new[1:])
    return np.flatnonzero(new)


class _Places(NamedTuple):
    """Where lines and candidates stand, counted from the beginning of all texts.

    :param line: start, end and where the indent begins. *Shape*: (lines, 3).
    :param at: the line of each candidate. *Shape*: (candidates,).
    :param first: where the first candidate of each line that has any stands among them.
    :param body: where the text behind each goes on. *Shape*: (candidates,).
    """

    line: Ints
    at: Ints
    first: Ints
    body: Ints


class _Read:
    """Texts read one by one: where their lines and candidates stand.

    Places count from the beginning of all texts. Numbers are kept flat: numpy reads them many
    times faster than tuples.
    """

    def __init__(self) -> None:
        self.n_lines: list[int] = []
        self.n_found: list[int] = []
        self.lines: list[Line] = []
        self.found: list[Candidate] = []
        self.at: list[int] = []
        self.titles: list[str] = []
        # Lines behind a blank one, and what the words of candidates are known by.
        self.after_blank: list[int] = []
        self.keys: list[CandidateKey] = []

    def add(self, text: str) -> None:
        before, n_found = len(self.lines), len(self.found)
        blank = False
        for line in split_lines(text):
            start, end, _ = line
            # A line that is drawn parts others just as a blank one does.
            if end == start or (text[start] in RULING and is_rule(text, line)):
                blank = len(self.lines) > before
                continue
            if blank:
                self.after_blank.append(len(self.lines))
                blank = False
            if some := candidates(text, line):
                self._offer(text, end, some)
            self.lines.append(line)
        self.n_lines.append(len(self.lines) - before)
        self.n_found.append(len(self.found) - n_found)

    def _offer(self, text: str, line_end: int, some: Sequence[Candidate]) -> None:
        self.found += some
        for start, end, _, ends in some:
            title = text[start:end]
            self.at.append(len(self.lines))
            self.titles.append(title)
            is_joined = end < line_end and not text[end].isspace()
            joined = len(text[end : end + 3].split(None, 1)[0]) if is_joined else 0
            self.keys.append((title, joined, ends & _ASKED > 0))


def _places(read: _Read, texts: Sequence[str]) -> _Places:
    sizes = np.fromiter(map(len, texts), np.int64, len(texts))
    begins = np.cumsum(sizes) - sizes
    line = np.fromiter(chain.from_iterable(read.lines), np.int64, 3 * len(read.lines))
    line = line.reshape(-1, 3) + np.repeat(begins, read.n_lines)[:, None]
    body = np.fromiter(map(_BODY, read.found), np.int64, len(read.found))
    at = np.array(read.at, np.int64)
    return _Places(line, at, starts_of(at), body + np.repeat(begins, read.n_found))


def _of_lines(read: _Read, layout: Layout, places: Ints) -> Floats:
    """:returns: what is told of each line. *Shape*: (lines, N_LINE).

    :param places: where each line starts and ends, and its indent begins. *Shape*: (lines, 3).
    """
    line = np.zeros((len(places), N_LINE), np.float32)
    if not len(places):
        return line
    start, end, outer = places.T
    head = np.minimum(end, start + _HEAD)
    upper, digits, colons = layout.counts(start, head)
    last = layout.codes[end - 1]
    n_lines = np.array(read.n_lines, np.int64)
    ends = np.cumsum(n_lines)
    number = np.arange(len(line)) - np.repeat(ends - n_lines, n_lines)
    line[:, 0] = np.minimum((end - start) / 100, 3.0)
    line[:, 1] = last == ord(".")
    line[:, 2] = last == ord(":")
    line[:, 3] = (last == ord(",")) | (last == ord(";"))
    line[:, 4] = layout.kinds[start] & LOWER > 0
    line[:, 5] = upper / (head - start)
    line[:, 6] = digits / (head - start)
    line[read.after_blank, _AFTER_BLANK] = 1.0
    # A blank line behind one is a blank line before the next; none stands before a text's first.
    line[:-1, _BEHIND_BLANK] = line[1:, _AFTER_BLANK]
    line[:, 9] = start > outer
    line[:, _FIRST] = number == 0
    line[:, 11] = colons > 0
    line[:, _SHARE] = number / np.repeat(n_lines, n_lines)
    return line


def _common(line: Floats) -> Floats:
    """:returns: what is told of each line's candidates too. *Shape*: (lines, 9)."""
    common = np.zeros((len(line), 9), np.float32)
    first = line[:, _FIRST] > 0
    common[:, :4] = line[:, _AFTER_BLANK : _FIRST + 1]
    common[:-1, 4] = first[1:]
    common[-1:, 4] = 1.0
    # How the line before ends.
    common[1:, 5:8] = line[:-1, 1:4]
    common[first, 5:8] = 0.0
    common[:, 8] = line[:, _SHARE]
    return common


def _of_candidates(read: _Read, layout: Layout, places: _Places, common: Floats) -> Floats:
    """:returns: what is told of each candidate. *Shape*: (candidates, N_CANDIDATE)."""
    body, line_end = places.body, places.line[places.at, 1]
    words = title_features.of_candidates(read.keys)
    result = np.empty((len(body), N_CANDIDATE), np.float32)
    has_text = body < line_end
    kinds = np.where(has_text, layout.kinds[np.minimum(body, line_end - 1)], 0)
    first = places.first
    n = np.diff(np.append(first, len(body)))
    # What ends a title and what stands before it is not told: a model that sees a dash or a number
    # learns that what it has not seen before a dash is no title.
    result[:, 0] = ~has_text
    result[:, 1:10] = words[:, :9]
    result[:, 10] = kinds & UPPER > 0
    result[:, 11] = kinds & LOWER > 0
    result[:, 12] = kinds & DIGIT > 0
    result[:, 13] = np.minimum((line_end - body) / 200, 2.0)
    result[:, 14] = (np.arange(len(body)) - np.repeat(first, n)) / np.repeat(n, n)
    result[:, 15:24] = common
    result[:, 24:] = words[:, 9:]
    return result


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


#: Where the title and the body of a section stand: title start, title end, body start, end.
Span = tuple[int, int, int, int]


def section_features(texts: Sequence[tuple[str, Sequence[Span]]]) -> SectionFeatures:
    """Read the sections of some texts.

    :param texts: each with the spans of its sections; an empty title for none.
    """
    layout: list[float] = []
    titles, bodies = [], []
    for text, spans in texts:
        n = len(spans)
        for k, (start, stop, body, end) in enumerate(spans):
            titles.append(text[start:stop])
            bodies.append(word_rows(text, body, end, BODY_WORDS))
            layout += ("\n" in text[stop:body], min((end - body) / 500, 3.0), body >= end, k / n)
    dense = np.fromiter(layout, np.float32, len(layout)).reshape(-1, 4)
    dense = np.concatenate((dense, title_features.of_sections(titles)), 1)
    return SectionFeatures([len(spans) for _, spans in texts], titles, bodies, dense)
