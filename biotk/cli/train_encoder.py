"""``biotk train encoder``: a model that makes vectors of names."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from biotk.cli.output import ShowProgress, say
from biotk.cli.train_options import Minutes, OneDevice, Resume, Root, Run
from biotk.cli.train_run import build_kbs, follow, forget


def encoder_cli(
    recipe: Annotated[
        Path, typer.Argument(metavar="RECIPE", help="A TOML file; docs/training-encoder.md.")
    ],
    out: Run,
    data: Root = None,
    threads: Annotated[int, typer.Option(min=1, help="Of torch.")] = 1,
    device: OneDevice = "cpu",
    resume: Resume = True,
    minutes: Minutes = None,
) -> None:
    """Train a synonym encoder on the names of knowledge bases, as a recipe says.

    The first time, the recipe's knowledge bases are built into RUN/kb. Figures on concepts that
    are held out, and on tuning halves, are in RUN/pairs/log.jsonl, curves beside it: after a kill
    the same command goes on from the last checkpoint, and comes to the same end. The model is
    RUN/model; its folder is the one line on stdout.

    For example:

    biotk train encoder models/biotk-encoder/recipe.toml --data data --out runs/encoder --threads 2

    biotk kb search kb/mesh "kidney failure" --encoder runs/encoder/model
    """
    import time

    from biotk.training.encoder import STAGE, EncoderTraining
    from biotk.training.encoder_recipe import read_encoder_recipe
    from biotk.training.places import check_sources
    from biotk.training.run import check_device

    until = None if minutes is None else time.monotonic() + 60 * minutes
    read = read_encoder_recipe(recipe, data=data)
    check_device(device, processes=1)
    check_sources(read, out)
    if not resume:
        forget(out, [STAGE])
    build_kbs(read, out)

    def train(show: ShowProgress) -> bool:
        training = EncoderTraining(read, out, device=device, threads=threads, say=say, show=show)
        return training.run(until=until)

    follow(train, out)
