"""Checkpoints: all that a stage needs to go on as if nothing had happened."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import torch
from torch import Tensor

from biotk.errors import InputError
from biotk.nn.tensor_files import read_metadata, read_tensors, write_tensors
from biotk.training.trainee import Weighted, load_weights

CHECKPOINT, BEST = "checkpoint.safetensors", "best.safetensors"
_NETWORK, _OPTIMIZER = "network.", "optimizer."


@dataclass(slots=True, kw_only=True)
class Progress:
    """How far a stage is.

    :param step: how many steps are done.
    :param seconds: how long they took.
    :param best: the best of the watched figure so far.
    :param best_step: when it was.
    :param worse: evaluations since.
    :param finished: whether the stage is over.
    :param processes: how many there were.
    :param recipe: the checksum of the recipe; empty for any.
    """

    step: int = 0
    seconds: float = 0.0
    best: float | None = None
    best_step: int = 0
    worse: int = 0
    finished: bool = False
    processes: int = 1
    recipe: str = ""


def save_checkpoint(
    folder: Path, trainee: Weighted, optimizer: torch.optim.Optimizer, progress: Progress
) -> None:
    """Write a checkpoint in the place of the one before, whole or not at all."""
    tensors = {_NETWORK + name: weight for name, weight in trainee.state().items()}
    names = {id(weight): name for name, weight in trainee.network.named_parameters()}
    for parameter, kept in optimizer.state.items():
        for key, value in kept.items():
            tensors[f"{_OPTIMIZER}{key}.{names[id(parameter)]}"] = torch.as_tensor(value)
    metadata = {key: json.dumps(value) for key, value in asdict(progress).items()}
    write_tensors(folder / CHECKPOINT, tensors, metadata=metadata)


def load_checkpoint(
    folder: Path, trainee: Weighted, optimizer: torch.optim.Optimizer
) -> Progress | None:
    """Go back to a checkpoint.

    :returns: how far it was; None if there is none, and nothing has changed.
    :raises InputError: it is damaged, or of another model.
    """
    path = folder / CHECKPOINT
    if not path.is_file():
        return None
    tensors, metadata = read_tensors(path)
    load_weights(trainee, _under(_NETWORK, tensors), place=path)
    parameters = dict(trainee.network.named_parameters())
    optimizer.state.clear()
    for key, value in _under(_OPTIMIZER, tensors).items():
        kind, name = key.split(".", 1)
        parameter = parameters[name]
        optimizer.state[parameter][kind] = value.to(parameter.device)
    return _progress(path, metadata)


def resume(
    folder: Path, trainee: Weighted, optimizer: torch.optim.Optimizer, *, recipe: str
) -> Progress | None:
    """Go back to a checkpoint of the same recipe; see :func:`load_checkpoint`.

    :param recipe: the checksum of the recipe.
    :raises InputError: likewise, or it was trained with another recipe.
    """
    found = load_checkpoint(folder, trainee, optimizer)
    if found is not None and found.recipe != recipe:
        raise InputError(
            f"{folder} was trained with another recipe: begin anew with --fresh, or take another "
            "folder"
        )
    return found


def read_progress(folder: Path) -> Progress | None:
    """:returns: how far the stage of a folder is; None if it has not begun."""
    path = folder / CHECKPOINT
    return _progress(path, read_metadata(path)) if path.is_file() else None


def _progress(path: Path, metadata: Mapping[str, str]) -> Progress:
    known = [each.name for each in fields(Progress)]
    try:
        return Progress(**{key: json.loads(metadata[key]) for key in known if key in metadata})
    except (ValueError, TypeError) as error:
        raise InputError(f"{path} is damaged: {error}. Begin anew with --fresh") from error


def save_best(folder: Path, trainee: Weighted) -> None:
    """Keep the weights as they are now."""
    tensors = {_NETWORK + name: weight for name, weight in trainee.state().items()}
    write_tensors(folder / BEST, tensors)


def load_best(folder: Path, trainee: Weighted) -> None:
    """Take the weights over that were best in a stage.

    :raises InputError: there are none, they are damaged, or of another model.
    """
    path = folder / BEST
    load_weights(trainee, _under(_NETWORK, read_tensors(path).tensors), place=path)


def _under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
