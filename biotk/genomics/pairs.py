"""The rows of an association table as numbers: SNPs, traits, and pairs of them, each once.

A pair that several studies report has the strongest −log10 p and the largest log odds ratio of all.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from biotk.genomics.associations import LOG_ODDS, Association

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

#: Positions of another build would put a SNP into the wrong neighbourhood.
BUILD = "GRCh38"
#: −log10 p of a p-value that is too small for a float, where the source does not tell more.
MOST_NEG_LOG10_P = 323.0

_MEASURED = re.compile(
    r"measurement|\b(levels?|ratio|counts?|volume|concentration|density|percentage|height|weight|"
    r"index|pressure|rate|interval|hemoglobin|thickness|microstructure)\b",
    re.IGNORECASE,
)
_RESPONSE = re.compile(r"\bresponse to\b", re.IGNORECASE)
_GENES = re.compile(r"\s*(?:,|;| - | x )\s*")
# What tables write where there is no gene.
_NO_GENE = frozenset({"", "nr", "na", "ns", "intergenic", "n/a", "-", "none", "pending"})


@dataclass(frozen=True, slots=True)
class Snp:
    """What is known of a SNP but for its traits.

    :param rsid: ``rs`` and digits.
    :param chromosome: one of :data:`biotk.genomics.associations.CHROMOSOMES`; empty if unknown.
    :param position: in GRCh38; 0 if unknown.
    :param genes: symbols, as the source gives them.
    """

    rsid: str
    chromosome: str = ""
    position: int = 0
    genes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Trait:
    """A trait: one concept, several together, or only words.

    :param key: by which it is told apart: its concepts' ids, or else its name in lower case.
    :param name: in words.
    :param kind: ``disease``, ``measurement`` or ``response``.
    :param concept_ids: CURIEs; none if it is only words.
    :param aliases: further names, by which it is found.
    """

    key: str
    name: str
    kind: str
    concept_ids: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class AssociationPairs:
    """An association table in numbers.

    :param snps: each once, in the order in which they came.
    :param traits: likewise.
    :param pairs: rows of SNPs and traits. *Shape*: (pairs, 2).
    :param neg_log10_p: the strongest; 0 where no p-value is given. *Shape*: (pairs,).
    :param log_odds: the largest absolute log odds ratio; NaN where none is told. *Shape*: (pairs,).
    :param pmids: of the strongest row; empty if it names none.
    :param sources: likewise.
    """

    snps: list[Snp]
    traits: list[Trait]
    pairs: Ints
    neg_log10_p: Floats
    log_odds: Floats
    pmids: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.pairs)


def trait_of(row: Association) -> Trait:
    """:returns: the trait of a row."""
    ids = () if row.concept_id is None else (row.concept_id, *row.other_concept_ids)
    key = "|".join(sorted(ids)) or row.trait.casefold().strip()
    return Trait(key, row.trait, trait_kind(row.trait), ids)


def trait_kind(name: str) -> str:
    """Tell what a trait is by its name, which is all that is known of many.

    >>> trait_kind("type 2 diabetes"), trait_kind("response to statin"), trait_kind("body height")
    ('disease', 'response', 'measurement')
    """
    if _RESPONSE.search(name):
        return "response"
    return "measurement" if _MEASURED.search(name) else "disease"


def gene_symbols(text: str | None) -> tuple[str, ...]:
    """Split what stands in a column of genes.

    >>> gene_symbols("CDH10, CDH9"), gene_symbols("intergenic"), gene_symbols(None)
    (('CDH10', 'CDH9'), (), ())
    """
    parts = _GENES.split(text.strip()) if text else []
    return tuple(part for part in parts if part.casefold() not in _NO_GENE)


def strength(row: Association) -> float:
    """:returns: −log10 p of a row, at most :data:`MOST_NEG_LOG10_P`; 0 if it gives no p."""
    if row.neg_log10_p is not None:
        return min(row.neg_log10_p, MOST_NEG_LOG10_P)
    if row.p is None:
        return 0.0
    return min(-math.log10(row.p), MOST_NEG_LOG10_P) if row.p > 0 else MOST_NEG_LOG10_P


def pairs_of(rows: Iterable[Association]) -> AssociationPairs:
    """Number the SNPs and traits of association rows.

    :param rows: from one table or several.
    """
    snps: dict[str, Snp] = {}
    traits: dict[str, Trait] = {}
    snp_rows: dict[str, int] = {}
    trait_rows: dict[str, int] = {}
    found: dict[tuple[int, int], list[Any]] = {}
    for row in rows:
        snps[row.rsid] = _joined(snps.get(row.rsid), row)
        trait = trait_of(row)
        traits.setdefault(trait.key, trait)
        pair = (
            snp_rows.setdefault(row.rsid, len(snp_rows)),
            trait_rows.setdefault(trait.key, len(trait_rows)),
        )
        strong, odds = strength(row), _log_odds(row)
        old = found.get(pair)
        if old is None:
            found[pair] = [strong, odds, row.pmid or "", row.source]
            continue
        old[1] = float(np.fmax(old[1], odds))
        if strong > old[0]:
            old[0], old[2], old[3] = strong, row.pmid or "", row.source
    values = list(found.values())
    return AssociationPairs(
        snps=list(snps.values()),
        traits=list(traits.values()),
        pairs=np.array(list(found), np.int64).reshape(-1, 2),
        neg_log10_p=np.array([each[0] for each in values], np.float32),
        log_odds=np.array([each[1] for each in values], np.float32),
        pmids=[each[2] for each in values],
        sources=[each[3] for each in values],
    )


def joined_by_name(pairs: AssociationPairs) -> AssociationPairs:
    """Make one trait of those that have one name.

    A table that gives a trait's id in some rows and only its name in others would tell one trait
    apart; a pair of it could then be trained on and be held at once.

    :returns: the first trait of a name with ids is kept, else the first, the others' keys are its
        aliases; pairs that become one are joined as in :func:`pairs_of`.
    """
    of_name: dict[str, list[int]] = {}
    for row, trait in enumerate(pairs.traits):
        of_name.setdefault(trait.name.casefold().strip(), []).append(row)
    new_row = np.empty(len(pairs.traits), np.int64)
    traits: list[Trait] = []
    for rows in of_name.values():
        new_row[rows] = len(traits)
        kept = min(rows, key=lambda row: not pairs.traits[row].concept_ids)
        others = tuple(pairs.traits[row].key for row in rows if row != kept)
        trait = pairs.traits[kept]
        traits.append(replace(trait, aliases=trait.aliases + others))
    renumbered = np.stack([pairs.pairs[:, 0], new_row[pairs.pairs[:, 1]]], 1)
    # Of one pair's rows the strongest comes first.
    order = np.lexsort((-pairs.neg_log10_p, renumbered[:, 1], renumbered[:, 0]))
    begins = np.ones(len(order), bool)
    begins[1:] = (renumbered[order][1:] != renumbered[order][:-1]).any(1)
    starts = np.flatnonzero(begins)
    strongest = order[starts]
    odds = np.fmax.reduceat(pairs.log_odds[order], starts) if len(starts) else pairs.log_odds
    # In the order in which pairs came first.
    rank = np.argsort(np.minimum.reduceat(order, starts)) if len(starts) else starts
    strongest = strongest[rank]
    return AssociationPairs(
        snps=pairs.snps,
        traits=traits,
        pairs=renumbered[strongest],
        neg_log10_p=pairs.neg_log10_p[strongest],
        log_odds=odds[rank],
        pmids=[pairs.pmids[row] for row in strongest.tolist()],
        sources=[pairs.sources[row] for row in strongest.tolist()],
    )


def rows_of(pairs: AssociationPairs, rows: Ints) -> Iterator[Association]:
    """Yield pairs as association rows, with what is kept of them.

    :param rows: of the pairs that are wanted.
    """
    for row in rows.tolist():
        snp_row, trait_row = pairs.pairs[row].tolist()
        snp, trait = pairs.snps[snp_row], pairs.traits[trait_row]
        strong, odds = float(pairs.neg_log10_p[row]), float(pairs.log_odds[row])
        first, *others = trait.concept_ids or (None,)
        yield Association(
            rsid=snp.rsid,
            trait=trait.name,
            p=10.0**-strong if strong else None,
            neg_log10_p=strong or None,
            source=pairs.sources[row],
            gene=", ".join(snp.genes) or None,
            chromosome=snp.chromosome or None,
            position=snp.position or None,
            build=BUILD if snp.chromosome else None,
            concept_id=first,
            other_concept_ids=tuple(others),
            effect=None if math.isnan(odds) else odds,
            unit=None if math.isnan(odds) else LOG_ODDS,
            pmid=pairs.pmids[row] or None,
        )


def _joined(known: Snp | None, row: Association) -> Snp:
    """:returns: what is known of a SNP with what another row says: the first place, all genes."""
    placed = row.chromosome and row.position and row.build in (BUILD, None)
    chromosome, position = (str(row.chromosome), int(row.position or 0)) if placed else ("", 0)
    genes = gene_symbols(row.gene)
    if known is None:
        return Snp(row.rsid, chromosome, position, genes)
    more = tuple(each for each in genes if each not in known.genes)
    if not more and (known.chromosome or not chromosome):
        return known
    if known.chromosome:
        chromosome, position = known.chromosome, known.position
    return Snp(row.rsid, chromosome, position, known.genes + more)


def _log_odds(row: Association) -> float:
    if row.unit != LOG_ODDS or row.effect is None:
        return math.nan
    return abs(row.effect)


def degrees(pairs: Ints, shape: tuple[int, int]) -> tuple[Ints, Ints]:
    """:returns: how many pairs each SNP has, and each trait.

    :param shape: how many there are of both.
    """
    snps, traits = (np.bincount(pairs[:, at], minlength=shape[at]) for at in (0, 1))
    return snps.astype(np.int64), traits.astype(np.int64)


def kinds_of(traits: Sequence[Trait]) -> Ints:
    """:returns: the kind of each trait as a number."""
    numbers = {kind: n for n, kind in enumerate(sorted({each.kind for each in traits}))}
    return np.array([numbers[each.kind] for each in traits], np.int64)
