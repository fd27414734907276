"""Changes in one-letter codes: ``V600E``, ``C677T``, ``F508del``, ``192Q/R``."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator

from biotk.genomics import notation
from biotk.genomics.cues import Cues
from biotk.genomics.lookalikes import is_lookalike
from biotk.genomics.protein import change_at
from biotk.genomics.residues import ONE_LETTER, THREE_LETTERS, amino_acid, amino_acids
from biotk.genomics.variant import Variant

_AA = f"[{ONE_LETTER}]"
_THREE = rf"(?i:{THREE_LETTERS})"
_START = re.compile(rf"(?<![\w*])(?=[{ONE_LETTER}X]\d{{1,5}}[\w*_-])")
# A base, its place, and another base: "G-395A", "C-344 T", "A 1166C", "C677>T".
_BASE_FIRST = re.compile(
    r"(?<![\w*])(?P<old>[ACGT])(?P<gap>\s?)(?P<sign>-?)\s?(?P<place>\d{2,6})(?P<gap2>\s?>?\s?)(?P<new>[ACGT])(?![\w*>])"
)
_SLASH = re.compile(rf"(?<![\w.])-?(?P<place>\d{{2,4}})\s?(?P<old>{_AA})/(?P<new>{_AA})(?![\w/])")
_REMOVED = re.compile(
    rf"(?<![A-Za-z0-9])(?:(?:del|Del|DEL|[Dd]elta)\s?-?|Δ\s?-?)(?P<aa>{_THREE}|{_AA})-?(?P<place>\d{{2,4}})"
    rf"(?:[-_](?:{_AA})?(?P<last>\d{{2,4}}))?(?!\w)"
)
_REMOVED_RANGE = re.compile(
    r"(?<![A-Za-z0-9])(?:del(?:etion)?\s?-?|Δ\s?-?|[Dd]elta\s?-?)\(?(?P<place>\d{2,4})-(?P<last>\d{2,4})\)?(?!\w)"
)
_LETTERS_FIRST = re.compile(
    rf"(?<![\w])(?P<aa>{_AA}{{2,8}})\s?(?P<place>\d{{2,4}})-(?P<last>\d{{2,4}})\s?(?P<operation>del|ins|dup)(?:etion|ertion|lication)?(?!\w)"
)
_NUMBER_FIRST = re.compile(rf"(?<![\w.])(?P<place>\d{{2,4}})del(?P<aa>{_AA}{{1,20}})(?!\w)")
# "del418T", "Tdel219", "delT219"
_BASE_LOST = re.compile(
    r"(?<![\w])(?:(?P<base>[ACGT]{1,8})(?P<op>del|ins|dup)(?P<place>\d{2,6})|(?P<op2>del|ins|dup)(?P<place2>\d{2,6})(?P<base2>[ACGT]{1,8}))(?!\w)"
)
_STOP_LONG = re.compile(rf"(?<![\w*])(?P<aa>{_AA})(?P<place>\d{{2,4}})-(?:TAG|TAA|TGA)(?!\w)")

#: A change between A, C, G and T at a lower place is one of amino acids, if nothing else tells.
_FIRST_BASE = 100
_NEIGHBOUR = 60


def find_letters(text: str, cues: Cues) -> Iterator[Variant]:
    """Find changes in one-letter codes.

    A, C, G and T are bases and amino acids: ``C677T`` is taken for bases, but not where its number
    is low or where a change of other letters stands beside it (``A30P and A53T``).

    :param text: the folded text.
    """
    yield from _joined(text, cues)
    yield from _bases(text, cues)
    yield from _slashes(text, cues)
    yield from _lost(text, cues)


def _joined(text: str, cues: Cues) -> Iterator[Variant]:
    found: list[tuple[int, int, str, str]] = []
    for match in _START.finditer(text):
        start = match.start()
        if text[start] == "X":
            continue
        change = change_at(text, start, tight=True)
        if change is None:
            continue
        end = change.end
        if change.new:
            if end - start < 8 and len(change.new) == 1 and is_lookalike(text, start, end, cues):
                continue
            found.append((start, end, change.name, change.new))
        else:
            yield Variant(start, end, text[start:end], "protein", change.name)
    sure = [start for start, _, _, new in found if not _may_be_bases(text[start], new)]
    for start, end, name, new in found:
        place = text[start + 1 : end - len(new)]
        if _may_be_bases(text[start], new) and place.isdecimal():
            at = bisect_left(sure, start - _NEIGHBOUR)
            beside = at < len(sure) and sure[at] < end + _NEIGHBOUR
            if int(place) >= _FIRST_BASE and not beside:
                name = notation.substitution(place, text[start], new)
                yield Variant(start, end, text[start:end], "dna", name)
                continue
        yield Variant(start, end, text[start:end], "protein", name)


def _may_be_bases(old: str, new: str) -> bool:
    return old in "ACGT" and new in ("A", "C", "G", "T")


def _bases(text: str, cues: Cues) -> Iterator[Variant]:
    for match in _BASE_FIRST.finditer(text):
        spaced = match["gap"] or match["gap2"].strip(">")
        if not match["sign"] and not spaced and ">" not in match["gap2"]:
            continue
        if spaced and not cues.near(*match.span()):
            continue
        if match["sign"] and len(match["place"]) < 3 and not cues.near(*match.span()):
            continue
        name = notation.substitution(match["sign"] + match["place"], match["old"], match["new"])
        yield Variant(match.start(), match.end(), match[0], "dna", name)


def _slashes(text: str, cues: Cues) -> Iterator[Variant]:
    for match in _SLASH.finditer(text):
        old, new = match["old"], match["new"]
        if not _may_be_bases(old, new) and cues.near(*match.span()):
            name = notation.protein_substitution(amino_acid(old), match["place"], amino_acid(new))
            yield Variant(match.start(), match.end(), match[0], "protein", name)


def _lost(text: str, cues: Cues) -> Iterator[Variant]:
    for match in _REMOVED.finditer(text):
        last = "" if match["last"] is None else f"_{match['last']}"
        name = f"p.{amino_acid(match['aa'])}{match['place']}{last}del"
        yield Variant(match.start(), match.end(), match[0], "protein", name)
    for match in _REMOVED_RANGE.finditer(text):
        if cues.near(*match.span()):
            name = f"p.{match['place']}_{match['last']}del"
            yield Variant(match.start(), match.end(), match[0], "protein", name)
    for match in _LETTERS_FIRST.finditer(text):
        if cues.near(*match.span()):
            yield Variant(match.start(), match.end(), match[0], "protein", _of_run(match))
    for match in _NUMBER_FIRST.finditer(text):
        if set(match["aa"]) <= set("ACGT"):
            continue
        first, *_, last = [*amino_acids(match["aa"][0]).split(), amino_acid(match["aa"][-1])]
        place = int(match["place"])
        name = f"p.{first}{place}"
        if len(match["aa"]) > 1:
            name += f"_{last}{place + len(match['aa']) - 1}"
        yield Variant(match.start(), match.end(), match[0], "protein", f"{name}del")
    for match in _BASE_LOST.finditer(text):
        base, operation = match["base"] or match["base2"], match["op"] or match["op2"]
        place = match["place"] or match["place2"]
        if operation == "ins":
            name = notation.insertion(place, base)
        else:
            name = notation.removal(place, operation, base)
        yield Variant(match.start(), match.end(), match[0], "dna", name)
    for match in _STOP_LONG.finditer(text):
        name = f"p.{amino_acid(match['aa'])}{match['place']}Ter"
        yield Variant(match.start(), match.end(), match[0], "protein", name)


def _of_run(match: re.Match[str]) -> str:
    first, last = amino_acid(match["aa"][0]), amino_acid(match["aa"][-1])
    where = f"{first}{match['place']}_{last}{match['last']}"
    if match["operation"] == "ins":
        return f"p.{match['place']}_{match['last']}ins{amino_acids(match['aa'])}"
    return f"p.{where}{match['operation']}"
