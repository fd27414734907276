"""Rows of CSV and TSV files with the line they stand on; one bad quote costs one row."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from biotk.errors import Problems
from biotk.kb.readers.files import iter_lines

#: How many lines a quoted field may run over before its quote counts as forgotten.
MAX_ROW_LINES = 100
_OPEN_QUOTE = "unexpected end of data"  # what the csv module says of it


def split_row(text: str, delimiter: str) -> list[str]:
    """Split one row.

    Most writers of tab-separated files know no quotes, some quote a field that holds a tab: a row
    is read with quotes where that works out, else each quote stands for itself.

    :raises csv.Error: if the quotes of a row do not match, and the delimiter is no tab.
    """
    if '"' not in text:
        return text.split(delimiter)
    try:
        return next(csv.reader([text], delimiter=delimiter, strict=True))
    except csv.Error:
        if delimiter == "\t":
            return text.split(delimiter)
        raise


def iter_rows(
    path: Path, delimiter: str, *, problems: Problems
) -> Iterator[tuple[int, list[str], str]]:
    """Read the rows of a table; blank lines are passed over.

    A quoted field may hold line ends, except in tab-separated files. A quote that never closes
    is reported with its line and the next line is read as a row, where ``csv.reader`` would
    swallow the rest of the file.

    :returns: the first line of the row, its fields, its text.
    """
    lines = iter_lines(path, problems=problems)
    waiting: list[tuple[int, str]] = []  # lines after a quote that did not close

    def following() -> tuple[int, str] | None:
        return waiting.pop(0) if waiting else next(lines, None)

    while (entry := following()) is not None:
        line, text = entry
        if not text.strip():
            continue
        taken: list[tuple[int, str]] = []
        joined = text
        while True:
            try:
                fields = split_row(joined, delimiter)
            except csv.Error as error:
                more = None
                if str(error) == _OPEN_QUOTE and len(taken) < MAX_ROW_LINES:
                    more = following()
                if more is not None:
                    taken.append(more)
                    joined = f"{joined}\n{more[1]}"
                    continue
                problems.add(path, line, f"the quotes do not match ({error})", text)
                waiting[:0] = taken
                break
            yield line, fields, joined
            break
