"""Where a SNP lies, as features that SNPs nearby share, one that was never seen among them.

Two kinds: *regions*, stretches of a chromosome of several lengths, of which a place belongs to the
two nearest in part, so that a vector changes smoothly along the chromosome; and *genes* nearby, of
which a nearer one counts more. Where genes lie is told by a gene table, or else taken from the SNPs
that are mapped to them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from biotk.evaluation.pair_splits import BLOCK
from biotk.genomics.associations import CHROMOSOMES
from biotk.genomics.pairs import Snp

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]

_NUMBERS = {name: n for n, name in enumerate(CHROMOSOMES, 1)}

#: A gene so many bases away counts e times less than one at the SNP, and one further off nothing.
GENE_REACH, GENE_LIMIT = 100_000, 2_000_000
#: So many genes a SNP has at most.
GENES = 4
#: So many distances are worked out at once.
_AT_ONCE = 4_000_000


class Weighted(NamedTuple):
    """Rows of a table and how much each counts; 0 where there is none.

    :param rows: *Shape*: (SNPs, rows of each).
    :param weights: *Shape*: (SNPs, rows of each).
    """

    rows: Ints
    weights: Floats


class Places(NamedTuple):
    """Places of SNPs.

    :param chromosomes: numbers from 1; 0 if unknown. *Shape*: (SNPs,).
    :param positions: in bases. *Shape*: (SNPs,).
    """

    chromosomes: Ints
    positions: Ints

    @classmethod
    def of(cls, snps: Sequence[Snp]) -> Places:
        """:returns: the places of SNPs."""
        return cls(
            np.array([_NUMBERS.get(each.chromosome, 0) for each in snps], np.int64),
            np.array([each.position for each in snps], np.int64),
        )


def region_codes(places: Places, scales: Sequence[int]) -> tuple[Ints, Floats]:
    """Number the regions of places.

    :param scales: lengths of regions, in bases.
    :returns: for each place and scale the two regions whose middles it lies between, as numbers
        that are the same for any table, and how near it is to each, which sums to one; -1 and 0
        for an unknown place. *Shape*: (SNPs, 2 · scales) each.
    """
    known = places.chromosomes > 0
    codes, weights = [], []
    for number, scale in enumerate(scales):
        at = places.positions / scale
        first = np.floor(at).astype(np.int64)
        share = at - first
        base = (number * 32 + places.chromosomes) << 32
        for region, weight in ((first, 1 - share), (first + 1, share)):
            codes.append(np.where(known, base + region, -1))
            weights.append(np.where(known, weight, 0.0))
    return np.stack(codes, 1), np.stack(weights, 1).astype(np.float32)


def regions_of(places: Places, scales: Sequence[int], known: Ints) -> Weighted:
    """Look up the rows of regions; a region without one counts nothing.

    :param known: the codes that have rows, ascending. *Shape*: (regions,).
    """
    codes, weights = region_codes(places, scales)
    if not len(known):
        return Weighted(np.zeros_like(codes), np.zeros_like(weights))
    rows = np.minimum(np.searchsorted(known, codes), len(known) - 1)
    found = known[rows] == codes
    return Weighted(np.where(found, rows, 0), np.where(found, weights, 0.0).astype(np.float32))


def blocks_of(snps: Sequence[Snp]) -> Ints:
    """Number the blocks that SNPs lie in, those by which loci are held.

    :returns: a number for each SNP; one of an unknown place is a block of its own.
        *Shape*: (SNPs,).
    """
    numbers: dict[tuple[str, int], int] = {}
    keys = [
        (each.chromosome, each.position // BLOCK) if each.chromosome else ("", at)
        for at, each in enumerate(snps)
    ]
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], np.int64)


class GenePlaces:
    """Where genes lie.

    :param genes: rows of the table of genes, one for each place. *Shape*: (places,).
    :param starts: where they begin. *Shape*: (places,) each.
    :param ends: where they end; by default where they begin. *Shape*: (places,).
    """

    def __init__(self, genes: Ints, starts: Places, ends: Ints | None = None) -> None:
        self.genes, self.starts = genes, starts
        self.ends = starts.positions if ends is None else ends

    @classmethod
    def from_snps(cls, snps: Sequence[Snp], rows: Mapping[str, int]) -> GenePlaces:
        """Put every gene in the middle of the SNPs that are mapped to it, the median.

        :param snps: some of which name genes.
        :param rows: of the table of genes, by symbol.
        """
        found: dict[tuple[int, int], list[int]] = {}
        for snp in snps:
            for symbol in snp.genes if snp.chromosome else ():
                if symbol in rows:
                    key = rows[symbol], _NUMBERS[snp.chromosome]
                    found.setdefault(key, []).append(snp.position)
        keys = np.array(list(found), np.int64).reshape(-1, 2)
        middles = np.array([int(np.median(each)) for each in found.values()], np.int64)
        return cls(keys[:, 0], Places(keys[:, 1], middles))

    def and_others(self, others: GenePlaces) -> GenePlaces:
        """:returns: these, and those of genes that have no place here."""
        new = ~np.isin(others.genes, self.genes)
        starts = Places(*(np.concatenate([a, b[new]]) for a, b in zip(self.starts, others.starts)))
        return GenePlaces(
            np.concatenate([self.genes, others.genes[new]]),
            starts,
            np.concatenate([self.ends, others.ends[new]]),
        )

    def near(self, places: Places, *, n: int = GENES) -> Weighted:
        """Find the genes around places.

        :param n: how many of each place.
        :returns: the nearest first, those that a place lies in before all; weights sum to one, or
            are all 0 where nothing is near.
        """
        rows = np.zeros((len(places.positions), n), np.int64)
        distances = np.full(rows.shape, np.inf)
        for chromosome in np.unique(places.chromosomes[places.chromosomes > 0]).tolist():
            of_it = np.flatnonzero(self.starts.chromosomes == chromosome)
            here = np.flatnonzero(places.chromosomes == chromosome)
            starts, ends = self.starts.positions[of_it], self.ends[of_it]
            for some in np.array_split(here, len(here) * len(of_it) // _AT_ONCE + 1):
                asked = places.positions[some, None]
                far = np.maximum(np.maximum(starts - asked, asked - ends), 0)
                order = np.argsort(far, axis=1, kind="stable")[:, :n]
                rows[some, : order.shape[1]] = self.genes[of_it[order]]
                distances[some, : order.shape[1]] = np.take_along_axis(far, order, 1)
        distances[distances > GENE_LIMIT] = np.inf
        return Weighted(rows, _shares(np.exp(-distances / GENE_REACH)))


def genes_of(
    snps: Sequence[Snp], places: Places, rows: Mapping[str, int], near: GenePlaces
) -> Weighted:
    """Find the genes of SNPs: those that they are mapped to, and those around.

    The mapped ones, of which the table tells that they are the right ones, have three quarters of
    the weight, or all of it where nothing lies around.

    :param rows: of the table of genes, by symbol.
    """
    around = near.near(places)
    all_rows = np.concatenate([around.rows, np.zeros((len(snps), 2), np.int64)], 1)
    weights = np.concatenate([around.weights, np.zeros((len(snps), 2), np.float32)], 1)
    for number, snp in enumerate(snps):
        mapped = list(dict.fromkeys(rows[each] for each in snp.genes if each in rows))[:2]
        if not mapped:
            continue
        weights[number] *= 0.25
        left = 1.0 - weights[number].sum()
        all_rows[number, GENES : GENES + len(mapped)] = mapped
        weights[number, GENES : GENES + len(mapped)] = left / len(mapped)
    return Weighted(all_rows, weights)


def _shares(weights: npt.NDArray[np.float64]) -> Floats:
    """:returns: weights that sum to one in each row; rows of nothing stay so."""
    total = weights.sum(1, keepdims=True)
    found: Floats = np.divide(
        weights, total, out=np.zeros_like(weights), where=total > 1e-12
    ).astype(np.float32)
    return found
