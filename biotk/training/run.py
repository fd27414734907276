"""A training from its recipe to a model's folder: the stages one by one, in one or more processes.

The folder of a run::

    RUN/kb/<name>/                the KBs that the recipe builds
    RUN/<stage>/log.jsonl         figures, one line each
    RUN/<stage>/curves.svg        the same as a picture
    RUN/<stage>/checkpoint.safetensors, best.safetensors
    RUN/model/                    what `biotk link --model` takes
    RUN/metrics.json              recipe, seed, data and figures
"""

from __future__ import annotations

import multiprocessing
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from biotk.errors import InputError, UnknownNameError
from biotk.training.checkpoints import load_best, read_progress
from biotk.training.crew import Crew, lead, meet
from biotk.training.curves import curves_of, write_curves
from biotk.training.held import ignored_inputs
from biotk.training.log import Log, read_log
from biotk.training.loop import Stage
from biotk.training.material import Material, Say
from biotk.training.metrics import metrics_of, write_metrics
from biotk.training.mini import MiniTrainee
from biotk.training.recipe import MiniRecipe, Recipe, StageRecipe
from biotk.training.recipe_file import read_recipe
from biotk.training.seq2seq import Seq2SeqTrainee

#: Told how far a stage is: its name, steps done, steps in all.
ShowProgress = Callable[[str, int, int], None]
MODEL = "model"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """How a recipe is followed; nothing of it changes what comes out but the processes.

    :param processes: how many train together, each with batches of its own.
    :param threads: of torch, in each process.
    :param stage: the one stage that is trained; by default all that are not finished.
    :param minutes: after which it stops with a checkpoint.
    """

    processes: int = 1
    threads: int = 1
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
    until = None if options.minutes is None else time.monotonic() + 60 * options.minutes
    torch.set_num_threads(options.threads)
    run = _Run(recipe, out, say=say, show=show)
    run.open(options.stage)
    with _helpers(recipe, out, options) as crew:
        finished = run.stages(crew, only=options.stage, until=until)
    if finished:
        run.finish(options)
    return finished


@contextmanager
def _helpers(recipe: Recipe, out: Path, options: RunOptions) -> Iterator[Crew]:
    """Start the other processes, which end when this one does."""
    crew, port, store = lead(options.processes)
    context = multiprocessing.get_context("spawn")
    others = [
        context.Process(
            target=_help,
            args=(Crew(rank, crew.size), port, recipe.path, recipe.data, out, options),
            daemon=True,
        )
        for rank in range(1, crew.size)
    ]
    for process in others:
        process.start()
    try:
        with meet(crew, port=port, store=store) as met:
            yield met
    finally:
        for process in others:
            process.join(10)
            if process.is_alive():
                process.terminate()


def _help(crew: Crew, port: int, path: Path, data: Path, out: Path, options: RunOptions) -> None:
    """Train beside the first process; says nothing, evaluates nothing, writes nothing."""
    torch.set_num_threads(options.threads)
    run = _Run(read_recipe(path, data=data), out)
    with meet(crew, port=port):
        run.stages(crew, only=options.stage, until=None)


class _Run:
    """One process of a training."""

    def __init__(
        self,
        recipe: Recipe,
        out: Path,
        *,
        say: Say = lambda line: None,
        show: ShowProgress = lambda step, done, total: None,
    ) -> None:
        self._recipe, self._out, self._say, self._show = recipe, out, say, show
        self.trainee = _begin(recipe)
        self._material = Material(recipe, out, self.trainee, say=say)

    def _folder(self, stage: StageRecipe) -> Path:
        return self._out / stage.name

    def _finished(self, stage: StageRecipe) -> bool:
        found = read_progress(self._folder(stage))
        if found is not None and found.recipe not in ("", self._recipe.sha256):
            raise InputError(
                f"{self._folder(stage)}: the recipe has changed since it was begun. Begin anew "
                "with --fresh, or give another --out"
            )
        return found is not None and found.finished

    def open(self, only: str | None) -> None:
        """Open all that will be needed, so that tries are built once and mistakes are told now."""
        for stage in self._recipe.stages:
            if only not in (None, stage.name):
                if not self._finished(stage) and not self._after(stage.name, only):
                    raise InputError(
                        f"the stage {stage.name} comes before {only} and is not finished"
                    )
            elif not self._finished(stage):
                self._material.feeds(stage)

    def _after(self, name: str, other: str | None) -> bool:
        names = [stage.name for stage in self._recipe.stages]
        return other in names and names.index(name) > names.index(str(other))

    def stages(self, crew: Crew, *, only: str | None, until: float | None) -> bool:
        """Train the stages that are not finished.

        :returns: whether all of them are finished now.
        """
        for number, stage in enumerate(self._recipe.stages):
            finished = crew.agree(crew.leads and self._finished(stage))
            if finished:
                load_best(self._folder(stage), self.trainee)
                continue
            if only not in (None, stage.name):
                return False
            if not self._train(stage, number, crew, until=until):
                return False
        return True

    def _train(self, stage: StageRecipe, number: int, crew: Crew, *, until: float | None) -> bool:
        feeds, held = self._material.feeds(stage)
        folder = self._folder(stage)
        loop = Stage(
            self.trainee, feeds=feeds, held=held, schedule=stage.schedule, folder=folder,
            number=number, watch=stage.watch, patience=stage.patience, crew=crew,
            recipe=self._recipe.sha256,
        )  # fmt: skip
        if not crew.leads:
            return loop.run(save_every=stage.evaluate_every, told=lambda figures: None)
        before = read_progress(folder)
        log = Log(folder, step=0 if before is None else before.step)
        warned = False

        def told(figures: dict[str, Any]) -> None:
            nonlocal warned
            log.add(figures)
            self._show(stage.name, int(figures["step"]), stage.schedule.steps)
            ignored = ignored_inputs(figures)
            if ignored and not warned:
                warned = True
                self._say(
                    f"{stage.name}, step {figures['step']}: with the inputs permuted the loss on "
                    f"{', '.join(ignored)} is hardly higher: the model ignores its encoder so far"
                )

        over = loop.run(save_every=stage.evaluate_every, told=told, until=until)
        write_curves(folder / "curves.svg", curves_of(read_log(folder)), title=stage.name)
        return over

    def finish(self, options: RunOptions) -> None:
        """Write the model and its metrics."""
        facts = metrics_of(self._recipe, self._out, self._material.facts)
        facts["processes"], facts["threads"] = options.processes, options.threads
        folder = self._out / MODEL
        draft = self._out / f".{MODEL}.draft"
        shutil.rmtree(draft, ignore_errors=True)
        draft.parent.mkdir(parents=True, exist_ok=True)
        self.trainee.save(draft, facts=facts)
        shutil.copyfile(self._recipe.path, draft / "recipe.toml")
        shutil.rmtree(folder, ignore_errors=True)
        draft.rename(folder)
        write_metrics(self._out, facts)


def _begin(recipe: Recipe) -> MiniTrainee | Seq2SeqTrainee:
    model = recipe.model
    if isinstance(model, MiniRecipe):
        place = None if model.encoder is None else _model_place(recipe, model.encoder)
        return MiniTrainee.begin(model, place=place, seed=recipe.seed)
    return Seq2SeqTrainee.begin(_model_place(recipe, model.base))


def _model_place(recipe: Recipe, name: str) -> str | Path:
    """:returns: the folder, seen from the recipe's data or from here; else a name of a hub."""
    place = recipe.place(name)
    return place if place.is_dir() else name
