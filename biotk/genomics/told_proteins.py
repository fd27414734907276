"""Changes of amino acids told in words: "valine to methionine at codon 66"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from biotk.genomics import notation
from biotk.genomics.cues import Cues
from biotk.genomics.residues import ONE_LETTER, STOP_NAME, THREE_LETTERS, amino_acid
from biotk.genomics.variant import Variant
from biotk.genomics.words import AMINO, AT, CODE

_ARTICLE = r"(?:an?\s|the\s)?"
_LINK = (
    r"(?:(?:-|\s)(?:to|into|by|for|with|rather\sthan|instead\sof)(?:-|\s)"
    rf"{_ARTICLE}|\s?-{{0,4}}>\s?|-)"
)
_OF_IT = (
    rf"(?:\s(?:residue|codon)(?=\s\())?{CODE}(?:\s(?:residue|codon)(?=\s(?:at|by|to|for|with)\s))?"
)
_PLACE = r"(?:[-\s]?\(?(?P<{}>\d{{1,5}})(?![\d.,]\d)\)?)?"

# "arginine (R) to glycine (G) mutation at position 76", "histidine 626-to-arginine"
_CHANGED = re.compile(
    rf"(?<![a-z])(?P<old>{AMINO}){_OF_IT}{_PLACE.format('first')}(?P<link>{_LINK})"
    rf"(?P<new>{AMINO}|{STOP_NAME}){CODE}(?:\sresidue(?=\sat\s))?{_PLACE.format('second')}(?![a-z])(?:{AT})?",
    re.IGNORECASE,
)
# "stop codon for glutamine at codon 298"
_STOPPED = re.compile(
    rf"(?<![a-z])(?:{STOP_NAME}){CODE}\sfor\s{_ARTICLE}(?P<old>{AMINO}){CODE}(?![a-z])(?:{AT})?",
    re.IGNORECASE,
)
# "glutamine replacement of arginine"
_REPLACED = re.compile(
    rf"(?<![a-z])(?P<new>{AMINO})\sreplacement\sof\s{_ARTICLE}(?P<old>{AMINO})(?![a-z])(?:{AT})?",
    re.IGNORECASE,
)
# "codon 358, tyrosine to histidine", "326 from Ser to Cys"
_PLACE_FIRST = re.compile(
    rf"(?<![\w.])(?:(?P<at>\d{{1,5}})\sfrom\s"
    rf"|(?:codon|residue|amino\sacid|position)\s(?P<bare>\d{{1,5}}),?\s(?!from))"
    rf"(?P<old>{AMINO})(?:-|\s)to(?:-|\s)(?P<new>{AMINO}|{STOP_NAME})(?![a-z])",
    re.IGNORECASE,
)
# "arginine at codon 506 to glutamine", "tyrosine at position 67 is replaced by a stop codon"
_PLACE_BETWEEN = re.compile(
    rf"(?<![a-z])(?P<old>{AMINO})(?:\s(?:residue|codon))?{CODE}{AT}(?:\s(?:is|was))?"
    rf"(?:\s(?:replaced|substituted|changed|mutated))?\s(?:to|by|with|into)\s{_ARTICLE}"
    rf"(?P<new>{AMINO}|{STOP_NAME})(?![a-z])",
    re.IGNORECASE,
)
# "R to G mutation at position 76"
_LETTERS = re.compile(
    rf"(?<![\w-])(?P<old>[{ONE_LETTER}])(?:(?:-|\s)to(?:-|\s)|\s?-{{0,4}}>\s?)"
    rf"(?P<new>[{ONE_LETTER}])(?!\w){AT}"
)
_AT_PAIR = AT.replace("(?P<at>", "(?P<at2>")
# "Ile/Val polymorphism at codon 655", "326 Ser/Cys", "Ser/Cys 326", "272gly----stop"
_PAIR = re.compile(
    rf"(?<![\w/])(?:(?P<at>\d{{2,5}})\s?)?(?P<old>{THREE_LETTERS})\s?(?:/|-{{1,4}}>?|>)\s?"
    rf"(?P<new>{THREE_LETTERS}|ter|stop)(?:\s?-?(?P<second>\d{{2,5}})(?!\w)|(?![\w/])(?:{_AT_PAIR})?)(?![\w/])",
    re.IGNORECASE,
)
_PAIR_NOUN = re.compile(r"\s(?:polymorph|genotyp|varia|mutation|substitution)")
_BASES = frozenset("ACGT")


def find_told_proteins(text: str, cues: Cues) -> Iterator[Variant]:
    """Find changes of amino acids that are told in words.

    :param text: the folded text.
    """
    for match in cues.search(_CHANGED, text):
        variant = _changed(match, cues)
        if variant is not None:
            yield variant
    for pattern in (_STOPPED, _REPLACED):
        for match in cues.search(pattern, text):
            if cues.near(*match.span()):
                new = match["new"] if pattern is _REPLACED else "Ter"
                yield _variant(match, match["old"], _place(match), new)
    for pattern in (_PLACE_FIRST, _PLACE_BETWEEN):
        for match in cues.search(pattern, text):
            yield _variant(match, match["old"], _place(match), match["new"])
    for match in cues.search(_LETTERS, text):
        if not {match["old"], match["new"]} <= _BASES and cues.near(*match.span()):
            yield _variant(match, match["old"], _place(match), match["new"])
    for match in cues.search(_PAIR, text):
        place = match["at"] or match["second"] or match["at2"] or match["bare"]
        if not place:
            same = match["old"].lower() == match["new"].lower()
            if same or not (cues.trusted or _PAIR_NOUN.match(text, match.end())):
                continue
        yield _variant(match, match["old"], place or "", match["new"])


def _variant(match: re.Match[str], old: str, place: str, new: str) -> Variant:
    name = notation.protein_substitution(amino_acid(old), place or "?", amino_acid(new))
    return Variant(match.start(), match.end(), match[0], "protein", name)


def _place(match: re.Match[str]) -> str:
    """:returns: the place that is told behind or before; empty where it is none of a protein."""
    place = notation.place(match["at"] or match["bare"] or "")
    return place if place.isdecimal() else ""


def _changed(match: re.Match[str], cues: Cues) -> Variant | None:
    place = match["first"] or _place(match) or match["second"] or ""
    link = match["link"].strip(" -").lower()
    if not link and (not place or len(match["second"] or place) < 2):
        return None  # "serine-threonine kinase", "Cys2-His2 zinc finger"
    # "Lysine for glutamic acid": what stands first is new.
    turned = link.startswith(("for", "rather", "instead"))
    if (turned or not place) and not cues.near(*match.span()):
        return None
    old, new = match["old"], match["new"]
    return _variant(match, new, place, old) if turned else _variant(match, old, place, new)
