"""From tables of any layout to associations: read, checked, linked, counted, row by row."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

from biotk.errors import Problems, strict
from biotk.genomics.associations import (
    FORMAT,
    Association,
    AssociationInfo,
    AssociationWriter,
    SourceTable,
    iter_associations,
    read_info,
)
from biotk.genomics.concepts import ConceptFinder, curie_of, fingerprints
from biotk.genomics.genes import NO_GENE, FoundGene, GeneFinder
from biotk.genomics.licences import is_open
from biotk.genomics.merged import MergedRsids
from biotk.genomics.parquet import Progress, is_parquet, no_progress, told
from biotk.genomics.readers.base import RawRow, TableFormat, TableOptions
from biotk.genomics.readers.formats import find_format
from biotk.genomics.report import AssociationReport
from biotk.genomics.rows import Header, read_header
from biotk.genomics.traits import LinkedTrait, Trait, TraitFinder, TraitLinker
from biotk.genomics.values import (
    BAD_P,
    BAD_PLACE,
    NO_P,
    NO_TRAIT,
    OFF_CHROMOSOME,
    from_log,
    is_empty,
    parse_chromosome,
    parse_p,
    parse_position,
    parse_rsid,
)
from biotk.kb import KnowledgeBase
from biotk.kb.manifest import sha256_file

NOT_OPEN = "its terms are not like CC0 or CC BY"
LOST_PART = "one of several traits"
BY_GENE = "by its gene"

#: So many rows are linked at once, so that a linker is asked for many traits together.
_CHUNK = 4096
_UNKNOWN_LICENCE = "unknown"
_ALLELE = re.compile(r"[ACGT]+|[DI]|-", re.IGNORECASE)
_SEPARATOR = re.compile(r"\s*[,;|]\s*")


class AssociationReader:
    """Reads association tables one after the other, and keeps count of what became of their rows.

    :param kbs: the KBs that traits and genes are looked up in; the first that answers is heard.
        None at all leaves ids as the tables have them.
    :param link: links the traits that neither ids nor exact names lead to a concept.
    :param merged: rsIDs that were merged into others.
    :param only_open: leave out rows whose terms are not like CC0 or CC BY.
    :param problems: takes rows that are broken; None raises at the first.

    >>> reader = AssociationReader(kbs=[open_kb("kb/efo"), open_kb("kb/hgnc")])  # doctest: +SKIP
    >>> rows = list(reader.read("gwas_catalog_v1.0.2.tsv"))                      # doctest: +SKIP
    >>> reader.report.dropped                                                    # doctest: +SKIP
    """

    def __init__(
        self,
        *,
        kbs: Sequence[KnowledgeBase] = (),
        link: TraitLinker | None = None,
        merged: MergedRsids | None = None,
        only_open: bool = False,
        problems: Problems | None = None,
    ) -> None:
        self.report = AssociationReport()
        self.sources: list[SourceTable] = []
        self._kbs = fingerprints(kbs)
        self._traits = TraitFinder(ConceptFinder(kbs), link)
        self._genes = GeneFinder(kbs)
        self._merged, self._only_open = merged, only_open
        self._problems = strict() if problems is None else problems

    @property
    def info(self) -> AssociationInfo:
        """What was read so far, for the metadata of a table."""
        return AssociationInfo(tuple(self.sources), self._kbs, self.report.to_dict())

    def read(
        self, path: Path | str, *, format: str | None = None, options: TableOptions | None = None
    ) -> Iterator[Association]:
        """Read a table.

        :param path: CSV, TSV or parted by blanks; gzip is unpacked. An association table that was
            made before is passed on as it is, whatever the options say.
        :param format: its layout, a key of ``TABLE_FORMATS``; None to find out. With a mapping of
            columns it is ``plain``.
        :param options: what is known of it.
        :returns: its associations, in the order of its rows.
        :raises InputError: it cannot be read, or nothing says which trait it is about.
        :raises FormatError: a row is broken, with its file and line.
        :raises UnknownNameError: a layout, field or column that there is not.
        """
        path, asked = Path(path), options or TableOptions()
        if is_parquet(path):
            yield from self._read_made(path)
            return
        header = read_header(path, asked.delimiter)
        layout = find_format(header, format or ("plain" if asked.columns else None))
        asked = replace(
            asked,
            source=asked.source or layout.source or path.name.partition(".")[0],
            licence=asked.licence or layout.licence or _UNKNOWN_LICENCE,
            build=asked.build or layout.build,
        )
        yield from self._read(header, layout, asked)

    def _read_made(self, path: Path) -> Iterator[Association]:
        info, kept_before = read_info(path), self.report.kept
        number = 0
        for number, row in enumerate(iter_associations(path), start=1):
            self.report.rows += 1
            if self._only_open and not is_open(row.licence):
                self.report.drop(f"{NOT_OPEN}: {row.licence}", f"{path.name}:{number}")
                continue
            self.report.keep(row, ())
            yield row
        names = ", ".join(dict.fromkeys(each.source for each in info.sources))
        terms = " AND ".join(dict.fromkeys(each.licence for each in info.sources))
        kept = self.report.kept - kept_before
        self.sources.append(
            SourceTable(path.name, FORMAT, sha256_file(path), names, terms, number, kept)
        )

    def _read(
        self, header: Header, layout: TableFormat, options: TableOptions
    ) -> Iterator[Association]:
        rows_before, kept_before = self.report.rows, self.report.kept
        rows = layout.read(header, options=options, problems=self._problems)
        is_left_out = self._only_open and not is_open(options.licence)
        while chunk := list(islice(rows, _CHUNK)):
            self.report.rows += len(chunk)
            if is_left_out:
                for row in chunk:
                    self.report.drop(
                        f"{NOT_OPEN}: {options.licence}", f"{header.path.name}:{row.line}"
                    )
                continue
            yield from self._associations(chunk, header.path, options)
        self.sources.append(
            SourceTable(
                file=header.path.name,
                format=layout.name,
                sha256=sha256_file(header.path),
                source=options.source,
                licence=options.licence,
                rows=self.report.rows - rows_before,
                kept=self.report.kept - kept_before,
            )
        )

    def _associations(
        self, chunk: list[RawRow], path: Path, options: TableOptions
    ) -> Iterator[Association]:
        sound = []
        for row in chunk:
            rsid, reason = parse_rsid(row.rsid)
            p = _p_of(row)
            if rsid is None or isinstance(p, str) or is_empty(row.trait):
                why = reason or (p if isinstance(p, str) else NO_TRAIT)
                self.report.drop(why, f"{path.name}:{row.line}")
            else:
                sound.append((row, rsid, p, _trait_of(row)))
        self._traits.prepare(trait for row, _, _, trait in sound if not _of_gene(row))
        for row, rsid, p, trait in sound:
            yield self._association(row, rsid, p, trait, options)

    def _association(
        self,
        row: RawRow,
        rsid: str,
        p: tuple[float | None, float | None],
        trait: Trait,
        options: TableOptions,
    ) -> Association:
        gene, gene_id = self._gene(row)
        concept_ids = self._trait(row, gene_id, trait)
        chromosome, position = self._place(row)
        made = Association(
            rsid=self._current(rsid, row.current),
            trait=row.trait,
            p=p[0],
            kind=row.kind,
            source=options.source,
            licence=options.licence,
            gene=gene,
            gene_id=gene_id,
            chromosome=chromosome,
            position=position,
            build=options.genome_build if position else None,
            concept_id=concept_ids[0] if concept_ids else None,
            other_concept_ids=concept_ids[1:],
            effect_allele=_allele_of(row),
            effect=row.effect.value,
            unit=row.effect.unit,
            se=row.effect.se,
            neg_log10_p=p[1],
            pmid=row.pmid if row.pmid.isdecimal() else None,
        )
        self.report.keep(made, row.effect.missing)
        return made

    def _current(self, rsid: str, by_table: str) -> str:
        current = rsid
        if by_table:
            current = parse_rsid(f"rs{by_table.removesuffix('.0')}")[0] or rsid
        if self._merged is not None:
            current = self._merged[current]
        self.report.merged += current != rsid
        return current

    def _place(self, row: RawRow) -> tuple[str | None, int | None]:
        chromosome = parse_chromosome(row.chromosome, n25=row.n25)
        if chromosome is None:
            # A position on a contig is none on the chromosome.
            self.report.missing[OFF_CHROMOSOME] += 1
            return None, None
        position = parse_position(row.position)
        if position is None:
            self.report.missing[BAD_PLACE] += 1
        return chromosome, position

    def _gene(self, row: RawRow) -> tuple[str | None, str | None]:
        """:returns: the gene's symbol as the table gives it, and its id in HGNC."""
        ids = tuple(filter(None, _SEPARATOR.split(row.gene_ids))) if row.gene_ids else ()
        best, symbol = FoundGene(None, NO_GENE), None
        for cell in row.genes:
            found = self._genes.find(cell, ids, nearer=row.nearer)
            # The first cell that has an answer, else the first one that names a gene.
            if found.gene_id or best.how == NO_GENE:
                best, symbol = found, cell
            if found.gene_id:
                break
        self.report.genes[best.how] += 1
        if best.how == NO_GENE:
            return None, None
        if best.gene_id is None and symbol:
            self.report.unknown_genes[symbol] += 1
        return symbol or None, best.gene_id

    def _trait(self, row: RawRow, gene_id: str | None, trait: Trait) -> tuple[str, ...]:
        if _of_gene(row):
            # What an eQTL changes is how much there is of its gene.
            linked = LinkedTrait((gene_id,), BY_GENE) if gene_id else LinkedTrait()
        else:
            linked = self._traits[trait]
        self.report.traits[linked.how] += 1
        if linked.lost:
            self.report.missing[LOST_PART] += 1
        if not linked.concept_ids:
            self.report.unlinked_traits[row.label or row.trait] += 1
        return linked.concept_ids


