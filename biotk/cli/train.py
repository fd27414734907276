"""``biotk train``: models made of knowledge bases, annotated corpora and raw text."""

from __future__ import annotations

import typer

from biotk.cli.train_encoder import encoder_cli
from biotk.cli.train_fusion import fusion_cli
from biotk.cli.train_generel import generel_cli
from biotk.cli.train_linker import linker_cli
from biotk.cli.train_names import names_cli
from biotk.cli.train_router import router_cli
from biotk.cli.train_sections import sections_cli
from biotk.cli.train_tagger import tagger_cli

app = typer.Typer(
    help="Train models on your own knowledge base.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)
app.command("linker")(linker_cli)
app.command("tagger")(tagger_cli)
app.command("encoder")(encoder_cli)
app.command("fusion")(fusion_cli)
app.command("names")(names_cli)
app.command("router")(router_cli)
app.command("sections")(sections_cli)
app.command("generel")(generel_cli)


@app.callback()
def _train() -> None:
    """Train models on your own knowledge base."""
