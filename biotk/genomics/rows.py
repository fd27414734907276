"""The rows of CSV, TSV and blank-separated tables by the names of their columns, line by line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from biotk.errors import FormatError, InputError, Problem, Problems
from biotk.kb.readers.delimited import iter_rows, split_row
from biotk.kb.readers.files import check_first_line, iter_lines, read_head

DELIMITERS = ("\t", ",", ";")
#: Columns that stand apart by any number of blanks, as PLINK writes them.
BLANKS = " "
_COMMENT = re.compile(r"\s*$|##|#\s?\w+:")
_JOINTS = re.compile(r"[^a-z0-9]+")


def column_key(header: str) -> str:
    """:returns: a header without case and joints: ``P-VALUE`` and R's ``P.VALUE`` are the same.

    >>> column_key("95% CI (TEXT)"), column_key("X95..CI..TEXT."), column_key("#chrom")
    ('95_ci_text', '95_ci_text', 'chrom')
    """
    key = _JOINTS.sub("_", header.strip().lower()).strip("_")
    # R puts an X before a header that starts with a digit.
    return key[1:] if re.match(r"x\d", key) else key


def find_delimiter(header: str) -> str:
    """:returns: what stands between the columns of a table, going by its first line."""
    best = max(DELIMITERS, key=header.count)
    return best if best in header else BLANKS


@dataclass(frozen=True, slots=True)
class Header:
    """The first row of a table.

    :param path: the table's file.
    :param line: the line that it stands on.
    :param names: the headers as they are written.
    :param delimiter: what stands between columns.
    """

    path: Path
    line: int
    names: tuple[str, ...]
    delimiter: str

    @property
    def keys(self) -> tuple[str, ...]:
        """The headers without case and joints."""
        return tuple(map(column_key, self.names))

    def places(self, columns: Mapping[str, str]) -> dict[str, int]:
        """Find columns by their headers.

        :param columns: what a column is called here → its header without case and joints.
        :returns: where each stands; −1, an empty cell of :func:`iter_cells`, if nowhere.
        """
        keys = self.keys
        return {name: keys.index(key) if key in keys else -1 for name, key in columns.items()}

    def find(self, column: str) -> int | None:
        """:returns: where a column stands: the one of just that name, else but for case."""
        if column in self.names:
            return self.names.index(column)
        near = [at for at, key in enumerate(self.keys) if key == column_key(column)]
        return near[0] if len(near) == 1 else None


def read_header(path: Path, delimiter: str | None = None) -> Header:
    """Read the first line of a table; comments may stand before it.

    A comment is ``##`` and anything, or ``#word:``, as in HPO's ``#version: …``; a single ``#`` may
    begin a header (``#chrom``).

    :param delimiter: what stands between columns; None to find out.
    :raises InputError: the file cannot be read, or is empty.
    """
    check_first_line(path)
    lines = enumerate(read_head(path).split("\n"), start=1)
    told = ((n, line.rstrip("\r")) for n, line in lines if not _COMMENT.match(line))
    number, text = next(told, (0, ""))
    if not number:
        raise InputError(f"{path}: is empty")
    between = delimiter or find_delimiter(text)
    names = text.split() if between == BLANKS else split_row(text, between)
    return Header(path, number, tuple(name.strip() for name in names), between)


def iter_cells(header: Header, *, problems: Problems) -> Iterator[tuple[int, list[str]]]:
    """Read the rows below a header.

    :param problems: takes rows that have more or fewer columns than the header, whose quotes do
        not match, or that are no UTF-8, and a file that is cut off.
    :returns: the line of each row and its cells, as many as the header has, without blanks round
        them; then one that is empty, for columns that a table has not.
    """
    width = len(header.names)
    rows = (
        ((line, text.split(), text) for line, text in iter_lines(header.path, problems=problems))
        if header.delimiter == BLANKS
        else iter_rows(header.path, header.delimiter, problems=problems)
    )
    for line, cells, text in rows:
        if line <= header.line or not cells:
            continue
        if len(cells) != width:
            told = f"{len(cells)} columns, the header has {width}"
            problems.add(header.path, line, told, text)
            continue
        yield line, [*map(str.strip, cells), ""]


def refuse(header: Header, message: str) -> FormatError:
    """:returns: the error of a header that does not do, with its file and line."""
    return FormatError(Problem(str(header.path), header.line, message))
