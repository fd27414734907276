"""The layouts that association tables come in, and finding out which one a table has."""

from __future__ import annotations

from biotk.errors import UnknownNameError
from biotk.genomics.licences import EMBL_EBI
from biotk.genomics.readers.base import TableFormat
from biotk.genomics.readers.catalog import iter_catalog, sniff_catalog
from biotk.genomics.readers.mrinstruments import iter_mrinstruments, sniff_mrinstruments
from biotk.genomics.readers.plain import iter_plain, sniff_plain
from biotk.genomics.rows import Header, refuse

_ALL = (
    TableFormat(
        "gwas-catalog", sniff_catalog, iter_catalog, "the GWAS Catalog's associations",
        source="GWAS Catalog", licence=EMBL_EBI, build="GRCh38",
    ),
    TableFormat(
        "mrinstruments", sniff_mrinstruments, iter_mrinstruments, "the same in MRInstruments",
        source="GWAS Catalog (MRInstruments)", licence=f"CC0-1.0 AND {EMBL_EBI}", build="GRCh38",
    ),
    TableFormat(
        "plain", sniff_plain, iter_plain, "summary statistics, eQTL, PheWAS, correlations",
    ),
)  # fmt: skip
#: The layouts by name, in the order in which they are tried.
TABLE_FORMATS: dict[str, TableFormat] = {each.name: each for each in _ALL}


def find_format(header: Header, name: str | None = None) -> TableFormat:
    """Find the layout of a table.

    :param name: its name; None to go by the header.
    :raises UnknownNameError: there is no such layout.
    :raises FormatError: the header is that of none.
    """
    if name is not None:
        if name not in TABLE_FORMATS:
            raise UnknownNameError("layout of association tables", name, TABLE_FORMATS)
        return TABLE_FORMATS[name]
    for each in _ALL:
        if each.sniff(header):
            return each
    raise refuse(
        header,
        "in none of the known layouts: no columns with a SNP and its p-value. Say which they are "
        "in a mapping (--columns); the columns are " + ", ".join(header.names),
    )
