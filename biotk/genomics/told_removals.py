"""Deletions and their like told in words: "32-bp deletion", "deletion of valine 624"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from biotk.genomics import notation
from biotk.genomics.cues import Cues
from biotk.genomics.residues import BASE_NAME, ONE_LETTER, amino_acid, bases
from biotk.genomics.variant import Variant
from biotk.genomics.words import AMINO, NUMBER

_WORDS = "one two three four five six seven eight nine ten eleven twelve".split()
_NUMBERS = {"single": "1"} | {word: str(number) for number, word in enumerate(_WORDS, 1)}
_COUNT = rf"(?:{'|'.join(_NUMBERS)}|\d{{1,6}}(?:\.\d{{1,3}})?)"
_UNIT = r"(?:base(?:[-\s]?pairs?)?|bases|bp|nucleotides?|nt|kb|mb|kbp)"
_THOUSANDS = {"k": 1000, "m": 1_000_000}
_ONE_OF = r"(?:deletion|insertion|duplication)"
_EITHER = r"(?:deletion/insertion|insertion/deletion|ins/del|del/ins|indel)"

# "starting at position 1952", "encompassing bases 1078-1182"
_AT = (
    rf"(?:\s(?:(?:starting|beginning|located)\s)?(?:at|from|encompassing|spanning)\s"
    rf"(?:(?:nucleotides?|nt|bases?|positions?|codons?|bp)\s){{0,2}}"
    rf"(?P<at>{NUMBER})(?:\s?(?:-|to|and)\s?(?P<last>\d{{1,9}}))?(?!\w|\.\d))"
)
# "32-bp deletion", "nine-nucleotide deletion starting at position 1952", "-120 bp duplication"
_SIZED = re.compile(
    rf"(?<![\w.,])(?P<sign>-?)(?P<count>{_COUNT})[-\s]?(?P<unit>{_UNIT})(?:\snucleotide)?"
    rf"\s(?:\((?P<what>[ACGT]{{2,40}})\)\s)?(?:genomic\s)?(?P<kind>{_EITHER}|{_ONE_OF})"
    rf"(?:\s\(indel\))?(?!\w){_AT}?",
    re.IGNORECASE,
)
# The same variant in a notation, or its bases: "a 2-bp deletion, c.461_462delAG".
_AGAIN = re.compile(
    r"[,;:]?\s[(\[]?(?:[ACGT]+\)|(?:[cg]\.|IVS)?\s?[-+]?\d+(?:_\d+)?(?:del|ins|dup))"
)
# "deletion of 6 bp at position 1494", "deletion of C at nucleotide 888"
_OF_BASES = re.compile(
    rf"(?<![A-Za-z])(?P<kind>(?i:{_ONE_OF}))\sof\s(?:an?\s|the\s)?(?:(?P<count>(?i:{_COUNT}))"
    rf"\s?-?(?i:{_UNIT})|(?P<what>(?i:{BASE_NAME})|[ACGT]{{1,20}}))(?![A-Za-z]){_AT}"
)
# "deletion (TGAG)", "insertion of (GCG)4GCA"
_REPEATED = r"(?:\([ACGT]{2,6}\)\d{1,2}|[ACGT]{3,6})"
_OF_SEQUENCE = re.compile(
    rf"(?<![A-Za-z])(?P<kind>[Dd]eletion|[Ii]nsertion|[Dd]uplication)\s(?:\((?P<held>[ACGT]{{2,40}})\)"
    rf"|of\s(?:the\s\w{{1,9}}\snucleotides\s)?(?P<what>{_REPEATED}(?:{_REPEATED}|[ACGT])?))(?!\w)"
)
# "T deletion at 5063", "cytosine insertion", "TGAG deletion", "adenine 474 deletion"
_BASES_FIRST = re.compile(
    rf"(?<![\w-])(?:nucleotide\s)?(?P<what>(?i:{BASE_NAME})|[ACGT]{{1,20}})(?:\s(?P<place>\d{{1,7}}))?"
    rf"\s(?P<kind>{_ONE_OF})(?![\w/-]){_AT}?"
)
# "deletion of amino acids 809-852"
_OF_RESIDUES = re.compile(
    rf"(?<![A-Za-z])(?P<kind>(?i:{_ONE_OF}))\sof\s(?:amino\sacids?|residues?|codons?)\s"
    rf"(?P<first>\d{{1,5}})(?:(?:\s?-\s?|\sto\s|\sthrough\s|\sand\s)(?P<last>\d{{1,5}}))?(?!\w)"
)
# "deletion of valine 624, valine 625"
_OF_NAMED = re.compile(
    rf"(?<![A-Za-z])(?P<kind>(?i:deletion|duplication))\sof\s(?:the\s)?(?P<aa>(?i:{AMINO}))[-\s]?"
    rf"(?P<first>\d{{1,5}})(?:(?:,\s|\sand\s)(?P<aa2>(?i:{AMINO}))[-\s]?(?P<last>\d{{1,5}}))?(?!\w)"
)
# "D487_S488_F489 deletion"
_RUN = re.compile(
    rf"(?<!\w)(?P<first>[{ONE_LETTER}]\d{{2,4}})(?:_[A-Z]\d{{2,4}})?_(?P<last>[{ONE_LETTER}]\d{{2,4}})"
    r"\s(?P<kind>deletion|duplication)(?!\w)"
)
# "-652 6N ins/del", "indel polymorphism at position -4825"
_PLACED = re.compile(
    rf"(?<![-+.])(?P<place>-\d{{2,6}})\s(?:(?P<count>\d{{1,3}})N\s|gene\s)?(?P<kind>{_EITHER}|del|ins)"
    rf"(?!\w)|(?<!\w)(?P<kind2>{_EITHER})(?:\spolymorphism)?\sat\s(?:position\s)?(?P<at>{NUMBER})(?!\w)"
)
_SIZE_BEHIND = re.compile(rf"(?<![A-Za-z])(?P<kind>{_EITHER})\s(?P<count>\d{{1,6}})\s?bp(?!\w)")


def find_told_removals(text: str, cues: Cues) -> Iterator[Variant]:
    """Find deletions, insertions and duplications that are told in words.

    :param text: the folded text.
    """
    yield from _sized(text, cues)
    yield from _of_bases(text, cues)
    yield from _of_residues(text, cues)
    for match in cues.search(_PLACED, text):
        place = notation.place(match["place"] or match["at"])
        kind = match["kind"] or match["kind2"]
        yield _variant(match, kind, place, match["count"] or "")
    for match in cues.search(_SIZE_BEHIND, text):
        yield _variant(match, match["kind"], "", match["count"])


def _variant(match: re.Match[str], kind: str, where: str, what: str) -> Variant:
    name = notation.changed_in_length(kind.lower(), where, what)
    return Variant(match.start(), match.end(), match[0], "dna", name)


def _where(match: re.Match[str]) -> str:
    return "" if match["at"] is None else notation.places(match["at"], match["last"])


def _sized(text: str, cues: Cues) -> Iterator[Variant]:
    for match in cues.search(_SIZED, text):
        count = match["count"].lower()
        # "A four-base deletion" in general, and what is told anew in a notation, are none.
        told = match["at"] is not None or match["what"] is not None
        if not told and (not count[0].isdecimal() or _AGAIN.match(text, match.end())):
            continue
        if match["sign"]:  # "the -120 bp duplication": its place
            yield _variant(match, match["kind"], f"-{count}", "")
            continue
        number = float(_NUMBERS.get(count, count))
        size = str(round(number * _THOUSANDS.get(match["unit"][0].lower(), 1)))
        yield _variant(match, match["kind"], _where(match), match["what"] or size)


def _of_bases(text: str, cues: Cues) -> Iterator[Variant]:
    for match in cues.search(_OF_BASES, text):
        count = (match["count"] or "").lower()
        what = _NUMBERS.get(count, count) or bases(match["what"])
        yield _variant(match, match["kind"], _where(match), what)
    for match in cues.search(_OF_SEQUENCE, text):
        what = notation.inserted(match["held"] or match["what"])
        operation = notation.changed_in_length(match["kind"], "", "")
        name = operation.rstrip("N") + what
        yield Variant(match.start(), match.end(), match[0], "dna", name)
    for match in cues.search(_BASES_FIRST, text):
        what = bases(match["what"])
        where = notation.place(match["place"]) if match["place"] else _where(match)
        if where or len(match["what"]) > 1:
            yield _variant(match, match["kind"], where, what)


def _of_residues(text: str, cues: Cues) -> Iterator[Variant]:
    for match in cues.search(_OF_RESIDUES, text):
        yield _protein(match, match["first"], match["last"])
    for match in cues.search(_OF_NAMED, text):
        first = f"{amino_acid(match['aa'])}{match['first']}"
        last = f"{amino_acid(match['aa2'])}{match['last']}" if match["aa2"] else None
        yield _protein(match, first, last)
    for match in cues.search(_RUN, text):
        first, last = match["first"], match["last"]
        yield _protein(match, amino_acid(first[0]) + first[1:], amino_acid(last[0]) + last[1:])


def _protein(match: re.Match[str], first: str, last: str | None) -> Variant:
    where = first if last is None else f"{first}_{last}"
    name = f"p.{notation.changed_in_length(match['kind'], where, '')}"
    return Variant(match.start(), match.end(), match[0], "protein", name)
