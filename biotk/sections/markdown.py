"""Notes whose headings are marked as in Markdown: the marks become sections."""

from __future__ import annotations

import re

from biotk.document import Document
from biotk.sections.tiling import Heading, tile_with_parents
from biotk.sections.titles import category_of
from biotk.text.lines import split_lines

# An ATX heading of CommonMark: one to six signs, a blank, a title, and signs again if one likes.
_HEADING = re.compile(r"(?P<signs>#{1,6})[ \t]+(?P<words>\S.*)")
_FENCE = re.compile(r"`{3,}|~{3,}")
_MARKS = " \t*_:"


def markdown_document(document_id: str, marked: str) -> Document:
    r"""Make sections of the lines that begin with ``#``, and take the signs away.

    The fewest signs that are there open sections, more of them their parts. Where just one heading
    has the fewest, stands first and several of the next level follow, it is the note's title, and
    these open the sections. A part whose title says nothing is about what the section around it is
    about. Nothing else of Markdown is read, and lines between fences are left as they are.

    :param document_id: the id of the document.
    :param marked: the text with its marks.
    :returns: the text without them, and sections that tile it.

    >>> made = markdown_document("n1", "# Plan\nRest.\n## Diet:\nSalt-free.")
    >>> made.text
    'Plan\nRest.\nDiet:\nSalt-free.'
    >>> [(made.text[s.title_start : s.title_end], s.category, s.parent) for s in made.sections]
    [('Plan', 'plan', None), ('Diet', 'instructions', 0)]
    """
    pieces: list[str] = []
    found: list[tuple[int, int, int, int]] = []
    fenced = ""
    length = at = 0
    for line in split_lines(marked):
        words = marked[line.start : line.end]
        fence = _FENCE.match(words)
        if fence and words.startswith(fenced or fence[0]):
            fenced = "" if fenced else fence[0]
        heading = None if fenced or fence else _HEADING.fullmatch(words)
        if heading is None:
            continue
        # What stands before this line, then the title alone.
        title = _without_closing(heading["words"])
        pieces += marked[at : line.start], title
        length += line.start - at
        name = title.strip(_MARKS)
        if name:
            start = length + title.index(name)
            level = len(heading["signs"])
            found.append((level, length - (line.start - line.outer), start, start + len(name)))
        length += len(title)
        at = line.end
    text = "".join(pieces) + marked[at:]
    return Document(document_id, text, sections=tile_with_parents(text, _headings(text, found)))


def _without_closing(words: str) -> str:
    opened = words.rstrip("#")
    return opened.rstrip(" \t") if opened[-1:] in {" ", "\t"} else words


def _opening_level(levels: list[int]) -> int:
    """:returns: how many signs open a section; those with more are parts."""
    highest = min(levels, default=1)
    below = levels[1:]
    if levels[:1] == [highest] and highest not in below and below.count(min(below, default=0)) > 1:
        return min(below)
    return highest


def _headings(text: str, found: list[tuple[int, int, int, int]]) -> list[Heading]:
    opening = _opening_level([level for level, *_ in found])
    around: str | None = None
    made = []
    for level, start, title_start, title_end in found:
        category = category_of(text[title_start:title_end])
        is_part = level > opening
        if not is_part:
            around = category
        made.append(Heading(start, title_start, title_end, category or around, is_part))
    return made
