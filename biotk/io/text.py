"""Plain text: one file, one document."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from biotk.document import Document
from biotk.errors import InputError, Problems, strict
from biotk.io.files import UTF_8, atomic_writer, open_bytes

_ENDINGS = (".gz", ".txt")
_BOM = "\ufeff"
#: What stands for standard input among paths.
STDIN = Path("-")


def stem(path: str | Path) -> str:
    """:returns: the path without ``.txt`` and ``.gz``, with forward slashes.

    >>> stem("notes/a.1.txt.gz")
    'notes/a.1'
    """
    name = Path(path).as_posix()
    for ending in _ENDINGS:
        name = name.removesuffix(ending)
    return name


#: What a text in another encoding is reported with.
_OTHER_ENCODING = (
    "; name its encoding (--encoding latin-1), or convert it (iconv -f latin1 -t utf-8)"
)


def read_text(
    path: str | Path,
    *,
    document_id: str | None = None,
    problems: Problems | None = None,
    encoding: str = UTF_8,
) -> Iterator[Document]:
    r"""Read a plain text file as it is: no line end is changed.

    :param path: a file, gzipped or not. A byte order mark is no part of the text.
    :param document_id: the id of the document; the file's name without its ending if absent.
    :param problems: where a file in another encoding is reported; raises if absent.
    :param encoding: how its characters are stored.
    :returns: one document, or none where there was a problem.
    """
    problems = strict() if problems is None else problems
    with open_bytes(path) as stream:
        raw = stream.read()
    text = _decoded(raw, path, problems, encoding)
    if text is not None:
        yield Document(document_id if document_id is not None else stem(Path(path).name), text)


def read_stdin(*, problems: Problems | None = None, encoding: str = UTF_8) -> Iterator[Document]:
    """Read standard input to its end, as one plain text.

    :param problems: where another encoding is reported; raises if absent.
    :param encoding: how its characters are stored.
    :returns: one document with the id ``stdin``, or none where there was a problem.
    """
    raw = sys.stdin.buffer.read()
    problems = strict() if problems is None else problems
    text = _decoded(raw, "stdin", problems, encoding)
    if text is not None:
        yield Document("stdin", text.removeprefix(_BOM))


def _decoded(raw: bytes, path: str | Path, problems: Problems, encoding: str) -> str | None:
    """:returns: the text; None, and a problem that names a remedy, in another encoding."""
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        remedy = _OTHER_ENCODING if encoding == UTF_8 else ""
        problems.add(path, 0, f"not {encoding.upper()} at byte {error.start}{remedy}")
        return None


def write_text(documents: Iterable[Document], folder: str | Path) -> int:
    """Write the text of each document to ``<id>.txt``; what was found in it is not written.

    :param documents: their ids name the files; a slash in an id makes a subfolder.
    :param folder: where the files go; made if it does not exist.
    :returns: how many were written.
    :raises InputError: for an id that names no file within the folder, or one used twice.
    """
    written: set[str] = set()
    for document in documents:
        name = PurePosixPath(document.id)
        if not name.name or name.is_absolute() or ".." in name.parts or "\0" in document.id:
            raise InputError(f"document id {document.id!r} names no file within {folder}")
        path = Path(folder) / f"{name}.txt"
        if str(path) in written:
            raise InputError(f"two documents would be written to {path}")
        written.add(str(path))
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_writer(path) as stream:
            # A reader takes the first mark for a byte order mark.
            stream.write(_BOM + document.text if document.text.startswith(_BOM) else document.text)
    return len(written)
