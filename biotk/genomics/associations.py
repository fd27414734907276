"""The association table: which SNP goes with which trait, how strongly, and who says so.

One tidy Parquet file, whatever tables it was made of: ``docs/formats/associations.md``. A row is
an :class:`Association`; in the file's metadata stands an :class:`AssociationInfo`: what was read,
under which licences, with which KBs, what was dropped and why. Files are written and read in
batches, so that they may be larger than memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import pyarrow as pa

from biotk.genomics.parquet import BATCH_ROWS, RowTable, RowWriter, SourceTable, TableInfo

__all__ = [
    "BATCH_ROWS", "CHROMOSOMES", "FORMAT", "KINDS", "LOG_ODDS", "RAW", "SCHEMA", "SD", "TABLE",
    "Association", "AssociationInfo", "AssociationWriter", "Kind", "SourceTable", "from_batch",
    "iter_associations", "iter_batches", "read_associations", "read_info", "to_batch",
    "write_associations",
]  # fmt: skip

#: In the files' metadata, so that a later BioTK knows what it reads.
FORMAT, FORMAT_VERSION = "biotk-associations", 1
#: What stands in the metadata.
AssociationInfo = TableInfo

#: What kind of study a row comes from: a trait of a GWAS, the expression of a gene, a phenotype of
#: a PheWAS, a correlation seen in a cohort.
Kind = Literal["gwas", "eqtl", "phewas", "correlation"]
KINDS: tuple[Kind, ...] = ("gwas", "eqtl", "phewas", "correlation")
#: Chromosomes as the table has them.
CHROMOSOMES = (*map(str, range(1, 23)), "X", "Y", "MT")
#: The units that compare across studies. Any other one is ``raw:`` and what its source calls it.
LOG_ODDS, SD, RAW = "log_odds", "sd", "raw:"


class Association(NamedTuple):
    """One row: a SNP, a trait, and how strongly they go together.

    :param rsid: the SNP, ``rs`` and digits, lower case; of a merged one the rsID that is current.
    :param gene: the gene's symbol as the source gives it.
    :param gene_id: the gene's CURIE in HGNC.
    :param chromosome: one of :data:`CHROMOSOMES`.
    :param position: base pairs from the start of the chromosome, from 1, in ``build``.
    :param build: the genome build, ``GRCh37`` or ``GRCh38``.
    :param trait: the trait in words.
    :param concept_id: the trait's concept, a CURIE.
    :param other_concept_ids: the further concepts of a trait that is several.
    :param effect_allele: the allele that the effect is that of.
    :param effect: how much more of the trait per allele, in ``unit``; natural logs for odds.
    :param unit: :data:`LOG_ODDS`, :data:`SD`, or :data:`RAW` and the source's own words.
        Effects compare within one unit alone, and raw ones within one trait.
    :param se: the standard error of the effect, in the same unit.
    :param p: the p-value; 0 where it is smaller than a float can be; None where a source gives no
        p-values at all, as tables of correlations may.
    :param neg_log10_p: −log10 of it, known where ``p`` is 0 as well, if the source tells it.
    :param kind: one of :data:`KINDS`.
    :param source: what the row was read from, such as ``GWAS Catalog``.
    :param licence: the terms of the source.
    :param pmid: the publication's number in PubMed.
    """

    rsid: str
    trait: str
    p: float | None = None
    kind: Kind = "gwas"
    source: str = ""
    licence: str = ""
    gene: str | None = None
    gene_id: str | None = None
    chromosome: str | None = None
    position: int | None = None
    build: str | None = None
    concept_id: str | None = None
    other_concept_ids: tuple[str, ...] = ()
    effect_allele: str | None = None
    effect: float | None = None
    unit: str | None = None
    se: float | None = None
    neg_log10_p: float | None = None
    pmid: str | None = None


def _column(name: str, type: pa.DataType, *, nullable: bool = True) -> pa.Field:
    return pa.field(name, type, nullable=nullable)


#: The columns of the table. ``p`` is null only where a source gives none at all (a correlation).
SCHEMA = pa.schema(
    [
        _column("rsid", pa.string(), nullable=False),
        _column("gene", pa.string()),
        _column("gene_id", pa.string()),
        _column("chromosome", pa.string()),
        _column("position", pa.int64()),
        _column("build", pa.string()),
        _column("trait", pa.string(), nullable=False),
        _column("concept_id", pa.string()),
        _column("other_concept_ids", pa.list_(pa.string()), nullable=False),
        _column("effect_allele", pa.string()),
        _column("effect", pa.float64()),
        _column("unit", pa.string()),
        _column("se", pa.float64()),
        _column("p", pa.float64()),
        _column("neg_log10_p", pa.float64()),
        _column("kind", pa.string(), nullable=False),
        _column("source", pa.string(), nullable=False),
        _column("licence", pa.string(), nullable=False),
        _column("pmid", pa.string()),
    ]
)


#: What the functions below read and write.
TABLE = RowTable(
    FORMAT,
    FORMAT_VERSION,
    SCHEMA,
    Association._make,
    Association._fields,
    "biotk snp associations",
)
to_batch = TABLE.to_batch
from_batch = TABLE.from_batch


class AssociationWriter(RowWriter[Association]):
    """Writes an association table in batches, all or nothing.

    :param path: the file; one that is there is replaced when the new one is complete.

    >>> with AssociationWriter("associations.parquet") as out:       # doctest: +SKIP
    ...     out.write([Association("rs7903146", "type 2 diabetes", 2e-100)])
    ...     out.info = AssociationInfo(report={"kept": 1})
    """

    def __init__(self, path: Path | str) -> None:
        super().__init__(path, TABLE)


def write_associations(
    path: Path | str, rows: Iterable[Association], info: AssociationInfo | None = None
) -> None:
    """Write an association table.

    :param path: the file to make.
    :param rows: its rows; they are not held in memory together.
    :param info: what to say of them in the metadata.
    :raises InputError: the file cannot be written.
    """
    with AssociationWriter(path) as out:
        out.write(rows)
        out.info = info or AssociationInfo()


def read_info(path: Path | str) -> AssociationInfo:
    """:returns: what the metadata of an association table say; no row is read.

    :raises InputError: the file cannot be read, or is none of this version.
    """
    return TABLE.read_info(Path(path))


def iter_batches(
    path: Path | str, columns: Sequence[str] | None = None, *, rows: int = BATCH_ROWS
) -> Iterator[pa.RecordBatch]:
    """Read an association table batch by batch.

    :param path: the file.
    :param columns: the columns to read; None for all.
    :param rows: the most rows of a batch.
    :raises InputError: the file cannot be read, is damaged, or is none of this version.
    """
    return TABLE.iter_batches(Path(path), columns, rows=rows)


def read_associations(path: Path | str, columns: Sequence[str] | None = None) -> pa.Table:
    """:returns: an association table as one Arrow table; see :func:`iter_batches`."""
    return TABLE.read(Path(path), columns)


def iter_associations(path: Path | str) -> Iterator[Association]:
    """:returns: the rows of an association table one by one; see :func:`iter_batches`."""
    for batch in iter_batches(path):
        yield from from_batch(batch)
