"""What every reader of association tables takes and gives."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from biotk.errors import InputError, Problems, UnknownNameError
from biotk.genomics.associations import KINDS, LOG_ODDS, RAW, SD, Kind
from biotk.genomics.rows import Header
from biotk.genomics.values import Effect

#: Where genome builds stand under other names.
_BUILDS = {
    "grch38": "GRCh38", "hg38": "GRCh38", "38": "GRCh38",
    "grch37": "GRCh37", "hg19": "GRCh37", "37": "GRCh37",
    "ncbi36": "NCBI36", "hg18": "NCBI36", "36": "NCBI36",
}  # fmt: skip


_NONE = Effect()


@dataclass(frozen=True, slots=True)
class TableOptions:
    """What is known of a table beside its rows. What is empty is told by the layout, if it can be.

    :param kind: what kind of study it is from.
    :param source: what its rows shall say in ``source``.
    :param licence: its terms.
    :param build: the genome build of its positions.
    :param trait: the trait of all rows, where no column tells it.
    :param trait_id: the id of that trait.
    :param unit: the unit of betas: ``log_odds``, ``sd``, or ``raw:`` and words.
    :param pmid: the publication, where no column tells it.
    :param delimiter: what stands between columns; None to find out.
    :param columns: field → header of its column, for plain tables.
    :raises UnknownNameError: a kind or build that there is not.
    :raises InputError: a unit that is none.
    """

    kind: str = ""
    source: str = ""
    licence: str = ""
    build: str = ""
    trait: str = ""
    trait_id: str = ""
    unit: str = ""
    pmid: str = ""
    delimiter: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.kind and self.kind not in KINDS:
            raise UnknownNameError("kind of association", self.kind, KINDS)
        if self.build and self.build.lower() not in _BUILDS:
            raise UnknownNameError("genome build", self.build, set(_BUILDS.values()))
        if self.unit and self.unit not in (LOG_ODDS, SD) and not self.unit.startswith(RAW):
            raise InputError(
                f"the unit is {self.unit!r}, expected {LOG_ODDS}, {SD} or {RAW}WORDS (raw:mg/dL)"
            )
        if self.delimiter is not None and len(self.delimiter) != 1:
            raise InputError(f"the delimiter is {self.delimiter!r}, expected one character")

    @property
    def genome_build(self) -> str | None:
        """The build by its usual name; None where it is not told."""
        return _BUILDS[self.build.lower()] if self.build else None


@dataclass(slots=True)
class RawRow:
    """A row as its table has it: cells that mean the same everywhere, effects already read.

    :param line: the line that it stands on, from 1.
    :param rsid: the cell with the SNP.
    :param p: the cell with the p-value.
    :param log_p: the cell with its −log10.
    :param trait: the trait in words.
    :param label: the name that curators gave it.
    :param trait_ids: the cells with its ids, web addresses or CURIEs, parted by commas.
    :param current: the rsID that the table says the SNP was merged into.
    :param genes: cells with symbols, the surest first.
    :param gene_ids: ids of the gene in Ensembl or NCBI Gene, parted by commas.
    :param nearer: which of two genes the SNP is nearer to, 0 or 1.
    """

    line: int
    rsid: str
    p: str = ""
    log_p: str = ""
    trait: str = ""
    label: str = ""
    trait_ids: str = ""
    current: str = ""
    genes: tuple[str, ...] = ()
    gene_ids: str = ""
    nearer: int | None = None
    chromosome: str = ""
    position: str = ""
    effect_allele: str = ""
    effect: Effect = _NONE
    pmid: str = ""
    n25: str | None = None
    kind: Kind = "gwas"


class TableReader(Protocol):
    """Reads the rows of a table."""

    def __call__(
        self, header: Header, *, options: TableOptions, problems: Problems
    ) -> Iterator[RawRow]:
        """Yield the rows below a header."""


@dataclass(frozen=True, slots=True)
class TableFormat:
    """A layout that association tables come in.

    :param name: its name, as ``biotk snp associations --format`` takes it.
    :param sniff: whether a header is that of this layout.
    :param read: the reader.
    :param description: one line for users.
    :param source: what its rows come from.
    :param licence: the terms of that.
    :param build: the genome build of its positions, where that is sure.
    """

    name: str
    sniff: Callable[[Header], bool]
    read: TableReader
    description: str
    source: str = ""
    licence: str = ""
    build: str = ""


def words(cell: str) -> str:
    r""":returns: text without HTML's entities and with single blanks.

    >>> words("&beta;2-Glycoprotein\u00a0I  levels")
    'β2-Glycoprotein I levels'
    """
    return " ".join((html.unescape(cell) if "&" in cell else cell).split())
