"""Deletions and their like in short: ``delF508``, ``del418T``, ``157delMT``, ``Δ32``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from biotk.genomics import notation
from biotk.genomics.cues import Cues
from biotk.genomics.residues import ONE_LETTER, THREE_LETTERS, amino_acid, amino_acids
from biotk.genomics.variant import Variant, VariantKind

_AA = f"[{ONE_LETTER}]"
_DEL = r"(?:(?:del|Del|DEL)(?:ta)?|Δ)"
_OPERATION = r"(?P<operation>del|ins|dup)"

# "delF508", "ΔF508", "ΔE746-A750"
_RESIDUE = re.compile(
    rf"{_DEL}\s?-?(?P<aa>(?i:{THREE_LETTERS})|{_AA})-?(?P<place>\d{{2,4}})"
    rf"(?:[-_](?P<aa2>{_AA})?(?P<last>\d{{2,4}}))?(?!\w)"
)
# "del-(439-443)", "Δ695-725"
_RANGE = re.compile(
    rf"{_DEL}\s?-?(?P<open>\()?(?P<place>\d{{2,4}})-(?P<last>\d{{2,4}})(?(open)\))(?!\w)"
)
# "157delMTTTVP"
_AFTER_PLACE = re.compile(rf"(?P<place>\d{{2,4}})del(?P<run>{_AA}{{1,20}})(?!\w)")
# "AVAQ 594-597 deletion", "AFF344-345ins"
_BEFORE_PLACE = re.compile(
    rf"(?P<run>{_AA}{{2,8}})\s?(?P<place>\d{{2,4}})-(?P<last>\d{{2,4}})\s?"
    rf"{_OPERATION}(?:etion|ertion|lication)?(?!\w)"
)
# "Tdel219", "del418T"
_BASE = re.compile(
    rf"(?:(?P<first>[ACGT]{{1,8}}))?{_OPERATION}(?P<place>\d{{2,6}})(?P<second>[ACGT]{{1,8}})?(?!\w)"
)
# "dup24bp", "ins/del 6 bp"
_SIZED = re.compile(r"(?P<operation>ins/del|del/ins|del|ins|dup)\s?(?P<size>\d{1,6})\s?bp(?!\w)")
# "CCR5-Delta32", "CCR5Δ32"
_DELTA = re.compile(r"(?:[Dd]elta|Δ)-?(?P<size>\d{2,3})(?:-(?P<place>\d{3,6}))?(?![\w-]|\.\d)")

# Without a place, as it is normalised; in a text it may be anything.
_PLACELESS = re.compile(
    r"(?:delins|del|ins|dup)(?:[ACGTN]{1,80}(?:\[\d{1,6}\])?|\[[^\]\s]{1,80}\](?:;[^\s]{1,80}\])?)|[ACGT]{1,60}\[\d{1,4}\]"
)
_PLACED_RANGE = re.compile(r"p\.(?P<where>\d{1,5}_\d{1,5}(?:del|dup|ins(?:[A-Z][a-z]{2}){1,60}))")


def find_removals(text: str, cues: Cues) -> Iterator[Variant]:
    """Find deletions, insertions and duplications in short.

    :param text: the folded text.
    """
    yield from _residues(text, cues)
    yield from _runs(text, cues)
    yield from _bases(text, cues)
    if cues.trusted:
        for pattern in (_PLACELESS, _PLACED_RANGE):
            if pattern.fullmatch(text) is not None:
                kind: VariantKind = "dna" if pattern is _PLACELESS else "protein"
                yield Variant(0, len(text), text, kind, text)


def _starts_word(match: re.Match[str]) -> bool:
    before = match.string[match.start() - 1 : match.start()]
    return not before.isalnum()


def _residues(text: str, cues: Cues) -> Iterator[Variant]:
    for match in _RESIDUE.finditer(text):
        if not _starts_word(match) or (" " in match[0] and not cues.near(*match.span())):
            continue
        where = f"{amino_acid(match['aa'])}{match['place']}"
        if match["last"]:
            where += f"_{amino_acid(match['aa2']) if match['aa2'] else ''}{match['last']}"
        yield Variant(match.start(), match.end(), match[0], "protein", f"p.{where}del")
    for match in _RANGE.finditer(text):
        by_sign = "Δ" in match[0] or "elta" in match[0]
        if by_sign or (_starts_word(match) and cues.near(*match.span())):
            name = f"p.{match['place']}_{match['last']}del"
            yield Variant(match.start(), match.end(), match[0], "protein", name)


def _runs(text: str, cues: Cues) -> Iterator[Variant]:
    for match in _AFTER_PLACE.finditer(text):
        run, place = match["run"], int(match["place"])
        if not _starts_word(match) or set(run) <= set("ACGT"):
            continue
        where = f"{amino_acid(run[0])}{place}"
        if len(run) > 1:
            where += f"_{amino_acid(run[-1])}{place + len(run) - 1}"
        yield Variant(match.start(), match.end(), match[0], "protein", f"p.{where}del")
    for match in cues.search(_BEFORE_PLACE, text):
        run, first, last = match["run"], match["place"], match["last"]
        if not _starts_word(match) or not cues.near(*match.span()):
            continue
        if match["operation"] == "ins":
            name = f"p.{first}_{last}ins{amino_acids(run)}"
        else:
            where = f"{amino_acid(run[0])}{first}_{amino_acid(run[-1])}{last}"
            name = f"p.{where}{match['operation']}"
        yield Variant(match.start(), match.end(), match[0], "protein", name)


def _bases(text: str, cues: Cues) -> Iterator[Variant]:
    for match in _BASE.finditer(text):
        base = match["first"] or match["second"]
        if base is None or (match["first"] and match["second"]) or not _starts_word(match):
            continue
        name = notation.changed_in_length(match["operation"], match["place"], base)
        yield Variant(match.start(), match.end(), match[0], "dna", name)
    for match in _SIZED.finditer(text):
        if _starts_word(match) and cues.near(*match.span()):
            name = notation.changed_in_length(match["operation"], "", match["size"])
            yield Variant(match.start(), match.end(), match[0], "dna", name)
    for match in _DELTA.finditer(text):
        if not _starts_word(match) or cues.near(*match.span()):
            name = notation.changed_in_length("del", match["place"] or "", match["size"])
            yield Variant(match.start(), match.end(), match[0], "dna", name)
