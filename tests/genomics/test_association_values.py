"""Cells of association tables: fast readers beside slow ones, and the odd cells that were met."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from biotk.genomics import values
from biotk.genomics.associations import CHROMOSOMES
from biotk.genomics.licences import EMBL_EBI, is_open
from biotk.genomics.values import (
    catalog_effect,
    difference_effect,
    from_log,
    parse_chromosome,
    parse_p,
    parse_position,
    parse_rsid,
    parse_unit,
    ratio_effect,
)


@given(st.decimals(min_value=Decimal("1e-4000"), max_value=1, allow_nan=False))
def test_p_value_is_that_of_slow_decimal_arithmetic(p: Decimal) -> None:
    read = parse_p(str(p))
    assert read is not None and read[1] is not None
    assert read[0] == pytest.approx(float(p), rel=1e-9, abs=5e-324)
    assert read[1] == pytest.approx(float(-p.log10()), rel=1e-9, abs=1e-9)


@given(st.integers(1, 999), st.integers(1, 5000))
def test_p_value_is_read_in_every_spelling(digits: int, exponent: int) -> None:
    mantissa = digits / 100
    spelt = [f"{mantissa}{e}{-exponent}" for e in ("e", "E", " x 10", "×10^", " * 10 ^")]
    read = {parse_p(text) for text in (*spelt, f"<{spelt[0]}", spelt[0].replace("-", "−"))}
    assert len(read) == 1
    (one,) = read
    if mantissa * 10.0**-exponent > 1:
        assert one is None
    else:
        assert one is not None and one[1] == pytest.approx(exponent - math.log10(mantissa))


def test_p_value_below_what_a_float_holds_keeps_its_logarithm() -> None:
    assert parse_p("1E-400") == (0.0, 400.0)
    assert parse_p("0.0") == (0.0, None)
    assert from_log("412.5") == (0.0, 412.5)


@pytest.mark.parametrize(
    "cell", ["1.2", "-0.1", "nan", "p<0.05", "1e-8;2e-9", "NS", "e-8", "1e400", "1e-9999999"]
)
def test_what_is_no_p_value_is_none(cell: str) -> None:
    assert parse_p(cell) is None


@pytest.mark.parametrize("cell", ["-1", "x", "inf", "nan", "1e9"])
def test_what_is_no_logarithm_of_a_p_value_is_none(cell: str) -> None:
    assert from_log(cell) is None


@given(st.integers(1, 10**12), st.sampled_from(["", " ", "\xa0", "*", "†", "-T", "-?", "_G_A"]))
def test_rsid_is_found_with_what_stands_behind_it(number: int, behind: str) -> None:
    for prefix in ("rs", "RS", " Rs", "\xa0rs"):
        assert parse_rsid(f"{prefix}{number}{behind}") == (f"rs{number}", "")


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("", values.NO_SNP),
        ("NR", values.NO_SNP),
        ("rs2277114; rs9480991", values.SEVERAL_SNPS),
        ("rs1, rs2", values.SEVERAL_SNPS),
        ("rs1061170 x rs10490924", values.INTERACTION),
        ("chr9:22125503", values.NO_RSID),
        ("kgp9878", values.NO_RSID),
        ("HLA-DRB1*15:01", values.NO_RSID),
        ("APOE", values.NO_RSID),
        ("rs12d", values.NO_RSID),
        ("rs0", values.NO_RSID),
        ("psy_rs123", values.NO_RSID),
    ],
)  # fmt: skip
def test_what_is_no_single_snp_has_its_reason(cell: str, reason: str) -> None:
    assert parse_rsid(cell) == (None, reason)


@pytest.mark.parametrize("name", CHROMOSOMES)
def test_chromosome_is_read_in_every_spelling(name: str) -> None:
    for spelt in (name, f"chr{name}", f"CHR{name.lower()}", f" {name} ", f"0{name}"):
        if spelt == f"0{name}" and not name.isdecimal():
            continue
        assert parse_chromosome(spelt) == name


def test_chromosome_by_number_is_that_of_its_format() -> None:
    assert [parse_chromosome(n) for n in ("23", "24", "25", "26", "7.0", "M")] == [
        "X", "Y", None, "MT", "7", "MT",
    ]  # fmt: skip
    assert parse_chromosome("25", n25="MT") == "MT"


@pytest.mark.parametrize(
    "cell",
    ["", "0", "27", "X_random", "x-random", "chrX_random", "chrUn_KI270742v1",
     "CHR_HSCHR6_MHC_COX_CTG1", "6;6", "6 x 6", "NR", "²"],
)  # fmt: skip
def test_contig_is_no_chromosome(cell: str) -> None:
    assert parse_chromosome(cell) is None


def test_position_is_a_whole_number_above_0() -> None:
    assert [parse_position(cell) for cell in ("12", "12.0", "1e6")] == [12, 12, 1000000]
    assert {parse_position(cell) for cell in ("", "0", "-3", "1.5", "x", "nan")} == {None}


def test_units_tell_what_compares() -> None:
    assert parse_unit("unit increase") == ("raw:unit", 1)
    assert parse_unit("mg/dL decrease") == ("raw:mg/dL", -1)
    assert [parse_unit(text)[0] for text in ("SD increase", "s.d. decrease", "sd units")] == [
        "sd", "sd", "sd",
    ]  # fmt: skip
    # A test statistic in the GWAS Catalog, and hundredths of a standard deviation.
    assert parse_unit("Z score increase")[0] == "raw:Z score"
    assert parse_unit("% s.d. increase")[0] == "raw:% s.d."
    # Case matters: one is a concentration, the other a length.
    assert parse_unit("mM increase")[0] != parse_unit("mm increase")[0]
    assert parse_unit("0.01614-0.03871) mg/dl increase")[0] == "raw:mg/dl"


@given(st.floats(0.01, 100), st.floats(0.001, 2))
def test_ratio_and_its_interval_give_logarithm_and_error(ratio: float, se: float) -> None:
    lower, upper = (math.exp(math.log(ratio) + side * 1.959964 * se) for side in (-1, 1))
    effect = ratio_effect(str(ratio), lower=str(lower), upper=str(upper))
    assert effect.unit == "log_odds" and not effect.missing
    assert effect.value == pytest.approx(math.log(ratio), abs=1e-12)
    assert effect.se == pytest.approx(se, rel=1e-4)


@pytest.mark.parametrize("cell", ["0", "-1.2", "0.0"])
def test_ratio_that_is_not_above_0_is_no_effect(cell: str) -> None:
    assert ratio_effect(cell) == values.Effect(missing=(values.BAD_RATIO,))


def test_effects_that_cannot_be_used_have_their_reason() -> None:
    assert ratio_effect("").missing == difference_effect("NR", unit=None).missing
    assert ratio_effect("high").missing == (values.BAD_EFFECT,)
    assert difference_effect("inf", unit="sd").missing == (values.BAD_EFFECT,)
    for se in ("0.0", "-1", "x"):
        effect = difference_effect("0.1", se=se, unit="sd")
        assert (effect.value, effect.se, effect.missing) == (0.1, None, (values.BAD_SE,))
    wide_of_it = ratio_effect("5", lower="1.1", upper="1.2")
    assert (wide_of_it.se, wide_of_it.missing) == (None, (values.BAD_SE,))


@pytest.mark.parametrize(
    ("number", "interval", "value", "unit", "se"),
    [
        ("1.35", "[1.25-1.46]", math.log(1.35), "log_odds", 0.0396),
        ("1.35", "[NR]", math.log(1.35), "log_odds", None),
        ("0.12", "[0.08-0.16] unit increase", 0.12, "raw:unit", 0.0204),
        ("0.12", "[0.08-0.16] mg/dL decrease", -0.12, "raw:mg/dL", 0.0204),
        ("0.12", "[NR] s.d. increase", 0.12, "sd", None),
        ("0.12", "unit decrease", -0.12, "raw:unit", None),
        ("2.4", "(unit increase)", 2.4, "raw:unit", None),
        ("1.35", "[1.25,1.46]", math.log(1.35), "log_odds", 0.0396),
        ("0.81", "[0.75 - 0.88] ", math.log(0.81), "log_odds", 0.0408),
    ],
)  # fmt: skip
def test_text_behind_the_interval_tells_ratios_from_betas(
    number: str, interval: str, value: float, unit: str, se: float | None
) -> None:
    effect = catalog_effect(number, interval)
    assert effect.value == pytest.approx(value)
    assert effect.unit == unit
    assert effect.se == (None if se is None else pytest.approx(se, abs=1e-3))


def test_number_of_which_nothing_tells_what_it_is_is_no_effect() -> None:
    assert catalog_effect("1.2", "") == values.Effect(missing=(values.NO_UNIT,))
    assert catalog_effect("", "[1.1-1.2]") == values.Effect(missing=(values.NO_EFFECT,))
    assert catalog_effect("0", "[0-1]") == values.Effect(missing=(values.BAD_RATIO,))


def test_open_terms_are_told_from_others() -> None:
    assert all(map(is_open, ("CC0-1.0", "CC-BY-4.0", "CC BY 3.0", "CC0", EMBL_EBI)))
    assert is_open(f"CC0-1.0 AND {EMBL_EBI}")
    closed = ("", "unknown", "CC BY-NC 4.0", "CC-BY-ND-4.0", "CC BY-SA 4.0", "HPO licence")
    assert not any(map(is_open, (*closed, "CC0-1.0 AND GPL-3.0")))
