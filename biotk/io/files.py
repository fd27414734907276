"""Opening and writing files: gzip by content, byte order marks, writing all or nothing."""

from __future__ import annotations

import codecs
import gzip
import io
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO, TextIO, cast

from biotk.errors import InputError, Problems

#: The encoding of all that nobody says another one of.
UTF_8 = "utf-8"

_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


@contextmanager
def open_bytes(path: str | Path) -> Iterator[BinaryIO]:
    """Open a file for reading: gunzipped where its content is gzip, UTF-8's BOM skipped.

    Works on pipes too; the file is opened once and never rewound.

    :param path: the file, whatever its name ends with.
    :raises InputError: if it is UTF-16, or a damaged gzip file.
    """
    with Path(path).open("rb") as raw:
        packed = raw.peek(2)[:2] == _GZIP
        stream: IO[bytes] = io.BufferedReader(gzip.GzipFile(fileobj=raw)) if packed else raw
        try:
            head = cast(io.BufferedReader, stream).peek(3)[:3]
            if head.startswith(_UTF16):
                raise InputError(
                    f"{path}: is UTF-16, BioTK reads UTF-8: convert it, for example with"
                    f" `iconv -f UTF-16 -t UTF-8`"
                )
            if head == _BOM:
                stream.read(len(_BOM))
            yield cast(BinaryIO, stream)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise InputError(f"{path}: a damaged gzip file: {error}") from error


def iter_lines(path: str | Path) -> Iterator[tuple[int, bytes]]:
    r"""Read a file line by line; only ``\n`` and ``\r\n`` end a line.

    :returns: the line's number, from 1, and its bytes without the line end. They are left as
        bytes so that one line in another encoding costs that line only.
    """
    with open_bytes(path) as stream:
        for number, raw in enumerate(stream, start=1):
            yield number, raw.removesuffix(b"\n").removesuffix(b"\r")


def decode(raw: bytes, *, path: str | Path, line: int, problems: Problems) -> str | None:
    """:returns: the text, or None (and one problem) where it is not UTF-8."""
    try:
        return raw.decode(UTF_8)
    except UnicodeDecodeError as error:
        problems.add(path, line, f"not UTF-8 at byte {error.start}")
        return None


def check_encoding(encoding: str) -> None:
    """Make sure that there is an encoding of that name, and that it is one of texts.

    :raises InputError: there is none.
    """
    try:
        "".encode(codecs.lookup(encoding).name)
    except (LookupError, ValueError):
        raise InputError(
            f"there is no encoding {encoding!r} of texts: utf-8, latin-1 and cp1252 are some"
        ) from None


def head(path: str | Path, size: int = 65536) -> bytes:
    """:returns: how the content of a file starts."""
    with open_bytes(path) as stream:
        return stream.read(size)


@contextmanager
def atomic_writer(path: str | Path) -> Iterator[TextIO]:
    r"""Write a text file all or nothing: it gets its name only once it is complete.

    UTF-8, line ends as they are given; gzipped where the name ends with ``.gz``, without a time
    stamp, so that the same text makes the same bytes. A pipe or device is written straight.

    :param path: the file; it is replaced if it exists.
    """
    target = Path(path).resolve()
    if target.exists() and not target.is_file():
        with target.open("wb") as raw, _text_writer(raw, packed=target.suffix == ".gz") as stream:
            yield stream
        return
    draft = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        with draft.open("wb") as raw, _text_writer(raw, packed=target.suffix == ".gz") as stream:
            yield stream
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def _text_writer(raw: IO[bytes], *, packed: bool) -> Iterator[TextIO]:
    binary: IO[bytes] = raw
    if packed:
        binary = cast(IO[bytes], gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0))
    stream = io.TextIOWrapper(cast(BinaryIO, binary), encoding="utf-8", newline="")
    try:
        yield stream
        stream.flush()
    finally:
        stream.detach()  # closing it would close `raw` under its owner
        if packed:
            binary.close()


@contextmanager
def text_output(target: str | Path | TextIO) -> Iterator[TextIO]:
    """:returns: the open file itself, or an :func:`atomic_writer` for a path."""
    if isinstance(target, (str, Path)):
        with atomic_writer(target) as stream:
            yield stream
    else:
        yield target
