"""``biotk snp relations``: what is known of concepts beside SNPs, in one table."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

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
from biotk.errors import Problems


def relations_cli(
    tables: Annotated[
        list[Path],
        typer.Argument(
            metavar="TABLE...",
            help="hetionet's edges (its nodes.tsv beside them), PharmacotherapyDB's indications, "
            "HPO's annotations of diseases and genes; .gz too.",
        ),
    ],
    out: Out,
    kb: Kbs = None,
    only_open: OnlyOpen = False,
    skip_bad_rows: SkipBadRows = False,
    as_json: AsJson = False,
) -> None:
    """Make one table of relations between diseases, phenotypes, drugs and genes.

    Which table is which is told by its header. Ids are those of the KBs where these have them,
    through cross-references too; genes are those of HGNC.

    For example:

    biotk snp relations drug_indications.tsv hetionet/edges.sif.gz -o relations.parquet --kb open
    """
    from biotk.genomics.relation_reading import RelationReader, build_relation_table

    problems = Problems(strict=not skip_bad_rows)
    reader = RelationReader(
        kbs=[open_named(name) for name in kb or ()], only_open=only_open, problems=problems
    )
    with progress_bar() as show:
        report = build_relation_table(tables, out, reader, progress=show)
    print_report(report.to_dict(), out, as_json=as_json)
    print_problems(problems)
