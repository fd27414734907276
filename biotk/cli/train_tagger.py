"""``biotk train tagger``: a model that finds mentions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from biotk.cli.output import say
from biotk.cli.train_options import Device, Minutes, Processes, Resume, Root, Run, Threads
from biotk.cli.train_run import follow, forget


def tagger_cli(
    recipe: Annotated[Path, typer.Argument(metavar="RECIPE", help="A TOML file; docs/tagger.md.")],
    out: Run,
    data: Root = None,
    processes: Processes = 1,
    threads: Threads = 1,
    device: Device = "cpu",
    resume: Resume = True,
    minutes: Minutes = None,
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
        forget(out, [STAGE])
    options = RunOptions(processes=processes, threads=threads, device=device, minutes=minutes)
    follow(lambda show: train_tagger(read, out, options, say=say, show=show), out)
