"""``biotk train fusion``: what the fused linker weighs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from biotk.cli.output import say
from biotk.cli.train_options import Root


def fusion_cli(
    recipe: Annotated[Path, typer.Argument(metavar="RECIPE", help="A TOML file; docs/dense.md.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="The JSON to write.")],
    data: Root = None,
) -> None:
    """Fit what the fused linker weighs, on the tuning halves of annotated documents.

    For example:

    biotk train fusion fusion.toml --data data --out fusion.json

    biotk evaluate linking --corpus dev.pubtator --kb mesh --linker fused --fusion fusion.json
    """
    from biotk.io.files import atomic_writer
    from biotk.training.fusion import fit_fusion, read_fusion_recipe

    weights = fit_fusion(read_fusion_recipe(recipe, data=data), say=say)
    with atomic_writer(out) as file:
        file.write(weights.to_json())
    typer.echo(str(out))