def _of_gene(row: RawRow) -> bool:
    return row.kind == "eqtl" and not row.trait_ids


def _trait_of(row: RawRow) -> Trait:
    ids = (curie_of(each) for each in _SEPARATOR.split(row.trait_ids)) if row.trait_ids else ()
    return Trait(row.trait, row.label, tuple(each for each in ids if each))


def _p_of(row: RawRow) -> tuple[float | None, float | None] | str:
    """:returns: the p-value and its −log10, or why there is none."""
    if is_empty(row.p):
        if not is_empty(row.log_p):
            return from_log(row.log_p) or BAD_P
        # A table of correlations may have no p-values.
        alone = row.kind == "correlation" and row.effect.value is not None
        return (None, None) if alone else NO_P
    p = parse_p(row.p)
    if p is None:
        return BAD_P
    if p[1] is None and (by_log := from_log(row.log_p)) is not None:
        return 0.0, by_log[1]
    return p


def _allele_of(row: RawRow) -> str | None:
    allele = row.effect_allele
    return allele.upper() if _ALLELE.fullmatch(allele) else None


def build_association_table(
    paths: Sequence[Path | str],
    out: Path | str,
    reader: AssociationReader,
    *,
    format: str | None = None,
    options: TableOptions | None = None,
    progress: Progress = no_progress,
) -> AssociationReport:
    """Make one association table of one or more tables, in batches.

    :param paths: the tables, read in that order.
    :param out: the file to make; there is none before all is read.
    :param reader: reads them.
    :param format: their layout; None to find out of each.
    :param options: what is known of them.
    :param progress: told which table is read and how many associations it has given.
    :returns: what became of their rows.
    :raises InputError: see :meth:`AssociationReader.read`, or the file cannot be written.
    """
    with AssociationWriter(out) as writer:
        for path in paths:
            rows = reader.read(path, format=format, options=options)
            writer.write(told(rows, Path(path).name, progress))
        writer.info = reader.info
    return reader.report
