"""``biotk snp map``: what lies around something, as a picture or a page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from biotk.cli.output import say
from biotk.cli.space_option import DEFAULT_SPACE, SpaceName, space_folder


def map_cli(
    query: Annotated[str, typer.Argument(help="An rsID, a gene, a concept, or words.")],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="What to make: a picture, .svg, or a page, .html.")
    ],
    space: SpaceName = DEFAULT_SPACE,
    kind: Annotated[
        list[str] | None,
        typer.Option(
            help="What to show, as in snp nearest; repeatable. By default snp, gene and trait."
        ),
    ] = None,
    k: Annotated[int, typer.Option("-k", min=1, max=100, help="How many of each.")] = 12,
    gene: Annotated[
        list[str] | None,
        typer.Option(help="For an rsID that is not known: the gene to go by; repeatable."),
    ] = None,
) -> None:
    """Draw what lies around a SNP, a gene, a concept or words.

    How far something is from the middle is its angle to what was asked, and right for everything;
    the directions are chosen so that neighbours that are alike lie together. Filled points are
    linked to what was asked by a study that was trained on, hollow ones are predicted. Research
    use only.

    For example:

    biotk snp map "type 2 diabetes mellitus" --out map.html

    biotk snp map rs7903146 --kind trait --kind gene -k 20 --out map.svg
    """
    from biotk.genomics.map_drawing import check_map_path, write_map
    from biotk.genomics.neighbour import WARNING
    from biotk.genomics.space import load_space
    from biotk.genomics.space_map import MAP_KINDS, map_of

    check_map_path(out)
    opened = load_space(space_folder(space), index="exact")
    shown = map_of(opened, query, kinds=kind or MAP_KINDS, k=k, genes=gene or ())
    write_map(out, shown)
    say(WARNING)
    typer.echo(str(out))
