"""Changes of proteins in a notation: HGVS (``p.Val600Glu``), and ``Val600Glu``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from biotk.genomics import notation
from biotk.genomics.references import Lead, lead_before
from biotk.genomics.residues import ONE_LETTER, THREE_LETTERS, amino_acid, amino_acids
from biotk.genomics.variant import Variant, VariantKind

_THREE = rf"(?i:{THREE_LETTERS}|Ter|Xaa)"
_ONE = rf"[{ONE_LETTER}UO]"
_ANY = rf"(?:{_THREE}|{_ONE}|[X*])"
_RUN = rf"(?:{_THREE}){{1,60}}|{_ONE}{{1,80}}\*?"

# "Val158/108Met": the place in the longer form of the protein, and in the shorter one.
_PLACE = r"\d{1,5}(?:/\d{1,5})?"

_PREFIX = re.compile(r"[pP](?<![\w.].)\.\s?(?P<open>\[?\(?)")
_RESIDUE = re.compile(
    rf"(?P<aa>{_ANY})\s?-?(?:\((?P<held>{_PLACE})\)|(?P<place>{_PLACE}(?!\d)|\?))"
)
_RANGE = re.compile(rf"\s?[_-]\s?(?P<aa>{_ANY})?(?P<place>\d{{1,5}})(?!\d)")
_SHIFT = re.compile(
    rf"(?P<new>{_THREE}|{_ONE})?\s?(?i:fs|frameshift)"
    rf"(?:\s?(?:\*|X|Ter|[Ss]top|>)?\s?(?P<stop>\d{{1,4}}|\?)|\s?(?:\*|X|Ter|[Ss]top))?(?!\w)"
)
_DELINS = re.compile(rf"\s?(?i:delins|del/ins)(?P<come>{_RUN})(?!\w)")
_LOSS = re.compile(rf"\s?(?i:(?P<operation>del|dup))(?:etion|lication)?(?:{_ONE}{{1,30}})?(?!\w)")
_GAIN = re.compile(rf"\s?ins\s?(?P<come>{_RUN}|\d{{1,4}})(?!\w)")
_EXTENSION = re.compile(
    r"(?P<new>(?:[A-Z][a-z]{2}|[A-Z])?)ext(?P<by>-\d{1,4}|(?:Ter|\*|X)(?:\d{1,4}|\?))(?!\w)"
)
_LINK = r"(?:\s?(?:-{0,4}>|/|-{1,4}|(?:-|\s)to(?:-|\s))\s?|\s)?"
_TO = rf"(?P<to>TAG|TAA|TGA|{_ANY}|(?i:stop|term))"
_CHANGED = re.compile(rf"{_LINK}{_TO}(?P<again>\s?-?\d{{1,5}})?(?![\w*])")
_TIGHT = re.compile(rf"-{{0,4}}>?{_TO}(?P<again>)(?![\w*]|-\d)")
_OPEN_END = re.compile(r"(?P<sign>[=?])(?!\w)|\[(?P<times>\d{1,4})\]|(?!\w)")
_WHOLE = re.compile(r"(?:0\??|[=?])(?!\w)")

# The place of an amino acid in three letters; the letters are looked up.
_NUMBER = re.compile(r"\d(?:(?<=[A-Za-z]{3}\d)|(?<=[A-Za-z]{3}[\s(-]\d))")
_CODES = frozenset(THREE_LETTERS.lower().split("|"))


@dataclass(frozen=True, slots=True)
class ProteinChange:
    """A change that stands at a place of a text.

    :param end: where it ends.
    :param name: it in its recommended notation, with ``p.``.
    :param old: the amino acid before it, as it is written.
    :param new: the one behind it; empty where it is no substitution.
    :param kind: whether it changes anything, or is just what stands there.
    """

    end: int
    name: str
    old: str
    new: str = ""
    kind: VariantKind = "protein"


def find_proteins(text: str) -> Iterator[Variant]:
    """Find changes of proteins, but for those in one-letter codes without ``p.``.

    :param text: the folded text.
    """
    yield from _formal(text)
    for match in _NUMBER.finditer(text):
        start = match.start() - (3 if text[match.start() - 1].isalpha() else 4)
        before = text[start - 1 : start] if start else ""
        if text[start : start + 3].lower() not in _CODES or (before.isascii() and before.isalnum()):
            continue
        change = change_at(text, start)
        if change is not None:
            yield Variant(start, change.end, text[start : change.end], "protein", change.name)


def _formal(text: str) -> Iterator[Variant]:
    """Yield what stands behind ``p.``; of several in brackets each."""
    for match in _PREFIX.finditer(text):
        at, opened = match.end(), match["open"]
        whole = _WHOLE.match(text, at)
        if whole is not None:
            change: ProteinChange | None = ProteinChange(whole.end(), f"p.{whole[0]}", "")
        else:
            change = change_at(text, at, formal=True)
        if change is None:
            continue
        lead = lead_before(text, match.start())
        closing = opened[::-1].translate(str.maketrans("[(", "])"))
        if text.startswith(closing, change.end):
            end = change.end + len(closing)
            yield _variant(text, lead.start, end, change, lead)
        elif opened.startswith("["):
            yield from _several(text, at, change, lead)
        else:  # the bracket belongs to something else
            yield _variant(text, at if opened else lead.start, change.end, change, lead)


def _several(text: str, at: int, change: ProteinChange, lead: Lead) -> Iterator[Variant]:
    """Yield the changes of one allele: ``p.[Ser68Arg;Asn594del]``."""
    following: ProteinChange | None = change
    while following is not None:
        yield _variant(text, at, following.end, following, lead)
        gap = re.compile(r"\)?\s?;\s?\(?").match(text, following.end)
        if gap is None:
            return
        at = gap.end()
        following = change_at(text, at, formal=True)


def _variant(text: str, start: int, end: int, change: ProteinChange, lead: Lead) -> Variant:
    name = lead.named(change.name)
    return Variant(start, end, text[start:end], change.kind, name, lead.reference, lead.gene)


def change_at(
    text: str, at: int, *, formal: bool = False, tight: bool = False
) -> ProteinChange | None:
    """Read an amino acid, its place, and what becomes of it.

    :param formal: whether ``p.`` stands before it: then it may be just what stands there.
    :param tight: whether no blank may stand between its parts.
    """
    residue = _RESIDUE.match(text, at)
    if residue is None or (tight and " " in residue[0]):
        return None
    written, end = residue["aa"], residue.end()
    old, place = amino_acid(written), residue["held"] or residue["place"]
    if "/" in place:
        place = max(place.split("/"), key=int)
    first = f"{old}{place}"
    span = _RANGE.match(text, end)
    if span is not None and not (tight and " " in span[0]):
        last = f"{amino_acid(span['aa']) if span['aa'] else ''}{span['place']}"
        change = _of_stretch(text, span.end(), f"{first}_{last}", written)
        if change is not None:
            return change
        if formal and span["aa"]:
            name = f"p.{first}_{last}"
            return ProteinChange(span.end(), name, written, kind="protein-allele")
    shift = _SHIFT.match(text, end)
    if shift is not None and not (tight and " " in shift[0]):
        new = amino_acid(shift["new"]) if shift["new"] else None
        name = notation.frameshift(old, place, new, shift["stop"])
        return ProteinChange(shift.end(), name, written)
    if (change := _of_stretch(text, end, first, written)) is not None:
        return change
    if (longer := _EXTENSION.match(text, end)) is not None:
        new = amino_acid(longer["new"]) if longer["new"] else ""
        by = re.sub(r"^[*X]", "Ter", longer["by"])
        return ProteinChange(longer.end(), f"p.{first}{new}ext{by}", written)
    changed = (_TIGHT if tight else _CHANGED).match(text, end)
    if changed is not None and _is_same_place(place, changed["again"]):
        name = notation.protein_substitution(old, place, amino_acid(changed["to"]))
        return ProteinChange(changed.end(), name, written, changed["to"])
    return _of_one(text, end, first, written) if formal else None


def _is_same_place(place: str, again: str | None) -> bool:
    """:returns: whether the place behind the second amino acid, where there is one, is the first's.

    "Cys2-His2" is a zinc finger.
    """
    return not again or (again.strip(" -") == place and len(place) > 1)


def _of_one(text: str, end: int, where: str, written: str) -> ProteinChange | None:
    """:returns: what may stand behind an amino acid where ``p.`` stands before it."""
    match = _OPEN_END.match(text, end)
    if match is None:
        return None
    if match["sign"]:
        return ProteinChange(match.end(), f"p.{where}{match['sign']}", written)
    if match["times"]:
        return ProteinChange(match.end(), f"p.{where}[{int(match['times'])}]", written)
    return ProteinChange(end, f"p.{where}", written, kind="protein-allele")


def _of_stretch(text: str, end: int, where: str, written: str) -> ProteinChange | None:
    """:returns: a deletion, duplication or insertion at a place or a range of them."""
    if (both := _DELINS.match(text, end)) is not None:
        name = f"p.{where}delins{amino_acids(both['come'])}"
        return ProteinChange(both.end(), name, written)
    if (gain := _GAIN.match(text, end)) is not None:
        come = gain["come"]
        name = f"Xaa[{come}]" if come.isdecimal() else amino_acids(come)
        return ProteinChange(gain.end(), f"p.{where}ins{name}", written)
    if (loss := _LOSS.match(text, end)) is not None:
        return ProteinChange(loss.end(), f"p.{where}{loss['operation'].lower()}", written)
    return None
