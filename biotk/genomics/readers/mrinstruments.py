"""The GWAS Catalog as MR-Base's MRInstruments packs it: effects as betas, alleles filled in.

Effects of binary traits are log odds ratios there, told by an empty ``units``; those of others
carry their unit and are negative for a decrease. Positions are those of GRCh38.
"""

from __future__ import annotations

from collections.abc import Iterator

from biotk.errors import Problems
from biotk.genomics.associations import LOG_ODDS
from biotk.genomics.readers.base import RawRow, TableOptions, words
from biotk.genomics.rows import Header, iter_cells
from biotk.genomics.values import difference_effect, is_empty, parse_unit

_COLUMNS = (
    "phenotype_simple", "mapped_trait_efo", "mapped_trait_efo_uri", "pubmedid", "snp", "chr",
    "bp_ens_grch38", "gene", "gene_ens", "effect_allele", "beta", "se", "pval", "units",
)  # fmt: skip


def sniff_mrinstruments(header: Header) -> bool:
    """:returns: whether a header is that of MRInstruments' table."""
    return set(header.keys) >= set(_COLUMNS)


def iter_mrinstruments(
    header: Header, *, options: TableOptions, problems: Problems
) -> Iterator[RawRow]:
    """Read the table of MRInstruments."""
    at = [header.keys.index(name) for name in _COLUMNS]
    for line, cells in iter_cells(header, problems=problems):
        trait, label, uri, pmid, snp, chromosome, position, *rest = (cells[n] for n in at)
        gene, gene_ens, allele, beta, se, p, units = rest
        # The sign is the beta's already.
        unit = LOG_ODDS if is_empty(units) else parse_unit(units)[0]
        yield RawRow(
            line=line,
            rsid=snp,
            p=p,
            trait=words(trait) or words(label),
            label=words(label),
            trait_ids=uri,
            genes=(gene, gene_ens),
            chromosome=chromosome,
            position=position,
            effect_allele=allele,
            effect=difference_effect(beta, se=se, unit=unit),
            pmid=pmid,
        )
