"""Short forms that a document defines, as in "tumour necrosis factor (TNF)".

After Schwartz and Hearst, "A simple algorithm for identifying abbreviation definitions in
biomedical text" (PSB 2003): the letters of the short form are sought from right to left in the
words before the bracket, the first of them at the start of a word. Before that, the first letters
of the last words are tried.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Container, Iterator
from typing import NamedTuple

from biotk.document import Abbreviation

_BRACKET = re.compile(r"\(([^()\n]{1,200})\)|\[([^\[\]\n]{1,200})\]")
_SENTENCE_END = re.compile(r"[.;:!?]\s|\n|[()\[\]]")
_PART = re.compile(r"[^\W_]+")
_SKIPPED = frozenset("a and for from in of on or the to with".split())
_MAX_SHORT = 10  # characters; after the paper
_MAX_WORDS = 2
_NESTED = 8  # long forms that may start before another one ends
_CANDIDATE = re.compile(r"(?<!\w)\w")
_ENDS = re.compile(r"s?(?!\w)")


class Definition(NamedTuple):
    """A short form and the place of its long form."""

    short: str
    long_start: int
    long_end: int
    short_start: int


def find_abbreviations(text: str) -> tuple[Abbreviation, ...]:
    """Find every use of every short form that the text defines.

    A short form that is defined twice means, at each use, what was defined last before it (or
    first, for a use before any definition).

    :param text: a document.
    :returns: the uses, in order; the definitions' own short forms among them, and no use inside
        a long form.

    >>> text = "Heart failure (HF) is common. HF was treated."
    >>> [(a.start, a.short, a.long) for a in find_abbreviations(text)]
    [(15, 'HF', 'Heart failure'), (30, 'HF', 'Heart failure')]
    """
    definitions: dict[str, list[Definition]] = {}
    for definition in iter_definitions(text):
        definitions.setdefault(definition.short, []).append(definition)
    if not definitions:
        return ()
    long_forms = sorted({(d.long_start, d.long_end) for ds in definitions.values() for d in ds})
    long_starts = [start for start, _ in long_forms]
    found = []
    for start, end in _uses(text, definitions):
        # Long forms that start before the use: only the nearest few can hold it.
        at = bisect_right(long_starts, start)
        if any(end <= long_forms[i][1] for i in range(max(0, at - _NESTED), at)):
            continue
        choices = definitions[text[start:end]]
        before = bisect_right([d.short_start for d in choices], start)
        d = choices[max(0, before - 1)]
        long = text[d.long_start : d.long_end]
        found.append(Abbreviation(start, end, d.short, long, d.long_start, d.long_end))
    return tuple(found)


def _uses(text: str, shorts: Container[str]) -> Iterator[tuple[int, int]]:
    """Where short forms stand as words of their own, the plural s left out."""
    end_of_last = 0
    for match in _CANDIDATE.finditer(text):
        start = match.start()
        if start < end_of_last:
            continue
        # A short form may hold marks and one blank ("TNF-α", "type II"): the longest one counts.
        for end in range(min(start + _MAX_SHORT, len(text)), start + 1, -1):
            if text[start:end] in shorts and _ENDS.match(text, end):
                yield start, end
                end_of_last = end
                break


def iter_definitions(text: str) -> Iterator[Definition]:
    """:returns: the definitions of a text, in order."""
    for match in _BRACKET.finditer(text):
        group = 1 if match.group(1) is not None else 2
        inside = match.group(group)
        # "(TNF, a cytokine)" and "(TNF; ref. 3)": the short form ends at the mark.
        candidate = re.split(r"[,;]\s", inside, maxsplit=1)[0].strip(" '\"")
        start = match.start(group) + inside.index(candidate)
        before = _words_before(text, match.start())
        if is_short_form(candidate):
            long = match_long_form(candidate, text, before, match.start())
            if long is not None:
                yield Definition(candidate, long[0], long[1], start)
        elif before is not None:
            yield from _turned_round(text, match.start(), start, start + len(candidate))


def _turned_round(text: str, bracket: int, long_start: int, long_end: int) -> Iterator[Definition]:
    """``HF (heart failure)``: the short form stands before the bracket."""
    word = re.search(r"(\S+)\s*$", text[max(0, bracket - 40) : bracket])
    if word is None:
        return
    short = word.group(1).strip("'\",")
    if not (is_short_form(short) and sum(c.isupper() for c in short) >= 2):
        return
    long = match_long_form(short, text, long_start, long_end)
    if long is not None and long[0] == long_start:
        yield Definition(short, long_start, long_end, text.rindex(short, 0, bracket))


def is_short_form(candidate: str) -> bool:
    """Whether a string can be a short form: 2–10 characters, two words at most, a letter.

    >>> is_short_form("TNF-α"), is_short_form("n = 20"), is_short_form("see below")
    (True, False, False)
    """
    if not 2 <= len(candidate) <= _MAX_SHORT or len(candidate.split()) > _MAX_WORDS:
        return False
    if not candidate[0].isalnum() or "=" in candidate or "%" in candidate:
        return False
    # "(mice)", "(oral)": a word in small letters explains, it does not abbreviate.
    return any(c.isupper() for c in candidate) or (
        any(c.isalpha() for c in candidate) and not candidate.islower() and len(candidate) > 2
    )


def _words_before(text: str, bracket: int) -> int:
    """:returns: where the sentence that leads up to a bracket starts."""
    start = max(0, bracket - 300)
    ends = [m.end() for m in _SENTENCE_END.finditer(text, start, bracket)]
    return ends[-1] if ends else start


def match_long_form(short: str, text: str, start: int, end: int) -> tuple[int, int] | None:
    """Find the long form of ``short`` at the end of ``text[start:end]``.

    :returns: its start and end, or None.
    """
    while end > start and not text[end - 1].isalnum():
        end -= 1
    words_allowed = min(len(short) + 5, 2 * len(short))
    starts = [m.start() for m in re.finditer(r"\S+", text[start:end])]
    if not starts:
        return None
    lowest = start + starts[max(0, len(starts) - words_allowed)]
    before = _lower(text[lowest:end])
    offset = _initials(_lower(short), before)
    if offset is None:
        offset = _align(_lower(short), before)
    if offset is None:
        return None
    long_start = lowest + offset
    long = text[long_start:end]
    bare = [c for c in short if c.isalnum()]
    if len(long) <= len(short) or short in long.split() or len(long.split()) > words_allowed:
        return None
    # A long form of one word must hold more than the letters themselves ("ten (Ten)").
    return (long_start, end) if len(long) > len(bare) + 1 else None


def _lower(text: str) -> str:
    """Lower case that keeps the length: "İ".lower() has two characters."""
    if text.isascii():
        return text.lower()
    return "".join(low if len(low := c.lower()) == 1 else c for c in text)


def _initials(short: str, text: str) -> int | None:
    """Match the letters to the first letters of the last words, function words skipped.

    Tried before the paper's own walk, which stops at the last letters that fit and would read
    "congestive cardiac insufficiency (CCI)" as "cardiac insufficiency".
    """
    letters = [char for char in short if char.isalnum()]
    if len(letters) > 1 and letters[-1] == "s" and short[-1] == "s":
        letters.pop()  # the plural of the short form
    words = [(match.start(), match.group()) for match in _PART.finditer(text)]
    while letters and words:
        start, word = words.pop()
        if word[0] == letters[-1]:
            letters.pop()
        elif word not in _SKIPPED or not letters:
            return None
    if letters:
        return None
    while start > 0 and not text[start - 1].isspace():
        start -= 1
    return start


def _align(short: str, text: str) -> int | None:
    """Walk both from right to left; the first character must start a word."""
    at = len(text) - 1
    for position in range(len(short) - 1, -1, -1):
        char = short[position]
        if not char.isalnum():
            continue
        while at >= 0 and (
            text[at] != char or (position == 0 and at > 0 and text[at - 1].isalnum())
        ):
            at -= 1
        if at < 0:
            return None
        at -= 1
    at += 1
    # Take in the rest of the word, as in "non-steroidal" for NSAID's leading n.
    while at > 0 and not text[at - 1].isspace():
        at -= 1
    return at
