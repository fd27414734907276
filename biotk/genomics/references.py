"""What stands before a change in a notation: a reference sequence, a gene."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SYMBOL = r"[A-Z][A-Z0-9-]{1,9}(?:orf\d{1,4})?"
_REFERENCE = (
    r"(?:N[CGMRPTW]|X[MPR])_\d{6,9}(?:\.\d{1,2})?|ENS[GTP]\d{11}(?:\.\d{1,2})?"
    r"|LRG_\d{1,5}(?:[tp]\d{1,2})?"
)
# NM_004333.4(BRAF):c.1799T>A, BRAF(NM_004333.4):c.1799T>A, BRAF:c.1799T>A
_LEAD = re.compile(
    rf"(?<![A-Za-z0-9])(?:(?P<reference>{_REFERENCE})\s?(?:\((?P<gene>{_SYMBOL})\))?"
    rf"|(?P<outer>{_SYMBOL})\s?(?:\((?P<held>{_REFERENCE})\))?):\s?\Z"
)
_REACH = 48
#: Words in capitals that are no genes.
_NO_GENES = frozenset(("HGVS", "DNA", "CDS", "SNP", "SNPS", "RNA", "EXON", "AA", "PROTEIN", "NT"))


@dataclass(frozen=True, slots=True)
class Lead:
    """A reference sequence or a gene before a change.

    :param start: where the mention starts: at the reference, but not at the gene, which is a
        mention of its own.
    """

    start: int
    reference: str | None = None
    gene: str | None = None

    def named(self, change: str) -> str:
        """:returns: a change with its reference sequence."""
        return change if self.reference is None else f"{self.reference}:{change}"


def lead_before(text: str, start: int) -> Lead:
    """Read what stands right before a change.

    :param start: where ``c.``, ``p.`` or another letter stands.

    >>> lead_before("NM_004333.4(BRAF):c.1799T>A", 18)
    Lead(start=0, reference='NM_004333.4', gene='BRAF')
    """
    if not start or text[start - 1] not in ": ":
        return Lead(start)
    match = _LEAD.search(text, max(0, start - _REACH), start)
    if match is None:
        return Lead(start)
    if match["reference"]:
        return Lead(match.start(), match["reference"], match["gene"])
    gene = None if match["outer"] in _NO_GENES else match["outer"]
    return Lead(start, match["held"], gene)
