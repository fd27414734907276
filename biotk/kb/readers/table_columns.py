"""Which column of a table is which field of a concept: by the user's mapping or by the header."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from biotk.errors import InputError, UnknownNameError

#: Field → headers that say it, the surest first. In headers, case, blanks, dashes and dots count
#: as underscores.
HEADERS: dict[str, tuple[str, ...]] = {
    "concept_id": ("concept_id", "curie", "cui", "id", "code", "identifier"),
    "name": (
        "preferred_name", "preferred_label", "canonical_name", "name", "label", "str", "term",
    ),
    "synonyms": ("synonyms", "aliases", "synonym", "alias", "alternative_names"),
    "types": ("types", "type_ids", "semantic_types", "semantic_type", "type", "tuis", "tui", "sty"),
    "definition": ("definition", "description", "def"),
    "parents": ("parents", "parent_ids", "parent", "is_a"),
    "xrefs": ("xrefs", "xref", "cross_references"),
    "alt_ids": ("alt_ids", "alt_id", "alternative_ids"),
    "source": ("source", "sab", "ontologies", "vocabulary"),
    "further_sources": ("further_sources",),
    "status": ("name_status",),
}  # fmt: skip
#: What stands between columns, the likeliest first.
DELIMITERS = ("\t", ",", ";", "|")
_JOINTS = re.compile(r"[\s._-]+")


@dataclass(frozen=True, slots=True)
class Columns:
    """Where the fields of a concept stand in a row.

    :param at: field → index of its column.
    :param also_names: indices of further columns with names; those are synonyms.
    :param width: how many columns a row has; 0 where no header tells it.
    :param header: whether the first row is a header.
    """

    at: Mapping[str, int]
    also_names: tuple[int, ...] = ()
    width: int = 0
    header: bool = True


def _key(cell: str) -> str:
    return _JOINTS.sub("_", cell.strip().lstrip("#").strip()).lower()


def recognise(cells: Sequence[str]) -> Columns | None:
    """:returns: the columns that a header names; None if it names no id or no name.

    >>> recognise(["CUI", "Preferred Name", "STR"])
    Columns(at={'concept_id': 0, 'name': 1}, also_names=(2,), width=3, header=True)
    """
    keys = [_key(cell) for cell in cells]
    at = _by_header(cells)
    if "concept_id" not in at or "name" not in at:
        return None
    also = tuple(n for n, key in enumerate(keys) if key in HEADERS["name"] and n != at["name"])
    return Columns(at, also, len(cells))


def _by_header(cells: Sequence[str]) -> dict[str, int]:
    keys = [_key(cell) for cell in cells]
    return {
        field: next(keys.index(name) for name in names if name in keys)
        for field, names in HEADERS.items()
        if not set(names).isdisjoint(keys)
    }


def _free(by_header: Mapping[str, int], mapped: Mapping[str, int]) -> dict[str, int]:
    """:returns: what headers say of columns that the user has not given to another field."""
    taken = set(mapped.values())
    return {field: column for field, column in by_header.items() if column not in taken}


def _by_index(columns: Mapping[str, str | int]) -> Columns | None:
    if all(isinstance(c, int) or c.isdigit() for c in columns.values()):
        return Columns({field: int(c) for field, c in columns.items()}, header=False)
    return None


def _named(column: str, names: Sequence[str]) -> int | None:
    """:returns: the column with that header; case and joints aside if just one has it so."""
    if column in names:
        return names.index(column)
    near = [n for n, name in enumerate(names) if _key(name) == _key(column)]
    return near[0] if len(near) == 1 else None


def apply_mapping(columns: Mapping[str, str | int], cells: Sequence[str], *, path: Path) -> Columns:
    """Find the columns that the user names.

    :param columns: field → header, its case aside, or index, from 0. Where all are indices, the
        table has no header; else fields that are not mapped are found by their headers, as without
        a mapping.
    :param cells: the first row.
    :raises InputError: if id or name are missing in the mapping, or an index is too high.
    :raises UnknownNameError: for an unknown field or column.
    """
    for field in columns:
        if field not in HEADERS:
            raise UnknownNameError("concept field", field, HEADERS)
    found = _by_index(columns)
    if found is None:
        names = [cell.strip() for cell in cells]
        at: dict[str, int] = {}
        for field, column in columns.items():
            if isinstance(column, str) and (named := _named(column, names)) is not None:
                at[field] = named
            elif isinstance(column, int) or column.isdigit():
                at[field] = int(column)
            else:
                raise UnknownNameError(f"column of {path}", column, names)
        found = Columns(_free(_by_header(cells), at) | at, (), len(cells))
    if missing := {"concept_id", "name"} - found.at.keys():
        wanted = " and ".join(sorted(missing))
        raise InputError(f"the column mapping lacks {wanted}; it has {', '.join(columns)}")
    if min(found.at.values()) < 0:
        raise InputError("the column mapping holds a negative index; columns count from 0")
    if (highest := max(found.at.values())) >= len(cells):
        raise InputError(f"{path}: no column {highest}; the first row has {len(cells)}")
    return found
