"""CSV and TSV tables, the columns told by the header or by the user.

A row is a concept, or several rows that follow one another and have the same id are: the first
name is then the preferred one, unless a column ``name_status`` marks one with ``P`` or ``PN``, as
in MedCAT's tables (``cui,name,ontologies,name_status,type_ids,description``). Rows of one id that
stand apart give several concepts, which the builder brings together. Columns that no field is
found in are left alone.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, groupby
from pathlib import Path

from biotk.errors import InputError, Problems
from biotk.kb.readers.base import DEFAULT_OPTIONS, Probe, ReaderOptions
from biotk.kb.readers.delimited import iter_rows, split_row
from biotk.kb.readers.files import check_first_line, iter_lines
from biotk.kb.readers.maker import ConceptMaker
from biotk.kb.readers.table_columns import DELIMITERS, Columns, apply_mapping, recognise
from biotk.types import Concept

#: What marks a preferred name: P in MedCAT's tables and in UMLS, PN where MedCAT saves a model.
PREFERRED = ("P", "PN")
#: What programs write into a cell that has no value.
EMPTY_CELLS = frozenset("#N/A #n/a N/A n/a NaN nan NULL null None #NAME? #REF! #VALUE!".split())
WHICH_COLUMNS = (
    "Say which they are: --column id=Code --column name=Title, in Python "
    "columns={'concept_id': 'Code', 'name': 'Title'}"
)
_LOOKS_EMPTY = "looks like an empty cell"
_LISTS = ("synonyms", "types", "parents", "xrefs", "alt_ids", "further_sources")


@dataclass(slots=True)
class _Row:
    """A row by its fields; ``raw_id`` is empty for one that cannot be grouped."""

    line: int
    text: str
    raw_id: str
    name: str
    source: str
    definition: str
    preferred: bool
    lists: dict[str, list[str]] = field(default_factory=dict)


def _cells(text: str, delimiter: str) -> list[str]:
    try:
        return split_row(text, delimiter)
    except csv.Error:
        return []


def _find_delimiter(header: str, options: ReaderOptions) -> str:
    """:returns: what stands between the columns of a table, going by its first line."""
    if options.delimiter is not None:
        return options.delimiter
    wanted = {c for c in (options.columns or {}).values() if isinstance(c, str)}

    def worth(delimiter: str) -> tuple[int, int]:
        cells = [cell.strip() for cell in _cells(header, delimiter)]
        found = recognise(cells)
        known = len(wanted.intersection(cells)) if wanted else len(found.at) if found else 0
        return known, len(cells)

    return max(DELIMITERS, key=worth)


def sniff_table(probe: Probe) -> bool:
    """:returns: whether the first line is a header that names an id and a name."""
    lines = probe.lines(1)
    return bool(lines) and any(recognise(_cells(lines[0], d)) for d in DELIMITERS)


def columns_of(probe: Probe) -> str:
    """:returns: the columns of what may be a table, for a message; empty if it is none."""
    lines = probe.lines(2)
    for delimiter in DELIMITERS:
        widths = {len(_cells(line, delimiter)) for line in lines}
        if len(lines) == 2 and len(widths) == 1 and widths.pop() > 1:
            return _shown(_cells(lines[0], delimiter))
    return ""


def _shown(cells: list[str]) -> str:
    return ", ".join(repr(cell.strip()) for cell in cells)[:300]


def _find_columns(path: Path, cells: list[str], options: ReaderOptions) -> Columns:
    if options.columns is not None:
        return apply_mapping(options.columns, cells, path=path)
    found = recognise(cells)
    if found is None:
        raise InputError(
            f"{path}: no id and name among its columns {_shown(cells)}. {WHICH_COLUMNS}"
        )
    return found


def _rows(make: ConceptMaker) -> Iterator[_Row]:
    options = make.options
    check_first_line(make.path)
    header = next((t for _, t in iter_lines(make.path, problems=Problems(keep=0)) if t.strip()), "")
    delimiter = _find_delimiter(header, options)
    rows = iter_rows(make.path, delimiter, problems=make.problems)
    first = next(rows, None)
    if first is None:
        return
    columns = _find_columns(make.path, first[1], options)
    needed = max(columns.at.values()) + 1
    for line, cells, text in rows if columns.header else chain([first], rows):
        if len(cells) < needed or (columns.width and len(cells) != columns.width):
            wanted = columns.width or f"at least {needed}"
            make.bad(line, f"{len(cells)} columns, expected {wanted}", text)
            continue

        def cell(name: str, cells: list[str] = cells) -> str:
            text = cells[columns.at[name]].strip() if name in columns.at else ""
            if text in EMPTY_CELLS and name not in ("concept_id", "name"):
                make.left_out["cells such as NaN, which look empty"] += 1
                return ""
            return text

        lists = {
            name: [part for part in cell(name).split(options.list_separator) if part.strip()]
            for name in _LISTS
        }
        also = [cells[at] for at in columns.also_names if cells[at].strip() not in EMPTY_CELLS]
        lists["synonyms"] = also + lists["synonyms"]
        yield _Row(
            line,
            text,
            raw_id=cell("concept_id"),
            name=cell("name"),
            source=cell("source"),
            definition=cell("definition"),
            preferred=cell("status").upper() in PREFERRED,
            lists=lists,
        )


def _named(make: ConceptMaker, rows: Iterable[_Row]) -> list[_Row]:
    """:returns: the rows of one concept that have a name, the preferred one first."""
    named = []
    for row in rows:
        if not row.name:
            make.bad(row.line, "the name is empty", row.text)
        elif row.name in EMPTY_CELLS:
            make.bad(row.line, f"the name {row.name!r} {_LOOKS_EMPTY}; left out", row.text)
        else:
            named.append(row)
    return sorted(named, key=lambda row: not row.preferred)


def iter_table(
    path: Path, *, problems: Problems, options: ReaderOptions = DEFAULT_OPTIONS
) -> Iterator[Concept]:
    """Read a table with a column for each field.

    :raises InputError: if no column holds ids or none names.
    :raises UnknownNameError: if the user's mapping names a field or column that there is not.
    """
    make = ConceptMaker(path, problems=problems, options=options)
    for raw_id, group in groupby(_rows(make), key=lambda row: row.raw_id):
        if not raw_id or raw_id in EMPTY_CELLS:
            told = f"the id {raw_id!r} {_LOOKS_EMPTY}; left out" if raw_id else "the id is empty"
            for row in group:
                make.bad(row.line, told, row.text)
            continue
        rows = _named(make, group)
        if not rows:
            continue
        head = rows[0]
        lists = {name: [v for row in rows for v in row.lists[name]] for name in _LISTS}
        concept = make.make(
            head.line,
            head.text,
            concept_id=raw_id,
            name=head.name,
            synonyms=[row.name for row in rows[1:]] + lists["synonyms"],
            types=lists["types"],
            definition=next((row.definition for row in rows if row.definition), None),
            parents=lists["parents"],
            xrefs=lists["xrefs"],
            alt_ids=lists["alt_ids"],
            source=next((row.source for row in rows if row.source), None),
            further_sources=lists["further_sources"],
        )
        if concept is not None:
            yield concept
    make.finish()
