"""What comes out of a training: the model, and what is said of it: recipe, data, figures."""

from __future__ import annotations

import json
import platform
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from biotk import __version__
from biotk.io.files import atomic_writer
from biotk.training.checkpoints import read_progress
from biotk.training.log import read_log
from biotk.training.recipe import Recipe
from biotk.training.trainee import Savable

METRICS, DATA, MODEL = "metrics.json", "data.json", "model"


def metrics_of(recipe: Recipe, out: Path, data: Mapping[str, Any]) -> dict[str, Any]:
    """Gather what is known of a run whose stages are finished.

    :param recipe: that was followed.
    :param out: the folder of the run.
    :param data: fingerprints of KBs and files, from :func:`read_data`.
    """
    stages: list[dict[str, Any]] = []
    for stage in recipe.stages:
        progress = read_progress(out / stage.name)
        if progress is None:
            continue
        stages.append(
            {
                "name": stage.name,
                "kind": stage.kind,
                "loss": stage.loss,
                "steps": progress.step,
                "best_step": progress.best_step,
                "seconds": round(progress.seconds, 1),
                "tuning_half": figures_at(out / stage.name, progress.best_step),
            }
        )
    return {
        "name": recipe.name,
        "recipe_sha256": recipe.sha256,
        "seed": recipe.seed,
        "seconds": round(sum(stage["seconds"] for stage in stages), 1),
        "stages": stages,
        "data": dict(data),
        "versions": versions(),
    }


def figures_at(folder: Path, step: int) -> dict[str, Any]:
    """:returns: what an evaluation found, from the log of a stage.

    :param folder: of the stage.
    :param step: after which it was.
    """
    found: dict[str, Any] = {}
    for line in read_log(folder):
        if line["step"] == step and "samples_per_s" not in line:
            found = {key: value for key, value in line.items() if key != "step"}
    return found


def versions() -> dict[str, str]:
    """:returns: what a model was trained with."""
    return {
        "biotk": __version__,
        "torch": torch.__version__,
        "python": platform.python_version(),
    }


def write_data(folder: Path, data: Mapping[str, Any]) -> None:
    """Write down what a stage was trained on, for whoever goes on after a kill."""
    with atomic_writer(folder / DATA) as file:
        file.write(json.dumps(data, indent=2) + "\n")


def read_data(folders: Sequence[Path]) -> dict[str, dict[str, Any]]:
    """:returns: what some stages were trained on, together."""
    found: dict[str, dict[str, Any]] = {}
    for folder in folders:
        if (folder / DATA).is_file():
            for kind, facts in json.loads((folder / DATA).read_text(encoding="utf-8")).items():
                found.setdefault(kind, {}).update(facts)
    return found


def write_model(trainee: Savable, out: Path, facts: Mapping[str, Any], *, recipe: Path) -> None:
    """Write what comes out of a run: the model's folder, whole or not at all, and its metrics.

    :param trainee: what was trained.
    :param out: the folder of the run.
    :param facts: the metrics.
    :param recipe: the file that was followed.
    """
    folder, draft = out / MODEL, out / f".{MODEL}.draft"
    shutil.rmtree(draft, ignore_errors=True)
    out.mkdir(parents=True, exist_ok=True)
    trainee.network.to("cpu")
    trainee.save(draft)
    shutil.copyfile(recipe, draft / "recipe.toml")
    _write_metrics(draft, facts)
    shutil.rmtree(folder, ignore_errors=True)
    draft.rename(folder)
    _write_metrics(out, facts)


def _write_metrics(folder: Path, facts: Mapping[str, Any]) -> None:
    with atomic_writer(folder / METRICS) as file:
        file.write(json.dumps(facts, indent=2) + "\n")
