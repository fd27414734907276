"""A tagger from its recipe to a model's folder, in one or more processes.

The folder of a run::

    RUN/train/log.jsonl, curves.svg   figures, one line each, and as a picture
    RUN/train/checkpoint.safetensors, best.safetensors
    RUN/model/                        what `biotk annotate --tagger` takes
    RUN/metrics.json                  recipe, seed, data and figures
"""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

from biotk.detection.tagger import TaggerDetector
from biotk.errors import BioTKError
from biotk.nn.tagger import TaggerModel
from biotk.nn.tagger_files import load_tagger
from biotk.nn.tagger_network import TaggerConfig
from biotk.training.checkpoints import Progress, load_best, read_progress
from biotk.training.crew import Crew, end_with_parent, gathered, meet
from biotk.training.curves import curves_of, write_curves
from biotk.training.log import Log, Say, ShowProgress, read_log
from biotk.training.loop import Stage
from biotk.training.metrics import versions, write_model
from biotk.training.run import RunOptions, check_device
from biotk.training.tagger import TaggerTrainee
from biotk.training.tagger_material import HeldDocuments, TaggerMaterial
from biotk.training.tagger_recipe import TaggerRecipe, read_tagger_recipe
from biotk.training.tagger_samples import TaggerSample

STAGE = "train"
_AT_ONCE = 32  # documents


def train_tagger(
    recipe: TaggerRecipe,
    out: Path,
    options: RunOptions,
    *,
    say: Say = lambda line: None,
    show: ShowProgress = lambda step, done, total: None,
) -> bool:
    """Follow a recipe, from where an earlier run stopped if there was one.

    :param recipe: from :func:`biotk.training.tagger_recipe.read_tagger_recipe`.
    :param out: the folder of the run.
    :param options: processes, and for how long.
    :param say: told what somebody should know.
    :param show: told how far it is.
    :returns: whether it is finished, and the model is written.
    :raises InputError: something that the recipe names cannot be read, or does not fit.
    :raises BioTKError: training cannot go on.
    """
    check_device(options.device, processes=options.processes)
    until = None if options.minutes is None else time.monotonic() + 60 * options.minutes
    torch.set_num_threads(options.threads)
    trainee = _begin(recipe)
    trainee.network.to(options.device)
    material = TaggerMaterial(recipe, trainee.form, say=say)
    given = (recipe.path, recipe.data, out, options)
    with gathered(options.processes, _help, *given) as crew:
        loop = TaggerLoop(recipe, trainee, material, out / STAGE, crew)
        finished = _led(loop, recipe, out / STAGE, say=say, show=show, until=until)
    if finished:
        _finish(recipe, trainee, material, out, processes=options.processes)
    return finished


def _begin(recipe: TaggerRecipe) -> TaggerTrainee:
    model = recipe.model
    place: str | Path | None = model.encoder
    if place is not None and recipe.place(str(place)).is_dir():
        place = recipe.place(str(place))
    return TaggerTrainee.begin(
        TaggerConfig(model.types, tuned_layers=model.tuned_layers, inner=model.inner),
        place=place, seed=recipe.seed, window=model.window, overlap=model.overlap,
        average=recipe.training.average, told=f"{recipe.path}: [model]",
    )  # fmt: skip


