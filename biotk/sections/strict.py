"""Headings by strict rules: what a model is compared with, and what it learns from.

They take capitals before a colon for a heading, whatever the words, and known titles in any case.
They miss headings of other forms: that is what a model is trained for.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from biotk.document import Section
from biotk.sections.tiling import Heading, tile
from biotk.sections.titles import category_of, is_part, normal_title
from biotk.text.lines import Line, split_lines

SOURCE = "rules"

_MARKS = re.compile(r"(?:#{1,6}\s+|[-*•]\s+|\(?(?:\d{1,2}|[IVX]{1,4}|[A-Z])[.)]\s+|\*\*|__)*")
_CAPITALS = re.compile(r"(?=[^:]*[A-Z])([A-Z0-9][A-Z0-9 ,/&'()#.\-]{0,79}?)\s*:(?!\d)")
_MIXED = re.compile(r"([A-Z][\w'/&().,\- ]{0,59}?)\s*:(?!\d)")
_ALONE = re.compile(r"[A-Z][A-Z0-9 ,/&'()#\-]{3,79}")
_SOAP = {"S", "O", "A", "P"}
_SMALL = {
    "a",
    "and",
    "at",
    "by",
    "for",
    "in",
    "of",
    "on",
    "or",
    "prior",
    "the",
    "to",
    "upon",
    "with",
}
_EXAMINED = {"physical_exam", "review_of_systems", "vital_signs"}


def strict_sections(text: str, *, nested: bool = False) -> tuple[Section, ...]:
    """:returns: the sections that rules find; they tile the text."""
    return tile(text, strict_headings(text), nested=nested)


def strict_headings(text: str) -> list[Heading]:
    """:returns: the headings that rules find, in order."""
    lines = [line for line in split_lines(text) if line.end > line.start]
    found: list[Heading] = []
    section: str | None = None
    for n, line in enumerate(lines):
        title = _title(text, line, lines[n + 1 : n + 2], section)
        if title is None:
            continue
        start, end = title
        words = text[start:end]
        part = is_part(words) and (section in _EXAMINED or not words.isupper())
        category = category_of(words)
        if part or (category is None and not words.isupper() and found):
            # Organ systems go on with the exam that vital signs stand in.
            around = "physical_exam" if part and section == "vital_signs" else section
            found.append(Heading(line.outer, start, end, around, True, SOURCE))
            continue
        section = category or ("physical_exam" if is_part(words) else None)
        found.append(Heading(line.outer, start, end, section, is_part(words), SOURCE))
    return _in_context(text, found)


def _title(
    text: str, line: Line, following: Sequence[Line], section: str | None
) -> tuple[int, int] | None:
    """:returns: where the title of a line stands, if it has one."""
    head = text[line.start : min(line.end, line.start + 120)]
    marks = _MARKS.match(head)
    skip = marks.end() if marks else 0
    found = _CAPITALS.match(head, skip)
    if found:
        words = found[1]
        body = text[line.start + found.end() : line.end].lstrip()
        known = category_of(words) is not None or is_part(words)
        if words in _SOAP or (_letters(words) >= 2 and (known or not body[:1].isdigit())):
            return line.start + found.start(1), line.start + found.end(1)
        return None
    found = _MIXED.match(head, skip)
    if found and _is_mixed_title(found[1], section, alone=line.start + found.end() == line.end):
        return line.start + found.start(1), line.start + found.end(1)
    if following and line.end - line.start <= 80:
        found = _ALONE.fullmatch(head, skip)
        after = text[following[0].start : following[0].end]
        if found and _letters(found[0]) >= 4 and not after.isupper():
            return line.start + skip, line.end
    return None


def _is_mixed_title(words: str, section: str | None, *, alone: bool) -> bool:
    parts = words.split()
    if len(parts) > 6:
        return False
    if is_part(words):
        return section in _EXAMINED
    titled = all(part[0].isupper() or part in _SMALL or not part[0].isalpha() for part in parts)
    return alone or (titled and category_of(words) is not None)


def _letters(words: str) -> int:
    return sum(map(str.isalpha, words))


def _in_context(text: str, headings: list[Heading]) -> list[Heading]:
    """Name the headings whose meaning hangs on what kind of note it is."""
    kinds = {heading.category for heading in headings}
    report = {"findings", "assessment"} <= kinds and "physical_exam" not in {
        h.category
        for h in headings
        if normal_title(text[h.title_start : h.title_end]) not in {"exam", "examination"}
    }
    operation = "diagnosis" in kinds and "procedure" in kinds
    named: list[Heading] = []
    for heading in headings:
        title = normal_title(text[heading.title_start : heading.title_end])
        category = heading.category
        if report and title in {"exam", "examination"}:
            category = "procedure"
        elif report and not operation and title == "history":
            category = "indication"
        elif operation and title == "technique":
            category = "procedure"
        named.append(heading._replace(category=category))
    return named
