"""Changes of bases told in words: "G to A at position 20210", "a C/T polymorphism"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from biotk.genomics import notation
from biotk.genomics.cues import Cues
from biotk.genomics.residues import bases
from biotk.genomics.variant import Variant
from biotk.genomics.words import AT, BASE, CODE, NUMBER

_LINK = r"(?:(?:-|\s)(?:to|by|with|for|into)(?:-|\s)(?:an?\s|the\s)?|\s?-{0,4}>\s?|/|-)"
_CHANGED = re.compile(
    rf"(?<![\w-])(?P<open>\()?(?P<old>{BASE})(?:\s(?:residue|nucleotide))?{CODE}(?P<link>{_LINK})"
    rf"(?P<new>{BASE}){CODE}(?(open)\)|)(?![A-Za-z])(?:{AT})?"
)
# "G at nucleotide 1691 to A", "nucleotide 3243 from A to G"
_PLACE_BETWEEN = re.compile(
    rf"(?<![\w-])(?P<old>{BASE})\s(?:residue\s)?(?:at|in)\s(?:the\s)?(?:nucleotide|nt|position|base)\s"
    rf"(?:position\s)?(?P<at>{NUMBER})(?:\s(?:is|was))?(?:\s(?:replaced|substituted|changed))?"
    rf"\s(?:to|by|with|into)\s(?:an?\s)?(?P<new>{BASE})(?!\w)"
)
_PLACE_FIRST = re.compile(
    rf"(?<!\w)(?:nucleotide|nt|position)\s(?:position\s)?(?P<at>{NUMBER}),?\s(?:from\s)?(?P<old>{BASE})"
    rf"(?:-|\s)to(?:-|\s)(?P<new>{BASE})(?!\w)"
)
# Without a place only what stands about it says that a change is meant.
_NOUN_BEHIND = re.compile(
    r"\)?\s(?:(?:heterozygous|homozygous|tandem|gene|genetic|functional|single|base|nucleotide|point"
    r"|missense|nonsense|splice|promoter|SNP)[-\s]){0,3}"
    r"(?:substitution|mutation|transition|transversion|change|exchange|conversion|replacement"
    r"|polymorphi|variant|variation|allele|genotyp|SNP|single[-\s]nucleotide)"
)
_TRANSITION = re.compile(r"\s(?:point\s)?(?:transition|transversion|substitution|mutation|change)")
_NOUN_BEFORE = re.compile(
    r"(?:rs\d{2,10}\s?[:(]\s?|SNP\s\(?|polymorphisms?\s\(|substitution\s(?:of\s)?)\Z"
)
_REACH = 24


def find_told_bases(text: str, cues: Cues) -> Iterator[Variant]:
    """Find changes of bases that are told in words.

    :param text: the folded text.
    """
    for pattern in (_PLACE_BETWEEN, _PLACE_FIRST):
        for match in cues.search(pattern, text):
            where, old, new = notation.place(match["at"]), bases(match["old"]), bases(match["new"])
            name = notation.substitution(where, old, new)
            yield Variant(match.start(), match.end(), match[0], "dna", name)
    for match in cues.search(_CHANGED, text):
        place = match["at"] or match["bare"]
        start, end = match.span()
        old, new = bases(match["old"]), bases(match["new"])
        link = match["link"].strip(" -").lower()
        if link == "/" and (
            len(old) != len(new) or len(old) == 2 or (old == new and len(old) == 1)
        ):
            continue  # "CAG/GG genotype", "A/A": what somebody has of two genes
        if not link and not _TRANSITION.match(text, match.end("new")):
            continue  # "A-T", "C-C chemokine"
        if place is None:
            if not _is_change(match, link, cues):
                continue
            if match["open"]:
                start, end = start + 1, end - 1
        # A codon is no place of a base: it has three.
        where = "" if place is None or "codon" in match[0].lower() else notation.place(place)
        name = notation.substitution(where, old, new)
        yield Variant(start, end, text[start:end], "dna", name)


def _is_change(match: re.Match[str], link: str, cues: Cues) -> bool:
    """:returns: whether bases without a place are a change."""
    text, start, end = match.string, match.start(), match.end()
    if cues.trusted:
        return True
    codons = len(match["old"]) == len(match["new"]) == 3 and link != "/"
    by_name = codons or min(len(match["old"]), len(match["new"])) > 4
    if link == "for" and not by_name:
        return False
    if _NOUN_BEHIND.match(text, end) is not None:
        return True
    if _NOUN_BEFORE.search(text, max(0, start - _REACH), start) is not None:
        return True
    return by_name and cues.near(start, end)
