"""What one document adds to the figures of sections: lines, boundaries, windows, categories."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import NamedTuple

from biotk.document import Document, Section
from biotk.text.lines import Line, split_lines

#: In ``meta``, of a document that is one section without a heading: only its category is gold.
CATEGORIES_ONLY = "categories_only"
#: In ``meta`` of such a document, the categories of which any is right.
ACCEPTED = "categories"

#: What a line is: a heading alone, a heading and text after it, or neither.
HEADING, INLINE, BODY = "heading", "inline", "body"


class Hits(NamedTuple):
    """How many are right, predicted and gold."""

    right: int
    predicted: int
    gold: int


class Windows(NamedTuple):
    """How many windows of WindowDiff disagree, and how many there are."""

    wrong: int
    total: int


def text_lines(text: str) -> list[Line]:
    """:returns: the lines of a text that are not blank."""
    return [line for line in split_lines(text) if line.end > line.start]


def line_labels(document: Document, lines: Sequence[Line]) -> list[str]:
    """Say what each line of a document is, by the first title that starts on it.

    A title is alone if no letter or digit follows it on its line: a colon and other marks may.

    :param lines: the lines of its text that are not blank.
    :returns: :data:`HEADING`, :data:`INLINE` or :data:`BODY` for each.
    """
    labels = [BODY] * len(lines)
    begins = [line.outer for line in lines]
    titles = {(section.title_start, section.title_end) for section in titled(document.sections)}
    for start, end in sorted(titles, reverse=True):
        n = bisect_right(begins, start) - 1
        if n >= 0 and start < lines[n].end:
            after = document.text[end : lines[n].end]
            labels[n] = INLINE if any(map(str.isalnum, after)) else HEADING
    return labels


def titled(sections: Sequence[Section]) -> list[Section]:
    """:returns: the sections that have a title."""
    return [section for section in sections if section.title_end > section.title_start]


def first_character(text: str, section: Section) -> int:
    """:returns: where the first character of a section that is no blank stands.

    Whether blank lines before a heading end one section or begin the next says nothing.
    """
    at = section.start
    while at < section.end and text[at].isspace():
        at += 1
    return at if at < section.end else section.start


def boundaries(document: Document) -> dict[int, Section]:
    """:returns: the sections with a title, by where their first character stands."""
    found: dict[int, Section] = {}
    for section in titled(document.sections):
        found.setdefault(first_character(document.text, section), section)
    return found


def hits(gold: set[object], predicted: set[object]) -> Hits:
    """:returns: how many of the predicted are gold, and how many there are of either."""
    return Hits(len(gold & predicted), len(predicted), len(gold))


def unknown_hits(
    gold: Document,
    predicted: Document,
    gold_at: dict[int, Section],
    predicted_at: dict[int, Section],
    is_known: Callable[[str], bool],
) -> Hits:
    """Count the boundaries under titles that were never seen.

    A predicted boundary that is right has the title that gold has there, any other its own.
    """

    def unknown(document: Document, section: Section) -> bool:
        return not is_known(document.text[section.title_start : section.title_end])

    wanted = {at for at, section in gold_at.items() if unknown(gold, section)}
    right = len(wanted & predicted_at.keys())
    wrong = sum(at not in gold_at and unknown(predicted, s) for at, s in predicted_at.items())
    return Hits(right, right + wrong, len(wanted))


def opening_lines(document: Document, lines: Sequence[Line]) -> list[bool]:
    """:returns: for each line whether a section starts on it, titled or not."""
    opens = [False] * len(lines)
    ends = [line.end for line in lines]
    for section in document.sections:
        n = bisect_right(ends, first_character(document.text, section))
        if n < len(lines):
            opens[n] = True
    return opens


def window_diff(gold: Sequence[bool], predicted: Sequence[bool]) -> Windows:
    """WindowDiff (Pevzner and Hearst, Computational Linguistics 2002) over the lines of a text.

    A window of k lines slides over the text, k being half of the mean length of gold's segments;
    it disagrees where the number of boundaries between its ends does.

    :param gold: for each line whether a segment starts on it; the first does in any case.
    :param predicted: the same, as predicted.
    """
    n = len(gold)
    if n < 2:
        return Windows(0, 0)
    segments = 1 + sum(gold[1:])
    k = max(1, round(n / segments / 2))
    # The difference of the counts of boundaries up to each line.
    ahead = [0] * n
    for at in range(1, n):
        ahead[at] = ahead[at - 1] + gold[at] - predicted[at]
    wrong = sum(ahead[at + k] != ahead[at] for at in range(n - k))
    return Windows(wrong, n - k)


def categories(
    gold: Document,
    predicted: Document,
    gold_at: dict[int, Section],
    predicted_at: dict[int, Section],
) -> list[tuple[str | None, str | None]]:
    """:returns: the gold and the predicted category of each boundary that both have; of a
    document that is one section without a heading, those of that section.

    Where several categories are right, the predicted one is gold if it is among them.
    """
    if not gold.meta.get(CATEGORIES_ONLY):
        return [
            (section.category, predicted_at[at].category)
            for at, section in gold_at.items()
            if at in predicted_at
        ]
    wanted = gold.sections[0].category if gold.sections else None
    got = predicted.sections[0].category if predicted.sections else None
    return [(got if got in (gold.meta.get(ACCEPTED) or ()) else wanted, got)]
