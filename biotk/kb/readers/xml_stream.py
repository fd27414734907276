"""The records of a big XML file, one at a time, each with the line that it starts on.

``xml.etree.ElementTree.iterparse`` knows no lines and expands entities; this drives the same
parser, expat, directly. Nothing outside the file is ever read: a DTD that the file names is passed
over. A file that declares entities is refused, for a few lines of those can unfold to gigabytes
("billion laughs"); no vocabulary needs them.
"""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from biotk.errors import FormatError, Problem, Problems
from biotk.kb.readers.files import DAMAGE, explain, open_binary

_CHUNK = 1 << 16
_TAG_OR_COMMENT = re.compile(r"<(?:!--|([A-Za-z_][\w.:-]*))")
_ENCODING = re.compile(rb"(?:\xef\xbb\xbf)?<\?xml[^>]*?\sencoding\s*=\s*[\"']([\w.-]+)")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_UTF8 = {"utf-8", "utf8", "us-ascii", "ascii"}
#: What expat says where the text ends inside of something.
_ENDS_EARLY = {
    expat.errors.codes[text]
    for text in (
        expat.errors.XML_ERROR_NO_ELEMENTS,
        expat.errors.XML_ERROR_UNCLOSED_TOKEN,
        expat.errors.XML_ERROR_PARTIAL_CHAR,
        expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
    )
}
_WRONG_ENCODING = expat.errors.codes[expat.errors.XML_ERROR_INCORRECT_ENCODING]
_BEFORE = "what stands before was read"


@dataclass(frozen=True, slots=True)
class XmlRecord:
    """An element with all that is in it.

    :param line: the line that it starts on.
    :param element: the element. It is no longer part of the tree above it.
    :param ancestors: the elements that it stands in, the root first, with what came before it.
    :param lines: the line of each element of its tag in it, itself first, in order.
    """

    line: int
    element: Element
    ancestors: tuple[Element, ...]
    lines: tuple[int, ...]


def root_tag(head: str) -> str:
    """:returns: the tag of the root of an XML file that starts so; empty if this is no XML.

    >>> root_tag('<?xml version="1.0"?><!DOCTYPE a SYSTEM "a.dtd"><!-- <b> --><a lang="eng">')
    'a'
    """
    if not head.lstrip("\ufeff \t\r\n").startswith("<"):
        return ""
    found = _TAG_OR_COMMENT.search(head)
    while found is not None and found[1] is None:
        end = head.find("-->", found.end())
        found = _TAG_OR_COMMENT.search(head, end) if end >= 0 else None
    return found[1] if found is not None else ""


class _Parser:
    """Builds the tree of a file and takes the records out of it."""

    def __init__(self, path: Path, tags: Collection[str], problems: Problems) -> None:
        self._path, self._tags, self._problems = path, frozenset(tags), problems
        self._tree = TreeBuilder()
        self._open: list[Element] = []
        self._depth: Counter[str] = Counter()
        self._lines: dict[str, list[int]] = {tag: [] for tag in tags}
        self._ready: list[XmlRecord] = []
        self._expat = parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._tree.data
        parser.EntityDeclHandler = self._refuse
        parser.SkippedEntityHandler = self._skipped

    def feed(self, data: bytes, *, last: bool = False) -> tuple[int, str] | None:
        """:returns: line and description of what is wrong; None if nothing is."""
        try:
            self._expat.Parse(data, last)
        except expat.ExpatError as error:
            return error.lineno, _explain_xml(error)
        except FormatError:
            raise
        except (LookupError, ValueError) as error:  # of the encoding that the file declares
            return 1, f"{error}: convert the file to UTF-8 (`iconv -t utf-8`) and say so in line 1"
        return None

    def take(self) -> Iterator[XmlRecord]:
        """Yield the records that have come to their end."""
        ready, self._ready = self._ready, []
        yield from ready

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._open.append(self._tree.start(tag, attributes))
        if tag in self._tags:
            self._depth[tag] += 1
            self._lines[tag].append(self._expat.CurrentLineNumber)

    def _end(self, tag: str) -> None:
        self._tree.end(tag)
        element = self._open.pop()
        if tag not in self._tags:
            return
        self._depth[tag] -= 1
        if self._depth[tag] == 0:
            if self._open:
                del self._open[-1][-1]  # or the whole file would stay in memory
            lines, self._lines[tag] = tuple(self._lines[tag]), []
            self._ready.append(XmlRecord(lines[0], element, tuple(self._open), lines))

    def _refuse(self, name: str, *_rest: object) -> None:
        message = (
            f"declares the entity {name!r}: refused, for entities can unfold without end or name "
            "other files. Fetch the file from its publisher, or take the declarations out"
        )
        raise FormatError(Problem(str(self._path), self._expat.CurrentLineNumber, message))

    def _skipped(self, name: str, is_parameter: bool) -> None:
        if is_parameter:
            return
        message = f"the entity &{name}; is not known (a DTD is never fetched); it stays as it is"
        self._problems.add(self._path, self._expat.CurrentLineNumber, message)
        self._tree.data(f"&{name};")


