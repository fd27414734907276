"""Where section rules match: every literal in one walk along a line's words.

A line costs the words of the longest literal that it begins like, however many rules there are.
Regular expressions and patterns over words are tried one by one, on a window of the line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from biotk.errors import InputError
from biotk.sections.rule import SectionRule
from biotk.sections.token_patterns import WORD, TokenPattern, words_of
from biotk.text.lines import Line

# More than the strict rules know of: a title that is given can hardly be mistaken, so any list mark
# may stand before it, with or without a blank.
_MARKS = re.compile(
    r"(?:[#>=~|+*•‣·▪–—_-]++\s*|\(?\d{1,2}[.)]\s*|\(?(?:[IVX]{1,4}|[A-Z])[.)]\s++|"
    r"\[[ xX]?\]\s*)*+"
)
_COLON = re.compile(r"\s*+(?:\*\*|__|\*)?\s*+[:：]")
_BEHIND = re.compile(
    r"\s*+[*_#=~]*+\s*+(?:[:：]|\Z)|\s*+(?:\*\*|__)|\s++[-–—]|[-–—](?=\s|\Z)|\s{2}|\t"
)
_AROUND = " \t\r\n:：*_#=~-–—"
# A line that long is no title, and a regular expression may take the square of what it sees.
_WINDOW = 300

#: What a pattern is shown in front of a place in running text.
INLINE = " "


class Hit(NamedTuple):
    """A title that a rule found.

    :param title_start: where it starts.
    :param title_end: where it ends, its colon not included.
    :param end: where what was matched ends, its colon included.
    :param rule: which of the rules, counted from 0.
    """

    title_start: int
    title_end: int
    end: int
    rule: int


class Place(NamedTuple):
    """Where a title may begin.

    :param line: the line.
    :param start: the place in the text.
    :param before: what a pattern is shown in its front: one line break, or two after a blank line;
        a blank in running text.
    :param after: what it is shown behind the line.
    """

    line: Line
    start: int
    before: str
    after: str


@dataclass(slots=True)
class _Node:
    """Literals that begin with the same words; which rules end here, with a colon or without."""

    children: dict[str, _Node] = field(default_factory=dict)
    ends: list[tuple[bool, int]] = field(default_factory=list)


class RuleMatcher:
    """Finds the titles of rules.

    :param rules: the rules, in the order of their file.
    :param anywhere: take a title for one whatever stands behind it, as medspaCy does.
    :raises InputError: a pattern cannot be read; the message names the rule by its number.
    """

    def __init__(self, rules: Sequence[SectionRule], *, anywhere: bool = False) -> None:
        self._anywhere = anywhere
        self._root = _Node()
        self._expressions: list[tuple[re.Pattern[str], int]] = []
        self._patterns: list[tuple[TokenPattern, int]] = []
        for n, rule in enumerate(rules):
            try:
                self._add(rule, n)
            except InputError as error:
                name = f"rule {n + 1} ({rule.literal!r})"
                raise InputError(f"{name}: key 'pattern': {error}") from None

    def _add(self, rule: SectionRule, n: int) -> None:
        if isinstance(rule.pattern, str):
            self._expressions.append((_expression(rule.pattern), n))
        elif rule.pattern is not None:
            self._patterns.append((TokenPattern(rule.pattern), n))
        else:
            title = rule.literal.rstrip()
            node = self._root
            for word in words_of(title.rstrip(": \t\r\n：")):
                node = node.children.setdefault(_key(word), _Node())
            node.ends.append((title.endswith((":", "：")), n))

    def at_line(self, text: str, line: Line, before: str, after: str) -> list[Hit]:
        """Find the titles that a line begins with.

        :param text: the text.
        :param line: the line, not a blank one.
        :param before: one line break, or two if a blank line stands before it.
        :param after: the same of what stands behind it.
        :returns: the longest first, then those that asked for a colon, then as the rules stand.
        """
        marks = _MARKS.match(text, line.start, line.end)
        starts = {line.start, marks.end() if marks else line.start}
        hits = {
            hit
            for start in starts
            for hit in self.at_place(text, Place(line, start, before, after))
        }
        return sorted(hits, key=_rank)

    def within_line(self, text: str, line: Line, start: int) -> Iterator[list[Hit]]:
        """Find titles in running text, from ``start`` on; they do not overlap.

        :yields: those of one place, in the order of :meth:`at_line`.
        """
        only_literals = not (self._expressions or self._patterns)
        for word in WORD.finditer(text, start, line.end):
            here = word.start(1)
            if here < start or (only_literals and _key(word[1]) not in self._root.children):
                continue
            hits = sorted(set(self.at_place(text, Place(line, here, INLINE, "\n"))), key=_rank)
            if hits:
                start = hits[0].end
                yield hits

    def at_place(self, text: str, place: Place) -> Iterator[Hit]:
        """:yields: every title that begins at a place, in no order."""
        yield from self._literals(text, place.start, place.line.end)
        if self._expressions or self._patterns:
            stop = min(place.line.end, place.start + _WINDOW)
            after = place.after if stop == place.line.end else ""
            if self._expressions:
                yield from self._by_expression(text, place, stop, after)
            if self._patterns:
                yield from self._by_words(text, place, stop, after)

    def _literals(self, text: str, start: int, stop: int) -> Iterator[Hit]:
        node, end = self._root, start
        while word := WORD.match(text, end, stop):
            following = node.children.get(_key(word[1]))
            if following is None:
                return
            node, end = following, word.end()
            for with_colon, n in node.ends:
                colon = _COLON.match(text, end, stop)
                if with_colon and colon:
                    yield Hit(start, end, colon.end(), n)
                elif not with_colon and (self._anywhere or _BEHIND.match(text, end, stop)):
                    yield Hit(start, end, end, n)

    def _by_expression(self, text: str, place: Place, stop: int, after: str) -> Iterator[Hit]:
        before = place.before
        shown = before + text[place.start : stop] + after
        # A pattern may ask for the line break before it, as medspaCy's users have them do.
        firsts = range(len(before) + 1) if before != INLINE else (1,)
        for expression, n in self._expressions:
            for first in firsts:
                found = expression.match(shown, first)
                if found:
                    end = place.start + found.end() - len(before)
                    yield from _trimmed(
                        text, place, min(end, stop), n, cut=not after and stop == end
                    )

    def _by_words(self, text: str, place: Place, stop: int, after: str) -> Iterator[Hit]:
        found = list(WORD.finditer(text, place.start, stop))
        words = [word[1] for word in found]
        ends = [place.start, *(word.end() for word in found)]
        shown = [*words, after] if after else words
        for pattern, n in self._patterns:
            counts = set(pattern.ends(shown))
            if place.before != INLINE:
                counts.update(count - 1 for count in pattern.ends([place.before, *shown]))
            for count in counts:
                end = ends[min(count, len(words))]
                for hit in _trimmed(text, place, end, n, cut=not after and count == len(words)):
                    # A pattern that ends with a sign or the line's end has said what must follow.
                    closed = self._anywhere or count > len(words) or hit.title_end < end
                    if closed or _BEHIND.match(text, end, place.line.end):
                        yield hit


def _trimmed(text: str, place: Place, end: int, rule: int, *, cut: bool) -> Iterator[Hit]:
    """Leave marks, blanks and colon out of a match.

    :yields: what is left; nothing if the window, not the pattern, ended it.
    """
    marks = _MARKS.match(text, place.start, end)
    start = marks.end() if marks else place.start
    title = text[start:end]
    start += len(title) - len(title.lstrip(_AROUND))
    title_end = start + len(title.strip(_AROUND))
    if start < title_end and not cut:
        yield Hit(start, title_end, end, rule)


def _rank(hit: Hit) -> tuple[int, int, int]:
    return hit.title_start - hit.title_end, -hit.end, hit.rule


def _key(word: str) -> str:
    return word.lower().replace("’", "'")


def _expression(pattern: str) -> re.Pattern[str]:
    """:returns: the expression, held to whole words; its own flags stay in front."""
    flags = re.match(r"\(\?[aiLmsux]+\)", pattern)
    front = flags[0] if flags else ""
    # The line break ends a comment of a verbose expression.
    rest = pattern[len(front) :] + ("\n" if "x" in front else "")
    half = r"(?!(?<=[^\W_])[^\W_])"
    try:
        re.compile(pattern)
        made = re.compile(f"{front}(?:{rest}){half}", re.IGNORECASE | re.MULTILINE)
    except re.error as error:
        raise InputError(f"it is no regular expression: {error}") from None
    if made.fullmatch(""):
        raise InputError("it matches where nothing stands; let it ask for a letter at least")
    return made
