"""Where the lines of many texts stand, and what could be a title on them.

Lines are found in all texts at once: they are those of :func:`~biotk.text.lines.split_lines`, less
blank ones and drawn ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

import numpy as np

from biotk.sections.candidates import CLOSER, COLON, DASH, RULING, candidates, is_rule
from biotk.sections.hashing import Ints
from biotk.sections.layout import SPACE, Bools, Layout
from biotk.sections.title_features import CandidateKey

# What looks like the end of a title rather than of a sentence.
_ASKED = COLON | CLOSER | DASH
_IS_RULING = np.isin(np.arange(256), np.frombuffer(RULING.encode(), np.uint8))


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of some texts that are neither blank nor drawn.

    Places count from the beginning of all texts, which stand one behind another in the layout.

    :param n: of each text. *Shape*: (texts,).
    :param number: of each line in its text. *Shape*: (lines,).
    :param start: where each line's first character that is no blank stands. *Shape*: (lines,).
    :param end: behind the last one. *Shape*: (lines,).
    :param outer: where the line itself begins, with its indent. *Shape*: (lines,).
    :param after_blank: whether blank or drawn lines stand between it and the line before.
        *Shape*: (lines,).
    """

    n: Ints
    number: Ints
    start: Ints
    end: Ints
    outer: Ints
    after_blank: Bools


def lines_of(layout: Layout) -> Lines:
    """:returns: the lines of texts."""
    inked = np.zeros(len(layout.kinds) + 2, np.bool_)
    np.equal(layout.kinds & SPACE, 0, out=inked[1:-1])
    words = np.flatnonzero(inked[1:] > inked[:-1])
    word_ends = np.flatnonzero(inked[1:] < inked[:-1])
    # A line ends no word: its words are those that begin before its end.
    breaks = layout.breaks()
    last = np.searchsorted(words, breaks)
    first, outer = np.zeros_like(last), np.zeros_like(last)
    first[1:], outer[1:] = last[:-1], breaks[:-1] + 1
    kept = last > first
    for n in np.flatnonzero(kept)[_IS_RULING[layout.codes[words[first[kept]]]]].tolist():
        kept[n] = not is_rule(layout.text, int(words[first[n]]), int(word_ends[last[n] - 1]))
    place = np.flatnonzero(kept)
    start = words[first[place]]
    bounds = np.searchsorted(start, layout.begins)
    n = bounds[1:] - bounds[:-1]
    number = np.arange(len(place)) - np.repeat(bounds[:-1], n)
    after_blank = number > 0
    after_blank[1:] &= place[1:] - place[:-1] > 1
    return Lines(n, number, start, word_ends[last[place] - 1], outer[place], after_blank)


@dataclass(frozen=True, slots=True)
class Found:
    """The candidates of lines, in order; places as those of lines.

    :param n: of each text. *Shape*: (texts,).
    :param at: the line of each. *Shape*: (candidates,).
    :param first: where the first stands of each line that has any. *Shape*: (such lines,).
    :param start: *Shape*: (candidates,).
    :param end: *Shape*: (candidates,).
    :param body: where the text behind each goes on. *Shape*: (candidates,).
    :param keys: what the words of each are known by.
    """

    n: Ints
    at: Ints
    first: Ints
    start: Ints
    end: Ints
    body: Ints
    keys: list[CandidateKey]


def candidates_of(layout: Layout, lines: Lines) -> Found:
    """:returns: what could be a title."""
    text, kinds = layout.text, layout.kinds
    some = [candidates(text, *line) for line in zip(lines.start.tolist(), lines.end.tolist())]
    sizes = np.fromiter(map(len, some), np.int64, len(some))
    flat = list(chain.from_iterable(some))
    numbers = np.fromiter(chain.from_iterable(flat), np.int64, 4 * len(flat))
    start, end, body, ends = np.ascontiguousarray(numbers.reshape(-1, 4).T)
    at = np.repeat(np.arange(len(some)), sizes)
    stops = np.cumsum(sizes)
    first = stops - sizes
    # A text without lines has none either.
    n = np.zeros(len(lines.n), np.int64)
    has_lines = lines.n > 0
    n[has_lines] = np.add.reduceat(sizes, (np.cumsum(lines.n) - lines.n)[has_lines])
    joined = np.zeros(len(flat), np.int64)
    inked = np.ones(len(flat), np.bool_)
    for ahead in range(3):
        # Behind the last line stands a break.
        inked &= kinds.take(end + ahead, mode="clip") & SPACE == 0
        joined += inked
    asked = ends & _ASKED > 0
    titles = [text[begin:stop] for begin, stop, _, _ in flat]
    keys = list(zip(titles, joined.tolist(), asked.tolist()))
    return Found(n, at, first[sizes > 0], start, end, body, keys)
