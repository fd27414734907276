"""The GWAS Catalog's own table of associations, and extracts of it that kept its headers.

Both releases: ``gwas_catalog_v1.0`` (34 columns, up to ``CNV``) and ``v1.0.2``, which adds
``MAPPED_TRAIT``, ``MAPPED_TRAIT_URI``, ``STUDY ACCESSION`` and ``GENOTYPING TECHNOLOGY``. R writes
these headers with dots; that is read as well. Columns that are not there are taken for empty.
"""

from __future__ import annotations

from collections.abc import Iterator

from biotk.errors import Problems
from biotk.genomics.readers.base import RawRow, TableOptions, words
from biotk.genomics.rows import Header, iter_cells
from biotk.genomics.values import catalog_effect, parse_number

_NEEDED = {"snps", "disease_trait", "p_value"}
#: How columns are called here → their headers without case and joints.
COLUMNS = {
    "snps": "snps", "risk": "strongest_snp_risk_allele", "trait": "disease_trait",
    "label": "mapped_trait", "uri": "mapped_trait_uri", "p": "p_value", "log_p": "pvalue_mlog",
    "effect": "or_or_beta", "interval": "95_ci_text", "chromosome": "chr_id",
    "position": "chr_pos", "mapped": "mapped_gene", "reported": "reported_gene_s",
    "gene_ids": "snp_gene_ids", "above": "upstream_gene_distance",
    "below": "downstream_gene_distance", "merged": "merged", "current": "snp_id_current",
    "pmid": "pubmedid",
}  # fmt: skip
_MERGED = ("1", "1.0", "Y")


def sniff_catalog(header: Header) -> bool:
    """:returns: whether a header is that of the GWAS Catalog's table."""
    return set(header.keys) >= _NEEDED


def iter_catalog(header: Header, *, options: TableOptions, problems: Problems) -> Iterator[RawRow]:
    """Read the table of the GWAS Catalog."""
    at = header.places(COLUMNS)
    for line, cells in iter_cells(header, problems=problems):
        label = words(cells[at["label"]])
        yield RawRow(
            line=line,
            rsid=cells[at["snps"]],
            p=cells[at["p"]],
            log_p=cells[at["log_p"]],
            trait=words(cells[at["trait"]]) or label,
            label=label,
            trait_ids=cells[at["uri"]],
            current=cells[at["current"]] if cells[at["merged"]] in _MERGED else "",
            genes=(cells[at["mapped"]], cells[at["reported"]]),
            gene_ids=cells[at["gene_ids"]],
            nearer=_nearer(cells[at["above"]], cells[at["below"]]),
            chromosome=cells[at["chromosome"]],
            position=cells[at["position"]],
            effect_allele=_allele(cells[at["risk"]]),
            effect=catalog_effect(cells[at["effect"]], cells[at["interval"]]),
            pmid=cells[at["pmid"]],
        )


def _nearer(above: str, below: str) -> int | None:
    """:returns: which of the genes before and behind a SNP is nearer; None if nobody says."""
    before, behind = parse_number(above), parse_number(below)
    if before is None or behind is None:
        return None
    return int(abs(behind) < abs(before))


def _allele(risk: str) -> str:
    """:returns: the allele of ``rs7903146-T``; empty where there is none."""
    return risk.rpartition("-")[2] if "-" in risk else ""
