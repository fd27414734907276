"""The items of one big JSON array or object, one at a time.

``json.load`` of an ontology takes ten times the file in memory; this keeps one item.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from biotk.errors import Problems
from biotk.kb.readers.files import DAMAGE, explain, open_binary

_SPACE = re.compile(r"[ \t\r\n]*")
_CHUNK = 1 << 18
#: How near to the end of the text an error may be for more text to mend it: the longest literal.
_NEAR_END = 16

#: The keys that lead to a value; a step into an array has none.
Place = tuple[str, ...]
IN_ARRAY = "*"


class _BrokenError(Exception):
    """The text is not JSON, or ends too early."""


class _Tape:
    """Text with a reading position that fetches more where it needs more."""

    def __init__(self, chunks: Iterator[str]) -> None:
        self._chunks = chunks
        self._decoder = json.JSONDecoder()
        self._text, self._at = "", 0
        self.line = 1

    def _fill(self, size: int) -> bool:
        """Drop what is read and fetch about ``size`` characters; False at the end."""
        fetched: list[str] = []
        while size > 0 and (chunk := next(self._chunks, "")):
            fetched.append(chunk)
            size -= len(chunk)
        if fetched:
            self._text, self._at = self._text[self._at :] + "".join(fetched), 0
        return bool(fetched)

    def _move(self, to: int) -> None:
        self.line += self._text.count("\n", self._at, to)
        self._at = to

    def peek(self) -> str:
        """:returns: the next character that is no white space; empty at the end."""
        while True:
            space = _SPACE.match(self._text, self._at)
            self._move(space.end() if space else self._at)
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._fill(_CHUNK):
                return ""

    def take(self, allowed: str) -> str:
        """:returns: the next character, which must be one of ``allowed``."""
        found = self.peek()
        if not found:
            raise _BrokenError("the JSON ends too early; what stands before was read")
        if found not in allowed:
            wanted = " or ".join(map(repr, allowed))
            raise _BrokenError(f"not JSON: {found!r}, expected {wanted}")
        self._move(self._at + 1)
        return found

    def value(self) -> Any:
        """:returns: the next value, read whole."""
        size = _CHUNK
        if not self.peek():
            raise _BrokenError("the JSON ends too early; what stands before was read")
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                cut = error.msg.startswith("Unterminated string")
                if not cut and error.pos < len(self._text) - _NEAR_END:
                    raise _BrokenError(f"not JSON: {error.msg}") from error
                if not self._fill(size):
                    raise _BrokenError(
                        "the JSON ends too early; what stands before was read"
                    ) from error
                size *= 2  # so that one huge value is not decoded once per chunk
                continue
            except RecursionError as error:
                raise _BrokenError("not JSON that can be read: nested too deep") from error
            except ValueError as error:  # Python converts no number of more than 4,300 digits
                raise _BrokenError("not JSON that can be read: a number too long") from error
            near_end = len(self._text) - end < _NEAR_END
            if near_end and self._text[end - 1] not in '"]}' and self._fill(size):
                continue  # a number may go on, as 0 does in "0."
            self._move(end)
            return value


def _items(tape: _Tape) -> Iterator[tuple[int, str | None, Any]]:
    """Yield the items on a tape; where it is broken, :class:`_BrokenError`."""
    in_object = tape.take("{[") == "{"
    close = "}" if in_object else "]"
    if tape.peek() == close:
        tape.take(close)
    else:
        while True:
            tape.peek()
            line, key = tape.line, None
            if in_object:
                key = tape.value()
                if not isinstance(key, str):
                    raise _BrokenError(f"not JSON: {key!r} as a key")
                tape.take(":")
            yield line, key, tape.value()
            if tape.take("," + close) == close:
                break
    if tape.peek():
        raise _BrokenError("text after the end of the JSON")


def _deep(tape: _Tape, depth: int, place: Place) -> Iterator[tuple[int, Place, Any]]:
    """Yield what stands ``depth`` steps down a value, and what ends before that."""
    opening = tape.peek()
    if depth == 0 or opening not in {"{", "["}:
        line = tape.line
        yield line, place, tape.value()
        return
    tape.take("{[")
    close = "}" if opening == "{" else "]"
    if tape.peek() == close:
        tape.take(close)
        return
    while True:
        step = IN_ARRAY
        if opening == "{":
            step = tape.value()
            if not isinstance(step, str):
                raise _BrokenError(f"not JSON: {step!r} as a key")
            tape.take(":")
        yield from _deep(tape, depth - 1, (*place, step))
        if tape.take("," + close) == close:
            return


def _chunks(path: Path) -> Iterator[str]:
    with open_binary(path) as handle:
        decoder = codecs.getincrementaldecoder("utf-8-sig")()
        while raw := handle.read1(_CHUNK):
            if text := decoder.decode(raw):
                yield text  # an empty one would end the tape
        yield decoder.decode(b"", final=True)


def iter_json_items(path: Path, *, problems: Problems) -> Iterator[tuple[int, str | None, Any]]:
    """Read the items of the array or object that a file holds.

    :param problems: takes JSON that is broken or cut off; the file ends there, for nothing tells
        where the next item would start.
    :returns: the line that the item starts on; its key, None in an array; its value.
    """
    tape = _Tape(_chunks(path))
    try:
        yield from _items(tape)
    except _BrokenError as error:
        problems.add_unread(path, tape.line, str(error))
    except DAMAGE as error:
        problems.add_unread(path, tape.line, explain(error))


def iter_json_deep(
    path: Path, *, depth: int, problems: Problems
) -> Iterator[tuple[int, Place, Any]]:
    """Read the values that stand ``depth`` steps down in a file, and what ends before that.

    :param depth: how many arrays and objects within one another are not read whole.
    :param problems: as in :func:`iter_json_items`.
    :returns: the line that the value starts on; the keys that lead to it, :data:`IN_ARRAY` for a
        step into an array; the value.
    """
    tape = _Tape(_chunks(path))
    try:
        yield from _deep(tape, depth, ())
        if tape.peek():
            raise _BrokenError("text after the end of the JSON")
    except _BrokenError as error:
        problems.add_unread(path, tape.line, str(error))
    except DAMAGE as error:
        problems.add_unread(path, tape.line, explain(error))


def first_item(head: str) -> tuple[str | None, Any] | None:
    """:returns: key and value of the first item of JSON that may be cut; None if there is none."""
    try:
        for _line, key, value in _items(_Tape(iter((head,)))):
            return key, value
    except _BrokenError:
        pass
    return None
