"""With which letters a match of a regular expression can begin: it need be tried on no others."""

from __future__ import annotations

import re

#: Stands for any letter or digit.
ANY = r"\w"

_TOKEN = re.compile(r"\(|\[([a-z]+)\]|\\w|[a-z ]")
_MAY_BE_MISSING = ("?", "*")


def initials(expression: str) -> frozenset[str]:
    r"""Find what a match can begin with.

    It reads simple expressions: small letters, blanks, ``\w``, groups, sets of letters, ``|``,
    ``?``, ``*``, ``+``, and ``^`` at the beginning.

    :returns: letters, and :data:`ANY` for whatever else.
    :raises ValueError: something else, or nothing at all, may stand at its beginning.

    >>> sorted(initials("(past |prior )?[hr]x"))
    ['h', 'p', 'r']
    """
    found: set[str] = set()
    for alternative in _alternatives(expression):
        found |= _of_sequence(alternative)
    return frozenset(found)


def _of_sequence(sequence: str) -> set[str]:
    found: set[str] = set()
    rest = sequence.removeprefix("^")
    while rest:
        token = _TOKEN.match(rest)
        if token is None:
            break
        end = token.end()
        if token[0] == "(":
            end = _closing(rest) + 1
            found |= initials(rest[1 : end - 1].removeprefix("?:"))
        else:
            found |= set(token[1] or ()) or {token[0]}
        if not rest[end:].startswith(_MAY_BE_MISSING):
            return found
        rest = rest[end + 1 :]
    raise ValueError(f"{sequence!r}: not an expression whose beginning can be told")


def _alternatives(expression: str) -> list[str]:
    """:returns: what stands between ``|`` outside of groups."""
    parts, depth = [""], 0
    for character in expression:
        depth += (character == "(") - (character == ")")
        if character == "|" and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def _closing(expression: str) -> int:
    """:returns: where the group ends that the expression begins with."""
    depth = 0
    for at, character in enumerate(expression):
        depth += (character == "(") - (character == ")")
        if depth == 0:
            return at
    raise ValueError(f"{expression!r}: a group that does not end")
