"""``biotk snp``: variants and what is known of them."""

from __future__ import annotations

import typer

from biotk.cli.snp_find import find_cli

app = typer.Typer(
    help="Variants: found in texts.", no_args_is_help=True, rich_markup_mode="markdown"
)
app.command("find")(find_cli)


@app.callback()
def _snp() -> None:
    """Variants: found in texts."""
