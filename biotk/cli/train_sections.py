"""``biotk train sections``: a model that finds the headings of notes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from biotk.cli.output import say
from biotk.cli.train_options import Root, Run


def sections_cli(
    recipe: Annotated[
        Path, typer.Argument(metavar="RECIPE", help="A TOML file; docs/sections.md.")
    ],
    out: Run,
    data: Root = None,
    leave_out: Annotated[
        list[str] | None,
        typer.Option(
            "--leave-out",
            metavar="FORMAT",
            help="A format of headings not to train on; repeatable. Tells how well the others "
            "carry over to it.",
        ),
    ] = None,
) -> None:
    """Train a section model, in minutes on one core; the same command makes the same weights.

    The model is RUN/model; its folder is the one line on stdout. Figures on held notes are in
    RUN/metrics.json, the titles that it was trained on in RUN/titles.txt: for `biotk evaluate
    sections --known`.

    For example:

    biotk train sections models/biotk-sections/recipe.toml --data data --out runs/sections

    biotk evaluate sections --corpus notes.jsonl --segmenter runs/sections/model
    """
    from biotk.training.section_recipe import read_section_recipe, without_formats
    from biotk.training.sections import train_sections

    read = without_formats(read_section_recipe(recipe, data=data), leave_out or ())
    train_sections(read, out, say=say)
    typer.echo(str(out / "model"))
