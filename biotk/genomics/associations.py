"""The association table: which SNP goes with which trait, how strongly, and who says so.

One tidy Parquet file, whatever tables it was made of: ``docs/formats/associations.md``. A row is
an :class:`Association`; in the file's metadata stands an :class:`AssociationInfo`: what was read,
under which licences, with which KBs, what was dropped and why. Files are written and read in
batches, so that they may be larger than memory.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from biotk import __version__
from biotk.errors import InputError

#: In the files' metadata, so that a later BioTK knows what it reads.
FORMAT, FORMAT_VERSION = "biotk-associations", 1
#: The key of the metadata.
_KEY = b"biotk"
#: Rows that are written at once, a row group of the file.
BATCH_ROWS = 1 << 16

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


@dataclass(frozen=True, slots=True)
class SourceTable:
    """A table that was read.

    :param file: its file's name.
    :param format: the layout that it was read as.
    :param sha256: checksum of the file.
    :param source: what its rows say in ``source``.
    :param licence: what they say in ``licence``.
    :param rows: how many rows it has, header aside.
    :param associations: how many rows of the association table it gave.
    """

    file: str
    format: str
    sha256: str
    source: str
    licence: str
    rows: int = 0
    associations: int = 0


@dataclass(frozen=True, slots=True)
class AssociationInfo:
    """What stands in the metadata of an association table.

    :param sources: the tables that it was made of.
    :param kbs: name → fingerprint of the KBs that its traits and genes were looked up in.
    :param report: what was kept, what was dropped and why, by name.
    :param biotk: the version that wrote it.
    """

    sources: tuple[SourceTable, ...] = ()
    kbs: Mapping[str, str] = field(default_factory=dict)
    report: Mapping[str, Any] = field(default_factory=dict)
    biotk: str = __version__

    def to_json(self) -> str:
        """:returns: this as one JSON object, with format and version."""
        head = {"format": FORMAT, "format_version": FORMAT_VERSION}
        return json.dumps(head | asdict(self), ensure_ascii=False, sort_keys=True)

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> AssociationInfo:
        """:returns: what :meth:`to_json` wrote."""
        return cls(
            sources=tuple(SourceTable(**each) for each in raw["sources"]),
            kbs=raw["kbs"],
            report=raw["report"],
            biotk=raw["biotk"],
        )


def to_batch(rows: Sequence[Association]) -> pa.RecordBatch:
    """:returns: rows as Arrow columns, in the order of :data:`SCHEMA`."""
    columns = dict(zip(Association._fields, zip(*rows, strict=True), strict=False))
    arrays = [pa.array(columns.get(each.name, ()), each.type) for each in SCHEMA]
    return pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)


def from_batch(batch: pa.RecordBatch | pa.Table) -> Iterator[Association]:
    """:returns: the rows of Arrow columns, one by one."""
    columns = [batch.column(name).to_pylist() for name in Association._fields]
    at = Association._fields.index("other_concept_ids")
    columns[at] = [tuple(each) for each in columns[at]]
    return map(Association._make, zip(*columns, strict=True))


class AssociationWriter:
    """Writes an association table in batches, all or nothing.

    :param path: the file; one that is there is replaced when the new one is complete.

    >>> with AssociationWriter("associations.parquet") as out:       # doctest: +SKIP
    ...     out.write([Association("rs7903146", "type 2 diabetes", 2e-100)])
    ...     out.info = AssociationInfo(report={"kept": 1})
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self.info = AssociationInfo()
        self._draft = self.path.with_name(f".{self.path.name}.{os.getpid()}.tmp")
        self._rows: list[Association] = []

    def __enter__(self) -> AssociationWriter:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._writer = pq.ParquetWriter(
                self._draft, SCHEMA, compression="zstd", write_page_checksum=True
            )
        except OSError as error:
            raise self._refused(error) from error
        return self

    def write(self, rows: Iterable[Association]) -> None:
        """Add rows.

        :raises InputError: the file cannot be written.
        """
        for row in rows:
            self._rows.append(row)
            if len(self._rows) >= BATCH_ROWS:
                self._flush()

    def _flush(self) -> None:
        if not self._rows:
            return
        try:
            self._writer.write_batch(to_batch(self._rows))
        except OSError as error:
            raise self._refused(error) from error
        self._rows.clear()

    def _refused(self, error: OSError) -> InputError:
        return InputError(f"{self.path} cannot be written: {error.strerror or error}")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self._flush()
                self._writer.add_key_value_metadata({_KEY: self.info.to_json()})
            self._writer.close()
            if kind is None:
                self._draft.replace(self.path)
        except OSError as failure:
            raise self._refused(failure) from failure
        finally:
            self._draft.unlink(missing_ok=True)


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


def _open(path: Path) -> pq.ParquetFile:
    """:returns: the open file, whose metadata say that it is an association table.

    :raises InputError: it cannot be read, or is something else.
    """
    try:
        opened = pq.ParquetFile(path, page_checksum_verification=True)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error
    except pa.ArrowException as error:
        raise InputError(
            f"{path}: is no Parquet file ({error}). Make an association table of a table with "
            "`biotk snp associations TABLE --out FILE`"
        ) from error
    return opened


def _info_of(path: Path, opened: pq.ParquetFile) -> AssociationInfo:
    raw = (opened.metadata.metadata or {}).get(_KEY)
    if raw is None:
        raise InputError(
            f"{path}: is a Parquet file, but no association table. Make one with "
            "`biotk snp associations TABLE --out FILE`"
        )
    content = json.loads(raw)
    found = content.get("format"), content.get("format_version")
    if found != (FORMAT, FORMAT_VERSION):
        raise InputError(
            f"{path}: is {found[0]} {found[1]}, this BioTK reads {FORMAT} {FORMAT_VERSION}. "
            "Make it anew with `biotk snp associations`"
        )
    if not opened.schema_arrow.equals(SCHEMA):
        raise InputError(f"{path}: has other columns than an association table has")
    return AssociationInfo.from_json(content)


def read_info(path: Path | str) -> AssociationInfo:
    """:returns: what the metadata of an association table say; no row is read.

    :raises InputError: the file cannot be read, or is none of this version.
    """
    path = Path(path)
    with _open(path) as opened:
        return _info_of(path, opened)


def iter_batches(
    path: Path | str, columns: Sequence[str] | None = None, *, rows: int = BATCH_ROWS
) -> Iterator[pa.RecordBatch]:
    """Read an association table batch by batch.

    :param path: the file.
    :param columns: the columns to read; None for all.
    :param rows: the most rows of a batch.
    :raises InputError: the file cannot be read, is damaged, or is none of this version.
    """
    path = Path(path)
    with _open(path) as opened:
        _info_of(path, opened)
        try:
            yield from opened.iter_batches(rows, columns=columns)
        except (OSError, pa.ArrowException) as error:
            raise InputError(f"{path}: is damaged ({error}). Make it anew") from error


def read_associations(path: Path | str, columns: Sequence[str] | None = None) -> pa.Table:
    """:returns: an association table as one Arrow table; see :func:`iter_batches`."""
    wanted = SCHEMA if columns is None else pa.schema([SCHEMA.field(name) for name in columns])
    return pa.Table.from_batches(iter_batches(path, columns), schema=wanted)


def iter_associations(path: Path | str) -> Iterator[Association]:
    """:returns: the rows of an association table one by one; see :func:`iter_batches`."""
    for batch in iter_batches(path):
        yield from from_batch(batch)
