"""Star alleles: named haplotypes of pharmacogenes, and alleles of HLA.

PharmVar names the former (CYP2C19*2), the WHO's committee for factors of the HLA system the latter
(HLA-B*57:01).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from biotk.genomics.cues import Cues
from biotk.genomics.variant import Variant

_GENE = re.compile(
    r"(?<![A-Za-z0-9])(?P<gene>CYP\d{1,2}[A-Z]\d{1,2}|UGT\d[AB]\d{1,2}|SLCO\d[A-Z]\d|SULT\d[A-Z]\d"
    r"|ABC[A-G]\d{1,2}|TPMT|NUDT15|DPYD|NAT[12]|GST[A-Z]\d|ALDH\d[A-Z]?\d?|ADH\d[A-Z]?|FMO\d|POR"
    r"|VKORC1|G6PD|IFNL3|CES1|COMT|AOX1)\s?[(\[]?\s?\Z"
)
_HLA_GENE = re.compile(
    r"(?<![A-Za-z0-9])(?:(?P<hla>HLA|hla)[-\s]?)?(?P<gene>A|B|C|E|F|G|DR[AB]\d?|DQ[AB]\d?|DP[AB]\d?"
    r"|D[MO][AB])\s?\Z"
)
_REACH = 24

_NUMBER = r"(?P<number>\d{1,3}(?:\.\d{3}|[A-Za-z](?![A-Za-z]))?(?:x[N\d])?)"
_STAR = re.compile(rf"\*\s?{_NUMBER}(?![\w*])")
_FIELDS = r"(?P<fields>\d{2,3}(?::\d{2,3}){1,3}|\d{2,8})(?P<suffix>[NLSCAQGP])?"
_HLA_STAR = re.compile(rf"\*\s?{_FIELDS}(?![\w*])")
_LIST = re.compile(
    r"\s?(?:/|,\s?(?:and\s|or\s)?|\s(?:and|or|to|versus|vs\.?)\s|\+|-|;\s?)\s?(?=\*)"
)
_NOUN = re.compile(r"[\s-](?:allel|haplotyp|carrier|variant|genotyp|diplotyp|homozyg|heterozyg)")
_PAIR = re.compile(r"/\*\d")
#: Genes of HLA of which a bare letter is the name: "A*02:01" needs HLA before it.
_LETTERS = frozenset("ABCEFG")


def find_star_alleles(text: str, cues: Cues) -> Iterator[Variant]:
    """Find star alleles and those of HLA.

    ``*17`` alone is one of the gene of the item before it in a list ("CYP2C19*2 and *17"), and
    elsewhere of the one gene that the text has named before, if a pair ("*2/*17") or a word ("*17
    carriers") says that an allele is meant. Where there are several, its gene is not told.

    :param text: the folded text.
    """
    genes: dict[str, None] = {}
    hla_from = text.find("HLA")
    at = text.find("*")
    while at >= 0:
        end = at + 1
        named = _GENE.search(text, max(0, at - _REACH), at)
        of_hla = None if named else _HLA_GENE.search(text, max(0, at - _REACH), at)
        if named is not None:
            for variant in _items(text, named.start(), at, named["gene"], _STAR):
                genes[named["gene"]] = None
                yield variant
                end = variant.end
        elif of_hla is not None and _is_hla(text, of_hla, at, after=hla_from):
            for variant in _items(text, of_hla.start(), at, f"HLA-{of_hla['gene']}", _HLA_STAR):
                yield variant
                end = variant.end
        elif _is_bare(text, at, cues, named=bool(genes)):
            gene = next(iter(genes)) if len(genes) == 1 else None
            for variant in _items(text, at, at, gene, _STAR):
                yield variant
                end = variant.end
        at = text.find("*", end)


def _items(
    text: str, start: int, at: int, gene: str | None, pattern: re.Pattern[str]
) -> Iterator[Variant]:
    """Yield an allele and those that follow it in a list.

    :param start: where the mention of the first starts.
    :param at: where its star stands.
    """
    while (match := pattern.match(text, at)) is not None:
        number = _colons(match) if pattern is _HLA_STAR else _number(match["number"])
        name = f"{gene or ''}*{number}"
        yield Variant(start, match.end(), text[start : match.end()], "star", name, gene=gene)
        gap = _LIST.match(text, match.end())
        if gap is None:
            return
        start = at = gap.end()


def _number(written: str) -> str:
    """:returns: the number of an allele: no zeros before it, its letter a capital.

    >>> _number("1b"), _number("02"), _number("4xN"), _number("4.001")
    ('1B', '2', '4xN', '4.001')
    """
    digits = re.sub(r"^0+(?=\d)", "", written)
    return re.sub(r"[a-wyz]|x(?![N\d])", lambda letter: letter[0].upper(), digits)


def _colons(match: re.Match[str]) -> str:
    """:returns: the fields of an allele of HLA; before 2010 they had two digits and no colons."""
    written: str = match["fields"]
    if ":" not in written and len(written) % 2 == 0:
        written = ":".join(written[i : i + 2] for i in range(0, len(written), 2))
    return written + (match["suffix"] or "")


def _is_hla(text: str, match: re.Match[str], at: int, *, after: int) -> bool:
    """:returns: whether an allele of HLA is meant: "B*5" is a product, and "A*24" a footnote."""
    if match["hla"] or match["gene"] not in _LETTERS:
        return True
    allele = _HLA_STAR.match(text, at)
    return allele is not None and ":" in allele["fields"] and 0 <= after < at


def _is_bare(text: str, at: int, cues: Cues, *, named: bool) -> bool:
    """:returns: whether an allele is meant where no gene stands before the star."""
    match = _STAR.match(text, at)
    before = text[at - 1 : at] if at else ""
    if match is None or before.isalnum() or before in ("*", "/", "_"):
        return False
    if _PAIR.match(text, match.end()) is None and _NOUN.match(text, match.end()) is None:
        return cues.trusted
    return named or cues.near(at, match.end())
