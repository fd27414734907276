"""What stands at one place of a sequence: "T allele at -31", "-31T", "7488TC", "Cys326"."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from biotk.genomics import notation
from biotk.genomics.cues import Cues
from biotk.genomics.residues import NAME, ONE_LETTER, THREE, THREE_LETTERS, amino_acid
from biotk.genomics.variant import Variant, VariantKind
from biotk.genomics.words import NUMBER

_OF_BASES = re.compile(r"(?:[cgnmo]\.)?[-*]?(\d+)([ACGT])>([ACGT])")
_OF_PROTEIN = re.compile(r"p\.([A-Z][a-z]{2})(\d+)([A-Z][a-z]{2}|=)")

# "1858T", "-31TT", "7488 T"
_BASES_LAST = re.compile(
    r"(?:(?<![-+.])-|(?<![\w.]))(?P<place>\d{2,6})(?P<gap>\s?)(?P<bases>[ACGT]{1,2})(?![\w/>*-])"
)
# "T2734", "C-31"
_BASE_FIRST = re.compile(
    r"(?P<bases>[ACGT])(?<![\w*].)(?P<gap>\s?)-?(?P<place>\d{2,6})(?![\w*>-]|\.\d)"
)
# "302H", "192RR", "326Ile", "399 Gln"
_AMINO_LAST = re.compile(
    rf"(?<![\w.])(?P<place>\d{{2,4}})\s?(?P<aa>{THREE_LETTERS}|(?P<one>[{ONE_LETTER}])(?P=one)?)(?![\w>*])"
)
# "Cys326", "arginine 714", "D2267"
_AMINO_FIRST = re.compile(
    rf"(?P<aa>(?<![\w*])(?:{THREE_LETTERS}|(?i:{NAME})|[{ONE_LETTER}]))[-\s]?(?P<place>\d{{2,4}})(?![\w*>-]|\.\d)"
)
_NOUN = re.compile(r"[\s-](?:allel|genotyp|carrier|homozyg|heterozyg|variant)")

# "(W) allele at codon 620", "A at position -1082", "lysine at residue 223"
_TOLD = re.compile(
    rf"(?<!\w)(?:(?P<open>\()?(?P<letter>[A-Z])(?(open)\))\sallele\s(?:at|for|of)\s(?:the\s)?"
    rf"(?:(?P<codon>codon|residue|amino\sacid)\s|(?:nucleotide|position)\s)?(?P<place>{NUMBER})(?!\w)"
    rf"|(?P<base>[ACGT])\sat\s(?:nucleotide\s)?position\s(?P<place2>{NUMBER})(?!\w)"
    rf"|(?P<aa>(?i:{NAME})|{THREE_LETTERS})\sat\s(?:(?:amino\sacid|residue|codon|position)\s){{1,2}}"
    r"(?P<place3>\d{1,5})(?!\w))"
)

#: What may stand at each place that a text tells of.
_There = Mapping[str, set[str]]


def find_alleles(text: str, changes: Iterable[Variant], cues: Cues) -> Iterator[Variant]:
    """Find alleles, told in words, or where the text tells of a change at the same place.

    "1858T" alone may be anything; where "1858C>T" stands as well it is an allele.

    :param text: the folded text.
    :param changes: the changes that were found in it.
    """
    bases, residues = _there(changes)
    yield from _told(text, cues)
    yield from _bases(text, bases, cues)
    if residues or cues.trusted:
        yield from _residues(text, residues, cues)


def _there(changes: Iterable[Variant]) -> tuple[_There, _There]:
    """:returns: by place, without its sign, the bases and the amino acids that changes name."""
    bases: dict[str, set[str]] = defaultdict(set)
    residues: dict[str, set[str]] = defaultdict(set)
    for each in changes:
        name = each.normalised.rpartition(":")[2]
        if (match := _OF_BASES.fullmatch(name)) is not None:
            bases[match[1]] |= {match[2], match[3]}
        elif (match := _OF_PROTEIN.fullmatch(name)) is not None:
            residues[match[2]] |= {match[1], match[3]}
    return bases, residues


def _bases(text: str, there: _There, cues: Cues) -> Iterator[Variant]:
    for pattern in (_BASES_LAST, _BASE_FIRST):
        for match in cues.search(pattern, text):
            place, bases = match["place"], match["bases"]
            noun = _NOUN.match(text, match.end()) is not None
            signed = "-" in match[0]
            if match["gap"] and not noun and not cues.trusted:
                continue
            if cues.trusted or set(bases) <= there.get(place, set()) or (signed and noun):
                name = f"{'-' if signed else ''}{place}{''.join(dict.fromkeys(bases))}"
                yield Variant(match.start(), match.end(), match[0], "dna-allele", name)


def _residues(text: str, there: _There, cues: Cues) -> Iterator[Variant]:
    for pattern in (_AMINO_LAST, _AMINO_FIRST):
        for match in pattern.finditer(text):
            written, place = match["aa"], match["place"]
            residue = amino_acid(written[0] if len(written) == 2 else written)
            if cues.trusted or residue in there.get(place, set()):
                name = f"p.{residue}{place}"
                yield Variant(match.start(), match.end(), match[0], "protein-allele", name)


def _told(text: str, cues: Cues) -> Iterator[Variant]:
    for match in cues.search(_TOLD, text):
        place = notation.place(match["place"] or match["place2"] or match["place3"])
        letter = match["letter"] or match["base"]
        kind: VariantKind = "protein-allele"
        if match["aa"]:
            if not cues.near(*match.span()):
                continue
            name = f"p.{amino_acid(match['aa'])}{place}"
        elif letter in "ACGT" and not match["codon"]:
            kind, name = "dna-allele", f"{place}{letter}"
        elif letter in THREE and place.isdecimal():
            name = f"p.{THREE[letter]}{place}"
        else:
            continue
        yield Variant(match.start(), match.end(), match[0], kind, name)