def _help(crew: Crew, port: int, path: Path, data: Path, out: Path, options: RunOptions) -> None:
    """Train beside the first process; says nothing, evaluates nothing, writes nothing."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the first one's to handle
    end_with_parent()
    torch.set_num_threads(options.threads)
    try:
        recipe = read_tagger_recipe(path, data=data)
        trainee = _begin(recipe)
        loop = TaggerLoop(recipe, trainee, TaggerMaterial(recipe, trainee.form), out / STAGE, crew)
        with meet(crew, port=port):
            loop.run(save_every=recipe.training.evaluate_every, told=lambda figures: None)
    except BioTKError as error:
        sys.exit(f"process {crew.rank} of the training: {error}")


class TaggerLoop(Stage):
    """The loop, with windows for samples, and F1 of mentions for what is watched."""

    def __init__(
        self,
        recipe: TaggerRecipe,
        trainee: TaggerTrainee,
        material: TaggerMaterial,
        folder: Path,
        crew: Crew,
    ) -> None:
        super().__init__(
            trainee, feeds=[], held={}, schedule=recipe.schedule, folder=folder, watch="f1",
            patience=recipe.training.patience, crew=crew, recipe=recipe.sha256,
        )  # fmt: skip
        self._tagger, self._material = trainee, material

    def _drawn(self, seed: Sequence[int]) -> Sequence[list[TaggerSample]]:
        return self._material.pool(seed, batch=self._schedule.batch)

    def _looked(self) -> dict[str, float]:
        tuning = {name: held for name, held in self._material.held.items() if held.tunes}
        dtype = torch.bfloat16 if self._schedule.bf16 else torch.float32
        return held_figures(self._tagger.model(dtype), tuning)

    def _watched(self) -> list[str]:
        return [f"{name} f1" for name, held in self._material.held.items() if held.tunes]


def held_figures(model: TaggerModel, held: Mapping[str, HeldDocuments]) -> dict[str, float]:
    """Find the mentions of documents that are held.

    :returns: for each set: ``f1`` of exact mentions with their types, among the types that it
        annotates, and ``precision`` and ``recall``; ``f1`` of each type where there are several.
    """
    found: dict[str, float] = {}
    for name, each in held.items():
        detector = TaggerDetector(model, types=each.types)
        counts: dict[str, list[int]] = {type_: [0, 0, 0] for type_ in sorted(each.types)}
        for at in range(0, len(each.documents), _AT_ONCE):
            part = each.documents[at : at + _AT_ONCE]
            for document, mentions in zip(part, detector.detect_batch([d.text for d in part])):
                gold = {(m.spans, m.type or "") for m in document.mentions}
                told = {(m.spans, m.type or "") for m in mentions}
                for place, kind in enumerate((gold & told, told, gold)):
                    for _, type_ in kind:
                        counts[type_][place] += 1
        right, told_, gold_ = (sum(row[n] for row in counts.values()) for n in range(3))
        found |= {
            f"{name} f1": 2 * right / max(told_ + gold_, 1),
            f"{name} precision": right / max(told_, 1),
            f"{name} recall": right / max(gold_, 1),
        }
        if len(counts) > 1:
            for type_, (hits, n_told, n_gold) in counts.items():
                found[f"{name} {type_}"] = 2 * hits / max(n_told + n_gold, 1)
    return found


def _led(
    loop: TaggerLoop,
    recipe: TaggerRecipe,
    folder: Path,
    *,
    say: Say,
    show: ShowProgress,
    until: float | None,
) -> bool:
    before, total = read_progress(folder) or Progress(), recipe.schedule.steps
    log = Log(folder, step=before.step)
    say(f"from step {before.step:,} of {total:,}")
    show(STAGE, before.step, total)

    def draw() -> None:
        write_curves(folder / "curves.svg", curves_of(read_log(folder)), title=recipe.name)

    def told(figures: dict[str, Any]) -> None:
        log.add(figures)
        show(STAGE, int(figures["step"]), total)
        f1 = {k.removesuffix(" f1"): v for k, v in figures.items() if k.endswith(" f1")}
        if f1:
            best = ", the best so far" if loop.progress.best_step == figures["step"] else ""
            shown = ", ".join(f"{name} {value:.4f}" for name, value in f1.items())
            say(f"step {figures['step']:,}{best}: F1 on the tuning halves: {shown}")
            draw()

    over = loop.run(save_every=recipe.training.evaluate_every, told=told, until=until)
    draw()
    if over:
        load_best(folder, loop.trainee)
        say(f"finished; the weights of step {loop.progress.best_step:,} are kept")
    return over


def _finish(
    recipe: TaggerRecipe, trainee: TaggerTrainee, material: TaggerMaterial, out: Path, **how: Any
) -> None:
    """Write the model and its metrics."""
    progress = read_progress(out / STAGE) or Progress()
    stored = _stored_figures(trainee, material, out)
    facts = {
        "name": recipe.name,
        "recipe_sha256": recipe.sha256,
        "seed": recipe.seed,
        "seconds": round(progress.seconds, 1),
        "steps": progress.step,
        "best_step": progress.best_step,
        "tuning_half": stored[True],
        "held": stored[False],
        "data": material.facts,
        "versions": versions(),
        **how,
    }
    write_model(trainee, out, facts, recipe=recipe.path)


def _stored_figures(
    trainee: TaggerTrainee, material: TaggerMaterial, out: Path
) -> dict[bool, dict[str, float]]:
    """:returns: figures of the model as it is stored, which rounds its weights; by what tunes."""
    trainee.network.to("cpu")
    with TemporaryDirectory(dir=out, prefix=".stored-") as folder:
        trainee.save(Path(folder))
        model = load_tagger(folder)
        found: dict[bool, dict[str, float]] = {}
        for tunes in (True, False):
            some = {name: held for name, held in material.held.items() if held.tunes is tunes}
            found[tunes] = {k: round(v, 5) for k, v in held_figures(model, some).items()}
    return found
