"""PubTator: title and abstract of a paper, with one mention a line.

::

    1234|t|A title
    1234|a|An abstract.
    1234<TAB>2<TAB>7<TAB>title<TAB>Disease<TAB>D003924
    1234<TAB>CID<TAB>D003924<TAB>D001241

Offsets run over ``title + " " + abstract``. What BioTK makes of it, and what the format cannot
hold, is told in ``docs/formats/documents.md``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TextIO

from biotk.document import Document, Mention
from biotk.errors import InputError, Problems, strict
from biotk.io.convert import gold_links
from biotk.io.files import decode, iter_lines, text_output
from biotk.types import NIL, entity_type

_TEXT_LINE = re.compile(rb"([^|\t]+)\|([ta])\|(.*)", re.DOTALL)
_INTEGER = re.compile(r"-?\d+")
_SEPARATORS = re.compile(r"[|+,;]")
_BREAKS = str.maketrans("\r\n\t", "   ")

Lines = list[tuple[int, bytes]]


def split_ids(column: str, type: str | None) -> list[str]:
    """Take apart the ids of a composite mention.

    The id of a variant has bars and plus signs of its own, ``c|SUB|G|IVS16+1|A``, and is left
    whole; only a comma parts two of them.

    >>> split_ids("D007153+D040181", "DiseaseClass"), split_ids("c|DEL||9", "SequenceVariant")
    (['D007153', 'D040181'], ['c|DEL||9'])
    """
    if type is not None and entity_type(type) == "Variant":
        return [part.strip() for part in column.split(",")]
    return [part.strip() for part in _SEPARATORS.split(column)]


def read_pubtator(path: str | Path, *, problems: Problems | None = None) -> Iterator[Document]:
    """Read documents one by one.

    :param path: a UTF-8 file, gzipped or not.
    :param problems: where lines that are wrong are reported; raises at the first if absent. A
        mention whose text is not what stands at its offsets is one, and keeps its offsets.
    :returns: documents with gold links, ``meta["title_end"]`` and ``meta["relations"]``.
    """
    problems = strict() if problems is None else problems
    for lines in _blocks(path):
        document = _Parser(path, problems).parse(lines)
        if document is not None:
            yield document


def _blocks(path: str | Path) -> Iterator[Lines]:
    """Part the lines into documents: at blank lines, and where a title begins another one."""
    lines: Lines = []
    for number, raw in iter_lines(path):
        match = _TEXT_LINE.match(raw)
        if lines and (not raw.strip() or (match and match[2] == b"t")):
            yield lines
            lines = []
        if raw.strip():
            lines.append((number, raw))
    if lines:
        yield lines


class _Parser:
    """Parses the lines of one document."""

    def __init__(self, path: str | Path, problems: Problems) -> None:
        self.path, self.problems = path, problems
        self.texts: dict[str, str] = {}
        self.id = ""
        self.text = ""

    def parse(self, lines: Lines) -> Document | None:
        rows: list[tuple[int, list[str]]] = []
        for number, raw in lines:
            line = decode(raw, path=self.path, line=number, problems=self.problems)
            match = _TEXT_LINE.match(raw)
            if match is None:
                if line is not None:
                    rows.append((number, line.split("\t")))
            elif line is None or not self._add_text(number, line):
                return None  # without its text no offset means anything
        if "t" not in self.texts:
            number = lines[0][0]
            self.problems.add(self.path, number, "no title (ID|t|…) before this, block left out")
            return None
        title, abstract = self.texts["t"], self.texts.get("a", "")
        self.text = f"{title} {abstract}" if abstract else title
        mentions: list[Mention] = []
        relations: list[list[str]] = []
        for number, columns in rows:
            self._add_row(number, columns, mentions, relations)
        mentions.sort(key=lambda mention: (mention.start, mention.end))
        meta: dict[str, object] = {"title_end": len(title)}
        if relations:
            meta["relations"] = relations
        return Document(self.id, self.text, tuple(mentions), meta=meta)

    def _add_text(self, number: int, line: str) -> bool:
        document_id, part, text = line.split("|", 2)
        if part in self.texts or (self.texts and document_id != self.id):
            message = f"a second {part!r} line, or one of another id: document left out"
            self.problems.add(self.path, number, message)
            return False
        self.id, self.texts[part] = document_id, text
        return True

    def _add_row(
        self, number: int, columns: list[str], mentions: list[Mention], relations: list[list[str]]
    ) -> None:
        if columns[0] != self.id:
            message = f"a line of another document than {self.id!r}, left out"
        elif len(columns) in (5, 6, 7) and all(map(_INTEGER.fullmatch, columns[1:3])):
            start, end = int(columns[1]), int(columns[2])
            if 0 <= start < end <= len(self.text):
                mentions.append(self._mention(number, start, end, columns))
                return
            message = (
                f"[{start}, {end}) is no range of a text of {len(self.text)} characters,"
                f" mention left out"
            )
        elif len(columns) in (4, 5) and not columns[1][:1].isdigit():
            relations.append(columns[1:])
            return
        else:
            message = (
                f"{len(columns)} columns, expected a mention (ID, start, end, text, type, id) or a"
                f" relation (ID, kind, id, id); left out"
            )
        self.problems.add(self.path, number, message)

    def _mention(self, number: int, start: int, end: int, columns: list[str]) -> Mention:
        text = self.text[start:end]
        if columns[3] != text:
            message = f"the text of the mention at [{start}, {end}) is not what stands there"
            self.problems.add(self.path, number, message)
        type_ = columns[4].strip() or None
        # The seventh column repeats the parts of a composite mention; ids tell as much.
        links = gold_links(split_ids(columns[5], type_), type_) if len(columns) > 5 else ()
        return Mention(((start, end),), text, type_, links)


def write_pubtator(
    documents: Iterable[Document],
    path_or_file: str | Path | TextIO,
    *,
    problems: Problems | None = None,
) -> int:
    r"""Write documents, a blank line after each.

    Each ``\r``, ``\n`` and tab of a text becomes one blank, so that all offsets hold.

    :param path_or_file: a path, written all or nothing and gzipped where it ends with ``.gz``;
        or a text file that is open for writing.
    :param problems: where that which the format cannot hold is reported (a discontinuous
        mention, which is written from its first to its last character; an id with a separator
        in it); raises at the first if absent.
    :returns: how many were written.
    """
    problems = strict() if problems is None else problems
    place = str(path_or_file) if isinstance(path_or_file, (str, Path)) else "PubTator output"
    count = 0
    with text_output(path_or_file) as stream:
        for document in documents:
            if not document.id.strip() or re.search(r"[|\t\r\n]", document.id):
                problems.add(place, 0, f"document id {document.id!r} is empty or has a separator")
                continue
            stream.write("\n".join(_document_lines(document, place, problems)) + "\n\n")
            count += 1
    return count


def _document_lines(document: Document, place: str, problems: Problems) -> Iterator[str]:
    text = document.text.translate(_BREAKS)
    title_end = _title_end(document)
    yield f"{document.id}|t|{text[:title_end]}"
    yield f"{document.id}|a|{text[title_end + 1 :]}"
    for mention in document.mentions:
        if len(mention.spans) > 1:
            message = (
                f"document {document.id!r}: the discontinuous mention at"
                f" [{mention.start}, {mention.end}) is written as one range"
            )
            problems.add(place, 0, message)
        try:
            ids = _join_ids(mention)
        except InputError as error:
            problems.add(place, 0, f"document {document.id!r}: {error}; written without ids")
            ids = []
        surface = text[mention.start : mention.end]
        type_ = (mention.type or "").translate(_BREAKS).strip()
        columns = [document.id, str(mention.start), str(mention.end), surface, type_]
        yield "\t".join(columns + ids)
    for relation in document.meta.get("relations", ()):
        columns = [str(part).translate(_BREAKS) for part in relation]
        if len(columns) in (3, 4) and not columns[0][:1].isdigit():
            yield "\t".join([document.id, *columns])
        else:
            message = f"document {document.id!r}: a relation is not kind, id, id: left out"
            problems.add(place, 0, message)


def _title_end(document: Document) -> int:
    """:returns: where the title ends: as it was read, or at the first line end.

    A text without either is all title, as is one whose abstract would be empty.
    """
    text = document.text
    end = document.meta.get("title_end")
    if not (type(end) is int and 0 <= end < len(text) - 1 and text[end] in " \r\n\t"):
        end = text.find("\n")
    return end if 0 <= end < len(text) - 1 else len(text)


def _join_ids(mention: Mention) -> list[str]:
    """:returns: the column of ids; none for a mention that nobody has linked."""
    ids = [link.concept_id or NIL for link in mention.links]
    variant = mention.type is not None and entity_type(mention.type) == "Variant"
    column = ("," if variant else "|").join(ids)
    if ids and (split_ids(column, mention.type) != ids or column.translate(_BREAKS) != column):
        raise InputError(
            f"the ids of the mention at [{mention.start}, {mention.end}) have blanks"
            f" or separators in them"
        )
    return [column] if ids else []
