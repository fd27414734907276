"""``biotk train tagger``: a model that finds mentions."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import typer

from biotk.cli.output import progress_bar, say

#: What a run writes into the folder of its stage.
WRITTEN = ("checkpoint.safetensors", "best.safetensors", "log.jsonl", "data.json", "curves.svg")


def tagger_cli(
    recipe: Annotated[Path, typer.Argument(metavar="RECIPE", help="A TOML file; docs/tagger.md.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="RUN", help="The run's folder.")],
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            metavar="ROOT",
            help="Where the recipe's paths begin.",
            show_default="its own folder",
        ),
    ] = None,
    processes: Annotated[
        int, typer.Option(min=1, help="That train together, each with batches of its own.")
    ] = 1,
    threads: Annotated[int, typer.Option(min=1, help="In each process.")] = 1,
    device: Annotated[
        str, typer.Option(help="cpu, or a GPU as torch names it: cuda. There one process trains.")
    ] = "cpu",
    resume: Annotated[
        bool,
        typer.Option("--resume/--fresh", help="Go on from the last checkpoint, or throw it away."),
    ] = True,
    minutes: Annotated[
        float | None,
        typer.Option(min=0.0, metavar="M", help="Stop after so many, with a checkpoint."),
    ] = None,
) -> None:
    """Train a tagger, which finds mentions, on annotated corpora.

    A corpus teaches of the types alone that it annotates. Figures are in RUN/train/log.jsonl,
    curves and checkpoints beside it: after a kill the same command goes on from the last one, and
    comes to the same end. The model is RUN/model; its folder is the one line on stdout.

    For example:

    biotk train tagger recipe.toml --data data --out runs/tagger --processes 2

    biotk annotate note.txt --detector tagger --tagger runs/tagger/model --view
    """
    from biotk.training.run import RunOptions
    from biotk.training.tagger_recipe import read_tagger_recipe
    from biotk.training.tagger_run import STAGE, train_tagger

    read = read_tagger_recipe(recipe, data=data)
    if not resume:
        # Nothing but what a run has written is ever removed.
        for file in WRITTEN:
            (out / STAGE / file).unlink(missing_ok=True)
        for name in ("model", ".model.draft"):
            shutil.rmtree(out / name, ignore_errors=True)
    options = RunOptions(processes=processes, threads=threads, device=device, minutes=minutes)
    try:
        with progress_bar(of_steps=True) as show:
            finished = train_tagger(read, out, options, say=say, show=show)
    except KeyboardInterrupt:
        say("stopped; the same command goes on from the last checkpoint")
        raise
    if finished:
        typer.echo(str(out / "model"))
    else:
        say("not finished; the same command goes on from the last checkpoint")
