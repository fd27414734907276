"""Definitions of concepts from MRDEF: one of several, by the vocabulary that gives it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from biotk.kb.readers.rrf.atoms import RowFilter
from biotk.kb.readers.rrf.rows import RrfTable

#: Vocabularies by how well they define, for a reader and for a model; others come after these in
#: the order of the file.
PREFERRED = ("MSH", "NCI", "HPO", "SNOMEDCT_US", "GO", "FMA", "NCI_NCI-GLOSS", "MEDLINEPLUS")
_PLACES = {sab: place for place, sab in enumerate(PREFERRED)}

OTHER_ATOMS = "definitions of rows that are left out"
FURTHER = "further definitions of a concept"


class Definition(NamedTuple):
    """A definition and the atom that it defines."""

    place: int
    aui: str
    text: str


def iter_definitions(
    table: RrfTable, *, keep: RowFilter, left_out: Counter[str]
) -> Iterator[tuple[int, Definition]]:
    """:returns: concepts as numbers and their definitions, in order."""
    aui, sab, text, suppress = map(table.at, ("AUI", "SAB", "DEF", "SUPPRESS"))
    for number, row in table.in_order("CUI"):
        fields = row[1]
        reason = keep.reason(None, fields[sab], fields[suppress])
        if reason is not None:
            left_out[reason] += 1
        elif not fields[text].strip():
            table.bad(row[0], "the definition is empty", row[2])
        else:
            place = _PLACES.get(fields[sab], len(PREFERRED))
            yield number, Definition(place, fields[aui], fields[text])


def best_definition(
    definitions: Sequence[Definition], auis: Collection[str], left_out: Counter[str]
) -> str | None:
    """Choose among the definitions of a concept.

    :param auis: the atoms that count: MRDEF does not tell the language of a definition, but whose.
    :param left_out: counts those that are not chosen.
    """
    counting = [definition for definition in definitions if definition.aui in auis]
    left_out[OTHER_ATOMS] += len(definitions) - len(counting)
    left_out[FURTHER] += max(len(counting) - 1, 0)
    return min(counting, key=lambda d: d.place).text if counting else None
