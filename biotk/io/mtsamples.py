"""MTSamples: transcribed reports whose line breaks the mirrors have flattened to commas.

On its pages a report is bold headings and paragraphs. The mirrors join all pieces of text with
commas: a comma that no blank follows was a line break, and the comma between a heading and the text
on its line was the end of the bold face.
"""

from __future__ import annotations

import csv
import io
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from biotk.errors import InputError
from biotk.io.files import open_bytes

#: The columns that are read; others may stand beside them.
COLUMNS = ("transcription",)

_BREAK = re.compile(r",(?=\S)")
_THOUSANDS = re.compile(r"\d{3}(?!\d)")
_AFTER_COLON = re.compile(r":\s*,\s+|:\s+,\s*")


class Report(NamedTuple):
    """A report as the file has it.

    :param id: its ``note_id``, or the number of its row, from 0.
    :param specialty: the medical specialty; empty where the file does not tell.
    :param flat: the transcription, line breaks flattened.
    """

    id: str
    specialty: str
    flat: str


class Restored(NamedTuple):
    """A report with its lines back.

    :param text: its lines, one break between two.
    :param starts: where each kept run of the flattened text begins in it.
    :param places: where that run begins in ``text``.
    """

    text: str
    starts: tuple[int, ...]
    places: tuple[int, ...]

    def place(self, offset: int) -> int:
        """:returns: where a character of the flattened text stands in the restored one."""
        n = bisect_right(self.starts, offset) - 1
        stop = self.places[n + 1] if n + 1 < len(self.places) else len(self.text)
        return min(self.places[n] + offset - self.starts[n], stop)


def read_mtsamples(path: str | Path) -> Iterator[Report]:
    """Read the reports of a CSV file, gzipped or not.

    :raises InputError: it has no column ``transcription``, or is no CSV.
    """
    with open_bytes(path) as stream:
        rows = csv.DictReader(io.TextIOWrapper(stream, encoding="utf-8", newline=""))
        for name in COLUMNS:
            if name not in (rows.fieldnames or ()):
                raise InputError(f"{path}: it has no column {name!r}; columns: {rows.fieldnames}")
        try:
            for number, row in enumerate(rows):
                flat = row["transcription"] or ""
                yield Report(row.get("note_id") or str(number), _of(row, "medical_specialty"), flat)
        except (csv.Error, UnicodeDecodeError) as error:
            raise InputError(f"{path}: line {rows.line_num}: not CSV in UTF-8: {error}") from error


def _of(row: dict[str, str], column: str) -> str:
    return (row.get(column) or "").strip()


def flat_starts(flat: str) -> list[int]:
    """Find the lines of a flattened report.

    A comma that no blank follows ended a line, but within a number and before a small letter, where
    a blank is missing.

    :returns: where each line begins, the first at 0.
    """
    starts = [0]
    for match in _BREAK.finditer(flat):
        at = match.end()
        number = flat[max(0, at - 2) : at - 1].isdigit() and _THOUSANDS.match(flat, at)
        if not number and not flat[at].islower():
            starts.append(at)
    return starts


def restore(flat: str, starts: Sequence[int] | None = None) -> Restored:
    """Give a report its lines back.

    The comma that ended a line and the one between a heading and its text are taken out; all else
    stands as it was, so that a place in one text is a place in the other.

    :param flat: the flattened text.
    :param starts: where its lines begin, the first at 0; None for :func:`flat_starts`.
    """
    starts = flat_starts(flat) if starts is None else starts
    pieces: list[str] = []
    runs: list[int] = []
    places: list[int] = []
    length = 0

    def keep(start: int, end: int, after: str) -> None:
        nonlocal length
        runs.append(start)
        places.append(length)
        pieces.append(flat[start:end] + after)
        length += end - start + len(after)

    for n, start in enumerate(starts):
        stop = starts[n + 1] if n + 1 < len(starts) else len(flat)
        end = stop
        if stop < len(flat) and flat[stop - 1] == ",":
            end = stop - 1
        while end > start and flat[end - 1].isspace():
            end -= 1
        while start < end and flat[start].isspace():
            start += 1
        at = start
        for match in _AFTER_COLON.finditer(flat, start, end):
            keep(at, match.start() + 1, " ")
            at = match.end()
        keep(at, end, "\n" if stop < len(flat) else "")
    return Restored("".join(pieces), tuple(runs), tuple(places))
