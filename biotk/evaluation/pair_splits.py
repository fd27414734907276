"""Splits of SNP–trait pairs: by pair, by SNP, by place on the chromosome.

Neighbouring SNPs are inherited together and share signals, so that a held pair may be read off its
neighbours. How much of a figure is that, only all three splits together tell:

- ``warm``: the pair is new, its SNP and its trait are known;
- ``cold``: no pair of the SNP was seen, but those of its neighbours may have been;
- ``locus``: nothing within 500 kb was seen.

Who is held is decided by a hash of the rsID, the trait or the block of a chromosome, so that it is
the same whatever the order of a table, and a table that grows keeps its parts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.int64]

#: The splits, from the easiest to the hardest.
SPLITS = ("warm", "cold", "locus")

#: Bases on both sides of a held place of which nothing is trained on.
GAP = 500_000
#: Bases of a block, which is held as a whole.
BLOCK = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldShares:
    """Which share is held: of pairs whose SNP has others, of SNPs, of blocks of 1 Mb; and of pairs
    of concepts, which :func:`split_pairs` knows nothing of.
    """

    warm: float = 0.12
    cold: float = 0.05
    locus: float = 0.06
    concepts: float = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldPart:
    """Held pairs: two thirds to choose by, one to report.

    :param tuning: rows of the table of pairs.
    :param reported: likewise.
    """

    tuning: Rows
    reported: Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class PairSplits:
    """What is trained on and what is held.

    :param train: rows of the table of pairs.
    :param held: by the name of the split.
    :param left_out: rows that are neither: too near a held place, or without a place of their own,
        so that they may be near one.
    """

    train: Rows
    held: dict[str, HeldPart]
    left_out: Rows


def split_pairs(
    snps: Rows,
    traits: Rows,
    *,
    rsids: Sequence[str],
    names: Sequence[str],
    chromosomes: Sequence[str],
    positions: Rows,
    seed: int = 0,
    shares: HeldShares | None = None,
) -> PairSplits:
    """Split pairs three ways at once, so that one training serves all figures.

    :param snps: of each pair, which SNP; no pair comes twice. *Shape*: (pairs,).
    :param traits: of each pair, which trait. *Shape*: (pairs,).
    :param rsids: of SNPs.
    :param names: of traits, by which they are told apart in any table.
    :param chromosomes: of SNPs; empty where unknown.
    :param positions: of SNPs, in bases. *Shape*: (SNPs,).
    :param seed: another one holds others.
    :param shares: how much is held.
    """
    shares = HeldShares() if shares is None else shares
    positions = np.asarray(positions, np.int64)
    placed = np.array([bool(each) for each in chromosomes], bool)
    blocks = [
        f"{chromosome}:{position // BLOCK}" if chromosome else ""
        for chromosome, position in zip(chromosomes, positions.tolist())
    ]
    of_block = numbers_of(blocks, f"locus {seed}")
    in_locus = placed & (of_block < shares.locus)
    near = _near(chromosomes, positions, in_locus) | ~placed
    of_snp = numbers_of(rsids, f"cold {seed}")
    in_cold = ~near & (of_snp < shares.cold)
    keys = [f"{rsids[s]}\t{names[t]}" for s, t in zip(snps.tolist(), traits.tolist())]
    of_pair = numbers_of(keys, f"warm {seed}")
    free = ~near[snps] & ~in_cold[snps]
    warm = _warm(snps, traits, np.flatnonzero(free), of_pair, shares.warm)
    held = {
        "warm": _thirds(warm, of_pair / shares.warm),
        "cold": _thirds(np.flatnonzero(in_cold[snps]), of_snp[snps] / shares.cold),
        "locus": _thirds(np.flatnonzero(in_locus[snps]), of_block[snps] / shares.locus),
    }
    is_train = free.copy()
    is_train[warm] = False
    left_out = near[snps] & ~in_locus[snps]
    return PairSplits(train=np.flatnonzero(is_train), held=held, left_out=np.flatnonzero(left_out))


def _warm(snps: Rows, traits: Rows, rows: Rows, numbers: Any, share: float) -> Rows:
    """:returns: rows that are held, such that their SNPs and traits keep others to be known by."""
    left_snp, left_trait = np.bincount(snps[rows]), np.bincount(traits[rows])
    found = []
    for row in rows[numbers[rows] < share].tolist():
        snp, trait = snps[row], traits[row]
        if left_snp[snp] > 1 and left_trait[trait] > 1:
            found.append(row)
            left_snp[snp] -= 1
            left_trait[trait] -= 1
    return np.array(found, np.int64)


def _near(chromosomes: Sequence[str], positions: Rows, held: npt.NDArray[np.bool_]) -> Any:
    """:returns: which SNPs are held or lie within :data:`GAP` of one that is."""
    near = held.copy()
    of = np.array(chromosomes)
    for chromosome in np.unique(of[held]):
        rows = np.flatnonzero(of == chromosome)
        places = np.sort(positions[rows[held[rows]]])
        at = np.searchsorted(places, positions[rows])
        before = positions[rows] - places[np.maximum(at - 1, 0)]
        after = places[np.minimum(at, len(places) - 1)] - positions[rows]
        near[rows] |= (np.abs(before) <= GAP) | (np.abs(after) <= GAP)
    return near


def _thirds(rows: Rows, numbers: Any) -> HeldPart:
    """:param numbers: of all rows, between 0 and 1 for those that are held."""
    reported = numbers[rows] >= 2 / 3
    return HeldPart(tuning=rows[~reported], reported=rows[reported])


def numbers_of(keys: Iterable[str], salt: str) -> npt.NDArray[np.float64]:
    """Draw a number for each key, always the same.

    :param keys: any strings.
    :param salt: another one gives others.
    :returns: between 0 and 1. *Shape*: (keys,).
    """
    start = hashlib.blake2b(salt.encode(), digest_size=8)
    found = []
    for key in keys:
        digest = start.copy()
        digest.update(b"\0" + key.encode("utf-8", "surrogatepass"))
        found.append(int.from_bytes(digest.digest(), "big"))
    return np.array(found, np.float64) / 2.0**64
