"""The tables of a space of SNPs and concepts on disk, as Parquet: what its rows are.

::

    FOLDER/config.json, weights.safetensors     biotk.nn.generel_files
    FOLDER/snps.parquet                         rsid, chromosome, position
    FOLDER/regions.parquet                      code
    FOLDER/genes.parquet                        symbol, text, aliases
    FOLDER/gene_places.parquet                  gene, chromosome, start, end
    FOLDER/concepts.parquet                     key, name, kind, concept_ids, aliases,
                                                is_trait
    FOLDER/links.parquet                        snp, concept, neg_log10_p, log_odds, pmid
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from biotk.errors import InputError
from biotk.genomics.loci import GenePlaces, Places
from biotk.genomics.pairs import Trait

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]

_SCHEMAS = {
    "snps": pa.schema({"rsid": pa.int64(), "chromosome": pa.int8(), "position": pa.int32()}),
    "regions": pa.schema({"code": pa.int64()}),
    "genes": pa.schema(
        {"symbol": pa.string(), "text": pa.string(), "aliases": pa.list_(pa.string())}
    ),
    "gene_places": pa.schema(
        {"gene": pa.int32(), "chromosome": pa.int8(), "start": pa.int32(), "end": pa.int32()}
    ),
    "concepts": pa.schema(
        {
            "key": pa.string(),
            "name": pa.string(),
            "kind": pa.string(),
            "concept_ids": pa.list_(pa.string()),
            "aliases": pa.list_(pa.string()),
            "is_trait": pa.bool_(),
        }
    ),
    "links": pa.schema(
        {
            "snp": pa.int32(),
            "concept": pa.int32(),
            "neg_log10_p": pa.float32(),
            "log_odds": pa.float32(),
            "pmid": pa.int32(),
        }
    ),
}


@dataclass(slots=True, kw_only=True)
class SpaceTables:
    """What the rows of a space are.

    :param rsids: the numbers of SNPs, without ``rs``. *Shape*: (SNPs,).
    :param chromosomes: of SNPs, numbered as in :mod:`biotk.genomics.loci`; 0 if unknown.
    :param positions: of SNPs, in bases.
    :param region_codes: of regions that have a row, ascending. *Shape*: (regions,).
    :param symbols: of genes.
    :param gene_texts: what was read of them.
    :param gene_aliases: other symbols, by which they were named → rows of genes.
    :param gene_places: where they lie.
    :param concepts: traits first.
    :param n_traits: how many of them are traits, which links are to.
    :param links: rows of SNPs and concepts. *Shape*: (links, 2).
    :param neg_log10_p: of links; 0 where no p-value is known.
    :param log_odds: of links; NaN where none is known.
    :param pmids: of links; 0 where none is known.
    """

    rsids: Ints
    chromosomes: Ints
    positions: Ints
    region_codes: Ints
    symbols: list[str]
    gene_texts: list[str]
    gene_aliases: dict[str, int]
    gene_places: GenePlaces
    concepts: list[Trait]
    n_traits: int
    links: Ints
    neg_log10_p: Floats
    log_odds: Floats
    pmids: Ints


def write_tables(folder: Path, tables: SpaceTables) -> None:
    """Write the tables of a space.

    :raises InputError: they cannot be written.
    """
    places = tables.gene_places
    aliases: list[list[str]] = [[] for _ in tables.symbols]
    for alias, row in tables.gene_aliases.items():
        aliases[row].append(alias)
    concepts = tables.concepts
    columns: dict[str, list[Any]] = {
        "snps": [tables.rsids, tables.chromosomes, tables.positions],
        "regions": [tables.region_codes],
        "genes": [tables.symbols, tables.gene_texts, aliases],
        "gene_places": [places.genes, *places.starts, places.ends],
        "concepts": [
            [each.key for each in concepts],
            [each.name for each in concepts],
            [each.kind for each in concepts],
            [list(each.concept_ids) for each in concepts],
            [list(each.aliases) for each in concepts],
            [row < tables.n_traits for row in range(len(concepts))],
        ],
        "links": [
            tables.links[:, 0], tables.links[:, 1], tables.neg_log10_p, tables.log_odds,
            tables.pmids,
        ],
    }  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    for name, schema in _SCHEMAS.items():
        arrays = [pa.array(each, field.type) for each, field in zip(columns[name], schema)]
        table = pa.Table.from_arrays(arrays, schema=schema)
        try:
            pq.write_table(table, folder / f"{name}.parquet", compression="zstd")
        except OSError as error:
            raise InputError(f"{folder / name}.parquet cannot be written: {error}") from error


def read_tables(folder: Path) -> SpaceTables:
    """Read the tables of a space.

    :raises InputError: one is missing, damaged or of another shape.
    """
    read = {name: _read(folder / f"{name}.parquet", schema) for name, schema in _SCHEMAS.items()}

    def numbers(table: str, column: str) -> Any:
        return read[table][column].to_numpy()

    columns = (each.to_pylist() for each in read["concepts"].columns)
    concepts = [
        Trait(key, name, kind, tuple(ids), tuple(aliases))
        for key, name, kind, ids, aliases, _ in zip(*columns)
    ]
    return SpaceTables(
        rsids=numbers("snps", "rsid").astype(np.int64),
        chromosomes=numbers("snps", "chromosome").astype(np.int64),
        positions=numbers("snps", "position").astype(np.int64),
        region_codes=numbers("regions", "code").astype(np.int64),
        symbols=read["genes"]["symbol"].to_pylist(),
        gene_texts=read["genes"]["text"].to_pylist(),
        gene_aliases={
            alias: row
            for row, aliases in enumerate(read["genes"]["aliases"].to_pylist())
            for alias in aliases
        },
        gene_places=GenePlaces(
            numbers("gene_places", "gene").astype(np.int64),
            Places(
                numbers("gene_places", "chromosome").astype(np.int64),
                numbers("gene_places", "start").astype(np.int64),
            ),
            numbers("gene_places", "end").astype(np.int64),
        ),
        concepts=concepts,
        n_traits=sum(read["concepts"]["is_trait"].to_pylist()),
        links=np.stack([numbers("links", "snp"), numbers("links", "concept")], 1).astype(np.int64),
        neg_log10_p=numbers("links", "neg_log10_p").astype(np.float32),
        log_odds=numbers("links", "log_odds").astype(np.float32),
        pmids=numbers("links", "pmid").astype(np.int64),
    )


def _read(path: Path, schema: pa.Schema) -> pa.Table:
    try:
        found = pq.read_table(path)
    except FileNotFoundError as error:
        raise InputError(
            f"{path} is missing: copy all files of the model from one place"
        ) from error
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{path} is damaged ({error}). Copy the file again") from error
    if not found.schema.equals(schema):
        raise InputError(f"{path}: has other columns than this BioTK writes")
    return found
