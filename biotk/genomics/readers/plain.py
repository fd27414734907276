"""Plain tables: summary statistics, eQTL, PheWAS, correlations; columns by header or mapping.

GWAS-SSF's headers (EBI, 2023) and those that the usual programs write (PLINK, REGENIE, SAIGE,
BOLT-LMM, METAL, GTEx, FinnGen, the GWAS Catalog's harmonised files) are known; any other is told by
a mapping, field → header.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from biotk.errors import InputError, Problems, UnknownNameError
from biotk.genomics.associations import LOG_ODDS, RAW, Kind
from biotk.genomics.readers.base import RawRow, TableOptions, words
from biotk.genomics.rows import Header, iter_cells, refuse
from biotk.genomics.values import (
    NO_EFFECT,
    Effect,
    difference_effect,
    is_empty,
    parse_unit,
    ratio_effect,
)

#: Field → headers that say it, without case and joints, the surest first.
HEADERS: dict[str, tuple[str, ...]] = {
    "rsid": (
        "hm_rsid", "rsid", "rs_id", "rsids", "rs", "snp", "snps", "snpid", "snp_id", "markername",
        "marker", "dbsnp", "rs_id_dbsnp151_grch38p7", "id", "variant_id", "variant",
    ),
    "trait": (
        "trait", "phenotype", "trait_name", "phewas_phenotype", "phenostring", "disease_trait",
        "disease", "outcome",
    ),
    "trait_id": ("trait_id", "efo_id", "trait_uri", "mapped_trait_uri", "concept_id"),
    "gene": (
        "gene", "gene_name", "gene_symbol", "symbol", "hgnc_symbol", "nearest_genes",
        "nearest_gene", "mapped_gene",
    ),
    "gene_id": ("gene_id", "ensembl_gene_id", "ensembl", "molecular_trait_id"),
    "tissue": ("tissue", "tissue_name", "cell_type", "qtl_group"),
    "chromosome": ("hm_chrom", "chromosome", "chr", "chrom", "chr_id"),
    "position": ("hm_pos", "base_pair_location", "position", "pos", "bp", "chr_pos", "genpos"),
    "effect_allele": (
        "hm_effect_allele", "effect_allele", "ea", "tested_allele", "a1", "allele1", "alt",
    ),
    "beta": ("hm_beta", "beta", "effect", "slope", "es", "effect_size", "log_odds", "b"),
    "odds_ratio": ("hm_odds_ratio", "odds_ratio", "or", "oddsratio"),
    "hazard_ratio": ("hazard_ratio", "hr"),
    "z": ("z", "z_score", "zscore", "z_stat"),
    "correlation": ("correlation", "pearson_r", "spearman_rho", "rho", "r"),
    "se": ("standard_error", "se", "stderr", "std_err", "sebeta", "se_beta", "slope_se"),
    "ci_lower": ("hm_ci_lower", "ci_lower", "or_95l", "l95", "ci_low"),
    "ci_upper": ("hm_ci_upper", "ci_upper", "or_95u", "u95", "ci_high"),
    "p": (
        "p_value", "p", "pval", "pvalue", "p_val", "pval_nominal", "p_bolt_lmm", "p_wald",
        "p_lrt", "p_score", "all_inv_var_meta_p",
    ),
    "neg_log10_p": (
        "neg_log_10_p_value", "neg_log10_p", "neg_log10_pvalue", "mlog10p", "mlogp", "log10p",
        "minus_log10_p", "pvalue_mlog",
    ),
    "unit": ("unit", "units", "effect_unit"),
    "pmid": ("pmid", "pubmed_id", "pubmedid"),
}  # fmt: skip
_EFFECTS = ("beta", "odds_ratio", "hazard_ratio", "z", "correlation")
_SSF = "base_pair_location"


def columns_of(header: Header, mapping: Mapping[str, str]) -> dict[str, int]:
    """Find the columns of a table: those that are mapped, the others by their headers.

    :raises UnknownNameError: a field or column that there is not.
    """
    at: dict[str, int] = {}
    for name, column in mapping.items():
        if name not in HEADERS:
            raise UnknownNameError("field of an association table", name, HEADERS)
        found = header.find(column)
        if found is None:
            raise UnknownNameError(f"column of {header.path}", column, header.names)
        at[name] = found
    taken = set(at.values())
    for name, known in HEADERS.items():
        by_header = (header.keys.index(key) for key in known if key in header.keys)
        free = next((n for n in by_header if n not in taken), None)
        if name not in at and free is not None:
            at[name] = free
            taken.add(free)
    return at


def sniff_plain(header: Header) -> bool:
    """:returns: whether a header names a SNP, and a p-value or an effect."""
    at = columns_of(header, {})
    return "rsid" in at and not at.keys().isdisjoint(("p", "neg_log10_p", *_EFFECTS))


def _check(header: Header, at: Mapping[str, int], options: TableOptions) -> None:
    told = f"; its columns are {', '.join(header.names)}"
    if "rsid" not in at:
        raise refuse(header, f'no column with rsIDs is known: map one, rsid = "…"{told}')
    if at.keys().isdisjoint(("p", "neg_log10_p", *_EFFECTS)):
        raise refuse(header, f'no column with p-values is known: map one, p = "…"{told}')
    of_gene = options.kind == "eqtl" and ("gene" in at or "gene_id" in at)
    if "trait" not in at and not options.trait and not of_gene:
        raise InputError(
            f"{header.path}: no column names a trait: say which one all rows are about (--trait "
            f'NAME, in a mapping trait = "NAME"), or map a column{told}'
        )


def iter_plain(header: Header, *, options: TableOptions, problems: Problems) -> Iterator[RawRow]:
    """Read a plain table.

    :raises FormatError: its header has no SNPs, or no p-values and no effects.
    :raises InputError: nothing says which trait it is about.
    :raises UnknownNameError: the mapping names a field or column that there is not.
    """
    found = columns_of(header, options.columns)
    _check(header, found, options)
    at = {name: found.get(name, -1) for name in HEADERS}
    n25 = "MT" if _SSF in header.keys else None
    kind = cast(Kind, options.kind or "gwas")
    for line, cells in iter_cells(header, problems=problems):
        gene, gene_id = cells[at["gene"]], cells[at["gene_id"]]
        trait = words(cells[at["trait"]]) or options.trait
        if not trait and kind == "eqtl":
            trait = _expression(gene or gene_id, cells[at["tissue"]])
        yield RawRow(
            line=line,
            rsid=cells[at["rsid"]],
            p=cells[at["p"]],
            log_p=cells[at["neg_log10_p"]],
            trait=trait,
            trait_ids=cells[at["trait_id"]] or options.trait_id,
            genes=(gene,) if gene else (gene_id,),
            gene_ids=gene_id,
            chromosome=cells[at["chromosome"]],
            position=cells[at["position"]],
            effect_allele=cells[at["effect_allele"]],
            effect=_effect(cells, at, options),
            pmid=cells[at["pmid"]] or options.pmid,
            n25=n25,
            kind=kind,
        )


def _expression(gene: str, tissue: str) -> str:
    """:returns: the trait of an eQTL: that a gene is expressed, in a tissue if one is told."""
    if is_empty(gene):
        return ""
    where = words(tissue.replace("_", " "))
    return f"expression of {gene}" + (f" in {where}" if where else "")


def _effect(cells: Sequence[str], at: Mapping[str, int], options: TableOptions) -> Effect:
    """:returns: the effect that a row gives, a beta before ratios and these before statistics."""
    beta, odds, hazard, z, r = (cells[at[name]] for name in _EFFECTS)
    se, lower, upper = cells[at["se"]], cells[at["ci_lower"]], cells[at["ci_upper"]]
    if not is_empty(beta):
        told = cells[at["unit"]]
        unit = options.unit or (parse_unit(told)[0] if told else f"{RAW}beta")
        # An interval beside both is that of the ratio.
        ends = ("", "") if not is_empty(odds) else (lower, upper)
        return difference_effect(beta, se=se, unit=unit, lower=ends[0], upper=ends[1])
    if not is_empty(odds):
        return ratio_effect(odds, se=se, unit=LOG_ODDS, lower=lower, upper=upper)
    if not is_empty(hazard):
        return ratio_effect(hazard, se=se, unit=f"{RAW}log hazard", lower=lower, upper=upper)
    if not is_empty(z):
        return difference_effect(z, unit=f"{RAW}z")
    if not is_empty(r):
        return difference_effect(r, se=se, unit=f"{RAW}r", lower=lower, upper=upper)
    return Effect(missing=(NO_EFFECT,))
