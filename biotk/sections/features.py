"""What a model sees of a text: its lines, what could be a title on them, and their words.

All of it is cheap: a long line is looked at to its hundredth character, a body to its fortieth
word, so that the time is linear in the number of lines.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, chain

import numpy as np
from numpy.typing import NDArray

from biotk.sections.candidates import (
    BULLET,
    NUMBER,
    Candidate,
    candidates,
    is_rule,
)
from biotk.sections.lines import Line, split_lines

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

#: Rows of the tables that words are hashed into; row 0 stands in every bag.
N_PIECES, N_WORDS = 16384, 16384
#: Words of a line and of a body that are read.
LINE_WORDS, BODY_WORDS = 6, 48
#: What is told of a candidate and of a line besides their words.
N_CANDIDATE, N_LINE, N_SECTION = 37, 16, 8

_HEAD = 120
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


def body_rows(text: str, start: int, end: int) -> list[int]:
    """:returns: the rows of the first words of a body, row 0 first."""
    words = _BODY.findall(text[start : min(end, start + 8 * BODY_WORDS)].lower())
    return [0, *map(row_of, words[:BODY_WORDS])]


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
    """A text as the network for headings sees it.

    :param lines: its lines that are not blank.
    :param found: the candidates of all lines, in order.
    :param at: the line of each candidate. *Shape*: (candidates,).
    :param titles: rows of each candidate's words, a tuple each.
    :param candidate: *Shape*: (candidates, N_CANDIDATE).
    :param words: rows of each line's first words, a tuple each.
    :param line: *Shape*: (lines, N_LINE).
    """

    lines: list[Line]
    found: list[Candidate]
    at: Ints
    titles: list[tuple[int, ...]]
    candidate: Floats
    words: list[tuple[int, ...]]
    line: Floats


def text_features(text: str) -> TextFeatures:
    """Read a text."""
    every = split_lines(text)
    lines = [line for line in every if line.end > line.start]
    blank_before = _blanks(every)
    n = len(lines)
    heads = [text[line.start : min(line.end, line.start + _HEAD)] for line in lines]
    rules = [is_rule(text, line) for line in lines]
    line_rows: list[list[float]] = []
    found: list[Candidate] = []
    at: list[int] = []
    candidate_rows: list[list[float]] = []
    for k, (line, head) in enumerate(zip(lines, heads)):
        last = text[line.end - 1]
        before = text[lines[k - 1].end - 1] if k else ""
        after_blank = k + 1 < n and blank_before[k + 1]
        some = [] if rules[k] else candidates(text, line)
        first = head[0]
        common = [
            float(blank_before[k] and k > 0), float(after_blank), float(line.start > line.outer),
            float(k == 0), float(k + 1 == n), float(k + 1 < n and rules[k + 1]),
            float(before == "."), float(before == ":"), float(before in ",;"), k / n,
        ]  # fmt: skip
        line_rows.append([
            min((line.end - line.start) / 100, 3.0), float(last == "."), float(last == ":"),
            float(last in ",;"), float(first.islower()), float(first.isdigit()),
            _share(head, str.isupper), _share(head, str.isdigit), float(rules[k]),
            float(bool(some) and some[0].marks & (NUMBER | BULLET) > 0),
            *common[:4], float(":" in head), k / n,
        ])  # fmt: skip
        for number, each in enumerate(some):
            found.append(each)
            at.append(k)
            candidate_rows.append(_candidate(text, line, each, number, len(some)) + common)
    return TextFeatures(
        lines,
        found,
        np.array(at, np.int64),
        [title_rows(text[c.start : c.end]) for c in found],
        np.array(candidate_rows, np.float32).reshape(len(found), N_CANDIDATE),
        [_line_words(head) for head in heads],
        np.array(line_rows, np.float32).reshape(n, N_LINE),
    )


def _blanks(every: Sequence[Line]) -> list[bool]:
    """:returns: for each line that is not blank, whether one before it is."""
    result, blank = [], True
    for line in every:
        if line.end > line.start:
            result.append(blank)
            blank = False
        else:
            blank = True
    return result


def _candidate(text: str, line: Line, c: Candidate, number: int, of: int) -> list[float]:
    title = text[c.start : c.end]
    words = title.split()
    long = [word for word in words if len(word) > 3]
    letters = sum(map(str.isalpha, title))
    upper = sum(map(str.isupper, title)) / letters if letters else 0.0
    rest = text[c.body : c.body + 1] if c.body < line.end else ""
    return [
        *(float(c.ends >> n & 1) for n in range(7)),
        *(float(c.marks >> n & 1) for n in range(5)),
        float(not rest), min(len(words) / 8, 1.5), len(title) / 60, upper, float(upper == 1.0),
        float(bool(long) and all(word[0].isupper() for word in long)), float(title[0].isupper()),
        float(any(map(str.isdigit, title))), float("," in title),
        float("/" in title or "(" in title),
        float(rest.isupper()), float(rest.islower()), float(rest.isdigit()),
        min((line.end - c.body) / 200, 2.0), number / of if of > 1 else 0.0,
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class SectionFeatures:
    """The sections of a text as the network for categories sees them.

    :param titles: rows of each title's words; row 0 alone for none.
    :param bodies: rows of each body's first words.
    :param section: *Shape*: (sections, N_SECTION).
    """

    titles: list[tuple[int, ...]]
    bodies: list[list[int]]
    section: Floats


def section_features(text: str, spans: Sequence[tuple[int, int, int, int]]) -> SectionFeatures:
    """Read the sections of a text.

    :param spans: where the title and the body of each stand: title start, title end, body start,
        end; an empty title for none.
    """
    rows = []
    n = len(spans)
    for k, (start, stop, body, end) in enumerate(spans):
        title = text[start:stop]
        rows.append([
            float(not title), float("\n" in text[stop:body]), float(title.isupper()),
            float(title.islower()), min(len(title) / 40, 2.0), min((end - body) / 500, 3.0),
            float(body >= end), k / n,
        ])  # fmt: skip
    return SectionFeatures(
        [title_rows(text[start:stop]) for start, stop, _, _ in spans],
        [body_rows(text, body, end) for _, _, body, end in spans],
        np.array(rows, np.float32).reshape(n, N_SECTION),
    )


def _line_words(head: str) -> tuple[int, ...]:
    return (0, *map(row_of, _BODY.findall(head.lower())[:LINE_WORDS]))


def _share(head: str, test: Callable[[str], bool]) -> float:
    return sum(map(test, head)) / len(head)
