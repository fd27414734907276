"""``biotk snp export``: the vectors of a space as a table."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from biotk.cli.output import say
from biotk.cli.space_option import DEFAULT_SPACE, SpaceName, space_folder


def export_cli(
    out: Annotated[Path, typer.Option("--out", "-o", help="The Parquet file to make.")],
    space: SpaceName = DEFAULT_SPACE,
) -> None:
    """Write the vectors of all SNPs, genes and concepts to a Parquet file.

    For example:

    biotk snp export --space runs/generel/model --out vectors.parquet
    """
    from biotk.genomics.space import load_space
    from biotk.genomics.space_export import export_space

    n_rows = export_space(load_space(space_folder(space), index="exact"), out)
    say(f"{n_rows:,} vectors")
    typer.echo(str(out))
