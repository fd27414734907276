"""Normalised forms beside tmVar's ids."""

from __future__ import annotations

import pytest

from biotk.evaluation.tmvar import hgvs_key, tmvar_key


@pytest.mark.parametrize(
    ("tmvar", "normalised"),
    [
        ("c|SUB|G|1691|A", "1691G>A"),
        ("c|SUB|G|1691|A", "c.1691G>A"),
        ("g|SUB|G|1691|A", "NC_000001.11:g.1691G>A"),
        ("|SUB|C|-31|T", "-31C>T"),
        ("c|SUB|G|IVS3+1|A", "IVS3+1G>A"),
        ("c|SUB|G||A", "G>A"),
        ("c|SUB|G|CODON158|C", "G>C"),
        ("p|SUB|V|600|E", "p.Val600Glu"),
        ("c|SUB|R|714|Q", "p.Arg714Gln"),
        ("p|SUB|E|300|X", "p.Glu300Ter"),
        ("p|SUB|Q||Q", "p.Gln?="),
        ("p|FS|R|58||", "p.Arg58fs"),
        ("c|DEL|1052|A", "c.1052del"),
        ("c|DEL|1494|6", "1494_1499del"),
        ("c|DEL|2113_2114|GG", "c.2113_2114del"),
        ("c|DEL||32", "delN[32]"),
        ("p|DEL|624_625|VV", "p.Val624_Val625del"),
        ("c|INS|5382|C", "5382_5383insC"),
        ("|INS|125_126|AA", "125_126insAA"),
        ("c|INS|1146+25|A", "c.1146+25_1146+26insA"),
        ("p|INS|344_345|AFF", "p.344_345insAlaPhePhe"),
        ("c|DUP|899|C|", "899dup"),
        ("c|Allele|T|1858", "1858T"),
        ("p|Allele|R|104", "p.Arg104"),
    ],
)
def test_both_give_one_key(tmvar, normalised):
    assert tmvar_key(tmvar) == hgvs_key(normalised) is not None


@pytest.mark.parametrize(
    ("tmvar", "normalised"),
    [
        ("c|SUB|G|1691|A", "1692G>A"),
        ("c|SUB|G|1691|A", "1691G>C"),
        ("c|SUB|G|1691|A", "p.Gly1691Ala"),
        ("c|DEL|1052|A", "1053del"),
        ("c|DEL|1494|6", "1494_1498del"),
        ("c|INS|5382|C", "5382_5383insG"),
        ("p|FS|R|58||", "p.Arg59fs"),
    ],
)
def test_others_give_another(tmvar, normalised):
    assert tmvar_key(tmvar) != hgvs_key(normalised)


@pytest.mark.parametrize("other", ["", "rs334", "c|DEL888|C", "p.Gly593Ser", "c|SYB|T2734|C"])
def test_what_is_no_id_of_tmvar_has_no_key(other):
    assert tmvar_key(other) is None
