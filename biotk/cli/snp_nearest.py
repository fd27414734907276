"""``biotk snp nearest``: what lies near a SNP, a gene, a concept or words."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from biotk.cli.space_option import DEFAULT_SPACE, SpaceName, space_folder

if TYPE_CHECKING:
    from biotk.genomics.neighbour import Neighbour


def nearest_cli(
    queries: Annotated[
        list[str], typer.Argument(metavar="QUERY...", help="rsIDs, genes, concepts, or words.")
    ],
    space: SpaceName = DEFAULT_SPACE,
    kind: Annotated[
        str | None,
        typer.Option(
            help="Only these: snp, gene, disease, phenotype, drug, measurement, response; or "
            "trait, for whatever SNPs are linked to."
        ),
    ] = None,
    k: Annotated[int, typer.Option("-k", min=1, help="How many of each.")] = 10,
    chromosome: Annotated[
        str | None, typer.Option(help="Only SNPs of this one, as in 6 or X.")
    ] = None,
    max_p: Annotated[
        float | None,
        typer.Option(help="Only SNPs and traits that a study reports with a p-value so small."),
    ] = None,
    gene: Annotated[
        list[str] | None,
        typer.Option(help="For an rsID that is not known: the gene to go by; repeatable."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object a query instead of a table.")
    ] = False,
) -> None:
    """Find SNPs, genes and concepts that lie near something.

    A SNP or trait is known if a study that was trained on links it to what was asked, and then
    carries its evidence; whatever else is found is predicted.
    Research use only: it has no clinical meaning.

    For example:

    biotk snp nearest "type 2 diabetes" --kind snp

    biotk snp nearest rs7903146 --kind disease --json
    """
    from biotk.genomics.neighbour import WARNING
    from biotk.genomics.space import load_space

    # One search does not pay for an index.
    opened = load_space(space_folder(space), index="exact")
    found = opened.nearest_batch(
        queries, k=k, kind=kind, chromosome=chromosome, max_p=max_p, genes=gene or ()
    )
    for query, neighbours in zip(queries, found, strict=True):
        if as_json:
            told = {"query": query, "neighbours": [_plain(each) for each in neighbours]}
            typer.echo(json.dumps(told, ensure_ascii=False))
        else:
            _show(query, neighbours)
    if not as_json:
        typer.echo(WARNING, err=True)


def _plain(neighbour: Neighbour) -> dict[str, Any]:
    return asdict(neighbour) | {"score": round(neighbour.score, 4)}


def _show(query: str, neighbours: Sequence[Neighbour]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("cosine", "kind", "id", "name", "place", "status", "evidence", title=query)
    for each in neighbours:
        table.add_row(
            f"{each.score:.3f}", each.kind, each.id, each.name, each.place, each.status,
            each.told_evidence,
        )  # fmt: skip
    Console().print(table)
