"""The stages of a recipe one by one, and the model that comes out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from biotk.errors import InputError
from biotk.training.checkpoints import Progress, load_best, read_progress
from biotk.training.crew import Crew
from biotk.training.curves import curves_of, write_curves
from biotk.training.held import ignored_inputs, told_line
from biotk.training.log import Log, Say, ShowProgress, read_log
from biotk.training.loop import Stage
from biotk.training.material import Material
from biotk.training.metrics import metrics_of, read_data, write_data, write_model
from biotk.training.mini import MiniTrainee
from biotk.training.places import base_place, model_place
from biotk.training.recipe import MiniRecipe, Recipe, StageRecipe
from biotk.training.seq2seq import Seq2SeqTrainee


class Stages:
    """The stages of a recipe, in one process of a training.

    :param recipe: the recipe.
    :param out: the folder of the run.
    :param device: where to train, as torch names it.
    :param say: told what somebody should know.
    :param show: told how far it is.
    """

    def __init__(
        self,
        recipe: Recipe,
        out: Path,
        device: str = "cpu",
        *,
        say: Say = lambda line: None,
        show: ShowProgress = lambda step, done, total: None,
    ) -> None:
        self._recipe, self._out, self._say, self._show = recipe, out, say, show
        self.trainee = _begin(recipe)
        self.trainee.network.to(device)
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

    def train(self, crew: Crew, *, only: str | None, until: float | None) -> bool:
        """Train the stages that are not finished.

        :returns: whether all of them are finished now.
        """
        for number, stage in enumerate(self._recipe.stages):
            finished = crew.agree(crew.leads and self._finished(stage))
            if finished:
                load_best(self._folder(stage), self.trainee)
                self._say(f"{stage.name}: is finished")
                continue
            if only not in (None, stage.name):
                return False
            if not self._one(stage, number, crew, until=until):
                return False
        return True

    def _one(self, stage: StageRecipe, number: int, crew: Crew, *, until: float | None) -> bool:
        feeds, held = self._material.feeds(stage)
        folder = self._folder(stage)
        loop = Stage(
            self.trainee, feeds=feeds, held=held, schedule=stage.schedule, folder=folder,
            number=number, watch=stage.watch, patience=stage.patience, crew=crew,
            recipe=self._recipe.sha256,
        )  # fmt: skip
        if not crew.leads:
            return loop.run(save_every=stage.evaluate_every, told=lambda figures: None)
        before = read_progress(folder) or Progress()
        log, total = Log(folder, step=before.step), stage.schedule.steps
        self._say(
            f"{stage.name}: goes on from step {before.step:,} of {total:,}"
            if before.step
            else f"{stage.name}: {total:,} steps"
        )
        self._show(stage.name, before.step, total)
        write_data(folder, self._material.facts)
        warned = False

        def told(figures: dict[str, Any]) -> None:
            nonlocal warned
            log.add(figures)
            step = int(figures["step"])
            self._show(stage.name, step, total)
            if line := told_line(figures):
                best = ", the best so far" if loop.progress.best_step == step else ""
                self._say(f"{stage.name}, step {step:,}{best}: {line}")
                self._draw(stage)
            ignored = ignored_inputs(figures)
            if ignored and not warned:
                warned = True
                self._say(
                    f"{stage.name}, step {step:,}: with the inputs permuted the loss on "
                    f"{', '.join(ignored)} is hardly higher: the model ignores its encoder so far"
                )

        over = loop.run(save_every=stage.evaluate_every, told=told, until=until)
        self._draw(stage)
        if over:
            done = loop.progress
            early = ", no better for a while" if done.step < total else ""
            self._say(
                f"{stage.name}: finished after {done.step:,} steps{early}; the weights of step "
                f"{done.best_step:,} are kept"
            )
        return over

    def _draw(self, stage: StageRecipe) -> None:
        folder = self._folder(stage)
        write_curves(folder / "curves.svg", curves_of(read_log(folder)), title=stage.name)

    def finish(self, **facts_of_run: Any) -> None:
        """Write the model and its metrics.

        :param facts_of_run: what else is to be said of it.
        """
        folders = [self._folder(stage) for stage in self._recipe.stages]
        facts = metrics_of(self._recipe, self._out, read_data(folders)) | facts_of_run
        write_model(self.trainee, self._out, facts, recipe=self._recipe.path)


def _begin(recipe: Recipe) -> MiniTrainee | Seq2SeqTrainee:
    model = recipe.model
    if isinstance(model, MiniRecipe):
        if model.base is not None:
            return MiniTrainee.go_on(base_place(recipe, model.base))
        place = None if model.encoder is None else model_place(recipe, model.encoder)
        return MiniTrainee.begin(model, place=place, seed=recipe.seed)
    return Seq2SeqTrainee.begin(model_place(recipe, model.base))
