"""The broader concepts of a concept: from relationships, else from the hierarchies of atoms.

In a row of relationships the second concept has ``REL`` to the first: ``PAR`` makes it a parent.
Each relationship stands in the file both ways: the rows under the narrower concept tell all.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator

import numpy as np

from biotk.kb.readers.rrf.atoms import RowFilter
from biotk.kb.readers.rrf.join import Numbers
from biotk.kb.readers.rrf.rows import Row, RrfTable

#: REL → RELA that make the second concept a broader one of the first. ``PAR`` with another RELA
#: is a part and its whole, a member and its class. RB alone is only somehow broader; RxNorm says
#: by RB that a product is of a kind, and that a brand is one of its ingredient.
BROADER = {"PAR": ("", "inverse_isa"), "RB": ("inverse_isa", "has_tradename")}
_NEEDLES = tuple(f"|{rel}|" for rel in BROADER)

OTHER_REL = "relationships of broader concepts other than is-a"
OTHER_ROWS = "relationships of rows that are left out"
NO_IDS = "relationships between atoms, without ids of concepts"
NO_ATOM = "parents whose atom is in no row"


class ParentReader:
    """Reads MRREL or RXNREL.

    :param table: the file.
    :param keep: which vocabularies count, and whether suppressed rows do.
    :param left_out: counts what does not.
    """

    def __init__(self, table: RrfTable, *, keep: RowFilter, left_out: Counter[str]) -> None:
        self._table, self._keep, self._left_out = table, keep, left_out
        self._rel, self._rela, self._sab = map(table.at, ("REL", "RELA", "SAB"))
        self._suppress, self._child, self._parent = map(table.at, ("SUPPRESS", "CUI1", "CUI2"))

    def in_order(self) -> Iterator[tuple[int, int]]:
        """:returns: concepts and their parents, as numbers, from a file sorted by concept."""
        for child, row in self._table.in_order("CUI1", *_NEEDLES):
            parent = self._broader(row)
            if parent is not None and parent != child:
                yield child, parent

    def in_any_order(self) -> Iterator[tuple[int, int]]:
        """:returns: concepts and their parents; rows between atoms have no ids of concepts."""
        for row in self._table.rows(*_NEEDLES):
            raw = row[1][self._child]
            if not raw or not row[1][self._parent]:
                self._left_out[NO_IDS] += row[1][self._rel] in BROADER
                continue
            child = self._table.number(raw)
            if child is None:
                self._table.bad_id(row, raw)
                continue
            parent = self._broader(row)
            if parent is not None and parent != child:
                yield child, parent

    def _broader(self, row: Row) -> int | None:
        fields = row[1]
        relas = BROADER.get(fields[self._rel])
        if relas is None:
            return None
        if fields[self._rela] not in relas:
            self._left_out[OTHER_REL] += 1
            return None
        if self._keep.reason(None, fields[self._sab], fields[self._suppress]):
            self._left_out[OTHER_ROWS] += 1
            return None
        parent = self._table.number(fields[self._parent])
        if parent is None:
            self._table.bad_id(row, fields[self._parent])
        return parent


def concepts_of_atoms(conso: RrfTable) -> tuple[Numbers, Numbers]:
    """:returns: the atoms of all rows in ascending order, and the concept of each."""
    conso = conso.quiet()
    aui, cui = conso.at("AUI"), conso.at("CUI")
    atoms, concepts = array("i"), array("i")
    for _, fields, _ in conso.rows():
        atom, concept = _atom_number(fields[aui]), conso.number(fields[cui])
        if atom is not None and concept is not None:
            atoms.append(atom)
            concepts.append(concept)
    numbers = np.array(atoms, np.int32)
    order = np.argsort(numbers, kind="stable")
    return numbers[order], np.array(concepts, np.int32)[order]


def _atom_number(raw: str) -> int | None:
    digits = raw[1:]
    good = raw.startswith("A") and digits.isascii() and digits.isdecimal() and len(digits) < 10
    return int(digits) if good else None


def hierarchy_parents(
    table: RrfTable, conso: RrfTable, *, keep: RowFilter, left_out: Counter[str]
) -> Iterator[tuple[int, int]]:
    """Read MRHIER, which gives each atom its parent atom.

    :param conso: the file that tells whose atoms they are; 8 bytes a row of it are kept.
    :returns: concepts and their parents, as numbers, in order.
    """
    atoms, concepts = concepts_of_atoms(conso)
    above, rela, sab = map(table.at, ("PAUI", "RELA", "SAB"))
    for child, row in table.in_order("CUI"):
        fields = row[1]
        if not fields[above]:  # the root of a hierarchy
            continue
        if keep.reason(None, fields[sab], "N"):
            left_out[OTHER_ROWS] += 1
        elif fields[rela] not in ("", "isa"):
            left_out[OTHER_REL] += 1
        elif (number := _atom_number(fields[above])) is None:
            table.bad(row[0], f"{fields[above]!r} is no id of an atom", row[2])
        else:
            at = int(np.searchsorted(atoms, number))
            if at == len(atoms) or atoms[at] != number:
                left_out[NO_ATOM] += 1
            elif concepts[at] != child:
                yield child, int(concepts[at])
