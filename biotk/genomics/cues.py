"""Words that say that a text is about variants; without one some signs mean something else."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator

from biotk.genomics.residues import FULL_NAMES

_WORDS = (
    "mutat mutant polymorph variant variation snp allel genotyp haplotyp diplotyp homozyg "
    "heterozyg hemizyg substitut transversion missense nonsense frameshift frame-shift codon "
    "exon intron nucleotide amino germline germ-line somatic deletion indel wild-type promoter "
    "cdna dbsnp locus loci gwas gene genetic genom"
).split()
_WHOLE = frozenset(("snp", "gene", "variation"))
#: Variants are told in words near one of those above, or of these.
_FURTHER = (
    *"position base bp transition residue insertion duplication ins/del del/ins".split(),
    *FULL_NAMES,
)
_NEAR = 80
#: A little more than the longest variant that is told in words, and the way to its word.
_REACH = 400


def _casings(words: Iterable[str]) -> set[str]:
    return {case(word) for word in words for case in (str.lower, str.capitalize, str.upper)}


_CUES = frozenset(_casings(_WORDS) | {"dbSNP", "SNPs", "cDNA"})
# Literals alone, and no IGNORECASE: such an expression is searched for several times faster.
_SEED = re.compile(
    "|".join(sorted(map(re.escape, _CUES | _casings(_FURTHER)), reverse=True))
    + r"|/(?<=[A-Za-z]{3}/)(?=[A-Za-z]{3}(?![A-Za-z]))"
    r"|>(?<=[-A-Z][->])(?=[A-Za-z])|-(?<=[a-z]{3}-)-"
)


class Cues:
    """Where such words stand.

    :param text: the folded text.
    :param trusted: whether all of it is known to be a variant, so that no word is needed.
    """

    def __init__(self, text: str, *, trusted: bool = False) -> None:
        self.trusted = trusted
        seeds = [] if trusted else list(_SEED.finditer(text))
        self._starts = [m.start() for m in seeds if m[0] in _CUES and _is_word(m)]
        around = _passages(match.start() for match in seeds)
        self.passages = ((0, len(text)),) if trusted else tuple(around)

    def near(self, start: int, end: int, reach: int = _NEAR) -> bool:
        """:returns: whether such a word stands about a place.

        :param reach: how many characters before and behind it are looked at.
        """
        if self.trusted:
            return True
        at = bisect_left(self._starts, start - reach)
        return at < len(self._starts) and self._starts[at] < end + reach

    def search(self, pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
        """Yield the matches of an expression in the passages that may tell of a variant."""
        for start, end in self.passages:
            yield from pattern.finditer(text, start, end)


def _is_word(match: re.Match[str]) -> bool:
    text, start, end = match.string, match.start(), match.end()
    if start and text[start - 1].isalpha():
        return False
    rest = text[end : end + 2]
    return match[0].lower() not in _WHOLE or not rest.rstrip("s")[:1].isalpha()


def _passages(seeds: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield passages about words, those that touch as one."""
    first: int | None = None
    last = 0
    for seed in seeds:
        if first is None:
            first = seed
        elif seed - last > 2 * _REACH:
            yield max(0, first - _REACH), last + _REACH
            first = seed
        last = seed
    if first is not None:
        yield max(0, first - _REACH), last + _REACH
