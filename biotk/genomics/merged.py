"""rsIDs that were merged into others: from a table of old and current ones."""

from __future__ import annotations

from array import array
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from biotk.errors import InputError, Problems, strict
from biotk.kb.readers.files import iter_lines

#: dbSNP's RsMergeArch has no header and these columns: the one merged away, and the current one.
_ARCHIVE_COLUMNS, _ARCHIVE_OLD, _ARCHIVE_CURRENT = 9, 0, 6
_MOST_STEPS = 100


class MergedRsids:
    """What replaces an rsID that was merged into another; 16 bytes each, so that dbSNP's fit.

    :param old: numbers of rsIDs that were merged. *Shape*: (merges,).
    :param new: the numbers that they were merged into. *Shape*: (merges,).

    >>> MergedRsids(np.array([9, 7]), np.array([7, 4]))["rs9"]
    'rs4'
    """

    def __init__(self, old: NDArray[np.int64], new: NDArray[np.int64]) -> None:
        order = np.argsort(old, kind="stable")
        self._old, self._new = old[order], new[order]

    def __len__(self) -> int:
        return len(self._old)

    def __getitem__(self, rsid: str) -> str:
        """:returns: the rsID that is current; the same where it was not merged."""
        number = int(rsid[2:])
        for _ in range(_MOST_STEPS):  # a table that goes in circles must not hang
            at = int(np.searchsorted(self._old, number))
            if at == len(self._old) or self._old[at] != number:
                return f"rs{number}"
            number = int(self._new[at])
        raise InputError(f"the table of merged rsIDs goes in circles: {rsid} leads back to itself")


def read_merged_rsids(path: Path | str, *, problems: Problems | None = None) -> MergedRsids:
    """Read a table of merged rsIDs: two columns, old and current, or dbSNP's ``RsMergeArch.bcp``.

    :param path: the table, parted by tabs, commas or blanks; ``rs`` before the numbers or not.
    :param problems: takes rows that hold no two rsIDs; None raises at the first.
    :raises InputError: it cannot be read.
    :raises FormatError: at the first bad row, if ``problems`` is None or strict.
    """
    path = Path(path)
    problems = strict() if problems is None else problems
    pairs = array("q")  # not tuples: dbSNP has merged more than ten million
    for line, text in iter_lines(path, problems=problems):
        if not text.strip() or text.startswith("#"):
            continue
        cells = text.split("\t") if "\t" in text else text.replace(",", " ").split()
        archive = len(cells) >= _ARCHIVE_COLUMNS
        ends = (_ARCHIVE_OLD, _ARCHIVE_CURRENT) if archive else (0, 1)
        numbers = [_number(cells[at]) if at < len(cells) else None for at in ends]
        if numbers[0] is not None and numbers[1] is not None:
            pairs.extend((numbers[0], numbers[1]))
        elif line > 1:  # the first may be a header
            problems.add(path, line, "expected an old and a current rsID", text)
    table = np.frombuffer(pairs, np.int64).reshape(-1, 2) if pairs else np.empty((0, 2), np.int64)
    return MergedRsids(table[:, 0], table[:, 1])


def _number(cell: str) -> int | None:
    digits = cell.strip().lower().removeprefix("rs")
    return int(digits) if digits.isdecimal() else None
