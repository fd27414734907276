"""Rows of an RRF file: columns checked, ids as numbers, the order checked where it is needed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from biotk.errors import FormatError, InputError, Problem, Problems
from biotk.kb.readers.files import iter_lines
from biotk.kb.readers.rrf.files import COLUMNS, Release

#: Line, fields and text of a row.
Row = tuple[int, list[str], str]


def _holds(text: str, needles: tuple[str, ...]) -> bool:
    # Half the time of any(), and MRREL has 60 million rows.
    for needle in needles:  # noqa: SIM110
        if needle in text:
            return True
    return False


class RrfTable:
    """One file of a release.

    :param name: which one, a key of :data:`~biotk.kb.readers.rrf.files.COLUMNS`.
    :param path: where it is.
    :param columns: its columns.
    :param release: the release that it belongs to.
    :param problems: takes the rows that are wrong.
    """

    def __init__(
        self,
        name: str,
        path: Path,
        columns: tuple[str, ...],
        *,
        release: Release,
        problems: Problems,
    ) -> None:
        self.name, self.path, self.columns = name, path, columns
        self.release, self.problems = release, problems

    def quiet(self) -> RrfTable:
        """:returns: the same file for a look ahead: what is wrong is told by the other."""
        return RrfTable(
            self.name, self.path, self.columns, release=self.release, problems=Problems(keep=0)
        )

    def at(self, column: str) -> int:
        """:returns: the index of a column.

        :raises InputError: if MRFILES says that the file has no such column.
        """
        try:
            return self.columns.index(column)
        except ValueError:
            raise InputError(
                f"{self.path}: MRFILES.RRF gives it no column {column}, only "
                f"{', '.join(self.columns)}. Make the files again with all columns"
            ) from None

    def rows(self, *needles: str) -> Iterator[Row]:
        """Read the rows that have the right number of columns.

        :param needles: a row without any of these strings is passed over; none for all rows.
        """
        width = len(self.columns)
        for line, text in iter_lines(self.path, problems=self.problems):
            if text.count("|") != width or text[-1] != "|":
                if text.strip():
                    found = f"{text.count('|')} columns that end in |"
                    self.bad(line, f"{found}, expected {width}", text)
            elif not needles or _holds(text, needles):
                yield line, text.split("|"), text

    def in_order(self, column: str, *needles: str) -> Iterator[tuple[int, Row]]:
        """Read the rows in order of an id.

        :param column: the column of the id.
        :returns: the id as a number, and the row.
        :raises FormatError: if the rows are not in order of that id.
        """
        at, last = self.at(column), -1
        before: str | None = None
        for row in self.rows(*needles):
            raw = row[1][at]
            if raw != before:
                number = self.number(raw)
                if number is None:
                    self.bad_id(row, raw)
                    continue
                if number < last:
                    message = self._disorder(column, raw, before or "")
                    raise FormatError(Problem(str(self.path), row[0], message, row[2][:200]))
                last, before = number, raw
            yield last, row

    def number(self, raw: str) -> int | None:
        """:returns: a concept's id as a number; None if it is not of the right form."""
        return self.release.number(raw)

    def bad(self, line: int, message: str, text: str) -> None:
        """Report a row."""
        self.problems.add(self.path, line, message, text)

    def bad_id(self, row: Row, raw: str) -> None:
        """Report a row whose id is not of the right form."""
        form = f"{self.release.letter} and {self.release.digits} digits"
        wanted = form if self.release.digits else "a number"
        self.bad(row[0], f"{raw!r} is no id of a concept, which is {wanted}", row[2])

    def _disorder(self, column: str, raw: str, before: str) -> str:
        key = f"{self.at(column) + 1},{self.at(column) + 1}" + ("" if self.release.digits else "n")
        return (
            f"the file is not sorted: {column} {raw} stands after {before}. Sort it, unpacked: "
            f"`LC_ALL=C sort -t'|' -k{key} -s -o {self.path.name} {self.path.name}`"
        )


class RrfTables:
    """The files of a release that are there."""

    def __init__(self, files: Mapping[str, Path], *, release: Release, problems: Problems) -> None:
        self._files, self.release, self._problems = files, release, problems
        self._columns = dict(COLUMNS)
        if (table := self.get("MRFILES")) is not None:
            self._columns |= _columns_told(table)

    def __getitem__(self, name: str) -> RrfTable:
        """:returns: a file that is there."""
        return RrfTable(
            name,
            self._files[name],
            self._columns[name],
            release=self.release,
            problems=self._problems,
        )

    def get(self, name: str) -> RrfTable | None:
        """:returns: a file; None if it is not there."""
        return self[name] if name in self._files else None


def _columns_told(table: RrfTable) -> dict[str, tuple[str, ...]]:
    """:returns: the columns in the order that MRFILES tells, for the files that are read."""
    file, form = table.at("FIL"), table.at("FMT")
    return {
        name: tuple(column.strip() for column in fields[form].split(","))
        for _, fields, _ in table.rows()
        if (name := fields[file].upper().removesuffix(".RRF")) in COLUMNS and name != table.name
    }
