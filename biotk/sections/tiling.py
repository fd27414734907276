"""From headings to sections that tile a text: every character is in exactly one of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from operator import itemgetter
from typing import NamedTuple

from biotk.document import Section


class Heading(NamedTuple):
    """A heading that opens a section.

    :param start: where its line begins, indent and marks included.
    :param title_start: where the title starts.
    :param title_end: where it ends, its colon not included.
    :param category: what the section is about; None where that is unknown.
    :param is_part: whether it heads a part of the section before it, as an organ system in an exam.
    :param source: what found it.
    """

    start: int
    title_start: int
    title_end: int
    category: str | None = None
    is_part: bool = False
    source: str | None = None


def tile(text: str, headings: Iterable[Heading], *, nested: bool = False) -> tuple[Section, ...]:
    """Make sections of headings.

    What stands before the first heading is a preamble without title and category, if it is more
    than blanks; blanks alone go to the first section.

    :param headings: in any order; of two that begin at one place the first given counts.
    :param nested: let a section reach over its parts too, and have these name it as their parent.
        The sections that are nobody's parent then still tile the text together with what their
        parents hold before the first part.
    :returns: in order of their start; none for an empty text.
    """
    if not text:
        return ()
    rows: list[Heading] = []
    for heading in sorted(headings, key=_start):
        if not rows or heading[0] != rows[-1][0]:
            rows.append(heading)
    if not rows or text[: rows[0].start].strip():
        rows.insert(0, Heading(0, 0, 0))
    rows[0] = rows[0]._replace(start=0)
    ends = [*(row.start for row in rows[1:]), len(text)]
    if not nested:
        return tuple(_section(row, end) for row, end in zip(rows, ends))
    # Where the next section begins that is no part of another, for each row.
    stops = [len(text)] * len(rows)
    for n in range(len(rows) - 2, -1, -1):
        stops[n] = stops[n + 1] if rows[n + 1].is_part else rows[n + 1].start
    sections: list[Section] = []
    parent: int | None = None
    for n, (row, end) in enumerate(zip(rows, ends)):
        # A preamble has no title that its parts could be parts of.
        if not row.is_part or parent is None:
            parent = n if row.title_end > row.title_start else None
            sections.append(_section(row, stops[n] if parent is not None else end))
        else:
            sections.append(_section(row, end, parent=parent))
    return tuple(sections)


_start = itemgetter(0)


def _section(heading: Heading, end: int, parent: int | None = None) -> Section:
    start, title_start, title_end, category, _, source = heading
    return Section(start, end, title_start, title_end, category, parent, source)


def body_span(text: str, section: Section) -> tuple[int, int]:
    """Where the body of a section stands, the marks behind its title and blanks left out.

    >>> body_span("PLAN:  Rest. ", Section(0, 13, 0, 4, "plan"))
    (7, 12)
    """
    start, end = section.title_end, section.end
    if section.title_end > section.title_start:
        while start < end and (text[start].isspace() or text[start] in ":*_-–—>#="):
            start += 1
    else:
        while start < end and text[start].isspace():
            start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def tile_with_parents(text: str, headings: Iterable[Heading]) -> tuple[Section, ...]:
    r"""Make sections that tile a text, as gold has them: each part also names what it is part of.

    :returns: in order of their start; none for an empty text.

    >>> [(s.start, s.end, s.parent) for s in tile_with_parents(
    ...     "EXAM:\nSkin: dry", [Heading(0, 0, 4), Heading(6, 6, 10, is_part=True)])]
    [(0, 6, None), (6, 15, 0)]
    """
    sections = tile(text, headings, nested=True)
    ends = [*(section.start for section in sections[1:]), len(text)]
    return tuple(replace(section, end=end) for section, end in zip(sections, ends))
