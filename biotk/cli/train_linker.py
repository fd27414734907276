"""``biotk train linker``: a model that writes names."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from biotk.cli.output import say
from biotk.cli.train_options import Device, Minutes, Processes, Root, Run, Threads
from biotk.cli.train_run import build_kbs, follow, forget


def linker_cli(
    recipe: Annotated[
        Path, typer.Argument(metavar="RECIPE", help="A TOML file; docs/training.md.")
    ],
    out: Run,
    data: Root = None,
    processes: Processes = 1,
    threads: Threads = 1,
    device: Device = "cpu",
    stage: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Train this stage only; those before it are finished."),
    ] = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume/--fresh",
            help="Go on from the last checkpoint, or throw away what was trained (with --stage: "
            "of that stage and all after it).",
        ),
    ] = True,
    minutes: Minutes = None,
) -> None:
    """Train a generative linker, stage by stage, as a recipe says.

    The first time, the recipe's knowledge bases are built into RUN/kb. Each stage writes its
    figures to RUN/STAGE/log.jsonl, curves beside it, and checkpoints: after a kill the same command
    goes on from the last one, and comes to the same end. The model is RUN/model; its folder is the
    one line on stdout.

    For example:

    biotk train linker models/biotk-mini/recipe.toml --data data --out runs/mini --processes 2

    biotk link --model runs/mini/model --kb kb/mesh "kidney failure"
    """
    from biotk.training.places import check_places
    from biotk.training.recipe_file import read_recipe
    from biotk.training.run import RunOptions, check_device, train

    read = read_recipe(recipe, data=data)
    check_device(device, processes=processes)
    check_places(read, out)
    if not resume:
        names = [each.name for each in read.stages]
        forget(out, names[names.index(stage) :] if stage in names else names)
    build_kbs(read, out)
    options = RunOptions(
        processes=processes, threads=threads, device=device, stage=stage, minutes=minutes
    )
    follow(lambda show: train(read, out, options, say=say, show=show), out)
