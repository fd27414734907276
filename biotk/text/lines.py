"""Physical lines of a text, whatever ends them."""

from __future__ import annotations

import re
from functools import partial
from typing import NamedTuple

# A form feed starts a page, and with it a line. The rarer ends that str.splitlines() knows (file
# separators and so on) stand inside fields of records and end nothing.
_LINE = re.compile(
    r"[^\S\r\n\f\x85\u2028\u2029]*+"
    r"(\S[^\r\n\f\x85\u2028\u2029]*+)?(?:\r\n|[\r\n\f\x85\u2028\u2029]|\Z)"
)


class Line(NamedTuple):
    """A line: ``text[start:end]``, blanks around it not included; empty for a blank line.

    :param start: where its first character that is no blank stands.
    :param end: behind the last one.
    :param outer: where the line itself begins, with its indent.
    """

    start: int
    end: int
    outer: int


# Called for every line of every text: many times faster than what NamedTuple writes for it.
_line = partial(tuple.__new__, Line)


def split_lines(text: str) -> list[Line]:
    r"""Split a text into its lines, in time linear in its length.

    >>> [("A\r\n\n  b c \n")[line.start : line.end] for line in split_lines("A\r\n\n  b c \n")]
    ['A', '', 'b c']
    """
    lines = []
    outer = 0
    for match in _LINE.finditer(text):
        start, end = match.span(1)
        stop = match.end()
        if start < 0:
            if stop == outer:
                break  # the end of the text
            start = end = outer
        elif text[end - 1].isspace():
            end = start + len(text[start:end].rstrip())
        lines.append(_line((start, end, outer)))
        outer = stop
    return lines
