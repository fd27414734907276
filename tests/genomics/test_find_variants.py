"""Variants in texts: what is found, at which place, in which normalised form."""

from __future__ import annotations

import pytest

from biotk.genomics import Variant, find_variants, parse_variant


def told(text: str) -> list[tuple[str, str]]:
    found = find_variants(text)
    for variant in found:
        assert text[variant.start : variant.end] == variant.text
    return [(variant.text, variant.normalised) for variant in found]


def only(text: str) -> Variant:
    (variant,) = find_variants(text)
    return variant


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("carriers of rs7903146.", ["rs7903146"]),
        ("the SNP rs 7903146 was", ["rs7903146"]),
        ("RS7903146 and Rs702553,", ["rs7903146", "rs702553"]),
        ("rs123/rs456", ["rs123", "rs456"]),
        ("rs1800562, rs1799945 and rs1800730", ["rs1800562", "rs1799945", "rs1800730"]),
        ("(rs7903146:C>T)", ["rs7903146", "C>T"]),
        ("rs2073162-A and rs1800629A", ["rs2073162", "rs1800629"]),
        ("rs: 7903146, rs-7903146", ["rs7903146", "rs7903146"]),
    ],
)
def test_rsids(text, expected):
    assert [normalised for _, normalised in told(text)] == expected


@pytest.mark.parametrize(
    ("written", "normalised"),
    [
        ("c.1799T>A", "c.1799T>A"),
        ("c.1799T→A", "c.1799T>A"),
        ("c.1799 T --> A", "c.1799T>A"),
        ("c.G1714A", "c.1714G>A"),
        ("c. *469 C>A", "c.*469C>A"),
        ("c.1092 +1G>A", "c.1092+1G>A"),
        ("c.-14-12G>A", "c.-14-12G>A"),
        ("c.471C>C", "c.471="),
        ("c.1521_1523delCTT", "c.1521_1523del"),
        ("c.640_667del28", "c.640_667del"),
        ("c.1494del6", "c.1494_1499del"),
        ("c.609+28_610-16del", "c.609+28_610-16del"),
        ("c.5266dupC", "c.5266dup"),
        ("c.14_15insC", "c.14_15insC"),
        ("c.304ins(GCG)(7)", "c.304_305insGCG[7]"),
        ("c.112_117delAGGTCAinsTG", "c.112_117delinsTG"),
        ("c.112_113AG>TC", "c.112_113delinsTC"),
        ("c.4375_4379inv", "c.4375_4379inv"),
        ("c.123CAG[23]", "c.123CAG[23]"),
        ("c.(?_-30)_(12+1_13-1)del", "c.(?_-30)_(12+1_13-1)del"),
        ("c.(1799T>A)", "c.1799T>A"),
        ("g.140453136A>T", "g.140453136A>T"),
        ("m.3243A>G", "m.3243A>G"),
        ("n.123C>T", "n.123C>T"),
        ("r.76a>u", "r.76a>u"),
        ("r.76A>T", "r.76a>u"),
        ("p.Val600Glu", "p.Val600Glu"),
        ("p.(Val600Glu)", "p.Val600Glu"),
        ("p.V600E", "p.Val600Glu"),
        ("p.VAL600GLU", "p.Val600Glu"),
        ("p. Asp291Asn", "p.Asp291Asn"),
        ("p.Gln193Gln", "p.Gln193="),
        ("p.W24*", "p.Trp24Ter"),
        ("p.Trp24X", "p.Trp24Ter"),
        ("p.E947stop", "p.Glu947Ter"),
        ("p.R97Pfs*23", "p.Arg97ProfsTer23"),
        ("p.A27fsX132", "p.Ala27fsTer132"),
        ("p.Ser119fsX", "p.Ser119fs"),
        ("p.Lys23_Val25del", "p.Lys23_Val25del"),
        ("p.G204_K247del", "p.Gly204_Lys247del"),
        ("p.Lys2_Met3insGlnSerLys", "p.Lys2_Met3insGlnSerLys"),
        ("p.Asp46_Gln48delinsGlu", "p.Asp46_Gln48delinsGlu"),
        ("p.Cys28delinsWV", "p.Cys28delinsTrpVal"),
        ("p.Gly4dup", "p.Gly4dup"),
        ("p.Met1?", "p.Met1?"),
        ("p.Ter110GlnextTer17", "p.Ter110GlnextTer17"),
        ("p.Met1ext-5", "p.Met1ext-5"),
        ("p.=", "p.="),
        ("NM_004333.4:c.1799T>A", "NM_004333.4:c.1799T>A"),
        ("NM_004333.4(BRAF):c.1799T>A", "NM_004333.4:c.1799T>A"),
        ("NP_004324.2:p.(Val600Glu)", "NP_004324.2:p.Val600Glu"),
        ("ENST00000288602.6:c.1799T>A", "ENST00000288602.6:c.1799T>A"),
        ("LRG_321t1:c.93+1G>T", "LRG_321t1:c.93+1G>T"),
    ],
)  # fmt: skip
def test_hgvs(written, normalised):
    for text in (written, f"We saw {written}, twice", f"({written})", f"x {written}\nNext line"):
        assert told(text) == [(written, normalised)]


