"""Any of the formats: found out from the content, over files and whole folders."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from biotk.document import Document
from biotk.errors import FormatError, InputError, Problems, UnknownNameError, strict
from biotk.io.files import UTF_8, check_encoding, head
from biotk.io.jsonl import read_jsonl, write_jsonl
from biotk.io.pubtator import read_pubtator, write_pubtator
from biotk.io.text import STDIN, read_stdin, read_text, stem, write_text

#: The formats by the names that ``format=`` and the commands take.
FORMATS = ("jsonl", "pubtator", "text")

_ENDINGS = {".jsonl": "jsonl", ".pubtator": "pubtator", ".txt": "text"}
_JSON_START = re.compile(rb'\s*\{\s*["}]')
_PUBTATOR_START = re.compile(rb"\s*[^|\t\r\n]+\|[ta]\|")


def sniff_format(path: str | Path) -> str:
    """:returns: the format of a file, by its content; where that says nothing, by its name."""
    start = head(path)
    if _PUBTATOR_START.match(start):
        return "pubtator"
    if _JSON_START.match(start):
        return "jsonl"
    return _named_format(path) or "text"


def read_documents(
    path: str | Path,
    *,
    format: str | None = None,
    problems: Problems | None = None,
    document_id: str | None = None,
    encoding: str = UTF_8,
) -> Iterator[Document]:
    """Read the documents of a file, one by one.

    :param path: a file, gzipped or not.
    :param format: one of :data:`FORMATS`; found out from the content if absent.
    :param problems: where what is wrong is reported; raises at the first if absent.
    :param document_id: the id of a plain text; the file's name without its ending if absent.
    :param encoding: of a plain text; the other formats are UTF-8.
    :raises UnknownNameError: for a format that there is not.
    :raises InputError: if the file as a whole cannot be read.
    """
    format = sniff_format(path) if format is None else _known_format(format)  # noqa: A001
    if format == "text":
        return read_text(path, document_id=document_id, problems=problems, encoding=encoding)
    reader: Callable[..., Iterator[Document]] = read_jsonl if format == "jsonl" else read_pubtator
    return reader(path, problems=problems)


def iter_inputs(
    paths: Iterable[str | Path],
    *,
    format: str | None = None,
    problems: Problems | None = None,
    encoding: str = UTF_8,
) -> Iterator[Document]:
    """Read files and whole folders, in the order given, one document at a time.

    A folder is read with all below it, sorted by name: ``*.txt``, ``*.jsonl``, ``*.pubtator``
    and ``.gz`` of these; any other file in it is a problem. A file that is named itself is read
    whatever its name. A plain text's id is its name without its ending, within a folder with
    the way to it; where several inputs could give one id twice, the path as given. ``-`` is
    standard input: one plain text, its id ``stdin``.

    :param format: one of :data:`FORMATS` for all files; found out one by one if absent.
    :param problems: where what is wrong is reported, whole files too, and the rest goes on;
        raises at the first if absent.
    :param encoding: of plain texts; the other formats are UTF-8.
    :raises InputError: at once, before anything is read, if a path or the encoding does not exist.
    """
    check_encoding(encoding)
    inputs = [Path(path) for path in paths]
    for path in inputs:
        if path != STDIN and not path.exists():
            raise InputError(f"no such file or folder: {path}")
    if format is not None:
        _known_format(format)
    return _iter_inputs(inputs, format, strict() if problems is None else problems, encoding)


def _iter_inputs(
    inputs: Sequence[Path],
    format: str | None,
    problems: Problems,
    encoding: str,
) -> Iterator[Document]:
    names = Counter(path.name if path.is_dir() else stem(path.name) for path in inputs)
    one_kind = len(inputs) == 1 or not any(path.is_dir() for path in inputs)
    unique = one_kind and max(names.values(), default=0) == 1
    for given in inputs:
        if given == STDIN:
            yield from read_stdin(problems=problems, encoding=encoding)
            continue
        for path in _walk(given, problems) if given.is_dir() else (given,):
            if not unique:
                document_id = stem(path)
            else:
                document_id = stem(path.relative_to(given) if given.is_dir() else path.name)
            try:
                yield from read_documents(
                    path,
                    format=format,
                    problems=problems,
                    document_id=document_id,
                    encoding=encoding,
                )
            except FormatError:
                raise  # a strict `problems` has reported it
            except InputError as error:
                problems.add(path, 0, str(error).removeprefix(f"{path}: "))
            except OSError as error:
                problems.add(path, 0, f"cannot be read: {error.strerror or type(error).__name__}")


def _walk(folder: Path, problems: Problems) -> Iterator[Path]:
    """:returns: the files of a folder that can be read, sorted; files before subfolders."""

    def report(error: OSError) -> None:
        problems.add(error.filename, 0, f"cannot be read: {error.strerror}")

    for root, folders, files in os.walk(folder, onerror=report):
        folders.sort()
        for name in folders:
            if (link := Path(root, name)).is_symlink():
                problems.add(link, 0, "a link to a folder, not followed")
        for name in sorted(files):
            path = Path(root, name)
            if _named_format(path) is None:
                known = ", ".join(f"*{ending}" for ending in _ENDINGS)
                problems.add(path, 0, f"left out: none of {known} or .gz of these")
            else:
                yield path


def write_documents(
    documents: Iterable[Document],
    path: str | Path,
    *,
    format: str | None = None,
    problems: Problems | None = None,
) -> int:
    """Write documents to one file, or as plain texts into one folder.

    :param path: the file, gzipped where it ends with ``.gz``; for ``text`` a folder.
    :param format: one of :data:`FORMATS`; by the name of the file if absent.
    :param problems: where that which the format cannot hold is reported; raises if absent.
    :returns: how many were written.
    :raises InputError: if the name does not tell the format.
    """
    if format is None:
        format = _named_format(path)  # noqa: A001
        if format is None or format == "text":
            raise InputError(
                f"{path}: the name ends with neither .jsonl nor .pubtator; give format=, one of"
                f" {', '.join(FORMATS)} (text writes one file a document into a folder)"
            )
    if _known_format(format) == "text":
        return write_text(documents, path)
    if format == "jsonl":
        return write_jsonl(documents, path)
    return write_pubtator(documents, path, problems=problems)


def _named_format(path: str | Path) -> str | None:
    name = Path(path).name.lower().removesuffix(".gz")
    return _ENDINGS.get(Path(name).suffix)


def _known_format(format: str) -> str:
    if format not in FORMATS:
        raise UnknownNameError("format", format, FORMATS)
    return format
