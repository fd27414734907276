"""The command line. Importing it is light: what a command needs is imported when it runs.

One file a command; ``<name>_cli`` reads the arguments, ``<name>`` does the work. Data goes to
stdout, progress and messages to stderr. Exit codes: 0 done, 1 failed, 2 wrong arguments.
"""

from __future__ import annotations

from typing import Annotated

import typer

from biotk import __version__
from biotk.cli import convert, evaluate, kb, snp, train
from biotk.cli.annotate import annotate_cli
from biotk.cli.calibrate import calibrate_cli
from biotk.cli.link import link_cli
from biotk.cli.output import BiotkGroup
from biotk.cli.router import router_cli

__all__ = ["app", "main"]

app = typer.Typer(
    name="biotk",
    cls=BiotkGroup,
    help="Find biomedical concepts in text and link them to a knowledge base of your own.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
    # Typer's own tracebacks show local variables, and with them the text of notes.
    pretty_exceptions_enable=False,
)
app.command("annotate")(annotate_cli)
app.command("link")(link_cli)
app.command("calibrate")(calibrate_cli)
app.command("router")(router_cli)
app.add_typer(convert.app, name="convert")
app.add_typer(evaluate.app, name="evaluate")
app.add_typer(kb.app, name="kb")
app.add_typer(snp.app, name="snp")
app.add_typer(train.app, name="train")


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"biotk {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", help="Show the version.", callback=_print_version, is_eager=True),
    ] = False,
) -> None:
    """Find biomedical concepts in text and link them to a knowledge base of your own."""


def main() -> None:
    """Run the command line."""
    app()