@pytest.mark.parametrize(
    ("written", "normalised", "kind"),
    [
        ("V600E", "p.Val600Glu", "protein"),
        ("Val600Glu", "p.Val600Glu", "protein"),
        ("Val 600 Glu", "p.Val600Glu", "protein"),
        ("Val(600)-->Glu", "p.Val600Glu", "protein"),
        ("V(600)E", "p.Val600Glu", "protein"),
        ("Val108/158Met", "p.Val158Met", "protein"),
        ("T(-786)C", "-786T>C", "dna"),
        ("A(1166)C", "1166A>C", "dna"),
        ("C677-->T", "677C>T", "dna"),
        ("C677 --> T", "677C>T", "dna"),
        ("3849+10kbC>T", "3849+10kbC>T", "dna"),
        ("621+1G→T", "621+1G>T", "dna"),
        ("273ser----phe", "p.Ser273Phe", "protein"),
        ("R506Q", "p.Arg506Gln", "protein"),
        ("R506*", "p.Arg506Ter", "protein"),
        ("E873stop", "p.Glu873Ter", "protein"),
        ("A53T", "p.Ala53Thr", "protein"),
        ("P686fs", "p.Pro686fs", "protein"),
        ("F508del", "p.Phe508del", "protein"),
        ("delF508", "p.Phe508del", "protein"),
        ("ΔF508", "p.Phe508del", "protein"),
        ("∆F508", "p.Phe508del", "protein"),
        ("deltaF508", "p.Phe508del", "protein"),
        ("E746_A750del", "p.Glu746_Ala750del", "protein"),
        ("157delMTTTVP", "p.Met157_Pro162del", "protein"),
        ("1691G>A", "1691G>A", "dna"),
        ("1691 G>A", "1691G>A", "dna"),
        ("-174 G/C", "-174G>C", "dna"),
        ("−174 G/C", "-174G>C", "dna"),
        ("-1082(G/A)", "-1082G>A", "dna"),
        ("+1858C>T", "1858C>T", "dna"),
        ("G-395A", "-395G>A", "dna"),
        ("C677T", "677C>T", "dna"),
        ("677C→T", "677C>T", "dna"),
        ("G20210A", "20210G>A", "dna"),
        ("IVS14+1G>A", "IVS14+1G>A", "dna"),
        ("IVS3 + 18C > T", "IVS3+18C>T", "dna"),
        ("5382insC", "5382_5383insC", "dna"),
        ("118-119insA", "118_119insA", "dna"),
        ("185delAG", "185_186del", "dna"),
        ("Tdel219", "219del", "dna"),
        ("del418T", "418del", "dna"),
        ("735-6 TG>AT", "735_736delinsAT", "dna"),
    ],
)  # fmt: skip
def test_changes_in_short(written, normalised, kind):
    variant = only(f"A mutation, {written}, of the gene.")
    assert (variant.text, variant.normalised, variant.kind) == (written, normalised, kind)


