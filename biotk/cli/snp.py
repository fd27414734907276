"""``biotk snp``: variants, found in texts, what they are associated with, and what lies near."""

from __future__ import annotations

import typer

from biotk.cli.snp_associations import associations_cli
from biotk.cli.snp_export import export_cli
from biotk.cli.snp_find import find_cli
from biotk.cli.snp_genes import genes_cli
from biotk.cli.snp_map import map_cli
from biotk.cli.snp_nearest import nearest_cli
from biotk.cli.snp_relations import relations_cli

app = typer.Typer(
    help="Variants: found in texts, what they are associated with, and what lies near them.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)
app.command("find")(find_cli)
app.command("associations")(associations_cli)
app.command("relations")(relations_cli)
app.command("genes")(genes_cli)
app.command("nearest")(nearest_cli)
app.command("map")(map_cli)
app.command("export")(export_cli)


@app.callback()
def _snp() -> None:
    """Variants: found in texts, what they are associated with, and what lies near them."""
