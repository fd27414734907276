"""What holds for any text: places, overlaps, normalised forms; and that it is read to its end."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from biotk.genomics import cues, find_variants, finder, parse_variant
from biotk.genomics.folding import folded

PIECES = """
rs 7903146 rs7903146 c. g. p. ( ) [ ] ; / _ - + * > --> → = fs del ins dup delins inv 35 600 20210
A C G T TG V600E Val Glu Gly Ter X 1691G>A valine methionine to at codon position 66 bp deletion of
allele mutation polymorphism substitution CYP2C19*2 *17 HLA-B*57:01 IVS3+1 NM_004333.4 : BRAF Δ F508
glycine for alanine G/A 1858T T and the , . \n \r\n é 𝒳 \u2212 \u00a0
""".split(" ")
TEXTS = st.lists(st.sampled_from([*PIECES, " ", " ", ""]), max_size=25).map("".join) | st.lists(
    st.sampled_from(PIECES), max_size=25
).map(" ".join)

AMINO = "Ala Arg Asn Asp Cys Gln Glu Gly His Ile Leu Lys Met Phe Pro Ser Thr Trp Tyr Val".split()
LETTERS = dict(zip(AMINO, "ARNDCQEGHILKMFPSTWYV", strict=True))
BASES = st.sampled_from("ACGT")
RUN = st.text("ACGT", min_size=2, max_size=12)
PLACE = st.integers(1, 99999)


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_places_are_those_of_the_mentions_and_none_overlap(text):
    end = 0
    for variant in find_variants(text):
        assert text[variant.start : variant.end] == variant.text
        assert end <= variant.start < variant.end
        assert variant.normalised == variant.normalised.strip() != ""
        end = variant.end


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_normalised_forms_read_as_themselves(text):
    for variant in find_variants(text):
        again = parse_variant(variant.normalised)
        assert again is not None, variant
        assert (again.normalised, again.kind) == (variant.normalised, variant.kind)


class EveryWhere(cues.Cues):
    """The slow way: every expression is searched for in the whole of the text."""

    def __init__(self, text: str, *, trusted: bool = False) -> None:
        super().__init__(text, trusted=trusted)
        self.passages = ((0, len(text)),)


@settings(max_examples=200, deadline=None)
@given(st.lists(TEXTS | st.integers(1, 900).map(lambda n: "x. " * n), max_size=6).map(" ".join))
def test_passages_hold_all_that_words_tell(text):
    fast = find_variants(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(finder, "Cues", EveryWhere)
        assert find_variants(text) == fast


SLOW_SUBSTITUTION = re.compile(r"(?<![\w.])p\.([A-Z][a-z]{2})(\d+)([A-Z][a-z]{2})(?!\w)")


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(AMINO), PLACE, st.sampled_from(AMINO)), max_size=20))
def test_every_substitution_of_a_list_is_found(changes):
    """Against an expression that reads nothing else."""
    written = [f"p.{old}{place}{new}" for old, place, new in changes]
    text = "; ".join(written)
    slow = [(m.start(), m.end()) for m in SLOW_SUBSTITUTION.finditer(text)]
    found = find_variants(text)
    assert [(variant.start, variant.end) for variant in found] == slow
    for variant, (old, place, new) in zip(found, changes, strict=True):
        assert variant.normalised == f"p.{old}{place}{'=' if old == new else new}"


@given(st.sampled_from(AMINO), PLACE, st.sampled_from([*AMINO, "Ter"]))
def test_all_ways_to_write_a_protein_change_are_one(old, place, new):
    letter, last = LETTERS[old], LETTERS.get(new, "X")
    name = f"p.{old}{place}{'=' if old == new else new}"
    ways = [f"p.{old}{place}{new}", f"p.({old}{place}{new})", f"p.{letter}{place}{last}"]
    ways += [f"{old}{place}{new}", f"p. {old}{place}{new}", f"p.[{old}{place}{new}]"]
    if new == "Ter":
        ways += [f"p.{letter}{place}*", f"p.{old}{place}*", f"{old}{place}stop"]
    if not {letter, last} <= set("ACGT"):
        ways.append(f"{letter}{place}{last}")
    for way in ways:
        variant = parse_variant(way)
        assert variant is not None, way
        assert variant.normalised == name


@given(st.sampled_from("cgmn"), PLACE, BASES, BASES, st.integers(0, 99))
def test_all_ways_to_write_a_change_of_a_base_are_one(system, place, old, new, offset):
    where = f"{place}+{offset}" if offset else str(place)
    change = f"{where}=" if old == new else f"{where}{old}>{new}"
    for arrow in (">", " > ", "->", "-->", "→"):
        variant = parse_variant(f"{system}.{where}{old}{arrow}{new}")
        assert variant is not None
        assert variant.normalised == f"{system}.{change}"


@given(PLACE, RUN)
def test_what_is_deleted_is_left_out(place, run):
    last = place + len(run) - 1
    for way in (
        f"c.{place}_{last}del{run}",
        f"c.{place}_{last}del{len(run)}",
        f"c.{place}del{run}",
    ):
        variant = parse_variant(way)
        assert variant is not None
        assert variant.normalised == f"c.{place}_{last}del"


@given(st.text())
@example("\u0130rs7903146")
def test_folding_keeps_the_length(text):
    assert len(folded(text)) == len(text)


ENDLESS = [
    "A", "G", "1", "-", "*", "c.", "p.", "c.(", "(", "[", "rs", "rs1", "del", "ins", "A>",
    "A/", "1_", "1+", "Val", "Val1", "valine ", "valine to ", "A to ", "A at ",
    " at position ", "deletion of ", "1-bp ", "*1/", "CYP2C19*2,", "HLA-B*57:", "V600E/",
    "V600E ", "p.V600E;", "c.[1A>G;", "fs", "X", "IVS", "1A", "Δ", "Delta1-", "mutation ",
    "G > ", "NM_004333.4:", "BRAF:", "CAG[", "(CAG)", " ", "\n", "1858C/T 1858T ",
    "substitution at nucleotide c.", "single base pair ", "1,", "_", "aspartic ",
]  # fmt: skip


@pytest.mark.parametrize("piece", ENDLESS)
def test_texts_that_expressions_could_lose_themselves_in_are_read_to_their_end(piece):
    """One that goes back over what it has read would take hours for these."""
    text = f"{piece} mutation " * 8 + piece * (60_000 // len(piece))
    assert all(text[v.start : v.end] == v.text for v in find_variants(text))


def test_a_text_of_a_hundred_thousand_words_is_read_whole():
    filler = "The patient was seen at home with 5 mg of a drug, at 120/80 and 37 C. " * 7_000
    text = f"V600E {filler}rs7903146 {filler}valine to methionine at codon 66"
    assert len(text.split()) > 100_000
    found = find_variants(text)
    assert [variant.normalised for variant in found] == ["p.Val600Glu", "rs7903146", "p.Val66Met"]
    assert found[-1].end == len(text)