@pytest.mark.parametrize(
    ("text", "normalised"),
    [
        ("G to A at position 20210", "20210G>A"),
        ("C-to-T substitution at -31", "-31C>T"),
        ("(G --> C) substitution at position 1201", "1201G>C"),
        ("cytosine to guanine transversion at nucleotide 1451", "1451C>G"),
        ("valine to methionine at codon 66", "p.Val66Met"),
        ("Lys to Asn at position 198", "p.Lys198Asn"),
        ("arginine (R) to glycine (G) mutation at position 76", "p.Arg76Gly"),
        ("histidine 626-to-arginine", "p.His626Arg"),
        ("glutamic acid 333 by aspartic acid", "p.Glu333Asp"),
        ("codon 358, tyrosine to histidine", "p.Tyr358His"),
        ("stop codon for glutamine at codon 298", "p.Gln298Ter"),
        ("lysine for glutamic acid at amino acid 325", "p.Glu325Lys"),
        ("R to G mutation at position 76", "p.Arg76Gly"),
        ("G-A transition at nucleotide 2268", "2268G>A"),
        ("nucleotide 3243 from A to G", "3243A>G"),
        ("G at nucleotide 1691 to A", "1691G>A"),
        ("CAA to AAA at codon 61", "CAA>AAA"),
        ("arginine at codon 506 is replaced by glutamine", "p.Arg506Gln"),
        ("Ile/Val polymorphism at codon 655", "p.Ile655Val"),
        ("deletion of C at nucleotide 888", "888del"),
        ("deletion of 6 bp at position 1494", "1494_1499del"),
        ("T deletion at 5063", "5063del"),
        ("deletion of amino acids 809-852", "p.809_852del"),
        ("deletion of valine 624, valine 625", "p.Val624_Val625del"),
        ("nine-nucleotide deletion starting at position 1952", "1952_1960del"),
        ("32-bp deletion", "delN[32]"),
        ("T allele at -511", "-511T"),
        ("lysine at residue 223", "p.Lys223"),
    ],
)
def test_variants_told_in_words(text, normalised):
    assert told(f"The mutation was a {text} in all.") == [(text, normalised)]


def test_for_is_turned_round_where_the_notation_says_so():
    text = "a mutation of alanine for valine at position 88"
    assert told(text) == [(text.partition(" of ")[2], "p.Val88Ala")]
    assert told(f"{text} (A88V)")[0][1] == "p.Ala88Val"


def test_bases_and_amino_acids_of_the_same_letters_are_told_apart():
    assert told("C677T")[0][1] == "677C>T"
    assert told("A30P and A153T")[1][1] == "p.Ala153Thr"
    assert told("A30P was seen. A153T too")[1][1] == "153A>T"


def test_a_symbol_may_stand_right_before_a_change():
    assert told("KrasG12D mice") == [("G12D", "p.Gly12Asp")]
    assert told("the BRAFV600E and JAK2V617F mutations") == [
        ("V600E", "p.Val600Glu"),
        ("V617F", "p.Val617Phe"),
    ]
    assert told("lens SNAV60WF, part MODELA12C, the gene GADD45A") == []


def test_alleles_are_found_where_the_text_tells_of_the_change():
    found = told("The 1858C/T polymorphism: 1858T carriers; R620W, and 620W.")
    assert found == [
        ("1858C/T", "1858C>T"),
        ("1858T", "1858T"),
        ("R620W", "p.Arg620Trp"),
        ("620W", "p.Trp620"),
    ]
    assert told("The polymorphism: 1858T carriers; 620W.") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CYP2C19*2", ["CYP2C19*2"]),
        ("CYP2C19 *2/*17", ["CYP2C19*2", "CYP2C19*17"]),
        ("CYP2C19*2, *3 and *17", ["CYP2C19*2", "CYP2C19*3", "CYP2C19*17"]),
        ("CYP2D6*4 was rare; *4/*4 rarer", ["CYP2D6*4", "CYP2D6*4", "CYP2D6*4"]),
        ("SLCO1B1*1b", ["SLCO1B1*1B"]),
        ("CYP2D6*4xN", ["CYP2D6*4xN"]),
        ("CYP2C19*02", ["CYP2C19*2"]),
        ("CYP2C19*2, TPMT*3C. *17 carriers", ["CYP2C19*2", "TPMT*3C", "*17"]),
        ("HLA-B*57:01", ["HLA-B*57:01"]),
        ("HLA-B*5701", ["HLA-B*57:01"]),
        ("HLA-A*02:01 and B*44:02", ["HLA-A*02:01", "HLA-B*44:02"]),
        ("DRB1*15:01:01", ["HLA-DRB1*15:01:01"]),
    ],
)
def test_star_alleles(text, expected):
    assert [normalised for _, normalised in told(text)] == expected
    assert {variant.kind for variant in find_variants(text)} == {"star"}


