"""The files beside that of the names, each opened in the way that its order and size allow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path

import numpy as np

from biotk.kb.readers.rrf.atoms import RowFilter
from biotk.kb.readers.rrf.definitions import Definition, best_definition, iter_definitions
from biotk.kb.readers.rrf.join import (
    IntPairs,
    Lookup,
    MergeJoin,
    Nothing,
    Numbers,
    collect_pairs,
)
from biotk.kb.readers.rrf.parents import ParentReader, hierarchy_parents
from biotk.kb.readers.rrf.retired import RetiredIds, rxnorm_retired, umls_retired
from biotk.kb.readers.rrf.rows import RrfTable, RrfTables

NOT_ASKED = "rows of concepts that are left out"


class Beside:
    """What the other files say of a concept, by its number; nothing where a file is missing."""

    def __init__(self) -> None:
        self.tuis: Lookup[str] = Nothing()
        self.parents: Lookup[int] = Nothing()
        self.retired: Lookup[int] = Nothing()
        self._definitions: Lookup[Definition] = Nothing()
        self._definitions_left_out: Counter[str] = Counter()
        #: What was left out of each file, by reason.
        self.left_out: dict[Path, Counter[str]] = {}
        self._lookups: list[tuple[Path, Lookup[object]]] = []

    def count(self, table: RrfTable) -> Counter[str]:
        """:returns: the counter of what is left out of a file."""
        return self.left_out.setdefault(table.path, Counter())

    def follow(self, table: RrfTable, lookup: Lookup[object]) -> None:
        """Remember whose rest is to be read at the end."""
        self._lookups.append((table.path, lookup))

    def open_definitions(self, table: RrfTable, keep: RowFilter) -> None:
        """Take the definitions from a file."""
        self._definitions_left_out = self.count(table)
        self._definitions = MergeJoin(
            iter_definitions(table, keep=keep, left_out=self._definitions_left_out)
        )
        self.follow(table, self._definitions)

    def definition(self, number: int, auis: Collection[str]) -> str | None:
        """:returns: the best definition of a concept, of those that atoms that count have."""
        return best_definition(self._definitions.take(number), auis, self._definitions_left_out)

    def finish(self) -> None:
        """Read the files to their ends, and count what belongs to no concept that was read."""
        for path, lookup in self._lookups:
            self.left_out.setdefault(path, Counter())[NOT_ASKED] += lookup.finish()


def umls_beside(tables: RrfTables, keep: RowFilter) -> Beside:
    """Open UMLS's files; MRREL tells the parents, MRHIER only where there is no MRREL."""
    beside = Beside()
    if (table := tables.get("MRSTY")) is not None:
        beside.tuis = MergeJoin(_tuis_in_order(table))
        beside.follow(table, beside.tuis)
    if (table := tables.get("MRDEF")) is not None:
        beside.open_definitions(table, keep)
    if (table := tables.get("MRREL")) is not None:
        relations = ParentReader(table, keep=keep, left_out=beside.count(table))
        beside.parents = MergeJoin(relations.in_order())
        beside.follow(table, beside.parents)
    elif (table := tables.get("MRHIER")) is not None:
        beside.parents = MergeJoin(
            hierarchy_parents(table, tables["MRCONSO"], keep=keep, left_out=beside.count(table))
        )
        beside.follow(table, beside.parents)
    if (table := tables.get("MRCUI")) is not None:
        left_out = beside.count(table)
        beside.retired = RetiredIds(umls_retired(table, left_out), left_out)
        beside.follow(table, beside.retired)
    return beside


def rxnorm_beside(tables: RrfTables, keep: RowFilter) -> Beside:
    """Open RxNorm's files, whose rows stand in any order."""
    beside = Beside()
    if (table := tables.get("RXNSTY")) is not None:
        beside.tuis = _Tuis(table)
        beside.follow(table, beside.tuis)
    if (table := tables.get("RXNREL")) is not None:
        relations = ParentReader(table, keep=keep, left_out=beside.count(table))
        beside.parents = IntPairs(*collect_pairs(relations.in_any_order()))
        beside.follow(table, beside.parents)
    table = tables.get("RXNCUI") or tables.get("RXNATOMARCHIVE")
    if table is not None:
        left_out = beside.count(table)
        live = _numbers(tables["RXNCONSO"])
        beside.retired = RetiredIds(rxnorm_retired(table, left_out, live), left_out)
        beside.follow(table, beside.retired)
    return beside


def _tuis_in_order(table: RrfTable) -> Iterator[tuple[int, str]]:
    at = table.at("TUI")
    for number, row in table.in_order("CUI"):
        if _is_tui(row[1][at]):
            yield number, row[1][at]
        else:
            table.bad(row[0], f"{row[1][at]!r} is no semantic type", row[2])


def _is_tui(raw: str) -> bool:
    return len(raw) == 4 and raw[0] == "T" and raw.isascii() and raw[1:].isdecimal()


class _Tuis:
    """Semantic types of RxNorm's concepts, kept as pairs of numbers."""

    def __init__(self, table: RrfTable) -> None:
        self._pairs = IntPairs(*collect_pairs(_tui_numbers(table)))

    def take(self, key: int) -> list[str]:
        """:returns: the semantic types of a concept."""
        return [f"T{number:03d}" for number in self._pairs.take(key)]

    def finish(self) -> int:
        """:returns: how many rows belong to no concept that was asked for."""
        return self._pairs.finish()


def _tui_numbers(table: RrfTable) -> Iterator[tuple[int, int]]:
    cui, tui = table.at("CUI"), table.at("TUI")
    for row in table.rows():
        number = table.number(row[1][cui])
        if number is None:
            table.bad_id(row, row[1][cui])
        elif _is_tui(row[1][tui]):
            yield number, int(row[1][tui][1:])
        else:
            table.bad(row[0], f"{row[1][tui]!r} is no semantic type", row[2])


def _numbers(conso: RrfTable) -> Numbers:
    """:returns: the concepts of a file, in ascending order; what is wrong is told elsewhere."""
    quiet = conso.quiet()
    at = quiet.at("CUI")
    numbers = (quiet.number(fields[at]) for _, fields, _ in quiet.rows())
    return np.unique(np.fromiter((n for n in numbers if n is not None), np.int32))
