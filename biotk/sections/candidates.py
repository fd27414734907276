"""Where a heading could stand on a line: what a model chooses among."""

from __future__ import annotations

import re
from typing import NamedTuple

from biotk.sections.lines import Line

#: Longest title that is looked for, in characters and words.
LONGEST, MOST_WORDS = 90, 12

#: What ends a title, as bits of ``Candidate.ends``.
COLON, CLOSER, WHOLE, DASH, CAPITALS, GAP, PERIOD = (1 << n for n in range(7))
#: What stands before a title, as bits of ``Candidate.marks``.
HASH, NUMBER, BULLET, BOLD, BRACKET = (1 << n for n in range(5))

_MARK = re.compile(
    r"(?P<hash>#{1,6}[ \t]+)"
    r"|(?P<bold>\*\*(?!\*)[ \t]*|__|<b>|<strong>)"
    r"|(?P<bracket>\[|={2,}[ \t]*|\*{3,}[ \t]*|-{3,}[ \t]+|<(?=[A-Z]{2}))"
    r"|(?P<bullet>[-•*>·][ \t]+)"
    r"|(?P<number>\(?(?:\d{1,2}|[ivxIVX]{1,7}|[A-Za-z])[.)][ \t]+)"
)
_MARKS = {"hash": HASH, "number": NUMBER, "bullet": BULLET, "bold": BOLD, "bracket": BRACKET}

_COLON = re.compile(r"(?<!\d):|:(?!\d)")
_CLOSER = re.compile(r"\*\*|__|</b>|</strong>|\]|(?<=[A-Z])>|[ \t]+(?:={2,}|\*{3,}|-{3,})(?=$)")
_DASH = re.compile(r"[ \t]+(?:[-–—]|--)(?=[ \t]|$)")
_GAP = re.compile(r"[ \t]{2,}|\t")
_PERIOD = re.compile(r"\.(?=[ \t]|$)")
# Words in capitals before other words: "HISTORY OF PRESENT ILLNESS The patient". Where the title
# ends among them only its words tell, as in "EXAM CT of the head".
_CAPITALS = re.compile(r"(?:[A-Z][A-Z/&'(),\-]*[ \t]+)+(?=\S)")
_CAPITAL_WORD = re.compile(r"\S+")
_MOST_RUNS = 6
_BEHIND = re.compile(r"(?:[ \t:]|\*\*|__|</b>|</strong>|\]|={2,}|\*{3,}|-{3,}|[-–—](?=[ \t]|$))*")
_LETTER = re.compile(r"[^\W\d_]")
_RULE = re.compile(r"[-=_*~#. ]{3,}")


class Candidate(NamedTuple):
    """A stretch of a line that could be a title.

    :param start: where it starts.
    :param end: where it ends, colon and marks left out.
    :param body: where the text behind it goes on; the line's end where none does.
    :param ends: what ends it: bits.
    :param marks: what stands before it: bits.
    """

    start: int
    end: int
    body: int
    ends: int
    marks: int


def is_rule(text: str, line: Line) -> bool:
    """:returns: whether a line is drawn rather than written, as ``-----`` below a title."""
    return line.end - line.start < 200 and bool(_RULE.fullmatch(text, line.start, line.end))


def candidates(text: str, line: Line) -> list[Candidate]:
    """Find what could be the title of a line: at most one for each way in which one may end.

    :returns: in order of their end. None for a line that is blank or drawn, or a long one without
        anything that ends a title.
    """
    stop = line.end
    if stop == line.start:
        return []
    start, marks = _skip_marks(text, line)
    head = text[start : min(stop, start + LONGEST + 8)]
    if not _LETTER.search(head):
        return []
    ends: dict[int, int] = {}

    def offer(end: int, kind: int) -> None:
        title = head[:end].rstrip(" \t:")
        if title and len(title) <= LONGEST and title.count(" ") < MOST_WORDS:
            ends[len(title)] = ends.get(len(title), 0) | kind

    for kind, regex in ((COLON, _COLON), (DASH, _DASH), (GAP, _GAP), (PERIOD, _PERIOD)):
        if found := regex.search(head):
            offer(found.start(), kind)
    if marks & (BOLD | BRACKET) and (found := _CLOSER.search(head)):
        offer(found.start(), CLOSER)
    if found := _CAPITALS.match(head):
        for word in list(_CAPITAL_WORD.finditer(head, 0, found.end()))[-_MOST_RUNS:]:
            offer(word.end() - len(word[0]) + len(word[0].rstrip(",-/")), CAPITALS)
    if stop - start <= LONGEST:
        offer(len(head) - len(_tail(head)), WHOLE)
    result = []
    for length, kinds in sorted(ends.items()):
        end = start + length
        if _LETTER.search(text, start, end):
            behind = _BEHIND.match(text, end, stop)
            result.append(Candidate(start, end, behind.end() if behind else end, kinds, marks))
    return result


def _skip_marks(text: str, line: Line) -> tuple[int, int]:
    start, marks = line.start, 0
    for _ in range(3):
        found = _MARK.match(text, start, line.end)
        if found is None or found.end() >= line.end:
            break
        marks |= _MARKS[found.lastgroup or "bullet"]
        start = found.end()
    return start, marks


_TAIL = re.compile(r"(?:[ \t:]|\*\*|__|</b>|</strong>|\]|={2,}|\*{3,}|-{3,}|>)+$")


def _tail(head: str) -> str:
    found = _TAIL.search(head)
    return found[0] if found else ""
