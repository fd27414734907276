"""What the training commands share: how a run is begun, followed and begun anew."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from biotk.cli.output import ShowProgress, progress_bar, say
from biotk.errors import InputError

if TYPE_CHECKING:
    from biotk.training.places import Sources

# What a run writes into the folder of a stage.
_WRITTEN = ("checkpoint.safetensors", "best.safetensors", "log.jsonl", "data.json", "curves.svg")


def follow(train: Callable[[ShowProgress], bool], out: Path) -> None:
    """Train, with a progress bar, and say where the model is, or how the training goes on.

    :param train: is given what shows how far it is; tells whether it is finished.
    :param out: the run's folder.
    """
    try:
        with progress_bar(of_steps=True) as show:
            finished = train(show)
    except KeyboardInterrupt:
        say("stopped; the same command goes on from the last checkpoint")
        raise
    if finished:
        typer.echo(str(out / "model"))
    else:
        say("not finished; the same command goes on from the last checkpoint")


def forget(out: Path, stages: Iterable[str]) -> None:
    """Throw away what was trained in some stages of a run, and its model.

    :param out: the run's folder.
    :param stages: their names.
    """
    # Nothing but what a run has written is ever removed.
    for stage in stages:
        for file in _WRITTEN:
            (out / stage / file).unlink(missing_ok=True)
    for model in ("model", ".model.draft"):
        shutil.rmtree(out / model, ignore_errors=True)


def build_kbs(recipe: Sources, out: Path) -> None:
    """Build the recipe's KBs that are not there yet.

    :param out: the run's folder.
    :raises InputError: a source is not there, or gives no concept.
    """
    from biotk.cli.kb_build_run import build
    from biotk.kb.manifest import MANIFEST
    from biotk.training.places import kb_place

    for kb in recipe.kbs:
        place = kb_place(recipe, kb, out)
        if kb.build is None or place is None or (place / MANIFEST).is_file():
            continue
        if place.exists():
            raise InputError(f"{place} is there, and no knowledge base: take it away")
        say(f"building {place}")
        with progress_bar() as show:
            build(kb.build, place, name=kb.name, progress=show)
