"""The syntax of OBO 1.2 and 1.4: stanzas, quoted text, escapes, comments, trailing modifiers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from biotk.errors import Problems
from biotk.kb.readers.files import iter_lines

_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "W": " "}
_QUOTED = re.compile(r'"([^"\\]*(?:\\.[^"\\]*)*)"\s*(.*)')
_COMMENT = re.compile(r"(?<!\\)\s!(?:\s.*)?$")
# {source="X", note="a } within quotes"} at the end; a name may well end in other braces.
_MODIFIERS = re.compile(r'(?<!\\)\s*\{[^{}"=]+=(?:[^{}"]|"(?:[^"\\]|\\.)*")*\}\s*$')


@dataclass(slots=True)
class Stanza:
    """A stanza as it stands, tags in order.

    :param kind: ``Term``, ``Typedef``, …; empty for the header.
    :param line: the line of its title.
    :param tags: line, tag and raw value.
    """

    kind: str
    line: int
    tags: list[tuple[int, str, str]] = field(default_factory=list)

    def first(self, tag: str) -> str:
        """:returns: the raw value of a tag; empty if the stanza lacks it."""
        return next((value for _, name, value in self.tags if name == tag), "")

    def every(self, tag: str) -> list[str]:
        """:returns: all raw values of a tag."""
        return [value for _, name, value in self.tags if name == tag]


def unescape(text: str) -> str:
    r""":returns: the text that an escaped one stands for, ``\:`` for a colon and so on."""
    if "\\" not in text:
        return text
    return _ESCAPE.sub(lambda m: _ESCAPED.get(m[1], m[1]), text)


def strip_tail(value: str) -> str:
    """:returns: an unquoted value without comment and trailing modifiers, still escaped."""
    if "!" in value:
        value = _COMMENT.sub("", value)
    if value.endswith("}"):
        value = _MODIFIERS.sub("", value)
    return value.strip()


def plain(value: str) -> str:
    """:returns: an unquoted value as text, such as a name."""
    return unescape(strip_tail(value))


def identifier(value: str) -> str:
    """:returns: the id that a value starts with."""
    parts = strip_tail(value).split(maxsplit=1)
    return unescape(parts[0]) if parts else ""


def quoted(value: str) -> tuple[str, str] | None:
    """:returns: the text in the quotes that a value starts with, and the rest; None without."""
    match = _QUOTED.match(value)
    return (unescape(match[1]), match[2]) if match else None


def _logical_lines(path: Path, problems: Problems) -> Iterator[tuple[int, str]]:
    """Yield lines, those that end in a backslash joined with the next one, and their numbers."""
    held, start = "", 0
    for line, text in iter_lines(path, problems=problems):
        if held:
            text = held + text.lstrip()
        else:
            start = line
        if text.endswith("\\") and not text.endswith("\\\\"):
            held = text[:-1]
        else:
            held = ""
            yield start, text
    if held:
        yield start, held


def iter_stanzas(path: Path, *, problems: Problems) -> Iterator[Stanza]:
    """Read the stanzas of an OBO file, the header first.

    :param problems: takes the lines that are no ``tag: value``.
    """
    stanza = Stanza("", 1)
    for line, raw in _logical_lines(path, problems):
        text = raw.strip()
        if not text or text.startswith("!"):
            continue
        if text.startswith("[") and text.endswith("]"):
            yield stanza
            stanza = Stanza(text[1:-1].strip(), line)
            continue
        tag, colon, value = text.partition(":")
        if not colon or " " in tag:
            problems.add(path, line, "no `tag: value`", text)
            continue
        stanza.tags.append((line, tag, value.strip()))
    yield stanza
