"""What is said of a trained model: recipe, seed, data, time, figures on the tuning half."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from biotk import __version__
from biotk.io.files import atomic_writer
from biotk.training.checkpoints import read_progress
from biotk.training.log import read_log
from biotk.training.recipe import Recipe

METRICS, DATA = "metrics.json", "data.json"


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
        figures: dict[str, Any] = {}
        for line in read_log(out / stage.name):
            if line["step"] == progress.best_step and "samples_per_s" not in line:
                figures = {key: value for key, value in line.items() if key != "step"}
        stages.append(
            {
                "name": stage.name,
                "kind": stage.kind,
                "loss": stage.loss,
                "steps": progress.step,
                "best_step": progress.best_step,
                "seconds": round(progress.seconds, 1),
                "tuning_half": figures,
            }
        )
    return {
        "name": recipe.name,
        "recipe_sha256": recipe.sha256,
        "seed": recipe.seed,
        "seconds": round(sum(stage["seconds"] for stage in stages), 1),
        "stages": stages,
        "data": dict(data),
        "versions": {
            "biotk": __version__,
            "torch": torch.__version__,
            "python": platform.python_version(),
        },
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


def write_metrics(folder: Path, facts: Mapping[str, Any]) -> None:
    """Write ``metrics.json``."""
    with atomic_writer(folder / METRICS) as file:
        file.write(json.dumps(facts, indent=2) + "\n")
