"""Changes of DNA and RNA in a notation: HGVS (``c.1799T>A``), and the same without ``c.``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from biotk.genomics import notation
from biotk.genomics.cues import Cues
from biotk.genomics.references import Lead, lead_before
from biotk.genomics.variant import Variant, VariantKind

# The letter first and then what may not stand before it: expressions that begin with a letter are
# searched for several times faster.
_SYSTEM = re.compile(
    r"(?P<system>[cgmnor])(?<![\w.].)\.\s?(?P<open>\[|\((?!\?|[-*]?\d[\d+-]*_))?\s?"
)

_OFFSET = r"(?:\s?[-+]\s?(?:\d{1,6}(?:\s?kb(?=\s?[ACGT]))?|\?))"
_INTRON = rf"(?:IVS|[Ee]x(?:on)?)\s?-?\d{{1,3}}{_OFFSET}"
_PLACE = rf"(?:{_INTRON}|[-*+]?\s?\d{{1,9}}{_OFFSET}?|\?)"
_UNSURE = rf"\({_PLACE}_{_PLACE}\)"
_WHERE = re.compile(rf"(?:{_PLACE}|{_UNSURE})(?:\s?_\s?(?:{_PLACE}|{_UNSURE}))?")
_PLAIN_WHERE = re.compile(
    rf"{_INTRON}|[-+]?\d{{1,9}}(?:\+\d{{1,3}}\s?kb|[-+_]\d{{1,9}}(?:_\d{{1,9}}(?:[-+]\d{{1,5}})?)?)?"
)

_N = r"[ACGTUN]"
_INSERTED = (
    rf"(?:\[[^\]\s]{{1,80}}\]|\({_N}{{1,80}}\)(?:\(\d{{1,4}}\)|\d{{1,4}})?"
    rf"|{_N}{{1,200}}(?:\[\d{{1,4}}\])?|\d{{1,6}})"
)
_ARROW = r"(?:\s?(?:-{0,4}>|=>)\s?|\s?/\s?)"
_CHANGE = re.compile(
    rf"""\s?(?:
    (?P<old>{_N}{{1,60}})?(?P<arrow>{_ARROW})(?P<new>{_N}{{1,60}})(?!\w)
    | del(?P<gone>{_N}{{1,200}}|\d{{1,6}})?\s?/?ins(?P<come>{_INSERTED})(?!\w)
    | (?P<operation>del|dup|inv)(?P<what>{_N}{{1,200}}|\d{{1,6}}(?:\s?bp|\s?nt)?)?(?!\w)
    | ins(?P<added>{_INSERTED})(?:\s?bp|\s?nt)?(?!\w)
    | (?P<unit>{_N}{{0,60}})\[(?P<times>\d{{1,4}})\]
    | (?P<same>{_N}{{0,60}}=)
    )""",
    re.VERBOSE,
)
_LOOSE = re.compile(_CHANGE.pattern, re.VERBOSE | re.IGNORECASE)
_BRACKETED = re.compile(rf"\s?\(\s?({_N}){_ARROW}({_N})\s?\)")
_BASE = re.compile(rf"{_N}")
_LAST_BASE = re.compile(rf"\s?>?\s?({_N})(?!\w)")
_WHOLE = re.compile(r"(?:=|\?|0|\(\?\)|spl)(?!\w)")
_SEPARATOR = re.compile(r"\s?(?:\];\[|\(;\)|;)\s?")

# Without a letter before it: a number of two digits, a place in an intron.
_NUMBER = re.compile(r"\d{2,9}")
_IN_INTRON = re.compile(r"(?:IVS|[Ee]x(?:on)?(?=\s?\d))")
_NT = re.compile(r"(?<!\w)nt\Z")
_JOINED_SIGN = re.compile(r"(?:[A-Za-z][A-Za-z0-9]*|\))\Z")
_REPEAT = re.compile(r"\((?<![\w)].)(?P<unit>[ACGT]{1,8})\)(?P<times>\d{1,3})(?![\w(])")


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
    for start in _plain_starts(text):
        change = change_at(text, start, formal=False)
        if change is not None and _is_sure(text, start, change, cues):
            yield Variant(start, change.end, text[start : change.end], "dna", change.written)
    for match in _REPEAT.finditer(text):
        if cues.near(*match.span()):
            name = f"{match['unit']}[{int(match['times'])}]"
            yield Variant(match.start(), match.end(), match[0], "dna", name)


def _formal(text: str) -> Iterator[Variant]:
    """Yield what stands behind ``c.`` and its like; of several in brackets each."""
    for match in _SYSTEM.finditer(text):
        at, opened = match.end(), match["open"]
        change = change_at(text, at, formal=True)
        if change is None:
            continue
        lead = lead_before(text, match.start())
        if opened == "[" and _SEPARATOR.match(text, change.end) is not None:
            yield from _several(text, at, change, lead, match["system"])
            continue
        start, end = lead.start, change.end
        if opened is not None:
            if text[end : end + 1] == {"[": "]", "(": ")"}[opened]:
                end += 1
            else:  # the bracket belongs to something else
                start = at
        yield _variant(text, start, end, change, lead, match["system"])


def _several(text: str, at: int, change: Change, lead: Lead, system: str) -> Iterator[Variant]:
    """Yield the changes of one allele: ``c.[76A>C;83G>C]``."""
    following: Change | None = change
    while following is not None:
        yield _variant(text, at, following.end, following, lead, system)
        gap = _SEPARATOR.match(text, following.end)
        if gap is None:
            return
        at = gap.end()
        following = change_at(text, at, formal=True)


def _variant(text: str, start: int, end: int, change: Change, lead: Lead, system: str) -> Variant:
    kind: VariantKind = "rna" if system == "r" else "dna"
    written = rna(change.written) if system == "r" else change.written
    name = lead.named(f"{system}.{written}")
    return Variant(start, end, text[start:end], kind, name, lead.reference, lead.gene)


def rna(written: str) -> str:
    """:returns: a change with the small letters of RNA.

    >>> rna("76A>T"), rna("10_11insGCT")
    ('76a>u', '10_11insgcu')
    """
    return re.sub(r"[ACGTUN]", lambda base: base[0].replace("T", "U").lower(), written)


def _plain_starts(text: str) -> Iterator[int]:
    """Yield where a change without ``c.`` may start."""
    for match in _IN_INTRON.finditer(text):
        if not text[match.start() - 1 : match.start()].isalnum():
            yield match.start()
    for match in _NUMBER.finditer(text):
        start = match.start()
        before = text[start - 1 : start]
        if (
            not before
            or not (before.isalnum() or before in "._")
            or _NT.search(text, max(0, start - 3), start) is not None
        ):
            yield start
        if before and before in "+-":
            # "-31T/C" alone and in "IL1B-31T/C"; in "118-119insA" and "c.12+3A>G" a range or a
            # place that begins earlier.
            sign = start - 1
            apart = sign == 0 or not (text[sign - 1].isalnum() or text[sign - 1] in ".)+-_*")
            if apart or _JOINED_SIGN.search(text, max(0, sign - 15), sign):
                yield sign


def change_at(text: str, at: int, *, formal: bool) -> Change | None:
    """Read a place and what changes there.

    :param formal: whether ``c.`` or another letter stands before it: more may be meant then.
    """
    if formal and (whole := _WHOLE.match(text, at)) is not None:
        return Change(whole.end(), whole[0], "=")
    before = _BASE.match(text, at) if formal else None
    where = (_WHERE if formal else _PLAIN_WHERE).match(text, at if before is None else before.end())
    if where is None:
        return None
    if before is not None:  # c.G1714A
        after = _LAST_BASE.match(text, where.end())
        if after is None:
            return None
        name = notation.substitution(notation.place(where[0]), before[0], after[1])
        return Change(after.end(), name, ">")
    change = (_LOOSE if formal else _CHANGE).match(text, where.end())
    if change is not None:
        return _written(_place(where[0], change, formal=formal), change)
    pair = None if formal else _BRACKETED.match(text, where.end())
    if pair is None:  # -1082(G/A)
        return None
    name = notation.substitution(notation.place(where[0]), pair[1], pair[2])
    return Change(pair.end(), name, "/")


def _place(written: str, change: re.Match[str], *, formal: bool) -> str:
    """:returns: a place or a range of places.

    "118-119insA" is a range. "c.118-119insA" is one where the two are neighbours, and else a place
    in an intron.
    """
    joined = notation.place(written)
    dash = re.fullmatch(r"(\d+)-(\d+)", joined)
    if dash is None:
        return joined
    several = change["new"] is None or len(change["old"] or "") > 1
    if int(dash[2]) == int(dash[1]) + 1 or (several and not formal):
        return notation.places(dash[1], dash[2])
    return joined


def _written(place: str, match: re.Match[str]) -> Change | None:
    found = match.groupdict("")
    end = match.end()
    if new := found["new"].upper():
        old, sign = found["old"].upper(), "/" if "/" in found["arrow"] else ">"
        if sign == "/" and len(old) != 1:
            return None  # "787 CAG/CAA": a codon and what it may be
        if "_" in place or not old:
            return Change(end, f"{place}=" if old == new else f"{place}delins{new}", sign)
        return Change(end, notation.substitution(place, old, new), sign)
    if found["come"]:
        where = notation.stretch(place, notation.count(found["gone"]))
        return Change(end, f"{where}delins{notation.inserted(found['come'])}", "delins")
    if operation := found["operation"].lower():
        what = found["what"].removesuffix("bp").removesuffix("nt").strip()
        return Change(end, notation.removal(place, operation, what), operation)
    if found["added"]:
        added = notation.inserted(found["added"])
        return Change(end, notation.insertion(place, added), "ins")
    if found["times"]:
        return Change(end, f"{place}{found['unit'].upper()}[{int(found['times'])}]", "[")
    return Change(end, f"{place}=", "=")


def _is_sure(text: str, start: int, change: Change, cues: Cues) -> bool:
    """:returns: whether a change without ``c.`` is one."""
    written = text[start : change.end]
    if change.sign == ">" or (not written[0].isdecimal() and written[0] not in "+-"):
        return True
    if change.sign in ("=", "["):
        return cues.trusted
    if change.sign in ("del", "dup", "inv") and " " in written and written[-1] in "lpv":
        return False  # "10 del" without its bases
    # "100 C/T" is of other things too.
    joined = " " not in written or change.sign == "ins" or written[0] == "-"
    return (joined and len(written) >= 6) or cues.near(start, change.end)
