"""Where a heading could stand on a line: what a model chooses among."""

from __future__ import annotations

import re
from functools import partial
from typing import NamedTuple

#: Longest title that is looked for, in characters and words.
LONGEST, MOST_WORDS = 90, 12
# What is read of a line: the longest title and what closes it.
_HEAD = LONGEST + 8

#: What ends a title, as bits of ``Candidate.ends``.
COLON, CLOSER, WHOLE, DASH, CAPITALS, GAP, PERIOD = (1 << n for n in range(7))

_MARK = re.compile(
    r"(?P<hash>#{1,6}[ \t]+)"
    r"|(?P<bold>\*\*(?!\*)[ \t]*|__|<b>|<strong>)"
    r"|(?P<bracket>\[|={2,}[ \t]*|\*{3,}[ \t]*|-{3,}[ \t]+|<(?=[A-Z]{2}))"
    r"|(?P<bullet>[-•*>·][ \t]+)"
    r"|(?P<number>\(?(?:\d{1,2}|[ivxIVX]{1,7}|[A-Za-z])[.)][ \t]+)"
)
# Marks that are closed behind the title.
_CLOSED = {"bold", "bracket"}

_ENDS = re.compile(
    r"(?P<colon>(?<!\d):|:(?!\d))|(?P<dash>[ \t]+(?:[-–—]|--)(?=[ \t]|$))"
    r"|(?P<gap>[ \t]{2,}|\t)|(?P<period>\.(?=[ \t]|$))"
)
_KINDS = {"colon": COLON, "dash": DASH, "gap": GAP, "period": PERIOD}
# A sentence is no title; "Coronary angiography." in a list of findings is, without its stop.
_MOST_SENTENCE = 4
_CLOSER = re.compile(r"\*\*|__|</b>|</strong>|\]|(?<=[A-Z])>|[ \t]+(?:={2,}|\*{3,}|-{3,})(?=$)")
# Words in capitals before other words: "HISTORY OF PRESENT ILLNESS The patient". Where the title
# ends among them only its words tell, as in "EXAM CT of the head".
_CAPITALS = re.compile(r"(?:[A-Z][A-Z/&'(),\-]*[ \t]+)+(?=\S)")
_CAPITAL_WORD = re.compile(r"\S+")
_MOST_RUNS = 6
# What may stand behind the colon of a title that is the whole line.
_CLOSING = ":*_]>=- \t</bstrong"
# What may stand between a title and its text: where it follows a colon, it is looked at closely.
_FOLLOWING = ":*_]>=-–—<\t b/strong"
_BEHIND = re.compile(r"(?:[ \t:]|\*\*|__|</b>|</strong>|\]|={2,}|\*{3,}|-{3,}|[-–—](?=[ \t]|$))*")
_LETTER = re.compile(r"[^\W\d_]")
_ROMAN = "ivxIVX"
#: What a line that is drawn begins with.
RULING = "-=_*~#."
_RULE = re.compile(r"[-=_*~#. ]{3,}")


class Candidate(NamedTuple):
    """A stretch of a line that could be a title.

    :param start: where it starts.
    :param end: where it ends, colon and marks left out.
    :param body: where the text behind it goes on; the line's end where none does.
    :param ends: what ends it: bits.
    """

    start: int
    end: int
    body: int
    ends: int


# Called for every line of every text: many times faster than what NamedTuple writes for it.
_candidate = partial(tuple.__new__, Candidate)


def is_rule(text: str, start: int, stop: int) -> bool:
    """:returns: whether a line is drawn rather than written, as ``-----`` below a title.

    :param start: where the line starts, blanks left out; ``stop`` is behind it.
    """
    if text[start] not in RULING or stop - start >= 200:
        return False
    return _RULE.fullmatch(text, start, stop) is not None


_NUMBER = re.compile(r"\d{1,2}+[.)][ \t]++(?=[^\W\d_]{2})")
# Most headings are capitals or words before a colon, with nothing else that could end a title. Most
# other lines begin with a word that is no run of capitals and no Roman number, behind which nothing
# but a full stop could end a title.
_USUAL = re.compile(
    r"(?![A-Z]{1,7}\) )([A-Z][A-Z/&'(),]*+(?: [A-Z/&'(),]++){0,8}+"
    r"|[A-Z][a-z][A-Za-z/]*+(?: [A-Za-z/]++){0,8}+):(?!\d)[ \t]*+"
    r"|(?![ivxIVX]{2})[^\W\d_][a-z][^\s:.]*+"
    r"(?:(?:\.(?=\S)| (?![\s.\-–—]))[^\s:.]*+)*+(\.?)"
)


