"""What stands in the cells of association tables: rsIDs, places, p-values, effects, units.

Nothing here knows of a file. What a cell holds that cannot be used is told by one of the reasons
below, so that whoever reads a table can count it.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace

from biotk.genomics.associations import CHROMOSOMES, LOG_ODDS, RAW, SD

# Why a row gives no association.
NO_SNP = "no SNP is named"
NO_RSID = "the variant has no rsID"
SEVERAL_SNPS = "several SNPs in one row: a haplotype"
INTERACTION = "an interaction of SNPs"
NO_P = "no p-value"
BAD_P = "the p-value is no number from 0 to 1"
NO_TRAIT = "no trait is named"

# What is left out of an association that is kept.
NO_EFFECT = "no effect"
BAD_EFFECT = "the effect is no number"
BAD_RATIO = "an odds or hazard ratio that is not above 0"
NO_UNIT = "the effect does not say whether it is a ratio or a difference"
BAD_SE = "the standard error is no number above 0"
ZERO_P = "p = 0: smaller than a float can be"
OFF_CHROMOSOME = "on no chromosome: an alternative or unplaced contig, or not told"
BAD_PLACE = "the position is no whole number above 0"

#: What stands in a cell without a value.
EMPTY = frozenset(
    ["", ".", "-", "NA", "N/A", "#N/A", "#NA", "NaN", "nan", "NULL", "null", "None", "NR", "?"]
)

#: −log10 of the smallest p-value that any file could mean; what is above is a slip of the pen.
_MOST_LOG = 1e6
_RSID = re.compile(r"rs([1-9]\d*)", re.IGNORECASE)
# What authors put behind an rsID: an allele, a footnote's mark. Not a letter, as in rs123d.
_BEHIND = re.compile(r"[*†‡§]+|[-_:][ACGTIDN?*/_:-]*", re.IGNORECASE)
_DECIMAL = re.compile(
    r"(?P<mantissa>\d+(?:\.\d*)?|\.\d+)"
    r"(?:\s*(?:e|[x×*]\s*10\s*\^?)\s*(?P<exponent>[-−+]?\d+))?",
    re.IGNORECASE,
)
_NAMED = {"23": "X", "24": "Y", "26": "MT", "M": "MT", "XY": "X"}
_SD = re.compile(
    r"(?:s\.?\s?d\.?|standard deviations?)(?:\s+units?)?", re.IGNORECASE
)  # not "Z score": in the GWAS Catalog that is a test statistic
_DIRECTION = re.compile(r"\s*\b(increase|decrease)d?\b\s*", re.IGNORECASE)
_TORN = re.compile(r"^[\d\s.,–-]+[)\]]\s*")
_INTERVAL = re.compile(r"^\s*\[([^\]]*)\]?\s*(.*)$", re.DOTALL)
_NUMBER = r"[-−+]?(?:\d+\.?\d*|\.\d+)(?:e[-−+]?\d+)?"
_ENDS = re.compile(rf"({_NUMBER})\s*(?:-|–|—|,|;|to)\s*({_NUMBER})", re.IGNORECASE)
_Z95 = 1.959963984540054  # of the normal distribution, two-sided


def is_empty(cell: str) -> bool:
    """:returns: whether a cell has no value."""
    return cell in EMPTY


def parse_rsid(cell: str) -> tuple[str | None, str]:
    """Read the one SNP that a cell names.

    :returns: its rsID and nothing, or None and the reason.

    >>> parse_rsid("RS7903146-T"), parse_rsid("rs1; rs2"), parse_rsid("chr9:22125503")[1]
    (('rs7903146', ''), (None, 'several SNPs in one row: a haplotype'), 'the variant has no rsID')
    """
    text = cell.strip()
    if found := _RSID.match(text):
        behind = text[found.end() :]
        if not behind or _BEHIND.fullmatch(behind.strip()):
            return f"rs{found[1]}", ""
    if is_empty(text):
        return None, NO_SNP
    if re.search(r"\sx\s", text):
        return None, INTERACTION
    if re.search(r"[;,]", text):
        return None, SEVERAL_SNPS
    return None, NO_RSID


def parse_p(cell: str) -> tuple[float, float | None] | None:
    """Read a p-value, however small.

    :returns: it, 0 where it is smaller than a float can be, and its −log10; that is None for a
        plain 0, of which nobody knows how small it is. None for what is no p-value.

    >>> parse_p("1E-400"), parse_p("0.0"), parse_p("4 x 10-8")[0], parse_p("1.7")
    ((0.0, 400.0), (0.0, None), 4e-08, None)
    """
    found = _DECIMAL.fullmatch(cell.strip().lstrip("<≤").strip())
    if found is None:
        return None
    mantissa, exponent = float(found["mantissa"]), int((found["exponent"] or "0").replace("−", "-"))
    if mantissa == 0:
        return 0.0, None
    log = exponent + math.log10(mantissa)
    if log > 1e-12 or log < -_MOST_LOG:
        return None
    value = float(f"{found['mantissa']}e{exponent}")
    return min(value, 1.0), max(-log, 0.0)


def from_log(cell: str) -> tuple[float, float] | None:
    """:returns: a p-value and its −log10 from a cell with that; None where it holds none."""
    log = parse_number(cell)
    if log is None or not 0 <= log <= _MOST_LOG:
        return None
    return 10.0**-log, log


def parse_number(cell: str) -> float | None:
    """:returns: a finite number; None for anything else."""
    try:
        value = float(cell.replace("−", "-"))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def parse_chromosome(cell: str, *, n25: str | None = None) -> str | None:
    """Read a chromosome as files write it.

    :param n25: what 25 stands for: ``MT`` in GWAS-SSF, a part of X and Y in PLINK; None if unknown.
    :returns: one of ``CHROMOSOMES``; None for contigs, which have positions of their own.

    >>> parse_chromosome("chr7"), parse_chromosome("23"), parse_chromosome("chrX_random")
    ('7', 'X', None)
    """
    text = cell.strip().upper().removeprefix("CHROMOSOME").removeprefix("CHR").strip()
    text = text.removesuffix(".0")  # a whole number of programs that know no missing integers
    if text == "25":
        return n25
    text = _NAMED.get(text, text.lstrip("0") if text.isdecimal() else text)
    return text if text in CHROMOSOMES else None


def parse_position(cell: str) -> int | None:
    """:returns: a position, from 1; None for what is no whole number above 0."""
    if cell.isdecimal():
        return int(cell) or None
    value = parse_number(cell)  # 1e6, and 27508073.0 of programs that know no missing integers
    return int(value) if value is not None and value >= 1 and value == int(value) else None


def parse_unit(text: str) -> tuple[str, int]:
    """Read the unit of a difference.

    :returns: the unit as the table has it, and −1 for a decrease, else 1.

    >>> parse_unit("mg/dL decrease"), parse_unit("s.d. increase"), parse_unit("% variance")
    (('raw:mg/dL', -1), ('sd', 1), ('raw:% variance', 1))
    """
    directions = {found.lower() for found in _DIRECTION.findall(text)}
    # Some intervals lack the bracket that opens them, and their end is taken for a unit.
    bare = " ".join(_DIRECTION.sub(" ", _TORN.sub("", text)).split())
    sign = -1 if directions == {"decrease"} else 1
    if _SD.fullmatch(bare):
        return SD, sign
    if bare.lower() in ("log odds", "log odds ratio", "log(or)", "lnor"):
        return LOG_ODDS, sign
    return f"{RAW}{bare or 'unit'}", sign


@dataclass(frozen=True, slots=True)
class Effect:
    """An effect with its unit and standard error, and what of it could not be used.

    :param value: how much; None where there is none.
    :param unit: its unit.
    :param se: its standard error, where known.
    :param missing: the reasons why something is missing, for counting.
    """

    value: float | None = None
    unit: str | None = None
    se: float | None = None
    missing: tuple[str, ...] = ()


def ratio_effect(
    ratio: str, *, lower: str = "", upper: str = "", se: str = "", unit: str = LOG_ODDS
) -> Effect:
    """Make an effect of an odds ratio: its natural logarithm.

    :param lower: the lower end of its 95 % confidence interval, a ratio too.
    :param upper: the upper end.
    :param se: the standard error of its logarithm; goes before the interval.
    """
    if is_empty(ratio):
        return Effect(missing=(NO_EFFECT,))
    value = parse_number(ratio)
    if value is None:
        return Effect(missing=(BAD_EFFECT,))
    if value <= 0:
        return Effect(missing=(BAD_RATIO,))
    ends = parse_number(lower), parse_number(upper)
    logs = [math.log(end) if end is not None and end > 0 else None for end in ends]
    return _with_se(math.log(value), unit, se, *logs)


def difference_effect(
    beta: str, *, lower: str = "", upper: str = "", se: str = "", unit: str | None
) -> Effect:
    """Make an effect of a difference, a beta; see :func:`ratio_effect`."""
    if is_empty(beta):
        return Effect(missing=(NO_EFFECT,))
    value = parse_number(beta)
    if value is None:
        return Effect(missing=(BAD_EFFECT,))
    return _with_se(value, unit, se, parse_number(lower), parse_number(upper))


def _with_se(
    value: float, unit: str | None, se: str, lower: float | None, upper: float | None
) -> Effect:
    if not is_empty(se):
        error = parse_number(se)
        if error is not None and error > 0:
            return Effect(value, unit, error)
        return Effect(value, unit, None, (BAD_SE,))
    if lower is None or upper is None:
        return Effect(value, unit)
    error = (upper - lower) / (2 * _Z95)
    # Rounded ends may leave the effect a little outside; far outside is a slip of the pen.
    if error > 0 and lower - error <= value <= upper + error:
        return Effect(value, unit, error)
    return Effect(value, unit, None, (BAD_SE,))


def catalog_effect(number: str, interval: str) -> Effect:
    """Make an effect of the GWAS Catalog's ``OR or BETA`` and ``95% CI (TEXT)``.

    The text behind the interval tells which it is: a beta has its unit and ``increase`` or
    ``decrease`` there, an odds ratio has nothing.

    >>> catalog_effect("1.35", "[1.2-1.5]").unit, catalog_effect("0.1", "[NR] kg decrease").value
    ('log_odds', -0.1)
    """
    if is_empty(number):
        return Effect(missing=(NO_EFFECT,))
    text = interval.strip()
    found = _INTERVAL.match(text)
    ends = _ENDS.fullmatch(found[1].strip()) if found else None
    lower, upper = (ends[1], ends[2]) if ends else ("", "")
    behind = (found[2] if found else text).strip()
    behind = behind[1:-1] if behind.startswith("(") and behind.endswith(")") else behind
    if behind and not is_empty(behind):
        unit, sign = parse_unit(behind)
        effect = difference_effect(number, lower=lower, upper=upper, unit=unit)
        # The Catalog writes a decrease without its sign.
        if sign < 0 and effect.value is not None:
            return replace(effect, value=-abs(effect.value))
        return effect
    if found is None:
        return Effect(missing=(NO_UNIT,))
    return ratio_effect(number, lower=lower, upper=upper)
