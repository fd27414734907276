"""Star alleles: named haplotypes of pharmacogenes, and alleles of HLA.

PharmVar names the former (CYP2C19*2), the WHO's committee for factors of the HLA system the latter
(HLA-B*57:01).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from biotk.genomics.cues import Cues
from biotk.genomics.variant import Variant

_GENE = (
    r"CYP\d{1,2}[A-Z]\d{1,2}|UGT\d[AB]\d{1,2}|SLCO\d[A-Z]\d|SULT\d[A-Z]\d|ABC[A-G]\d{1,2}|TPMT|NUDT15"
    r"|DPYD|NAT[12]|GST[A-Z]\d|ALDH\d[A-Z]?\d?|ADH\d[A-Z]?|FMO\d|POR|VKORC1|G6PD|IFNL3|CES1|COMT|AOX1"
)
_NUMBER = r"\d{1,3}(?:\.\d{3}|[A-Za-z](?![A-Za-z]))?(?:x[N\d])?"
_NAMED = re.compile(rf"(?<![A-Za-z0-9])(?P<gene>{_GENE})\s?[(\[]?\s?\*\s?(?P<number>{_NUMBER})(?!\w)")
_LIST = r"\s?(?:/|,\s?(?:and\s|or\s)?|\s(?:and|or|to|through|versus|vs\.?)\s|\+|-|;\s?)\s?"
_NEXT = re.compile(rf"{_LIST}(?P<all>\*\s?(?P<number>{_NUMBER}))(?!\w)")
_BARE = re.compile(rf"(?<![\w*/])\*(?P<number>{_NUMBER})(?![\w*])")
_PAIR = re.compile(rf"/\*{_NUMBER}(?!\w)")
_NOUN = re.compile(r"[\s-](?:allel|haplotyp|carrier|variant|genotyp|diplotyp|homozyg|heterozyg)")

_HLA_GENE = r"(?:HLA|hla)[-\s]?(?P<gene>A|B|C|E|F|G|DR[AB]\d?|DQ[AB]\d?|DP[AB]\d?|D[MO][AB])|(?P<bare>DRB[1-9]|DQ[AB]1|DP[AB]1|A|B|C)"
_FIELDS = r"(?P<fields>\d{2,3}(?::\d{2,3}){1,3}|\d{2,8})(?P<suffix>[NLSCAQ]|[GP])?"
_HLA = re.compile(rf"(?<![A-Za-z0-9*-])(?:{_HLA_GENE})\s?\*\s?{_FIELDS}(?![\w*])")
_HLA_NEXT = re.compile(rf"{_LIST}(?P<all>\*\s?{_FIELDS})(?![\w*])")
#: Genes of which a bare letter is the name: "A*02:01" needs HLA before it.
_LETTERS = frozenset("ABC")


def find_star_alleles(text: str, cues: Cues) -> Iterator[Variant]:
    """Find star alleles and those of HLA.

    ``*17`` alone is one of the gene of the item before it in a list ("CYP2C19*2 and *17"), and
    elsewhere of the last gene that was named, if a pair ("*2/*17") or a word ("*17 carriers") says
    that an allele is meant.

    :param text: the folded text.
    """
    if "*" not in text:
        return
    named: list[tuple[int, str]] = []
    taken = 0
    for match in _NAMED.finditer(text):
        gene = match["gene"]
        yield _of_gene(match.start(), match[0], gene, match["number"])
        named.append((match.end(), gene))
        taken = match.end()
        while (item := _NEXT.match(text, taken)) is not None:
            yield _of_gene(item.start("all"), item["all"], gene, item["number"])
            taken = item.end()
    yield from _bare(text, named, cues)
    yield from _hla(text)


def _of_gene(start: int, written: str, gene: str | None, number: str) -> Variant:
    name = re.sub(r"^0+(?=\d)", "", number)
    name = re.sub(r"[a-w](?![\d.])", lambda letter: letter[0].upper(), name)
    return Variant(
        start, start + len(written), written, "star", f"{gene or ''}*{name}", gene=gene
    )


def _bare(text: str, named: list[tuple[int, str]], cues: Cues) -> Iterator[Variant]:
    """Yield what stands without its gene; what a list has led to is there already, and the same."""
    at = 0
    gene: str | None = None
    taken = 0
    for match in _BARE.finditer(text):
        if match.start() < taken:
            continue
        while at < len(named) and named[at][0] <= match.start():
            gene = named[at][1]
            at += 1
        pair = _PAIR.match(text, match.end())
        told = pair is not None or _NOUN.match(text, match.end()) is not None
        if not (cues.trusted or told and (gene is not None or cues.near(*match.span()))):
            continue
        yield _of_gene(match.start(), match[0], gene, match["number"])
        taken = match.end()
        while (item := _NEXT.match(text, taken)) is not None:
            yield _of_gene(item.start("all"), item["all"], gene, item["number"])
            taken = item.end()


def _hla(text: str) -> Iterator[Variant]:
    of_hla = text.find("HLA")
    for match in _HLA.finditer(text):
        gene = match["gene"] or match["bare"]
        # "B*5" is a product, and "A*24" a footnote, where nobody speaks of HLA.
        if match["gene"] is None and gene in _LETTERS:
            if not 0 <= of_hla < match.start() or ":" not in match["fields"]:
                continue
        yield _of_hla(match.start(), match[0], gene, match)
        taken = match.end()
        while (item := _HLA_NEXT.match(text, taken)) is not None:
            yield _of_hla(item.start("all"), item["all"], gene, item)
            taken = item.end()


def _of_hla(start: int, written: str, gene: str, match: re.Match[str]) -> Variant:
    fields = match["fields"]
    if ":" not in fields and len(fields) % 2 == 0:  # before 2010 two digits a field, no colons
        fields = ":".join(fields[i : i + 2] for i in range(0, len(fields), 2))
    name = f"HLA-{gene}*{fields}{match['suffix'] or ''}"
    return Variant(start, start + len(written), written, "star", name, gene=f"HLA-{gene}")