def candidates(text: str, start: int, stop: int) -> list[Candidate]:
    """Find what could be the title of a line: at most one for each way in which one may end.

    :param start: where the line, which is not blank, starts; ``stop`` is behind it, blanks around
        it left out.
    :returns: in order of their end. None for a line that is drawn, or a long one without
        anything that ends a title.
    """
    outer = start
    if text[start].isdecimal() and (number := _NUMBER.match(text, start, stop)):
        start = number.end()
    head_stop = min(stop, start + _HEAD)
    usual = _USUAL.match(text, start, head_stop)
    if usual is None:
        return slow_candidates(text, outer, stop)
    if usual.lastindex == 1:
        end, body = usual.end(1), usual.end()
        if end - start <= LONGEST:
            if body == stop:
                ends = COLON | WHOLE if stop - start <= LONGEST else COLON
                return [_candidate((start, end, stop, ends))]
            if body < head_stop and text[body] not in _FOLLOWING:
                return [_candidate((start, end, body, COLON))]
        return slow_candidates(text, outer, stop)
    at, end = usual.span(2)
    if end == head_stop:
        usual_end = text[stop - 1] not in _CLOSED_WITH
    else:
        usual_end = end > at and text[end] in " \t"
    return (
        _of_sentence(text, start, at, end, stop)
        if usual_end
        else slow_candidates(text, outer, stop)
    )


def _of_sentence(text: str, start: int, at: int, end: int, stop: int) -> list[Candidate]:
    """:returns: the candidates of a line that only a full stop or its own end could end.

    :param at: where the full stop stands, and ``end`` behind it; both the same for none.
    """
    if at < end:
        if at - start <= LONGEST and text.count(" ", start, at) < _MOST_SENTENCE:
            return [_candidate((start, at, at, PERIOD))]
    elif end == stop and stop - start <= LONGEST and text.count(" ", start, stop) < MOST_WORDS:
        return [_candidate((start, stop, stop, WHOLE))]
    return []


def slow_candidates(text: str, start: int, stop: int) -> list[Candidate]:
    """:returns: what :func:`candidates` does, with no way round."""
    start, is_closed = _skip_marks(text, start, stop)
    head = text[start : min(stop, start + _HEAD)]
    whole = stop - start <= LONGEST
    colon = -1
    ends: dict[int, int] = {}
    for found in _ENDS.finditer(head):
        kind = _KINDS[found.lastgroup or "colon"]
        at = found.start()
        _offer(ends, head, at, kind)
        # What is behind a colon or a sentence is no title any more.
        if kind == COLON:
            colon = at
            whole = whole and not head[at:].strip(_CLOSING)
            break
        if kind == PERIOD:
            whole = whole and found.end() == len(head)
            break
    if is_closed and (closer := _CLOSER.search(head)):
        _offer(ends, head, closer.start(), CLOSER)
    if (colon < 0 or not head[:colon].isupper()) and (run := _CAPITALS.match(head)):
        for word in list(_CAPITAL_WORD.finditer(head, 0, run.end()))[-_MOST_RUNS:]:
            end = word.end() - len(word[0]) + len(word[0].rstrip(",-/"))
            _offer(ends, head, end, CAPITALS)
    if whole and head[-1] != ".":
        _offer(ends, head, len(head) - len(_tail(head)), WHOLE)
    if not ends:
        return []
    result = []
    for length, kinds in sorted(ends.items()):
        end = start + length
        if _LETTER.search(text, start, end):
            behind = _BEHIND.match(text, end, stop)
            result.append(Candidate(start, end, behind.end() if behind else end, kinds))
    return result


def _offer(ends: dict[int, int], head: str, end: int, kind: int) -> None:
    """Note an end of a title, unless the title is too long."""
    if end > LONGEST:
        return
    title = head[:end].rstrip(" \t:")
    most = _MOST_SENTENCE if kind == PERIOD else MOST_WORDS
    if title and title.count(" ") < most:
        ends[len(title)] = ends.get(len(title), 0) | kind


def _skip_marks(text: str, start: int, stop: int) -> tuple[int, bool]:
    """:returns: where a line's words start, and whether a mark before is closed behind them."""
    is_closed = False
    two = text[start : start + 2]
    if len(two) == 2 and two.isalpha() and not (two[0] in _ROMAN and two[1] in _ROMAN):
        return start, False  # a word: nothing stands before it
    for _ in range(3):
        found = _MARK.match(text, start, stop)
        if found is None or found.end() >= stop:
            break
        is_closed = is_closed or found.lastgroup in _CLOSED
        start = found.end()
    return start, is_closed


# A tail ends with one of these.
_CLOSED_WITH = "*_]>=- \t:"
_TAIL = re.compile(r"(?:[ \t:]|\*\*|__|</b>|</strong>|\]|={2,}|\*{3,}|-{3,}|>)+$")


def _tail(head: str) -> str:
    found = _TAIL.search(head) if head[-1] in _CLOSED_WITH else None
    return found[0] if found else ""
