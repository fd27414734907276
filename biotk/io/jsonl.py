"""JSON Lines: one document a line, as ``docs/formats/documents.md`` has it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TextIO

from biotk.document import Document
from biotk.errors import FormatError, InputError, Problems, strict
from biotk.io.convert import document_from_dict, document_to_dict
from biotk.io.files import decode, iter_lines, text_output


def read_jsonl(path: str | Path, *, problems: Problems | None = None) -> Iterator[Document]:
    """Read documents one by one.

    :param path: a UTF-8 file, gzipped or not, one object a line; blank lines are skipped. A
        document without an id gets the file's name and its line, as in ``notes-12``.
    :param problems: where lines and mentions that are wrong are reported; raises at the first
        if absent.
    """
    problems = strict() if problems is None else problems
    stem = Path(path).name.removesuffix(".gz").removesuffix(".jsonl")
    for number, raw in iter_lines(path):
        if not raw.strip():
            continue
        line = decode(raw, path=path, line=number, problems=problems)
        if line is None:
            continue
        document = _parse(line, stem, _Place(path, number, problems))
        if document is not None:
            yield document


def document_to_json(document: Document) -> str:
    """:returns: the document as one line of JSON, without the line end.

    :raises InputError: if a value is none of JSON's: a score that is not finite, an object of
        some class in ``meta``.
    """
    data = document_to_dict(document)
    try:
        line = json.dumps(data, ensure_ascii=False, allow_nan=False)
        line.encode("utf-8")
    except UnicodeEncodeError:  # half of a surrogate pair: only an escape can carry it
        return json.dumps(data, ensure_ascii=True, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"document {document.id!r} cannot be written as JSON: a value is not finite, or of a"
            f" class that JSON does not have ({type(error).__name__})"
        ) from error
    return line


def write_jsonl(documents: Iterable[Document], path_or_file: str | Path | TextIO) -> int:
    """Write documents, one a line.

    :param path_or_file: a path, written all or nothing and gzipped where it ends with ``.gz``;
        or a text file that is open for writing.
    :returns: how many were written.
    """
    count = 0
    with text_output(path_or_file) as stream:
        for document in documents:
            stream.write(document_to_json(document) + "\n")
            count += 1
    return count


class _Place:
    """One line of a file, where problems are reported."""

    __slots__ = ("line", "path", "problems")

    def __init__(self, path: str | Path, line: int, problems: Problems) -> None:
        self.path, self.line, self.problems = path, line, problems

    def report(self, message: str) -> None:
        self.problems.add(self.path, self.line, message)


def _parse(line: str, stem: str, place: _Place) -> Document | None:
    try:
        data = json.loads(line)
    except json.JSONDecodeError as error:
        place.report(f"not JSON: {error.msg} at character {error.pos}")
        return None
    except (ValueError, RecursionError) as error:
        place.report(f"not JSON that can be read ({type(error).__name__})")
        return None
    try:
        return document_from_dict(data, default_id=f"{stem}-{place.line}", report=place.report)
    except FormatError:
        raise  # reported by `place` already
    except InputError as error:
        place.report(str(error))
        return None
