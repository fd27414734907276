"""Changes in one-letter codes: ``V600E``, ``C677T``, ``G-395A``, ``192Q/R``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from biotk.genomics import notation
from biotk.genomics.cues import Cues
from biotk.genomics.lookalikes import is_lookalike
from biotk.genomics.protein import change_at
from biotk.genomics.residues import ONE_LETTER, amino_acid
from biotk.genomics.variant import Variant

_AA = f"[{ONE_LETTER}]"
# A symbol may stand right before it: in small letters ("KrasG12D", "rtM204V"), or of a gene that is
# often written so ("BRAFV600E"); GADD45A is a gene.
_START = re.compile(
    rf"{_AA}(?:(?<![\w*].)(?=\d{{1,5}}[\w*_/-]|\(\d{{2,4}}\){_AA}(?!\w))"
    rf"|(?:(?<=[a-z].)|(?<=(?:[HKN]RAS|BRAF|EGFR|JAK2|IDH[12]).))(?=\d{{2,4}}{_AA}(?!\w)))"
)
# Bases with a sign, blanks or an arrow between: "G-395A", "C-344 T", "A 1166C", "C677>T".
_BASES = re.compile(
    r"(?P<old>[ACGT])(?<![\w*].)(?P<gap>\s?)(?P<open>\()?(?P<sign>-?)\s?"
    r"(?P<place>\d{2,6})(?(open)\))(?P<link>\s?(?:-{0,3}>)?\s?)(?P<new>[ACGT])(?![\w*>])"
)
_SLASH = re.compile(rf"\d(?<![\w.].)(?P<rest>\d{{1,3}})\s?(?P<old>{_AA})/(?P<new>{_AA})(?![\w/])")

#: A change between A, C, G and T at a lower place is one of amino acids, if nothing else tells.
_FIRST_BASE = 100
_BETWEEN = re.compile(r"\s?(?:/|\+|;|,|,?\s?(?:and|or|&))\s?(?:the\s)?")
_BASE_LETTERS = frozenset("ACGT")


@dataclass(frozen=True, slots=True)
class _Joined:
    """A letter, a number, a letter."""

    start: int
    end: int
    name: str
    old: str
    new: str

    @property
    def may_be_bases(self) -> bool:
        return self.old in _BASE_LETTERS and self.new in _BASE_LETTERS


def find_letters(text: str, cues: Cues) -> Iterator[Variant]:
    """Find changes in one-letter codes.

    A, C, G and T are bases and amino acids: ``C677T`` is taken for bases, but not where its number
    is below 100 or where it stands in a list with changes of other letters (``A30P and A153T``).

    :param text: the folded text.
    """
    joined: list[_Joined] = []
    for match in _START.finditer(text):
        start = match.start()
        change = change_at(text, start, tight=True)
        if change is None:
            continue
        end = change.end
        if len(change.new) == 1 and end - start < 8 and is_lookalike(text, start, end, cues):
            continue
        if change.new:
            joined.append(_Joined(start, end, change.name, change.old, change.new))
        else:
            yield Variant(start, end, text[start:end], "protein", change.name)
    yield from _told_apart(text, joined)
    yield from _with_signs(text, cues)
    for match in _SLASH.finditer(text):
        old, new = match["old"], match["new"]
        if not {old, new} <= _BASE_LETTERS and cues.near(*match.span()):
            place = match[0][0] + match["rest"]
            name = notation.protein_substitution(amino_acid(old), place, amino_acid(new))
            yield Variant(match.start(), match.end(), match[0], "protein", name)


def _told_apart(text: str, joined: list[_Joined]) -> Iterator[Variant]:
    """Yield changes of amino acids and those of bases as what they are."""
    for items in _lists(text, joined):
        sure = any(not each.may_be_bases for each in items)
        for each in items:
            written = text[each.start : each.end]
            place = written[1 : -len(each.new)].strip("()->")
            if sure or not place.isdecimal() or int(place) < _FIRST_BASE:
                yield Variant(each.start, each.end, written, "protein", each.name)
            else:
                name = notation.substitution(place, each.old, each.new)
                yield Variant(each.start, each.end, written, "dna", name)


def _lists(text: str, joined: list[_Joined]) -> Iterator[list[_Joined]]:
    """Yield changes, those together that stand in one list."""
    items: list[_Joined] = []
    for each in joined:
        if items and _BETWEEN.fullmatch(text, items[-1].end, each.start) is None:
            yield items
            items = []
        items.append(each)
    if items:
        yield items


def _with_signs(text: str, cues: Cues) -> Iterator[Variant]:
    for match in _BASES.finditer(text):
        sign, place, link = match["sign"], match["place"], match["link"].strip()
        spaced = match["gap"] or (" " in match["link"] and not link)
        if not (sign or link or spaced):
            continue  # "C677T", which is a letter, a number, a letter
        if (spaced or (sign and len(place) < 3)) and not cues.near(*match.span()):
            continue
        name = notation.substitution(sign + place, match["old"], match["new"])
        yield Variant(match.start(), match.end(), match[0], "dna", name)
