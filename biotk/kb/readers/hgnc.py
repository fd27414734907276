"""The gene table of HGNC, as its custom downloads and its complete set write it.

Custom downloads have headers such as ``Approved symbol`` and part values by commas; the complete
set has ``symbol`` and parts by ``|``. Both are told by their header.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from biotk.errors import Problems
from biotk.kb.readers.base import DEFAULT_OPTIONS, Probe, ReaderOptions
from biotk.kb.readers.delimited import iter_rows
from biotk.kb.readers.maker import ConceptMaker
from biotk.kb.readers.retired import follow_retired
from biotk.types import Concept

#: Field → its headers, lower-cased, without ``(supplied by …)``.
HEADERS = {
    "id": ("hgnc id", "hgnc_id"),
    "symbol": ("approved symbol", "symbol"),
    "name": ("approved name", "name"),
    "status": ("status",),
    "aliases": ("alias symbols", "alias_symbol"),
    "alias_names": ("alias names", "alias_name"),
    "previous": ("previous symbols", "prev_symbol"),
    "previous_names": ("previous names", "previous name", "prev_name"),
    "NCBIGene": ("ncbi gene id", "entrez_id"),
    "UniProt": ("uniprot id", "uniprot_ids"),
    "Ensembl": ("ensembl gene id", "ensembl_gene_id", "ensembl id"),
}
_NAMES = ("name", "aliases", "alias_names", "previous", "previous_names")
# The same gene, or its product. Mouse and rat ids in this table are those of other genes.
_XREFS = ("NCBIGene", "UniProt", "Ensembl")
_SUPPLIED = re.compile(r"\s*\(supplied by [^)]*\)")
_SEE = re.compile(r"\[HGNC:\s*(\d+)\]")
Row = Mapping[str, str]


def _header(cells: list[str]) -> dict[str, int]:
    seen = {_SUPPLIED.sub("", cell).strip().lower(): at for at, cell in enumerate(cells)}
    return {
        field: seen[alias] for field, names in HEADERS.items() for alias in names if alias in seen
    }


def sniff_hgnc(probe: Probe) -> bool:
    """:returns: whether the first line is a header with HGNC ids and symbols."""
    lines = probe.lines(1)
    return bool(lines) and _header(lines[0].split("\t")).keys() >= {"id", "symbol", "name"}


def _values(field: str, *, pipes: bool) -> list[str]:
    """:returns: the values of a field; names that hold commas stand in quotes."""
    if pipes:
        return field.split("|")
    if '"' not in field:
        return field.split(",")
    return next(csv.reader([field], skipinitialspace=True))


def _rows(path: Path, *, problems: Problems) -> Iterator[tuple[int, Row, str]]:
    """Yield line, fields by name, and text of each row; ``|`` in ``separator`` tells the kind."""
    columns: dict[str, int] = {}
    width = 0
    separator = ","
    for line, cells, text in iter_rows(path, "\t", problems=problems):
        if not columns:
            columns, width = _header(cells), len(cells)
            if "hgnc_id" in (cell.strip().lower() for cell in cells):
                separator = "|"
            if not columns.keys() >= {"id", "symbol"}:
                problems.add(path, line, "a header without HGNC ID and symbol; nothing read", text)
                return
        elif len(cells) != width:
            problems.add(path, line, f"{len(cells)} columns, expected {width}", text)
        else:
            row = {field: cells[at].strip() for field, at in columns.items()}
            yield line, {"separator": separator, **row}, text


def _withdrawn(row: Row) -> bool:
    return "withdrawn" in row.get("status", "").lower()


def _retired(make: ConceptMaker) -> dict[str, list[str]]:
    live: set[str] = set()
    replacements: dict[str, list[str]] = {}
    for _line, row, _text in _rows(make.path, problems=Problems(keep=0)):
        curie = make.curie(row["id"])
        if not _withdrawn(row):
            live.add(curie)
            continue
        # A withdrawn entry was no gene after all; a withdrawn symbol says where the gene went.
        name = row.get("name", "")
        see = _SEE.findall(name) if name.lower().startswith("symbol withdrawn") else []
        replacements[curie] = [make.curie(local) for local in dict.fromkeys(see)]
    retired, make.left_out = follow_retired(replacements, live, elsewhere=make.options.retired)
    return retired


def iter_hgnc(
    path: Path, *, problems: Problems, options: ReaderOptions = DEFAULT_OPTIONS
) -> Iterator[Concept]:
    """Read the genes; the approved symbol is the name, all other names are synonyms.

    The id of a withdrawn symbol becomes an alternative id of the gene that the row names.
    """
    make = ConceptMaker(path, problems=problems, options=options, prefix="HGNC", source="HGNC")
    retired = _retired(make)
    for line, row, text in _rows(path, problems=problems):
        if _withdrawn(row):
            continue
        pipes = row["separator"] == "|"
        names = [row["name"]] if row.get("name") else []
        for field in _NAMES[1:]:
            names += _values(row.get(field, ""), pipes=pipes)
        concept = make.make(
            line,
            text,
            concept_id=row["id"],
            name=row["symbol"],
            synonyms=names,
            types=("Gene",),
            xrefs=[
                f"{prefix}:{local.strip()}"
                for prefix in _XREFS
                for local in _values(row.get(prefix, ""), pipes=pipes)
                if local.strip()
            ],
            alt_ids=retired.get(make.curie(row["id"]), []),
        )
        if concept is not None:
            yield concept
    make.finish()
