"""The relation table: what is known of concepts beside SNPs, as head, relation and tail.

Drugs and diseases, diseases and phenotypes, genes and what they do; one Parquet file like the
association table (``docs/formats/associations.md``), whatever it was made of.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from biotk.genomics.parquet import RowTable, RowWriter, TableInfo

FORMAT, FORMAT_VERSION = "biotk-relations", 1

# Relations that more than one source has, each read as ``head relation tail``.
TREATS = "compound_treats_disease"
PALLIATES = "compound_palliates_disease"
HAS_PHENOTYPE = "disease_phenotype"
GENE_PHENOTYPE = "gene_phenotype"


class Relation(NamedTuple):
    """One row.

    :param head: a CURIE.
    :param relation: what holds between the two, as in ``compound_treats_disease``.
    :param tail: a CURIE.
    :param source: where it was read.
    :param licence: the terms of the source.
    :param head_name: the head in words, as the source or the KB has it; empty where neither does.
    :param tail_name: the tail in words.
    """

    head: str
    relation: str
    tail: str
    source: str = ""
    licence: str = ""
    head_name: str = ""
    tail_name: str = ""


SCHEMA = pa.schema([pa.field(name, pa.string(), nullable=False) for name in Relation._fields])
TABLE = RowTable(
    FORMAT, FORMAT_VERSION, SCHEMA, Relation._make, Relation._fields, "biotk snp relations"
)


class RelationWriter(RowWriter[Relation]):
    """Writes a relation table in batches, all or nothing; see ``AssociationWriter``.

    :param path: the file.
    """

    def __init__(self, path: Path | str) -> None:
        super().__init__(path, TABLE)


def write_relations(
    path: Path | str, rows: Iterable[Relation], info: TableInfo | None = None
) -> None:
    """Write a relation table.

    :param path: the file to make.
    :param rows: its rows; they are not held in memory together.
    :param info: what to say of them in the metadata.
    :raises InputError: the file cannot be written.
    """
    with RelationWriter(path) as out:
        out.write(rows)
        out.info = info or TableInfo()


def iter_relations(path: Path | str) -> Iterator[Relation]:
    """Read a relation table row by row.

    :raises InputError: the file cannot be read, is damaged, or is none of this version.
    """
    for batch in TABLE.iter_batches(Path(path), None):
        yield from TABLE.from_batch(batch)
