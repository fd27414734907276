"""Opening source files: plain or gzip by content, UTF-8, with the line that damage stands on."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from biotk.errors import FormatError, InputError, Problem, Problems

_GZIP = b"\x1f\x8b"
_PACKED = {
    b"PK\x03\x04": "zip archive: unpack it first",
    b"BZh": "bzip2 file: unpack it first, or pack it with gzip",
    b"\xfd7zXZ": "xz file: unpack it first, or pack it with gzip",
    b"\x28\xb5\x2f\xfd": "zstandard file: unpack it first, or pack it with gzip",
}
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_CHUNK = 1 << 16

#: A file opened for its bytes. Gzip is not wrapped in a larger buffer: where a file is cut off,
#: that would lose the whole buffer instead of one line.
ByteStream = io.BufferedReader | gzip.GzipFile

#: What reading a damaged file raises; OSError covers gzip's checksum (``BadGzipFile``).
DAMAGE = (EOFError, OSError, UnicodeError, zlib.error)


def open_binary(path: Path) -> ByteStream:
    """Open a file, unpacked if it is gzip.

    The content decides, not the name: a ``.gz`` that a browser has unpacked opens as well.

    :raises InputError: if there is no such file, or it is packed in another way.
    """
    try:
        handle = path.open("rb")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    with handle:
        magic = handle.read(6)
    for start, what in _PACKED.items():
        if magic.startswith(start):
            raise InputError(f"{path}: is a {what}")
    if magic.startswith(_GZIP):
        return gzip.GzipFile(path, "rb")
    return path.open("rb")


def explain(error: Exception) -> str:
    """:returns: what is wrong with a file whose reading raised one of :data:`DAMAGE`."""
    if isinstance(error, UnicodeDecodeError):
        return f"{_not_utf8(error)}; the rest of the file was not read"
    if isinstance(error, EOFError):
        return "the gzip file is cut off; what stands before was read. Fetch it again"
    return f"the file is damaged ({error}); what stands before was read. Fetch it again"


def _not_utf8(error: UnicodeDecodeError) -> str:
    byte = error.object[error.start]
    # Not from latin1, which would make control characters of what Windows calls quotes and dashes.
    return f"byte 0x{byte:02x} is not UTF-8 (convert the file: `iconv -f cp1252 -t utf-8`)"


def check_first_line(path: Path) -> None:
    """Refuse a file whose first line cannot be read: where that is a header, nothing else can.

    :raises InputError: it is UTF-16, or its first line is not UTF-8.
    """
    with open_binary(path) as handle:
        try:
            lines = (raw for raw in iter(handle.readline, b"") if raw.strip())
            first = next(lines, b"")
        except DAMAGE:
            return  # told with its line by whoever reads on
    if first.startswith(_UTF16):
        raise InputError(
            f"{path}: is UTF-16, BioTK reads UTF-8: save it as `CSV UTF-8`, or convert it: "
            "`iconv -f utf-16 -t utf-8`"
        )
    try:
        first.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        shown = first.decode("cp1252", "replace").strip()[:100]
        raise InputError(
            f"{path}: its first line is not in UTF-8, mostly that is Windows-1252, in which it "
            f"is {shown!r}: save it as `CSV UTF-8`, or convert it: `iconv -f cp1252 -t utf-8`"
        ) from error


@contextmanager
def open_text(path: Path) -> Iterator[TextIO]:
    """Open a file as UTF-8 text without its byte order mark; line ends stay as they are.

    Damage that is met inside the ``with`` block becomes a :class:`FormatError` without a line;
    :func:`iter_lines` knows the line.

    :raises InputError: as :func:`open_binary`.
    :raises FormatError: if the file is cut off or no UTF-8.
    """
    with (
        open_binary(path) as binary,
        io.TextIOWrapper(binary, encoding="utf-8-sig", newline="") as text,
    ):
        try:
            yield text
        except DAMAGE as error:
            raise FormatError(Problem(str(path), 0, explain(error))) from error


def iter_lines(path: Path, *, problems: Problems) -> Iterator[tuple[int, str]]:
    r"""Read a file line by line.

    Only ``\n`` and ``\r\n`` end a line: names may hold U+2028 and its like, on which
    ``str.splitlines`` would cut. Each line is decoded by itself, so that a wrong byte is told with
    its line and all other lines are read.

    :param problems: takes lines that are no UTF-8, which are left out, and a cut-off file, which
        ends there.
    :returns: line numbers, counted from 1, and lines without their ends.
    """
    with open_binary(path) as handle:
        line, raw = 0, b""
        while True:
            line += 1
            try:
                raw = handle.readline()
                text = raw.decode("utf-8-sig" if line == 1 else "utf-8")
            except UnicodeDecodeError as error:
                shown = raw.decode("utf-8", "replace").rstrip("\r\n")
                problems.add(path, line, f"{_not_utf8(error)}; the row is left out", shown)
                continue
            except DAMAGE as error:
                problems.add_unread(path, line, explain(error))
                return
            if not raw:
                return
            yield line, text.rstrip("\r\n")


def read_head(path: Path, size: int = 1 << 18) -> str:
    """:returns: the first ``size`` bytes as text, for a look at the format; damage is passed over.

    :raises InputError: as :func:`open_binary`.
    """
    parts: list[bytes] = []
    with open_binary(path) as handle:
        try:
            while size > 0 and (part := handle.read1(min(_CHUNK, size))):
                parts.append(part)
                size -= len(part)
        except DAMAGE:
            pass  # the reader itself meets it again, and tells it with the line
    return b"".join(parts).decode("utf-8-sig", "replace")
