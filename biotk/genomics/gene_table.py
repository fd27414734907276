"""The gene table: where genes lie and what was measured of each, one gene a line.

A table with the columns ``symbol``, ``chromosome``, ``start`` and ``end`` (GRCh38, counted from 1,
both included); every further column is of numbers, as the expression in a tissue. An empty cell is
nothing that was measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from biotk.errors import Problems, strict
from biotk.genomics.associations import CHROMOSOMES
from biotk.genomics.loci import Places
from biotk.genomics.rows import Header, iter_cells, read_header, refuse
from biotk.genomics.values import parse_chromosome

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]

#: More bases has no chromosome, and a larger number no 32 bits.
_MOST_BASES, _MOST_MEASURED = 2**31, 1e30

COLUMNS = ("symbol", "chromosome", "start", "end")


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneTable:
    """Genes, each once.

    :param symbols: of the genes.
    :param starts: where they begin. *Shape*: (genes,) each.
    :param ends: where they end, in bases; the places themselves are theirs. *Shape*: (genes,).
    :param measured: what was, from 0 up. *Shape*: (genes, measured).
    :param names: of what was measured.
    """

    symbols: tuple[str, ...]
    starts: Places
    ends: Ints
    measured: Floats
    names: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.symbols)


def read_gene_table(path: Path | str, *, problems: Problems | None = None) -> GeneTable:
    """Read a gene table, ``.gz`` too.

    A gene that stands in it again is heard the first time; one that lies on no whole chromosome is
    known by what was measured alone.

    :param problems: takes rows that are broken; None raises at the first.
    :raises InputError: it cannot be read.
    :raises FormatError: it has not the columns of a gene table, or a row is broken.
    """
    header = read_header(Path(path))
    at = {name: header.find(name) for name in COLUMNS}
    missing = [name for name, place in at.items() if place is None]
    if missing:
        raise refuse(header, f"no column {missing[0]}: a gene table has {', '.join(COLUMNS)}")
    own = {place for place in at.values() if place is not None}
    further = [place for place in range(len(header.names)) if place not in own]
    problems = strict() if problems is None else problems
    found: dict[str, tuple[int, int, int, list[float]]] = {}
    for line, cells in iter_cells(header, problems=problems):
        symbol, chromosome, start, end = (cells[at[name] or 0] for name in COLUMNS)
        told = _problem(header, symbol, start, end, [(n, cells[n]) for n in further])
        if told:
            problems.add(header.path, line, told, "\t".join(cells[:-1]))
            continue
        name = parse_chromosome(chromosome, n25="MT")
        number = 0 if name is None else CHROMOSOMES.index(name) + 1
        values = [float(cells[n] or 0) for n in further]
        found.setdefault(symbol, (number, int(start), int(end), values))
    rows = list(found.values())
    return GeneTable(
        symbols=tuple(found),
        starts=Places(
            np.array([row[0] for row in rows], np.int64),
            np.array([row[1] for row in rows], np.int64),
        ),
        ends=np.array([row[2] for row in rows], np.int64),
        measured=np.array([row[3] for row in rows], np.float32).reshape(len(rows), len(further)),
        names=tuple(header.names[n] for n in further),
    )


def _problem(
    header: Header, symbol: str, start: str, end: str, values: list[tuple[int, str]]
) -> str:
    """:returns: what is wrong with a row; empty if nothing is."""
    if not symbol:
        return "no symbol"
    if not (start.isdecimal() and end.isdecimal() and 0 < int(start) <= int(end) < _MOST_BASES):
        return f"{symbol} lies from {start!r} to {end!r}, expected bases in GRCh38 that rise"
    for column, cell in values:
        if not _is_measured(cell):
            name = header.names[column]
            return (
                f"{name} of {symbol} is {cell!r}, expected a number from 0 up: leave the column "
                "out if it is none of numbers"
            )
    return ""


def _is_measured(cell: str) -> bool:
    try:
        value = float(cell or 0)
    except ValueError:
        return False
    return 0 <= value <= _MOST_MEASURED
