"""Mentions as ``biotk link`` is given them: typed, or in a file, one a line."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from biotk.errors import InputError, Problems

if TYPE_CHECKING:
    from biotk.linking import Query

#: Stdin, in place of a file.
STDIN = Path("-")
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Asked:
    """A mention to be linked.

    :param line: its line in the file, from 1; 0 where it was typed.
    """

    line: int
    query: Query


def typed(mention: str, *, context: str | None, type: str | None) -> Asked:
    """Take a mention that was typed.

    :param context: the passage; its first occurrence of the mention is meant.
    :param type: its entity type.
    :raises InputError: the mention does not stand in the context, or is not UTF-8.
    """
    for what, text in (("mention", mention), ("context", context or "")):
        if any("\ud800" <= sign <= "\udfff" for sign in text):
            raise InputError(f"the {what} is not UTF-8")
    if context and mention not in context:
        raise InputError(f"{mention!r} does not stand in the context, letter for letter")
    return Asked(0, _query(mention, context or "", type))


def iter_typed_lines(path: Path, *, type: str | None, problems: Problems) -> Iterator[Asked]:
    """Read mentions from a file; every line yields one, and what is wrong with it is reported.

    :param path: UTF-8, gzipped or not: a mention a line; behind a tab its context may stand, and
        behind another its type.
    :param type: the type of mentions without one.
    """
    from biotk.io.files import decode

    for number, raw in _lines(path):
        text = decode(raw, path=path, line=number, problems=problems) or ""
        mention, context, own_type, *more = [*text.split("\t"), "", ""]
        if len(more) > 2:
            problems.add(path, number, "more than three columns: the rest is not read")
        if context and mention not in context:
            problems.add(path, number, "the mention does not stand in its context: linked without")
            context = ""
        yield Asked(number, _query(mention, context, own_type.strip() or type))


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    from biotk.io.files import iter_lines

    if path == STDIN:
        for number, raw in enumerate(sys.stdin.buffer, 1):
            line = raw.removeprefix(_BOM) if number == 1 else raw
            yield number, line.removesuffix(b"\n").removesuffix(b"\r")
        return
    try:
        yield from iter_lines(path)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from error


def _query(mention: str, context: str, type_: str | None) -> Query:
    from biotk.document import Mention
    from biotk.linking.long_forms import LongForms
    from biotk.linking.query import Query, query_of
    from biotk.text.abbreviations import find_abbreviations

    if not context or not mention:
        return Query(mention, type_)
    start = context.index(mention)
    found = Mention(((start, start + len(mention)),), mention, type_)
    return query_of(context, found, LongForms(find_abbreviations(context)))
