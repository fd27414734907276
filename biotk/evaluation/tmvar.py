"""Variants as tmVar names them, and as HGVS does, brought to one form that can be compared.

BioRED and other corpora of NCBI's have the ids of tmVar (Wei et al. 2013, "tmVar: a text mining
approach for extracting sequence variants in biomedical literature"): ``c|SUB|G|1691|A``,
``p|FS|R|58||``. Some are rsIDs that were looked up in dbSNP, and say nothing of what stands in the
text.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_RSID = re.compile(r"rs\d+")
_TMVAR = re.compile(r"([cgmnrp]?)\|(SUB|DEL|INS|DUP|INDEL|FS|Allele)\|(.*)")
_THREE = (
    "Ala Arg Asn Asp Cys Gln Glu Gly His Ile Leu Lys Met Phe Pro Ser Thr Trp Tyr Val Ter Sec Pyl"
).split()
_LETTER = dict(zip(_THREE, "ARNDCQEGHILKMFPSTWYVXUO", strict=True))
_AA = "|".join(_THREE)
_PLACE = r"(?P<place>[-*]?(?:IVS|Ex)?\d*(?:[-+]\d+)?|\?)"

_HGVS = re.compile(r"(?:[\w.]+:)?(?:(?P<system>[cgmnorp])\.)?(?P<change>.+)")
_OF_BASES = (
    ("SUB", re.compile(rf"{_PLACE}(?P<old>[ACGTU]+)>(?P<new>[ACGTU]+)")),
    ("SUB", re.compile(rf"{_PLACE}(?P<same>=)")),
    ("Allele", re.compile(rf"{_PLACE}(?P<new>[ACGTU]+)")),
)
_OF_RESIDUES = (
    ("FS", re.compile(rf"(?P<old>{_AA})(?P<place>\d+)(?P<new>{_AA})?fs(?:Ter(?P<stop>\d+))?")),
    ("SUB", re.compile(rf"(?P<old>{_AA})(?P<place>\d+|\?)(?P<new>{_AA}|=)")),
    ("Allele", re.compile(rf"(?P<new>{_AA})(?P<place>\d+)")),
)
_RANGE = re.compile(
    r"(?P<place>(?:[A-Z][a-z]{2})?[-*]?\d+(?:[-+]\d+)?(?:_(?:[A-Z][a-z]{2})?[-*]?\d+(?:[-+]\d+)?)?)?"
    r"(?P<kind>delins|del|dup|ins)(?P<what>\S*)"
)
_KINDS = {"del": "DEL", "dup": "DUP", "ins": "INS", "delins": "INDEL"}


class VariantKey(NamedTuple):
    """A variant, but for its reference sequence and how it is numbered.

    :param protein: whether amino acids change.
    :param kind: tmVar's word for the change.
    :param place: the place or range; empty where it is not told.
    :param old: one-letter codes of what was there, of substitutions and shifts.
    :param new: of what is there.
    """

    protein: bool
    kind: str
    place: str
    old: str = ""
    new: str = ""


def is_rsid(name: str) -> bool:
    """:returns: whether a name is one of dbSNP's numbers."""
    return _RSID.fullmatch(name) is not None


def tmvar_key(concept_id: str) -> VariantKey | None:
    """:returns: the key of a tmVar id; None where it is none, or not well-formed.

    >>> tmvar_key("c|SUB|G|1691|A")
    VariantKey(protein=False, kind='SUB', place='1691', old='G', new='A')
    >>> tmvar_key("c|DEL888|C") is None
    True
    """
    match = _TMVAR.fullmatch(concept_id)
    if match is None:
        return None
    kind, parts = match[2], [*match[3].split("|"), "", "", "", ""]
    if kind in ("SUB", "FS"):
        old, place, new = parts[:3]
        if kind == "SUB" and (not old or not new):
            return None
        protein = match[1] == "p" or not set(old + new) <= set("ACGTU")
        return VariantKey(protein, kind, _place(place), old, new if protein else new.upper())
    first, what = parts[:2]
    if kind == "Allele":
        return VariantKey(match[1] == "p", kind, _place(what), new=first)
    protein = match[1] == "p" or (match[1] == "" and not set(what) <= set("ACGTU0123456789"))
    place = _reach(re.sub(r"^(\d+)-(\d+)$", r"\1_\2", _place(first)), what, kind)
    new = _inserted(what) if kind == "INS" or not place else ""
    return VariantKey(protein, kind, place, new=new)


def hgvs_key(name: str) -> VariantKey | None:
    """:returns: the key of a normalised form; None where tmVar has no such thing.

    >>> hgvs_key("p.Arg58fs"), hgvs_key("1494_1499del").place
    (VariantKey(protein=True, kind='FS', place='58', old='R', new=''), '1494_1499')
    """
    match = _HGVS.fullmatch(name)
    if match is None:
        return None
    protein, change = match["system"] == "p", match["change"]
    for kind, pattern in _OF_RESIDUES if protein else _OF_BASES:
        if (found := pattern.fullmatch(change)) is not None:
            return _key(protein, kind, found.groupdict(""))
    found = _RANGE.fullmatch(change)
    if found is None:
        return None
    kind, place = _KINDS[found["kind"]], re.sub(r"[A-Z][a-z]{2}", "", found["place"] or "")
    what = _inserted(re.sub(rf"{_AA}", lambda aa: _LETTER[aa[0]], found["what"]))
    new = what if kind == "INS" or not place else ""
    return VariantKey(protein, kind, place, new=new)


def _key(protein: bool, kind: str, found: dict[str, str]) -> VariantKey:
    old, new = (_LETTER.get(found.get(part, ""), found.get(part, "")) for part in ("old", "new"))
    place = found["place"].replace("?", "")
    if found.get("same"):  # which base it is, HGVS does not tell
        return VariantKey(protein, kind, place)
    return VariantKey(protein, kind, place, old, old if new == "=" else new)


def _place(written: str) -> str:
    return "" if written.startswith("CODON") else written.removeprefix("+")


def _reach(place: str, what: str, kind: str) -> str:
    """:returns: a range where the first place and how many follow are told: HGVS' way."""
    count = int(what) if what.isdecimal() else len(what)
    if kind == "INS":
        count = 2
    match = re.fullmatch(r"(-|\d+[-+])?(\d+)", place)
    if match is None or count < 2 or kind == "INDEL":
        return place
    lead = match[1] or ""
    last = int(match[2]) + (count - 1) * (-1 if lead.endswith("-") else 1)
    return f"{place}_{lead}{last}"


def _inserted(written: str) -> str:
    """:returns: bases, or how many they are."""
    number = re.fullmatch(r"N\[(\d+)\]", written)
    return number[1] if number else re.sub(r"[\[\]();]", "", written)
