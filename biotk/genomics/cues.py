"""Words that say that a text is about variants; without one some signs mean something else."""

from __future__ import annotations

import re
from bisect import bisect_left

# "G/A", "A6V", "rs 100" and "*2" are variants in a sentence that has one of these words.
_CUE = re.compile(
    r"(?<![a-z])(?:mutat|mutant|polymorphi|polymorphous|variant|varia(?:tion|nt)s?(?![a-z])|snps?(?![a-z])"
    r"|allel|genotyp|haplotyp|diplotyp|homozygo|heterozygo|hemizygo|substitut|transition|transversion"
    r"|missense|nonsense|frame-?shift|codon|exon|intron|nucleotide|amino[- ]acid|residue"
    r"|germ-?line|somatic|carriers?(?![a-z])|deletion|insertion|duplication|wild-?type|promoter"
    r"|cdna|dbsnp|loci|locus|gwas|genes?(?![a-z])|genomic|sequenc)",
    re.IGNORECASE,
)
_NEAR = 80


class Cues:
    """Where such words stand.

    :param text: the text.
    :param trusted: whether all of it is known to be a variant, so that no word is needed.
    """

    def __init__(self, text: str, *, trusted: bool = False) -> None:
        self.trusted = trusted
        self._starts = [] if trusted else [match.start() for match in _CUE.finditer(text)]

    def anywhere(self) -> bool:
        """:returns: whether there is one."""
        return self.trusted or bool(self._starts)

    def near(self, start: int, end: int, reach: int = _NEAR) -> bool:
        """:returns: whether one stands about a place.

        :param reach: characters before and behind it.
        """
        if self.trusted:
            return True
        at = bisect_left(self._starts, start - reach)
        return at < len(self._starts) and self._starts[at] < end + reach
