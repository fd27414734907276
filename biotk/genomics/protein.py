"""Changes of proteins in a notation: HGVS (``p.Val600Glu``), ``Val600Glu`` and ``V600E``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from biotk.genomics import notation
from biotk.genomics.dna import LEAD
from biotk.genomics.residues import (
    ONE_LETTER,
    THREE_LETTERS,
    amino_acid,
    amino_acids,
)
from biotk.genomics.variant import Variant, VariantKind

_THREE = rf"(?i:{THREE_LETTERS}|Ter|Xaa)"
_ONE = rf"[{ONE_LETTER}UO]"
_ANY = rf"(?:{_THREE}|{_ONE}|[X*])"
_TO = rf"(?:{_THREE}|{_ONE}|[X*]|(?i:stop|term))"

_PREFIX = re.compile(rf"(?<![\w.]){LEAD}[pP]\.\s?(?P<open>\[?\s?\(?)")
_RESIDUE = re.compile(rf"(?P<aa>{_ANY})\s?-?(?:\((?P<held>\d{{1,5}})\)|(?P<place>\d{{1,5}}|\?))")
_RANGE = re.compile(rf"\s?[_-]\s?(?P<aa>{_ANY})?(?P<place>\d{{1,5}})(?!\d)")
_SHIFT = re.compile(
    rf"(?P<new>{_THREE}|{_ONE})?\s?(?i:fs|frameshift)\s?(?P<mark>\*|X|Ter|[Ss]top|>)?\s?(?P<stop>\d{{1,4}}|\?)?(?!\w)"
)
_DELINS = re.compile(rf"\s?(?i:delins|del/ins|delet(?:ion)?ins)(?P<come>(?:{_THREE}){{1,60}}|{_ONE}{{1,80}}\*?)(?!\w)")
_LOSS = re.compile(rf"\s?(?i:(?P<operation>del|dup))(?:etion|lication)?(?:{_ONE}{{1,30}})?(?!\w)")
_GAIN = re.compile(rf"\s?ins\s?(?P<come>(?:{_THREE}){{1,60}}|{_ONE}{{1,80}}|\d{{1,4}})?(?!\w)")
_EXTENSION = re.compile(r"(?P<new>(?:[A-Z][a-z]{2}|[A-Z])?)ext(?P<by>-\d{1,4}|(?:Ter|\*|X)(?:\d{1,4}|\?))(?!\w)")
_LINK = r"(?:\s?(?:-{0,4}>|/|-{1,4}|(?:-|\s)to(?:-|\s))\s?|\s)?"
_CHANGED = re.compile(rf"{_LINK}(?P<to>{_TO})(?P<again>\s?-?\d{{1,5}})?(?![\w*])")
_TIGHT = re.compile(rf"-{{0,4}}>?(?P<to>{_TO})(?P<again>)(?![\w*])")
_SAME = re.compile(r"=(?!\w)")
_UNKNOWN = re.compile(r"\?(?!\w)")
_TIMES = re.compile(r"\[(\d{1,4})\]")
_WHOLE = re.compile(r"[=?0](?!\w)\??")

_THREE_START = re.compile(rf"(?<![A-Za-z0-9])(?={_THREE}[\s-]{{0,1}}\(?\d)")


@dataclass(frozen=True, slots=True)
class ProteinChange:
    """A change that stands at a place of a text.

    :param end: where it ends.
    :param name: it in its recommended notation, with ``p.``.
    :param old: the letters of the amino acid before it, as they are written.
    :param new: those behind it; empty where it is no substitution.
    :param kind: whether it changes anything, or is just what stands there.
    """

    end: int
    name: str
    old: str
    new: str = ""
    kind: VariantKind = "protein"


def find_proteins(text: str) -> Iterator[Variant]:
    """Find changes of proteins.

    :param text: the folded text.
    """
    yield from _formal(text)
    for match in _THREE_START.finditer(text):
        change = change_at(text, match.start())
        if change is not None and change.kind == "protein":
            yield _variant(text, match.start(), change)


def _formal(text: str) -> Iterator[Variant]:
    for match in _PREFIX.finditer(text):
        opened = match["open"].replace(" ", "")
        at = match.end()
        start = match.start("ref") if match["ref"] else text.index(".", match.end("outer") if match["outer"] else match.start()) - 1
        whole = _WHOLE.match(text, at)
        change = ProteinChange(whole.end(), f"p.{whole[0]}", "") if whole else change_at(text, at, formal=True)
        if change is None:
            continue
        while change is not None:
            closing = opened[::-1].translate(str.maketrans("[(", "])"))
            end = change.end
            for sign in closing:
                end += text[end : end + 1] == sign
            several = "[" in opened and text[change.end : change.end + 3].lstrip(")").startswith(";")
            if several or end - change.end < len(closing) and "[" in opened:
                start, end = at, change.end
            elif end - change.end < len(closing):
                end = change.end  # "p.(Val600Glu" without its end: the bracket belongs elsewhere
                start = at if not match["ref"] else start
            name = change.name if match["ref"] is None else f"{match['ref']}:{change.name}"
            gene = match["gene"] or match["outer"]
            yield Variant(start, end, text[start:end], change.kind, name, match["ref"], gene)
            if not several:
                break
            at = text.index(";", change.end) + 1
            at += text[at : at + 1] == "("
            change = change_at(text, at, formal=True)
            start = at


def _variant(text: str, start: int, change: ProteinChange) -> Variant:
    return Variant(start, change.end, text[start : change.end], change.kind, change.name)


def change_at(
    text: str, at: int, *, formal: bool = False, tight: bool = False
) -> ProteinChange | None:
    """Read an amino acid, its place, and what becomes of it.

    :param formal: whether ``p.`` stands before it: then it may be just what stands there.
    :param tight: whether a blank may not stand between its parts.
    """
    residue = _RESIDUE.match(text, at)
    if residue is None or (tight and " " in residue[0]):
        return None
    old, place = amino_acid(residue["aa"]), residue["held"] or residue["place"]
    end = residue.end()
    first = f"{old}{place}"
    where = first
    span = _RANGE.match(text, end)
    if span is not None and not (tight and " " in span[0]):
        stretch = f"{first}_{amino_acid(span['aa']) if span['aa'] else ''}{span['place']}"
        lost = _of_stretch(text, span.end(), stretch, residue["aa"])
        if lost is not None:
            return lost
        if formal and span["aa"]:
            return ProteinChange(span.end(), f"p.{stretch}", residue["aa"], kind="protein-allele")
    if (shift := _SHIFT.match(text, end)) is not None and not (tight and " " in shift[0]):
        new = amino_acid(shift["new"]) if shift["new"] else None
        return ProteinChange(
            shift.end(), notation.frameshift(old, place, new, shift["stop"]), residue["aa"]
        )
    if (lost := _of_stretch(text, end, where, residue["aa"])) is not None:
        return lost
    if (longer := _EXTENSION.match(text, end)) is not None:
        new = amino_acid(longer["new"]) if longer["new"] else ""
        by = re.sub(r"^[*X]", "Ter", longer["by"])
        return ProteinChange(longer.end(), f"p.{where}{new}ext{by}", residue["aa"])
    if (same := _SAME.match(text, end)) is not None:
        return ProteinChange(same.end(), f"p.{where}=", residue["aa"])
    changed = (_TIGHT if tight else _CHANGED).match(text, end)
    if changed is not None and (not changed["again"] or changed["again"].strip(" -") == place):
        name = notation.protein_substitution(old, place, amino_acid(changed["to"]))
        return ProteinChange(changed.end(), name, residue["aa"], changed["to"])
    if not formal:
        return None
    if (unknown := _UNKNOWN.match(text, end)) is not None:
        return ProteinChange(unknown.end(), f"p.{where}?", residue["aa"])
    if (times := _TIMES.match(text, end)) is not None:
        return ProteinChange(times.end(), f"p.{where}[{times[1]}]", residue["aa"])
    if re.compile(r"(?!\w)").match(text, end):
        return ProteinChange(end, f"p.{where}", residue["aa"], kind="protein-allele")
    return None


def _of_stretch(text: str, end: int, where: str, old: str) -> ProteinChange | None:
    """:returns: a deletion, duplication or insertion at a place or a range of them."""
    if (both := _DELINS.match(text, end)) is not None:
        return ProteinChange(both.end(), f"p.{where}delins{amino_acids(both['come'])}", old)
    if (gain := _GAIN.match(text, end)) is not None:
        come = gain["come"] or ""
        name = f"Xaa[{come}]" if come.isdecimal() else amino_acids(come)
        return ProteinChange(gain.end(), f"p.{where}ins{name}", old)
    if (loss := _LOSS.match(text, end)) is not None:
        return ProteinChange(loss.end(), f"p.{where}{loss['operation'].lower()}", old)
    return None