def _explain_xml(error: expat.ExpatError) -> str:
    if error.code in _ENDS_EARLY:
        return f"the XML ends too early; {_BEFORE}. Fetch the file again"
    if error.code == _WRONG_ENCODING:
        return "the file is not in the encoding that line 1 declares: correct line 1"
    what = expat.ErrorString(error.code)
    return f"not XML: {what} (column {error.offset}); {_BEFORE}. Mend the line or fetch it again"


class _Encoding:
    """Holds what the file declares against its bytes, for expat itself names no wrong byte."""

    def __init__(self, head: bytes) -> None:
        found = _ENCODING.match(head)
        self.declared = found[1].decode("ascii") if found else "UTF-8"
        self._is_utf8 = self.declared.lower() in _UTF8 and not head.startswith(_UTF16)
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._could_be_utf8, self._not_ascii = True, False
        self._lines = 0

    def check(self, chunk: bytes) -> tuple[bytes, int, str]:
        """:returns: the part of a chunk that can be read; line and description of a wrong byte."""
        pending = len(self._decoder.getstate()[0])
        try:
            if self._could_be_utf8:
                self._decoder.decode(chunk)
                self._not_ascii = self._not_ascii or not chunk.isascii()
        except UnicodeDecodeError as error:
            self._could_be_utf8 = False
            if self._is_utf8:
                chunk = chunk[: max(error.start - pending, 0)]
                return chunk, self._lines + chunk.count(b"\n") + 1, explain(error)
        self._lines += chunk.count(b"\n")
        return chunk, 0, ""

    def doubt(self) -> str:
        """:returns: what is odd about the whole file; empty if nothing is."""
        if self._is_utf8 or not self._could_be_utf8 or not self._not_ascii:
            return ""
        return (
            f"declares {self.declared} but is UTF-8, so that letters with accents come out wrong: "
            'write encoding="UTF-8" in line 1'
        )


def iter_xml_records(
    path: Path, tags: Collection[str], *, problems: Problems
) -> Iterator[XmlRecord]:
    """Read the elements of some tags; each is taken out of the tree when it ends.

    Of elements that stand within their like, only the outermost is yielded.

    :param path: the file; gzip is unpacked.
    :param tags: the tags of the records.
    :param problems: takes XML that is broken or cut off, and bytes that are not in the encoding
        that the file declares; the file ends there.
    :raises FormatError: if the file declares entities.
    :raises InputError: if the file cannot be opened.
    """
    parser = _Parser(path, tags, problems)
    encoding: _Encoding | None = None
    lines = 1
    try:
        with open_binary(path) as handle:
            while chunk := handle.read1(_CHUNK):
                encoding = encoding or _Encoding(chunk)
                chunk, bad_line, message = encoding.check(chunk)
                lines += chunk.count(b"\n")
                wrong = parser.feed(chunk) or ((bad_line, message) if message else None)
                yield from parser.take()
                if wrong:
                    problems.add_unread(path, *wrong)
                    return
    except DAMAGE as error:
        problems.add_unread(path, lines, explain(error))
        return
    wrong = parser.feed(b"", last=True)
    yield from parser.take()
    if wrong:
        problems.add_unread(path, *wrong)
    elif encoding is not None and (doubt := encoding.doubt()):
        problems.add(path, 1, doubt)
