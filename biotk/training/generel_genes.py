"""The genes that a space is trained with: what SNPs are mapped to, and what a gene table has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from biotk.genomics.gene_table import GeneTable
from biotk.genomics.loci import GenePlaces, Places
from biotk.genomics.pairs import Snp
from biotk.training.generel_names import GeneNames

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]


class Linked(Protocol):
    """Pairs of one kind of relation, as rows of texts."""

    @property
    def pairs(self) -> Ints:
        """*Shape*: (pairs, 2)."""

    @property
    def genes(self) -> tuple[bool, bool]:
        """Whether the heads are genes, and whether the tails are."""


class TrainedGenes(NamedTuple):
    """Genes, each once.

    :param symbols: as the KB of genes has them, ascending.
    :param aliases: other symbols that SNPs are mapped to → rows.
    :param places: where they lie.
    :param measured: what was measured of them; nothing where no table tells.
        *Shape*: (genes, measured).
    """

    symbols: list[str]
    aliases: dict[str, int]
    places: GenePlaces
    measured: Floats

    @property
    def rows(self) -> dict[str, int]:
        """Rows by symbols and aliases."""
        return self.aliases | {symbol: row for row, symbol in enumerate(self.symbols)}


def gather_genes(snps: Sequence[Snp], names: GeneNames, table: GeneTable | None) -> TrainedGenes:
    """Number the genes.

    :param snps: of which some are mapped to genes, by symbols that may be outdated.
    :param names: knows the symbols that count.
    :param table: where genes lie; of one that it has not, and of all where there is none, the SNPs
        that are mapped to it tell.
    """
    named = {each: names.symbol(each) for snp in snps for each in snp.genes}
    own = {} if table is None else {each: names.symbol(each) for each in table.symbols}
    symbols = sorted({*named.values(), *own.values()})
    at = {symbol: row for row, symbol in enumerate(symbols)}
    aliases = {each: at[now] for each, now in (own | named).items() if each not in at}
    places = GenePlaces.from_snps(snps, aliases | at)
    width = 0 if table is None else table.measured.shape[1]
    measured = np.zeros((len(symbols), width), np.float32)
    if table is not None:
        # Of a gene that it has by two symbols the one that counts is heard, else the first.
        lines: dict[int, int] = {}
        for line, each in enumerate(table.symbols):
            row = at[own[each]]
            if row not in lines or each == own[each]:
                lines[row] = line
        rows = np.array(list(lines), np.int64)
        at_line = np.array(list(lines.values()), np.int64)
        measured[rows] = table.measured[at_line]
        placed = table.starts.chromosomes[at_line] > 0
        rows, at_line = rows[placed], at_line[placed]
        starts = Places(*(each[at_line] for each in table.starts))
        places = GenePlaces(rows, starts, table.ends[at_line]).and_others(places)
    return TrainedGenes(symbols, aliases, places, measured)


def gene_links(relations: Iterable[Linked], gene_rows: Ints) -> Iterator[Ints]:
    """Yield what genes are linked to, each kind of relation from each side that is genes.

    :param gene_rows: of each text, the gene that it is; -1 for none. *Shape*: (texts,).
    :returns: rows of genes and of texts. *Shape*: (links, 2) each.
    """
    for relation in relations:
        for side in (0, 1):
            if relation.genes[side]:
                genes = gene_rows[relation.pairs[:, side]]
                others = relation.pairs[:, 1 - side]
                yield np.stack([genes, others], 1)[genes >= 0]
