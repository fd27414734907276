"""From tables of relations to one: both sides looked up in KBs, what is left out counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from biotk.errors import Problems, strict
from biotk.genomics.concepts import ConceptFinder, fingerprints
from biotk.genomics.genes import GeneFinder
from biotk.genomics.licences import is_open
from biotk.genomics.parquet import Progress, SourceTable, TableInfo, no_progress, told
from biotk.genomics.readers.relations import RawRelation, Side, find_relation_format
from biotk.genomics.reading import NOT_OPEN
from biotk.genomics.relations import Relation, RelationWriter
from biotk.genomics.rows import read_header
from biotk.kb import KnowledgeBase
from biotk.kb.manifest import sha256_file
from biotk.kb.readers.vocabularies import xref_curie

# How a side was found, as the report counts it.
BY_ID = "by its id"
BY_NAME = "by its name"
AS_IT_IS = "in no KB: the table's own id"
AGAIN = "told before by the same source"

#: Prefixes of what may be looked up by name, where no KB has the id → types that it must have.
_BY_NAME = {"DrugBank": ("Chemical",), "DOID": ("Disease",), "OMIM": ("Disease",)}
_GENE = "NCBIGene:"


@dataclass(slots=True)
class RelationReport:
    """Counts what becomes of the rows of tables: ``rows == kept + dropped.total()``.

    :param rows: how many were read.
    :param kept: how many relations they gave.
    :param dropped: reason → rows that gave none.
    :param relations: relation → how many.
    :param concepts: how sides were found, by the prefix of their id → sides.
    """

    rows: int = 0
    kept: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    relations: Counter[str] = field(default_factory=Counter)
    concepts: Counter[str] = field(default_factory=Counter)

    def to_dict(self) -> dict[str, Any]:
        """:returns: the counts for JSON, the most frequent first."""
        return {
            "rows": self.rows,
            "kept": self.kept,
            "dropped": dict(self.dropped.most_common()),
            "relations": dict(self.relations.most_common()),
            "concepts": dict(self.concepts.most_common()),
        }


class RelationReader:
    """Reads tables of relations one after the other.

    A side is the concept that a KB has for its id, a retired id or a cross-reference; a gene is
    that of HGNC, by NCBI's id or its symbol; a drug or disease whose id no KB has is sought by its
    name. What is in no KB keeps its id.

    :param kbs: the KBs, the first that answers is heard.
    :param only_open: leave out tables whose terms are not like CC0 or CC BY.
    :param problems: takes rows that are broken; None raises at the first.
    """

    def __init__(
        self,
        *,
        kbs: Sequence[KnowledgeBase] = (),
        only_open: bool = False,
        problems: Problems | None = None,
    ) -> None:
        self.report = RelationReport()
        self.sources: list[SourceTable] = []
        self._kbs = kbs
        self._concepts, self._genes = ConceptFinder(kbs), GeneFinder(kbs)
        self._only_open = only_open
        self._problems = strict() if problems is None else problems
        self._sides: dict[Side, tuple[Side, str]] = {}

    @property
    def info(self) -> TableInfo:
        """What was read so far, for the metadata of a table."""
        return TableInfo(tuple(self.sources), fingerprints(self._kbs), self.report.to_dict())

    def read(self, path: Path | str) -> Iterator[Relation]:
        """Read a table; its header tells which one it is.

        :returns: its relations, each once, in the order of its rows.
        :raises InputError: it cannot be read.
        :raises FormatError: it is none of the known ones, or a row is broken.
        """
        header = read_header(Path(path))
        layout = find_relation_format(header)
        rows_before, kept_before = self.report.rows, self.report.kept
        seen: set[tuple[str, str, str]] = set()
        is_left_out = self._only_open and not is_open(layout.licence)
        for row in layout.read(header, self._problems):
            self.report.rows += 1
            if is_left_out or row.left_out:
                self.report.dropped[row.left_out or f"{NOT_OPEN}: {layout.licence}"] += 1
                continue
            made = self._relation(row, layout.source, layout.licence)
            if made[:3] in seen:
                self.report.dropped[AGAIN] += 1
                continue
            seen.add(made[:3])
            self.report.kept += 1
            self.report.relations[made.relation] += 1
            yield made
        self.sources.append(
            SourceTable(
                file=header.path.name,
                format=layout.name,
                sha256=sha256_file(header.path),
                source=layout.source,
                licence=layout.licence,
                rows=self.report.rows - rows_before,
                kept=self.report.kept - kept_before,
            )
        )

    def _relation(self, row: RawRelation, source: str, licence: str) -> Relation:
        head, tail = self._find(row.head), self._find(row.tail)
        return Relation(head.curie, row.relation, tail.curie, source, licence, head.name, tail.name)

    def _find(self, side: Side) -> Side:
        if side not in self._sides:
            self._sides[side] = self._looked_up(side)
        found, how = self._sides[side]
        self.report.concepts[f"{side.curie.partition(':')[0]}: {how}"] += 1
        return found

    def _looked_up(self, side: Side) -> tuple[Side, str]:
        if side.curie.startswith(_GENE):
            if gene_id := self._genes.by_id(side.curie):
                return self._named(gene_id, side), BY_ID
            if gene_id := self._genes.by_symbol(side.name).gene_id:
                return self._named(gene_id, side), BY_NAME
            return side, AS_IT_IS
        side = side._replace(curie=xref_curie(side.curie) or side.curie)  # ORPHA is Orphanet
        if concept_id := self._concepts.by_id(side.curie):
            return self._named(concept_id, side), BY_ID
        types = _BY_NAME.get(side.curie.partition(":")[0])
        if types and side.name and (found := self._concepts.by_name(side.name, types=types)):
            return self._named(found, side), BY_NAME
        return side, AS_IT_IS

    def _named(self, concept_id: str, side: Side) -> Side:
        return Side(concept_id, side.name or self._concepts.name_of(concept_id))


def build_relation_table(
    paths: Sequence[Path | str],
    out: Path | str,
    reader: RelationReader,
    *,
    progress: Progress = no_progress,
) -> RelationReport:
    """Make one relation table of one or more tables.

    :param paths: the tables, read in that order.
    :param out: the file to make; there is none before all is read.
    :param reader: reads them.
    :param progress: told which table is read and how many relations it has given.
    :returns: what became of their rows.
    :raises InputError: see :meth:`RelationReader.read`, or the file cannot be written.
    """
    with RelationWriter(out) as writer:
        for path in paths:
            writer.write(told(reader.read(path), Path(path).name, progress))
        writer.info = reader.info
    return reader.report
