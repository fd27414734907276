"""What a space has to be better than: scores that need no space, or a simpler one."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from biotk.genomics.loci import Weighted

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]


class Popularity:
    """Much studied traits go with everything.

    :param snp_degrees: how many known traits each SNP has. *Shape*: (SNPs,).
    :param trait_degrees: how many known SNPs each trait has. *Shape*: (traits,).
    """

    def __init__(self, snp_degrees: Ints, trait_degrees: Ints) -> None:
        self._snps, self._traits = np.log1p(snp_degrees), np.log1p(trait_degrees)

    def matrix(self, snps: Ints) -> Floats:
        """:returns: *Shape*: (SNPs, traits)."""
        return (self._snps[snps, None] + self._traits[None]).astype(np.float32)


class GeneOverlap:
    """A SNP goes with the traits of the SNPs of its genes.

    :param genes: of the SNPs that are asked about.
    :param known_genes: of the SNPs that are known.
    :param links: of known SNPs and traits. *Shape*: (links, 2).
    :param shape: how many genes and traits there are.
    """

    def __init__(
        self, genes: Weighted, known_genes: Weighted, links: Ints, shape: tuple[int, int]
    ) -> None:
        self._genes = _first(genes)
        self._counts = np.zeros((shape[0] + 1, shape[1]), np.float32)
        rows = _first(known_genes)[links[:, 0]]
        np.add.at(self._counts, (rows[rows >= 0], links[rows >= 0, 1]), 1.0)

    def matrix(self, snps: Ints) -> Floats:
        """:returns: how many known SNPs of the gene have the trait. *Shape*: (SNPs, traits)."""
        found: Floats = self._counts[self._genes[snps]]
        return found


def _first(genes: Weighted) -> Ints:
    """:returns: the gene of each SNP that counts most; -1, the row of nothing, for none."""
    at = genes.weights.argmax(1)[:, None]
    rows = np.take_along_axis(genes.rows, at, 1)[:, 0]
    found: Ints = np.where(np.take_along_axis(genes.weights, at, 1)[:, 0] > 0, rows, -1)
    return found


class Vectors:
    """Products of vectors: a space's, a text encoder's, of a table that was factorised, or drawn.

    :param snps: *Shape*: (SNPs, dim).
    :param traits: *Shape*: (traits, dim).
    """

    def __init__(self, snps: npt.NDArray[Any], traits: npt.NDArray[Any]) -> None:
        self._snps, self._traits = snps.astype(np.float32), traits.astype(np.float32)

    def matrix(self, snps: Ints) -> Floats:
        """:returns: *Shape*: (SNPs, traits)."""
        found: Floats = self._snps[snps] @ self._traits.T
        return found


def random_vectors(n_snps: int, n_traits: int, *, dim: int = 64, seed: int = 0) -> Vectors:
    """:returns: vectors that know nothing."""
    rng = np.random.default_rng(seed)
    return Vectors(rng.normal(size=(n_snps, dim)), rng.normal(size=(n_traits, dim)))
