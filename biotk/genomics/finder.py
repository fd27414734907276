"""All variants of a text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from biotk.genomics.alleles import find_alleles
from biotk.genomics.cues import Cues
from biotk.genomics.dna import find_dna
from biotk.genomics.folding import folded
from biotk.genomics.letters import find_letters
from biotk.genomics.protein import find_proteins
from biotk.genomics.removals import find_removals
from biotk.genomics.rsids import find_rsids
from biotk.genomics.star_alleles import find_star_alleles
from biotk.genomics.told_bases import find_told_bases
from biotk.genomics.told_proteins import find_told_proteins
from biotk.genomics.told_removals import find_told_removals
from biotk.genomics.variant import Variant
from biotk.text.overlaps import without_overlaps

_SUBSTITUTION = re.compile(r"p\.([A-Z][a-z]{2})(\d+)([A-Z][a-z]{2})")


def find_variants(text: str) -> list[Variant]:
    """Find the variants that a text names, by rules.

    rsIDs; changes in HGVS' notation and in what papers make of it (``V600E``, ``1691G>A``,
    ``delF508``); changes told in words ("valine to methionine at codon 66"); alleles of such
    places ("the T allele at -31"); star alleles and those of HLA. Where a sign may mean something
    else as well ("G/A", "A6V"), only near a word that speaks of variants. The time that it takes
    grows with the length of the text, and no faster.

    :param text: the text, of any length.
    :returns: variants in order of their start, none overlapping another.

    >>> for v in find_variants("BRAF V600E (c.1799T>A); rs 7903146; CYP2C19*2/*17."):
    ...     print(v.start, v.end, v.kind, v.normalised)
    5 10 protein p.Val600Glu
    12 21 dna c.1799T>A
    24 34 rsid rs7903146
    36 45 star CYP2C19*2
    46 49 star CYP2C19*17
    """
    plain = folded(text)
    found = without_overlaps(_candidates(plain, Cues(plain)))
    return [replace(each, text=text[each.start : each.end]) for each in found]


def parse_variant(mention: str) -> Variant | None:
    """Read a string that is known to be a variant, as a cell of a table or what a user typed.

    What :func:`find_variants` leaves alone because it may mean something else is read here.
    A normalised form reads as itself.

    :param mention: the string, without blanks at its ends.
    :returns: the variant; None where no rule reads all of the string.

    >>> parse_variant("VAL600GLU").normalised, parse_variant("fever") is None
    ('p.Val600Glu', True)
    """
    plain = folded(mention)
    for each in _candidates(plain, Cues(plain, trusted=True)):
        if (each.start, each.end) == (0, len(mention)):
            return replace(each, text=mention)
    return None


def _candidates(text: str, cues: Cues) -> Iterator[Variant]:
    """Yield all that any rule takes for a variant; of what is equally long the first will stand."""
    yield from find_rsids(text, cues)
    yield from find_star_alleles(text, cues)
    notations = [
        *find_dna(text, cues),
        *find_proteins(text),
        *find_letters(text, cues),
        *find_removals(text, cues),
    ]
    changes = [
        *notations,
        *_turned(find_told_proteins(text, cues), {each.normalised for each in notations}),
        *find_told_bases(text, cues),
        *find_told_removals(text, cues),
    ]
    yield from changes
    yield from find_alleles(text, changes, cues)


def _turned(told: Iterator[Variant], names: set[str]) -> Iterator[Variant]:
    """Turn round what a text tells in words where its own notation says so.

    "A substitution of alanine for valine (A88V)": many write *for* where they mean *by*.
    """
    for each in told:
        match = _SUBSTITUTION.fullmatch(each.normalised)
        if match is not None and each.normalised not in names:
            other = f"p.{match[3]}{match[2]}{match[1]}"
            if other in names:
                yield replace(each, normalised=other)
                continue
        yield each
