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
from collections.abc import Iterable, Iterator
from pathlib import Path

from biotk.errors import InputError, Problems
from biotk.kb.readers.base import DEFAULT_OPTIONS, Probe, ReaderOptions
from biotk.kb.readers.delimited import iter_rows
from biotk.kb.readers.maker import ConceptMaker
from biotk.types import Concept

_DESCRIPTOR = re.compile(r"D(\d{6}|\d{9})")
_SUPPLEMENTARY = re.compile(r"C(\d{6}|\d{9})")
_ROW = re.compile(r"[CD](\d{6}|\d{9})\t[^\t]+\t[^\t]*\t[^\t]*")

#: First letter of a tree number → type, in MeSH's words made short.
TREE_TYPES = {
    "A": "Anatomy",
    "B": "Species",
    "C": "Disease",
    "D": "Chemical",
    "E": "Procedure",
    "F": "Behavior",
    "G": "Process",
    "H": "Discipline",
    "I": "SocialPhenomenon",
    "J": "Technology",
    "K": "Humanities",
    "L": "InformationScience",
    "M": "PopulationGroup",
    "N": "HealthCare",
    "V": "PublicationType",
    "Z": "Location",
}
#: Type of the descriptors that stand in no tree: MeSH's check tags Male and Female.
NO_TREE = "CheckTag"
#: Type of a supplementary record when nothing tells more.
UNTYPED = "SupplementaryConcept"
_COMPANIONS = ("descriptors.tsv", "descriptors.tsv.gz")


def sniff_mesh_tsv(probe: Probe) -> bool:
    """:returns: whether the rows start with a MeSH id and have the columns of these tables."""
    return probe.most(_ROW.match)


def types_of_trees(trees: Iterable[str]) -> tuple[str, ...]:
    """:returns: the types of a descriptor; Chemical first, for such it is where both apply.

    >>> types_of_trees(["C10.597", "F03.615", "D12.776"]), types_of_trees(["F01.145"])
    (('Chemical', 'Disease'), ('Behavior',))
    """
    types = dict.fromkeys(
        "Disease" if tree.startswith("F03") else TREE_TYPES.get(tree[0], NO_TREE)
        for tree in trees
        if tree
    )
    return tuple(sorted(types, key=lambda t: t != "Chemical")) or (NO_TREE,)


def types_of_mapped(mapped: Iterable[Iterable[str]]) -> tuple[str, ...]:
    """The types of a supplementary record from those of its descriptors.

    One class decides, for a record has one: a disease is mapped to its disease and to the enzyme
    that is missing (``C536524`` Valinemia), a plant extract to its kind and to the plant.

    :param mapped: the types of each descriptor.
    """
    found = dict.fromkeys(t for types in mapped for t in types)
    for decisive in ("Disease", "Chemical", "Species"):
        if decisive in found:
            return (decisive,)
    return tuple(found) or (UNTYPED,)


def _split(field: str, by: str = "|") -> list[str]:
    return [part for raw in field.split(by) if (part := raw.strip())]


def _trees(path: Path) -> dict[str, list[str]]:
    """:returns: descriptor id → tree numbers; bad rows are told when the file itself is read."""
    rows = iter_rows(path, "\t", problems=Problems(keep=0))
    return {row[0].strip(): _split(row[3]) for _, row, _ in rows if len(row) >= 4}


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
    owner = {tree: own for own, trees in _trees(make.path).items() for tree in trees}
    for line, row, text in iter_rows(make.path, "\t", problems=make.problems):
        if not 4 <= len(row) <= 5:
            make.bad(line, f"{len(row)} columns, expected 4 or 5", text)
            continue
        if not _DESCRIPTOR.fullmatch(row[0].strip()):
            make.bad(line, f"{row[0]!r} is no id of a MeSH descriptor", text)
            continue
        trees = _split(row[3])
        above = (tree.rpartition(".")[0] for tree in trees)
        concept = make.make(
            line,
            text,
            concept_id=row[0],
            name=row[1],
            synonyms=_split(row[2]),
            types=types_of_trees(trees),
            parents=[owner[tree] for tree in above if tree in owner],
            xrefs=[f"NCBITaxon:{taxon}" for taxon in _split("".join(row[4:]))],
        )
        if concept is not None:
            yield concept


def _companion(make: ConceptMaker) -> Path | None:
    """:returns: the table of descriptors that supplementary records are mapped to."""
    chosen = make.options.companion
    if chosen is not None:
        if not chosen.is_file():
            raise InputError(f"companion {chosen}: no such file; it should hold MeSH descriptors")
        return chosen
    return next((p for n in _COMPANIONS if (p := make.path.parent / n).is_file()), None)


def _supplementary(make: ConceptMaker) -> Iterator[Concept]:
    companion = _companion(make)
    types = {}
    if companion is not None:
        types = {own: types_of_trees(trees) for own, trees in _trees(companion).items()}
    untyped: Counter[str] = Counter()
    for line, row, text in iter_rows(make.path, "\t", problems=make.problems):
        if len(row) != 4:
            make.bad(line, f"{len(row)} columns, expected 4", text)
            continue
        if not _SUPPLEMENTARY.fullmatch(row[0].strip()):
            make.bad(line, f"{row[0]!r} is no id of a MeSH supplementary record", text)
            continue
        mapped = _split(row[3], ",")
        found = types_of_mapped(types[own] for own in mapped if own in types)
        concept = make.make(
            line,
            text,
            concept_id=row[0],
            name=row[1],
            synonyms=_split(row[2]),
            types=found,
            parents=mapped,
        )
        if concept is not None:
            untyped[UNTYPED] += found == (UNTYPED,)
            yield concept
    if untyped[UNTYPED]:
        make.left_out["types of records whose descriptors are not at hand"] = untyped[UNTYPED]
