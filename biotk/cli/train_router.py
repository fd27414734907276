"""``biotk train router``: which linker a mention is worth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from biotk.cli.output import say
from biotk.cli.train_options import Root


def router_cli(
    recipe: Annotated[Path, typer.Argument(metavar="RECIPE", help="A TOML file; docs/routing.md.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="The JSON to write.")],
    data: Root = None,
) -> None:
    """Fit which linker a mention is worth, on the tuning halves of annotated documents.

    A picture of what the dial does stands beside FILE.

    For example:

    biotk train router router.toml --data data --out router.json

    biotk annotate notes/ -o notes.jsonl --linker routed --router router.json --dial 0.8
    """
    from biotk.io.files import atomic_writer
    from biotk.training.curves import write_curves
    from biotk.training.router import fit_router, read_router_recipe

    router = fit_router(read_router_recipe(recipe, data=data), say=say)
    with atomic_writer(out) as file:
        file.write(router.to_json())
    curve = [(row["cost"], row["right"]) for row in router.made_with["curve"]]
    write_curves(
        out.with_suffix(".svg"),
        {"share right, by cost of all that names leave open": {"routed": curve}},
        title=out.stem,
        unit="",
    )
    typer.echo(str(out))
