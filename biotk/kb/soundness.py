"""Are the tables of a KB sound? That every offset and row number leads somewhere.

This is no checksum: it costs a fraction of one, and is what a walk over whole tables stands on.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from biotk.errors import KbCorruptError
from biotk.kb.arrow import map_table
from biotk.kb.manifest import Manifest
from biotk.kb.schema import CONCEPTS, FURTHER, ID_TARGETS, KEY_ROWS, NAMES

_SCHEMAS = {
    "concepts": CONCEPTS,
    "names": NAMES,
    "id_targets": ID_TARGETS,
    "ids": KEY_ROWS,
    "plural": KEY_ROWS,
    "bag": KEY_ROWS,
}


def damaged(path: Path, what: str) -> KbCorruptError:
    """:returns: the error that tells of damage in a file of a KB, and how to find all of it."""
    return KbCorruptError(
        f"{path} is damaged: {what}. `biotk kb verify {path.parent}` tells all that is damaged"
    )


def check_tables(folder: Path, manifest: Manifest) -> None:
    """Check that every offset, number and text of a KB's tables can be used.

    :raises KbCorruptError: one cannot; the message names the file.
    """
    tables = {stem: _table(folder, stem, schema) for stem, schema in _SCHEMAS.items()}
    for stem, field, column, rows in _references(tables, manifest):
        if not len(column):
            continue
        ends = pc.min_max(column)
        least, most = ends["min"].as_py(), ends["max"].as_py()
        if column.null_count or least < 0 or most >= rows:
            raise damaged(
                folder / f"{stem}.arrow", f"its {field} lead to rows {least} to {most} of {rows}"
            )
    first = tables["concepts"].column("first_name").to_numpy()
    if len(first) and (first[0] != 0 or (np.diff(first) <= 0).any()):
        raise damaged(folder / "concepts.arrow", "the first names of its concepts are in no order")


def _table(folder: Path, stem: str, schema: pa.Schema) -> pa.RecordBatch:
    table = map_table(
        folder / f"{stem}.arrow", schema, further=FURTHER if schema is CONCEPTS else None
    )
    try:
        table.validate(full=True)
    except pa.ArrowInvalid as error:
        raise damaged(folder / f"{stem}.arrow", str(error)) from error
    return table


def _references(
    tables: dict[str, pa.RecordBatch], manifest: Manifest
) -> Iterator[tuple[str, str, pa.Array, int]]:
    """:returns: table, column, its numbers, and how many rows there are that they may lead to."""
    concepts, names = len(tables["concepts"]), len(tables["names"])
    for field, rows in (
        ("types", len(manifest.types)),
        ("parents", concepts),
        ("children", concepts),
    ):
        yield "concepts", field, tables["concepts"].column(field).values, rows
    yield "concepts", "source", tables["concepts"].column("source"), len(manifest.source_names)
    if "sources" in tables["concepts"].schema.names:
        several = tables["concepts"].column("sources").values
        yield "concepts", "sources", several, len(manifest.source_names)
    yield "concepts", "first_name", tables["concepts"].column("first_name"), names
    yield "names", "concept", tables["names"].column("concept"), concepts
    yield "id_targets", "concept", tables["id_targets"].column("concept"), concepts
    yield "ids", "rows", tables["ids"].column("rows").values, len(tables["id_targets"])
    for stem in ("plural", "bag"):
        yield stem, "rows", tables[stem].column("rows").values, names
