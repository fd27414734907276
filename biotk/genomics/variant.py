"""A variant of a sequence, as a text names it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

#: ``rsid``: a number of dbSNP. ``dna``, ``rna``, ``protein``: a change of such a sequence.
#: ``dna-allele``, ``protein-allele``: what stands at one place of it, changed or not, as in the
#: "T allele at -31". ``star``: a named haplotype of a gene, as in CYP2C19*2.
VariantKind = Literal["rsid", "dna", "rna", "protein", "dna-allele", "protein-allele", "star"]


@dataclass(frozen=True, slots=True)
class Variant:
    """A mention of a variant.

    :param start: where it starts, in code points.
    :param end: where it ends; ``text[start:end]`` is the mention.
    :param text: the mention.
    :param kind: one of :data:`VariantKind`.
    :param normalised: its one form. An rsID in small letters; HGVS in its recommended notation
        (version 21), amino acids in three letters; a star allele with its gene. What a text does
        not say is not added: a change of DNA without ``c.`` or ``g.`` stays without it
        (``1691G>A``), and a place that is not told is ``?`` or left out.
    :param reference: the reference sequence, where the mention names one (``NM_000518.5``); it
        leads the normalised form too.
    :param gene: the symbol of the gene, where the notation holds one (``CYP2C19*2``,
        ``NM_004333.4(BRAF):c.1799T>A``, ``BRAF:p.V600E``), in a list the one of the item before.
    """

    start: int
    end: int
    text: str
    kind: VariantKind
    normalised: str
    reference: str | None = None
    gene: str | None = None
