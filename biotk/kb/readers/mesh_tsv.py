"""MeSH as two tab-separated tables: descriptors and supplementary records.

Descriptors
    id, name, synonyms (``|``), tree numbers (``|``), NCBI taxonomy ids (``|``, may be missing).
    Types and parents come from the tree numbers: the parent of ``C04.588`` is the descriptor
    that has ``C04``.
Supplementary records
    id, name, synonyms (``|``), descriptors that the record is mapped to (``,``). These are the
    parents; the types come from them too, so the descriptors are read along.

The first row tells which of the two a file is.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from biotk.errors import Problems
from biotk.kb.readers.base import DEFAULT_OPTIONS, Probe, ReaderOptions
from biotk.kb.readers.delimited import iter_rows
from biotk.kb.readers.maker import ConceptMaker
from biotk.kb.readers.mesh_trees import (
    DESCRIPTOR_ID,
    SUPPLEMENTARY_ID,
    UNTYPED,
    find_companion,
    parents_of_trees,
    read_trees,
    split_values,
    types_of_mapped,
    types_of_trees,
)
from biotk.types import Concept

_ROW = re.compile(r"[CD](\d{6}|\d{9})\t[^\t]+\t[^\t]*\t[^\t]*")


def sniff_mesh_tsv(probe: Probe) -> bool:
    """:returns: whether the rows start with a MeSH id and have the columns of these tables."""
    return probe.most(_ROW.match)


def iter_mesh_tsv(
    path: Path, *, problems: Problems, options: ReaderOptions = DEFAULT_OPTIONS
) -> Iterator[Concept]:
    """Read MeSH descriptors or supplementary records from a table.

    :raises InputError: if the companion that the options name cannot be read.
    """
    make = ConceptMaker(path, problems=problems, options=options, prefix="MESH", source="MeSH")
    first = next(iter_rows(path, "\t", problems=Problems(keep=0)), None)
    if first is not None and first[1][0].strip().startswith("C"):
        yield from _supplementary(make)
    else:
        yield from _descriptors(make)
    make.finish()


def _descriptors(make: ConceptMaker) -> Iterator[Concept]:
    owners = {tree: own for own, trees in read_trees(make.path).items() for tree in trees}
    for line, row, text in iter_rows(make.path, "\t", problems=make.problems):
        if not 4 <= len(row) <= 5:
            make.bad(line, f"{len(row)} columns, expected 4 or 5", text)
            continue
        if not DESCRIPTOR_ID.fullmatch(row[0].strip()):
            make.bad(line, f"{row[0]!r} is no id of a MeSH descriptor", text)
            continue
        trees = split_values(row[3])
        concept = make.make(
            line,
            text,
            concept_id=row[0],
            name=row[1],
            synonyms=split_values(row[2]),
            types=types_of_trees(trees),
            parents=parents_of_trees(trees, owners),
            xrefs=[f"NCBITaxon:{taxon}" for taxon in split_values("".join(row[4:]))],
        )
        if concept is not None:
            yield concept


def _supplementary(make: ConceptMaker) -> Iterator[Concept]:
    companion = find_companion(make.path, make.options.companion)
    types = {}
    if companion is not None:
        types = {own: types_of_trees(trees) for own, trees in read_trees(companion).items()}
    untyped: Counter[str] = Counter()
    for line, row, text in iter_rows(make.path, "\t", problems=make.problems):
        if len(row) != 4:
            make.bad(line, f"{len(row)} columns, expected 4", text)
            continue
        if not SUPPLEMENTARY_ID.fullmatch(row[0].strip()):
            make.bad(line, f"{row[0]!r} is no id of a MeSH supplementary record", text)
            continue
        mapped = split_values(row[3], ",")
        found = types_of_mapped(types[own] for own in mapped if own in types)
        concept = make.make(
            line,
            text,
            concept_id=row[0],
            name=row[1],
            synonyms=split_values(row[2]),
            types=found,
            parents=mapped,
        )
        if concept is not None:
            untyped[UNTYPED] += found == (UNTYPED,)
            yield concept
    if untyped[UNTYPED]:
        make.left_out["types of records whose descriptors are not at hand"] = untyped[UNTYPED]
