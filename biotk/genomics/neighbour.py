"""What a search in a space finds, and what is known of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

#: What can be asked for beside SNPs and genes, and what traits of association tables are.
CONCEPT_KINDS = ("disease", "phenotype", "drug", "measurement", "response")
KINDS = ("snp", "gene", *CONCEPT_KINDS)

#: Stands below whatever is shown of a search, so that nobody reads more into it.
WARNING = "Research use only: near is not caused by, and predicted is not found."


@dataclass(frozen=True, slots=True)
class Evidence:
    """A link that the space was trained on.

    :param rsid: the SNP.
    :param trait: the trait's name.
    :param neg_log10_p: of its strongest report; None if it gives no p-value.
    :param log_odds: the largest log odds ratio, absolute; None if none is told.
    :param pmid: the publication; None if none is told.
    """

    rsid: str
    trait: str
    neg_log10_p: float | None = None
    log_odds: float | None = None
    pmid: int | None = None


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Something near a query.

    :param id: an rsID, a gene's symbol, or a concept's ids, parted by ``|``.
    :param name: in words; of a SNP its rsID.
    :param kind: one of :data:`KINDS`.
    :param score: the cosine.
    :param status: ``known`` if a study that was trained on links the SNP and the trait, else
        ``predicted``.
    :param evidence: the links that are known.
    :param chromosome: of a SNP; empty if unknown.
    :param position: of a SNP, in GRCh38; None if unknown.
    """

    id: str
    name: str
    kind: str
    score: float
    status: Literal["known", "predicted"] = "predicted"
    evidence: tuple[Evidence, ...] = field(default=())
    chromosome: str = ""
    position: int | None = None

    @property
    def place(self) -> str:
        """A SNP's chromosome and position in words; empty where there is none."""
        return f"{self.chromosome}:{self.position:,}" if self.position else ""

    @property
    def told_evidence(self) -> str:
        """What is known, in words; empty where nothing is."""
        parts = []
        for each in self.evidence:
            if each.neg_log10_p is not None:
                parts.append(f"−log10 p {each.neg_log10_p:.1f}")
            if each.log_odds is not None:
                parts.append(f"|log OR| {each.log_odds:.2f}")
            if each.pmid is not None:
                parts.append(f"PMID {each.pmid}")
        return ", ".join(parts)
