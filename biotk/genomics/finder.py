"""All variants of a text."""

from __future__ import annotations

from collections.abc import Iterator

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
from dataclasses import replace


def find_variants(text: str) -> list[Variant]:
    plain = folded(text)
    found = without_overlaps(_candidates(plain, Cues(plain)))
    return [replace(each, text=text[each.start : each.end]) for each in found]


def parse_variant(mention: str) -> Variant | None:
    plain = folded(mention)
    for each in _candidates(plain, Cues(plain, trusted=True)):
        if (each.start, each.end) == (0, len(mention)):
            return replace(each, text=mention)
    return None


def _candidates(text: str, cues: Cues) -> Iterator[Variant]:
    changes = [
        *find_dna(text, cues),
        *find_proteins(text),
        *find_letters(text, cues),
        *find_removals(text, cues),
        *find_told_proteins(text, cues),
        *find_told_bases(text, cues),
        *find_told_removals(text, cues),
    ]
    yield from find_rsids(text, cues)
    yield from find_star_alleles(text, cues)
    yield from changes
    yield from find_alleles(text, changes, cues)
