"""What a model sees of texts: their lines, and what could be a title on them.

All of it is cheap: of a long line only the beginning is looked at, of a body the first words, and
what hangs on the words of a title alone is worked out once for each title.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from biotk.sections import title_features
from biotk.sections.hashing import Bags, Floats, Ints, first_words, sizes_of
from biotk.sections.layout import DIGIT, LOWER, UPPER, Layout
from biotk.sections.reading import Found, Lines, candidates_of, lines_of
from biotk.sections.title_features import N_KNOWN

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

# As much of a body is read as its words take at most.
_BODY = 10 * BODY_WORDS
# Enough for marks, the longest title and what closes it.
_HEAD = 160
# Columns of a line that hang on the lines around it.
_AFTER_BLANK, _BEHIND_BLANK, _FIRST, _SHARE = 7, 8, 10, 12


@dataclass(frozen=True, slots=True)
class TextFeatures:
    """Texts as the network for headings sees them, one behind the other.

    :param n_lines: lines of each text that are neither blank nor drawn.
    :param n_found: candidates of each text.
    :param outer: where those lines begin in their texts, with their indent. *Shape*: (lines,).
    :param found: the candidates of all lines, in order: where in its text each starts and ends,
        and where the text behind it goes on. *Shape*: (candidates, 3).
    :param at: the line of each candidate. *Shape*: (candidates,).
    :param first: where the first candidate stands of each line that has any. *Shape*: (such
        lines,).
    :param titles: each candidate's words.
    :param candidate: *Shape*: (candidates, N_CANDIDATE).
    :param line: *Shape*: (lines, N_LINE).
    """

    n_lines: list[int]
    n_found: list[int]
    outer: Ints
    found: Ints
    at: Ints
    first: Ints
    titles: list[str]
    candidate: Floats
    line: Floats


def text_features(texts: Sequence[str]) -> TextFeatures:
    """Read some texts."""
    layout = Layout(texts)
    lines = lines_of(layout)
    found = candidates_of(layout, lines)
    line = _of_lines(lines, layout)
    begins = layout.begins[:-1]
    places = np.stack((found.start, found.end, found.body), 1)
    return TextFeatures(
        lines.n.tolist(),
        found.n.tolist(),
        lines.outer - np.repeat(begins, lines.n),
        places - np.repeat(begins, found.n)[:, None],
        found.at,
        found.first,
        [title for title, _, _ in found.keys],
        _of_candidates(found, lines, layout, _common(line)[found.at]),
        line,
    )


def _of_lines(lines: Lines, layout: Layout) -> Floats:
    """:returns: what is told of each line. *Shape*: (lines, N_LINE)."""
    start, end, number = lines.start, lines.end, lines.number
    line = np.zeros((len(start), N_LINE), np.float32)
    head = np.minimum(end, start + _HEAD)
    upper, digits, colons = layout.counts(start, head)
    last = layout.codes[end - 1]
    line[:, 0] = np.minimum((end - start) / 100, 3.0)
    line[:, 1] = last == ord(".")
    line[:, 2] = last == ord(":")
    line[:, 3] = (last == ord(",")) | (last == ord(";"))
    line[:, 4] = layout.kinds[start] & LOWER > 0
    line[:, 5] = upper / (head - start)
    line[:, 6] = digits / (head - start)
    line[:, _AFTER_BLANK] = lines.after_blank
    # A blank line behind one is a blank line before the next; none stands before a text's first.
    line[:-1, _BEHIND_BLANK] = line[1:, _AFTER_BLANK]
    line[:, 9] = start > lines.outer
    line[:, _FIRST] = number == 0
    line[:, 11] = colons > 0
    line[:, _SHARE] = number / np.repeat(lines.n, lines.n)
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


def _of_candidates(found: Found, lines: Lines, layout: Layout, common: Floats) -> Floats:
    """:returns: what is told of each candidate. *Shape*: (candidates, N_CANDIDATE)."""
    body, line_end = found.body, lines.end[found.at]
    words = title_features.of_candidates(found.keys)
    result = np.empty((len(body), N_CANDIDATE), np.float32)
    has_text = body < line_end
    kinds = np.where(has_text, layout.kinds[np.minimum(body, line_end - 1)], 0)
    first = found.first
    n = sizes_of(first, len(body))
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
    :param bodies: of each body's first words.
    :param section: *Shape*: (sections, N_SECTION).
    """

    n_sections: list[int]
    titles: list[str]
    bodies: Bags
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
            bodies.append(text[body : min(end, body + _BODY)])
            behind = text.find("\n", stop, body) >= 0
            layout += (behind, min((end - body) / 500, 3.0), body >= end, k / n)
    dense = np.fromiter(layout, np.float32, len(layout)).reshape(-1, 4)
    dense = np.concatenate((dense, title_features.of_sections(titles)), 1)
    words = first_words(bodies, BODY_WORDS)
    return SectionFeatures([len(spans) for _, spans in texts], titles, words, dense)
