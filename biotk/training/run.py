"""A training from its recipe to a model's folder: the stages one by one, in one or more processes.

The folder of a run::

    RUN/kb/<name>/                the KBs that the recipe builds
    RUN/<stage>/log.jsonl         figures, one line each
    RUN/<stage>/curves.svg        the same as a picture
    RUN/<stage>/checkpoint.safetensors, best.safetensors
    RUN/<stage>/data.json         the KBs and files that it was trained on
    RUN/model/                    what `biotk link --model` takes
    RUN/metrics.json              recipe, seed, data and figures
"""

from __future__ import annotations

import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import torch

from biotk.errors import BioTKError, InputError, UnknownNameError
from biotk.training.crew import Crew, end_with_parent, gathered, meet
from biotk.training.log import Say, ShowProgress
from biotk.training.recipe import Recipe
from biotk.training.recipe_file import read_recipe
from biotk.training.stages import Stages


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """How a recipe is followed; nothing of it changes what comes out but the number of processes
    and, in the last digits, the device.

    :param processes: how many train together, each with batches of its own.
    :param threads: of torch, in each process.
    :param device: ``cpu``, or a GPU as torch names it: ``cuda``.
    :param stage: the one stage that is trained; by default all that are not finished.
    :param minutes: after which it stops with a checkpoint.
    """

    processes: int = 1
    threads: int = 1
    device: str = "cpu"
    stage: str | None = None
    minutes: float | None = None


def train(
    recipe: Recipe,
    out: Path,
    options: RunOptions,
    *,
    say: Say = lambda line: None,
    show: ShowProgress = lambda step, done, total: None,
) -> bool:
    """Follow a recipe, from where an earlier run stopped if there was one.

    :param recipe: from :func:`biotk.training.recipe_file.read_recipe`.
    :param out: the folder of the run; its KBs are built.
    :param options: processes, and what is to be done now.
    :param say: told what somebody should know.
    :param show: told how far it is.
    :returns: whether all stages are finished, and the model is written.
    :raises InputError: something that the recipe names is not there, or does not fit.
    :raises BioTKError: training cannot go on.
    """
    if options.stage is not None and options.stage not in [s.name for s in recipe.stages]:
        names = [stage.name for stage in recipe.stages]
        raise UnknownNameError("stage of the recipe", options.stage, names)
    check_device(options.device, processes=options.processes)
    until = None if options.minutes is None else time.monotonic() + 60 * options.minutes
    torch.set_num_threads(options.threads)
    stages = Stages(recipe, out, options.device, say=say, show=show)
    stages.open(options.stage)
    with gathered(options.processes, _help, recipe.path, recipe.data, out, options) as crew:
        finished = stages.train(crew, only=options.stage, until=until)
    if finished:
        stages.finish(processes=options.processes, threads=options.threads, device=options.device)
    return finished


def _help(crew: Crew, port: int, path: Path, data: Path, out: Path, options: RunOptions) -> None:
    """Train beside the first process; says nothing, evaluates nothing, writes nothing."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the first one's to handle
    end_with_parent()
    torch.set_num_threads(options.threads)
    try:
        stages = Stages(read_recipe(path, data=data), out)
        with meet(crew, port=port):
            stages.train(crew, only=options.stage, until=None)
    except BioTKError as error:
        sys.exit(f"process {crew.rank} of the training: {error}")


def check_device(device: str, *, processes: int) -> None:
    """Make sure that there is the device that is asked for.

    :raises InputError: there is no such device, or several processes would have to share it.
    """
    try:
        kind = torch.device(device).type
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        told = str(error).splitlines()[0]
        raise InputError(f"device {device!r} cannot be used here: {told}") from error
    if kind != "cpu" and processes > 1:
        raise InputError(f"processes is {processes}; on a GPU one process trains")
