"""Changes of DNA and RNA in a notation: HGVS (``c.1799T>A``) and what papers make of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from biotk.genomics import notation
from biotk.genomics.cues import Cues
from biotk.genomics.variant import Variant, VariantKind

_SYMBOL = r"[A-Z][A-Za-z0-9-]{1,14}"
#: A reference sequence: of RefSeq, of Ensembl, a locus reference genomic.
REFERENCE = (
    r"(?:(?:N[CGMRPTW]|X[MPR])_\d{6,9}(?:\.\d{1,2})?|ENS[GTP]\d{11}(?:\.\d{1,2})?|LRG_\d{1,5}(?:[tp]\d{1,2})?)"
)
#: What may stand before ``c.`` or ``p.``.
LEAD = (
    rf"(?:(?P<ref>{REFERENCE})(?:\s?\((?P<gene>{_SYMBOL})\))?:\s?|(?P<outer>{_SYMBOL})(?:\({REFERENCE}\))?:\s?)?"
)
_SYSTEM = re.compile(rf"(?<![\w.]){LEAD}(?P<system>[cgmnor])\.\s?(?P<open>\[\s?|\((?!\?|-?\d+[-+_\d]*_))?")

_OFFSET = r"(?:\s?[-+]\s?(?:\d{1,6}|\?))"
_PLACE = rf"(?:(?:IVS|[Ee]x(?:on)?)\s?-?\d{{1,3}}{_OFFSET}|[-*+]?\s?\d{{1,9}}{_OFFSET}?|\?)"
_UNSURE = rf"\({_PLACE}_{_PLACE}\)"
_WHERE = re.compile(rf"(?:{_PLACE}|{_UNSURE})(?:\s?_\s?(?:{_PLACE}|{_UNSURE}))?")

_N = r"[ACGTUN]"
_INSERTED = rf"(?:\[[^\]\s]{{1,80}}\]|\({_N}{{1,80}}\)(?:\(\d{{1,4}}\)|\d{{1,4}})?|{_N}{{1,200}}(?:\[\d{{1,4}}\])?|\d{{1,6}})"
_ARROW = r"(?:\s?(?:-{0,4}>|=>)\s?|\s?/\s?)"
_CHANGE = re.compile(
    rf"""\s?(?:
    (?P<old>{_N}{{1,60}})?{_ARROW}(?P<new>{_N}{{1,60}})(?!\w)
    | del\s?(?P<gone>{_N}{{1,200}}|\d{{1,6}})?\s?/?ins\s?(?P<come>{_INSERTED})(?!\w)
    | (?P<operation>del|dup|inv)(?:\s?\(?(?P<what>{_N}{{1,200}}|\d{{1,6}})(?:\s?bp|\s?nt)?\)?)?(?!\w)
    | ins\s?(?P<added>{_INSERTED})(?:\s?bp|\s?nt)?(?!\w)
    | (?P<unit>{_N}{{0,60}})\[(?P<times>\d{{1,4}})\]
    | (?P<same>{_N}{{0,60}}=)
    )""",
    re.VERBOSE,
)
_LOOSE = re.compile(_CHANGE.pattern, re.VERBOSE | re.IGNORECASE)
_BASE = re.compile(rf"{_N}")
_LETTER = re.compile(rf"\s?>?\s?({_N})(?!\w)")
_WHOLE = re.compile(r"(?:=|\?|0|\(\?\)|spl)(?!\w)")
_SEPARATOR = re.compile(r"\s?(?:\(;\)|;)\s?")

# Without a letter before it: a number, a place in an intron, or one before the start of the gene.
_START = re.compile(
    r"(?<![\w.])(?:(?:IVS|[Ee]x(?:on)?)\s?-?\d{1,3}\s?[-+]\s?\d|\d{2,9}(?!\w*%))|(?<![\s\d.][\d.])(?<![-+.])[-+]\s?(?=\d{2})"
)
_PLAIN_WHERE = re.compile(
    rf"(?:IVS|[Ee]x(?:on)?)\s?-?\d{{1,3}}{_OFFSET}|[-+]?\s?\d{{1,9}}(?:[-+_]\d{{1,9}}(?:_\d{{1,9}}(?:[-+]\d{{1,5}})?)?)?"
)
_BRACKETED = re.compile(rf"\s?\(\s?({_N}){_ARROW}({_N})\s?\)")


@dataclass(frozen=True, slots=True)
class Change:
    """A change that stands at a place of a text.

    :param end: where it ends.
    :param written: it in its recommended notation, without ``c.``.
    :param sign: what tells the kinds of changes apart: ``>``, ``/``, ``del``, ``ins``, …
    """

    end: int
    written: str
    sign: str


def find_dna(text: str, cues: Cues) -> Iterator[Variant]:
    """Find changes of DNA and RNA.

    :param text: the folded text.
    """
    yield from _formal(text)
    yield from _plain(text, cues)


def _formal(text: str) -> Iterator[Variant]:
    for match in _SYSTEM.finditer(text):
        at = match.end()
        change = change_at(text, at, formal=True)
        if change is None:
            continue
        close = {"[": "]", "(": ")"}.get((match["open"] or "").strip())
        several = close == "]" and _SEPARATOR.match(text, change.end) is not None
        start = match.start("ref") if match["ref"] else match.start("system")
        if several:
            start = at
        end = change.end
        if close and not several:
            if text[end : end + 1] != close:
                start = at if close == "]" else start
                if close == ")":
                    continue
            else:
                end += 1
        yield _variant(text, start, end, change, match)
        while several and (gap := _SEPARATOR.match(text, change.end)) is not None:
            following = change_at(text, gap.end(), formal=True)
            if following is None:
                break
            change = following
            yield _variant(text, gap.end(), change.end, change, match)


def _variant(text: str, start: int, end: int, change: Change, match: re.Match[str]) -> Variant:
    reference, system = match["ref"], match["system"]
    written = change.written
    if system == "r":
        written = rna(written)
    name = f"{reference}:{system}.{written}" if reference else f"{system}.{written}"
    kind: VariantKind = "rna" if system == "r" else "dna"
    gene = match["gene"] or match["outer"]
    return Variant(start, end, text[start:end], kind, name, reference, gene)


def rna(written: str) -> str:
    """:returns: a change with the small letters of RNA.

    >>> rna("76A>T"), rna("10_11insGCT"), rna("5delN[3]")
    ('76a>u', '10_11insgcu', '5deln[3]')
    """
    return re.sub(r"[ACGTUN]", lambda base: "u" if base[0] in "TU" else base[0].lower(), written)


def change_at(text: str, at: int, *, formal: bool) -> Change | None:
    """Read a place and what changes there.

    :param formal: whether ``c.`` or another letter stands before it: more may be meant then.
    """
    if formal:
        whole = _WHOLE.match(text, at)
        if whole is not None:
            return Change(whole.end(), whole[0], "=")
    before = _BASE.match(text, at) if formal else None
    where = (_WHERE if formal else _PLAIN_WHERE).match(text, at if before is None else before.end())
    if where is None:
        return None
    if before is not None:  # c.G1714A
        after = _LETTER.match(text, where.end())
        if after is None:
            return None
        name = notation.substitution(notation.place(where[0]), before[0], after[1])
        return Change(after.end(), name, ">")
    change = (_LOOSE if formal else _CHANGE).match(text, where.end())
    place = _place(where[0], formal=formal, change=change)
    if change is None:
        pair = None if formal else _BRACKETED.match(text, where.end())
        if pair is None:
            return None
        return Change(pair.end(), notation.substitution(place, pair[1], pair[2]), "(")
    sign, written = _written(place, change)
    return Change(change.end(), written, sign)


def _place(written: str, *, formal: bool, change: re.Match[str] | None) -> str:
    joined = notation.place(written)
    if formal and "_" in joined:
        return joined
    dash = re.fullmatch(r"(\d+)-(\d+)", joined)
    if dash is None:
        return joined
    # "118-119insA" is a range; "c.118-119insA" one too where the two are neighbours, and else a
    # place in an intron.
    neighbours = int(dash[2]) == int(dash[1]) + 1
    length = len(change["old"] or "") if change is not None else 0
    if neighbours or (not formal and (length > 1 or change is not None and not change["new"])):
        return notation.places(dash[1], dash[2])
    return joined


def _written(place: str, change: re.Match[str]) -> tuple[str, str]:
    """:returns: the sign of a change and its notation."""
    found = change.groupdict()
    if found["new"]:
        old, new = (found["old"] or "").upper(), found["new"].upper()
        sign = "/" if "/" in change[0] else ">"
        if "_" in place or not old:
            return sign, f"{place}delins{new}" if old != new else f"{place}="
        return sign, notation.substitution(place, old, new)
    if found["come"]:
        count = found["gone"] or ""
        size = int(count) if count.isdecimal() else len(count)
        where = notation.stretch(place, size)
        return "delins", f"{where}delins{notation.inserted(found['come'])}"
    if found["operation"]:
        operation = found["operation"].lower()
        return operation, notation.removal(place, operation, found["what"] or "")
    if found["added"]:
        return "ins", notation.insertion(place, notation.inserted(found["added"]))
    if found["times"]:
        return "[", f"{place}{(found['unit'] or '').upper()}[{int(found['times'])}]"
    return "=", f"{place}="


def _plain(text: str, cues: Cues) -> Iterator[Variant]:
    for match in _START.finditer(text):
        start = match.start()
        change = change_at(text, start, formal=False)
        if change is None or not _is_sure(text, start, change, cues):
            continue
        yield Variant(start, change.end, text[start : change.end], "dna", change.written)


def _is_sure(text: str, start: int, change: Change, cues: Cues) -> bool:
    """:returns: whether a change without ``c.`` is one."""
    written = text[start : change.end]
    if change.sign == ">" or written.startswith(("IVS", "Ex", "ex")):
        return True
    if change.sign in ("=", "["):
        return cues.trusted
    # "100 C/T" and "5 del 2" are of other things too.
    return cues.near(start, change.end) or (change.sign == "ins" or " " not in written) and (
        len(written) >= 6
    )
