"""``biotk snp associations``: tables of associations in, one tidy table out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from biotk.cli.kb_argument import open_named
from biotk.cli.output import progress_bar
from biotk.cli.snp_tables import (
    AsJson,
    Kbs,
    OnlyOpen,
    Out,
    SkipBadRows,
    print_problems,
    print_report,
)
from biotk.errors import InputError, Problems

if TYPE_CHECKING:
    from biotk.genomics.readers.base import TableOptions
    from biotk.genomics.traits import TraitLinker
    from biotk.kb import KnowledgeBase


class Kind(StrEnum):
    """What kind of study a table is from."""

    gwas = "gwas"
    eqtl = "eqtl"
    phewas = "phewas"
    correlation = "correlation"


def associations_cli(
    tables: Annotated[
        list[Path],
        typer.Argument(metavar="TABLE...", help="CSV, TSV or parted by blanks; .gz too."),
    ],
    out: Out,
    kb: Kbs = None,
    format: Annotated[
        str | None,
        typer.Option(
            metavar="LAYOUT",
            help="gwas-catalog, mrinstruments or plain; without it, told by the header.",
        ),
    ] = None,
    columns: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help='A TOML file that says which columns are what ([columns] rsid = "…"), and '
            "kind, source, licence, trait, unit, build.",
        ),
    ] = None,
    kind: Annotated[Kind | None, typer.Option(help="What the tables are about.")] = None,
    source: Annotated[str, typer.Option(help="What the rows shall say they come from.")] = "",
    licence: Annotated[
        str, typer.Option(help="The tables' terms, as in CC-BY-4.0; else what the layout has.")
    ] = "",
    trait: Annotated[str, typer.Option(help="What all rows are about, if no column says it.")] = "",
    trait_id: Annotated[str, typer.Option(help="Its id, as in EFO:0001360.")] = "",
    unit: Annotated[
        str, typer.Option(help="Of betas: log_odds, sd, or raw: and words, as in raw:mg/dL.")
    ] = "",
    build: Annotated[str, typer.Option(help="Of positions: GRCh38 or GRCh37.")] = "",
    merged: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="rsIDs that were merged: old and current, two columns."),
    ] = None,
    linker: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Links traits that neither id nor exact name leads to a concept, in the first "
            "KB: lexical, cascade, …; without it they stay unlinked.",
        ),
    ] = None,
    only_open: OnlyOpen = False,
    skip_bad_rows: SkipBadRows = False,
    as_json: AsJson = False,
) -> None:
    """Make one table of SNPs and traits: GWAS, summary statistics, eQTL, PheWAS, correlations.

    Traits are linked to concepts, genes to HGNC, effects brought to one scale or said to be raw.
    What is dropped, and why, is told on stderr with counts; an association whose trait links to
    nothing is kept.

    For example:

    biotk snp associations gwas_catalog_v1.0.2.tsv -o gwas.parquet --kb kb/efo --kb open

    biotk snp associations t2d.tsv.gz -o t2d.parquet --trait "type 2 diabetes" --unit log_odds

    biotk snp associations Whole_Blood.txt.gz -o eqtl.parquet --columns gtex.toml --kb open
    """
    from biotk.genomics.merged import read_merged_rsids
    from biotk.genomics.reading import AssociationReader, build_association_table

    layout, options = _options(columns)
    given: dict[str, Any] = {
        "kind": kind and kind.value, "source": source, "licence": licence, "trait": trait,
        "trait_id": trait_id, "unit": unit, "build": build,
    }  # fmt: skip
    options = replace(options, **{name: value for name, value in given.items() if value})
    kbs = [open_named(name) for name in kb or ()]
    problems = Problems(strict=not skip_bad_rows)
    reader = AssociationReader(
        kbs=kbs,
        link=_trait_linker(linker, kbs),
        merged=None if merged is None else read_merged_rsids(merged),
        only_open=only_open,
        problems=problems,
    )
    with progress_bar() as show:
        report = build_association_table(
            tables, out, reader, format=format or layout, options=options, progress=show
        )
    print_report(report.to_dict(), out, as_json=as_json)
    print_problems(problems)


def _options(columns: Path | None) -> tuple[str | None, TableOptions]:
    from biotk.genomics.readers.base import TableOptions
    from biotk.genomics.readers.mapping import read_table_options

    return (None, TableOptions()) if columns is None else read_table_options(columns)


def _trait_linker(name: str | None, kbs: Sequence[KnowledgeBase]) -> TraitLinker | None:
    if name is None:
        return None
    if not kbs:
        raise InputError("--linker needs a KB to link to: give one with --kb")
    from biotk.linking import Query
    from biotk.linking.registry import make_linker

    with progress_bar() as show:
        linker = make_linker(name, kbs[0], progress=show)

    def link(traits: Sequence[str], /) -> list[str | None]:
        return [each.concept_id for each in linker.link_batch([Query(text) for text in traits])]

    return link
