"""``biotk train generel``: a space of SNPs, genes and concepts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from biotk.cli.output import ShowProgress, say
from biotk.cli.train_options import Minutes, OneDevice, Resume, Root, Run
from biotk.cli.train_run import build_kbs, follow, forget


def generel_cli(
    recipe: Annotated[Path, typer.Argument(metavar="RECIPE", help="A TOML file; docs/generel.md.")],
    out: Run,
    data: Root = None,
    threads: Annotated[int, typer.Option(min=1, help="Of torch.")] = 1,
    device: OneDevice = "cpu",
    resume: Resume = True,
    minutes: Minutes = None,
) -> None:
    """Train a space of SNPs, genes and concepts on association and relation tables.

    The first time, the recipe's knowledge bases are built into RUN/kb, and the vectors of all texts
    are made. Figures on held pairs, SNPs and loci are in RUN/space/log.jsonl, curves beside it:
    after a kill the same command goes on from the last checkpoint, and comes to the same end. The
    model is RUN/model; its folder is the one line on stdout. Research use only.

    For example:

    biotk train generel models/biotk-generel/recipe.toml --data data --out runs/generel

    biotk snp nearest "type 2 diabetes" --kind snp --space runs/generel/model
    """
    import time

    from biotk.training.generel import STAGE, GenerelTraining
    from biotk.training.generel_recipe import read_generel_recipe
    from biotk.training.places import check_sources
    from biotk.training.run import check_device

    until = None if minutes is None else time.monotonic() + 60 * minutes
    read = read_generel_recipe(recipe, data=data)
    check_device(device, processes=1)
    check_sources(read, out)
    if not resume:
        forget(out, [STAGE])
    build_kbs(read, out)

    def train(show: ShowProgress) -> bool:
        training = GenerelTraining(read, out, threads=threads, device=device, say=say, show=show)
        return training.run(until=until)

    follow(train, out)