def test_reference_and_gene_are_kept():
    variant = only("NM_004333.4(BRAF):c.1799T>A")
    assert (variant.reference, variant.gene) == ("NM_004333.4", "BRAF")
    variant = only("BRAF:p.V600E")
    assert (variant.text, variant.reference, variant.gene) == ("p.V600E", None, "BRAF")
    variant = only("BRAF(NM_004333.4):c.1799T>A")
    assert (variant.text, variant.normalised) == ("c.1799T>A", "NM_004333.4:c.1799T>A")
    assert only("DNA:c.1799T>A").gene is None
    assert [v.gene for v in find_variants("CYP2C19*2/*17")] == ["CYP2C19", "CYP2C19"]


def test_each_change_of_an_allele_is_a_variant():
    assert told("c.[76A>C;83G>C]") == [("76A>C", "c.76A>C"), ("83G>C", "c.83G>C")]
    assert told("c.[76A>C];[83G>C]") == [("76A>C", "c.76A>C"), ("83G>C", "c.83G>C")]
    assert told("p.[Ser68Arg;Asn594del]") == [
        ("Ser68Arg", "p.Ser68Arg"),
        ("Asn594del", "p.Asn594del"),
    ]
    assert told("p.[Ser68Arg]") == [("p.[Ser68Arg]", "p.Ser68Arg")]


LOOKALIKES = """
The T47D, MCF-7, H1299, A549, K-562 and T98G cells were grown in F12K medium
Vitamin B12C and vitamin C1000 daily; D5W at 75 mL/h, D10W, gentamicin Q12H, A1C of 7.2 %
C5-6 disc, L4L5 fusion, L4-L5 and L5-S1, T12-L1; S1Q3T3 pattern; T2N0M0, pT1cN1M0, T1C N0 M0, T2A
London W1A 1AA and E14 5AB, Toronto M5V 3L9; room E214A, model C350D, lot A123T, sample S123A
RS 100, Rs 500, Rs. 5000, rs = 0.45, rs 0.5; c. 25 mg, p.o., p.r.n. 5 mg, 6 p.m. 110/70, g. 3
Blood pressure 120/80, the A/C joint, A/G ratio 1.2, 5 C/T, 3*4, A*5 + B*7, *1 and *2 as below
H2O, CO2, C3H6, IL-2, HLA-B27, E2F, P2Y12, S100A8, C4A, H3K27me3, G6PD, T1D, C57BL/6, CYP2D6
His 5 metastases. Met 3 goals. Serine-threonine kinase. Cys2-His2 zinc fingers. His6-tag. Phe 508
S52.501A, T50905A, M54.5; 10 del 2; delta 9 THC; the insertion of a catheter
Temperature 37 C to 39 C; grade A to C; 20 G needle; 98.6 F; C123D-5; MRN A1234T; N95
"""


@pytest.mark.parametrize("text", LOOKALIKES.strip().splitlines())
def test_what_only_looks_like_a_variant_is_left_alone(text):
    assert told(text) == []
    # Nor does a variant elsewhere in the note change that.
    assert told(f"{text}. {'-' * 100} BRAF V600E.") == [("V600E", "p.Val600Glu")]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("A6V was seen", False), ("the A6V mutation", True),
        ("G/A", False), ("a G/A polymorphism", True),
        ("rs12", False), ("the SNP rs12", True),
        ("192Q/R", False), ("the 192Q/R genotype", True),
        ("*2/*17", False), ("the diplotype *2/*17", True),
    ],
)  # fmt: skip
def test_what_may_be_something_else_needs_a_word(text, found):
    assert bool(told(text)) == found


def test_what_is_known_to_be_a_variant_needs_none():
    for text, normalised in [
        ("A6V", "p.Ala6Val"), ("T47D", "p.Thr47Asp"), ("G/A", "G>A"), ("rs12", "rs12"),
        ("RS 100", "rs100"), ("1858T", "1858T"), ("Cys326", "p.Cys326"), ("*2", "*2"),
    ]:  # fmt: skip
        variant = parse_variant(text)
        assert (variant.normalised, variant.text) == (normalised, text)
    for text in ("", " ", "fever", "V600E and more", " V600E"):
        assert parse_variant(text) is None


def test_offsets_count_code_points():
    for before in ("𝒳🧬 ", "é\r\n", "\ufeff", "a\u0301\t"):
        assert told(f"{before}c.1799T>A\r\n") == [("c.1799T>A", "c.1799T>A")]


def test_blanks_of_all_kinds_count():
    assert told("c.1799\u00a0T\u2009>\u202fA") == [("c.1799\u00a0T\u2009>\u202fA", "c.1799T>A")]
