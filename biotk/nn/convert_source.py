"""The weights of a checkpoint that is to be converted, whatever they are stored in.

A ``.bin`` file is a pickle: only PyTorch's own unpickler for weights reads it, which runs nothing,
and what it refuses is refused here.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError  # to tell a refusal from damage; nothing is unpickled with it
from typing import Any, NamedTuple

import torch
from safetensors.torch import load_file
from torch import Tensor

from biotk.errors import InputError
from biotk.nn.checkpoint_files import (
    BIN_PATTERNS,
    CONFIG,
    SAFE_PATTERNS,
    bin_files,
    locate,
    safetensors_files,
    told,
)
from biotk.nn.tokenizer_files import PIECES, SETTINGS

#: What goes with a model and is carried over as it is.
CARRIED = ("generation_config.json", "README.md", "LICENSE*", "NOTICE*")

#: Before it, a .bin file could run code or write into memory in spite of ``weights_only``
#: (CVE-2025-32434, mended in 2.6; CVE-2026-24747, mended in 2.10).
_SAFE_TORCH = (2, 10)
#: Where those who save more than weights put them: PyTorch Lightning, trainers of their own,
#: fairseq, DeepSpeed.
_WRAPPERS = ("state_dict", "model_state_dict", "model", "module")
_FOUND_OBJECT = re.compile(r"GLOBAL ([\w.]+)")


class Source(NamedTuple):
    """A checkpoint to be converted.

    :param name: as it was given.
    :param weights: its files, all safetensors or all pickles.
    """

    name: str
    folder: Path
    weights: tuple[Path, ...]


class Weights(NamedTuple):
    """The weights of a checkpoint.

    :param tensors: by name.
    :param passed_over: what else the files hold: the state of an optimiser, counters.
    """

    tensors: dict[str, Tensor]
    passed_over: tuple[str, ...]


def find_source(name: str | Path, *, revision: str | None = None) -> Source:
    """Find a checkpoint; a hub model is fetched into the local cache.

    :param name: a folder, or the name of a hub model, ``owner/name``.
    :param revision: of a hub model.
    :raises InputError: it is not there, or has no weights.
    """
    small = (CONFIG, *PIECES, *SETTINGS, *CARRIED)
    folder = locate(name, (*small, *SAFE_PATTERNS), revision=revision)
    if not safetensors_files(folder):
        folder = locate(name, (*small, *BIN_PATTERNS), revision=revision)
    weights = safetensors_files(folder) or bin_files(folder)
    if not weights:
        inner = sorted(path.parent.name for path in folder.glob("checkpoint-*/*model*.*"))
        hint = f" Its folder {inner[-1]} has some: give that" if inner else ""
        raise InputError(
            f"model {name}: there are no weights: no pytorch_model.bin, no model.safetensors.{hint}"
        )
    return Source(str(name), folder, weights)


def read_weights(source: Source) -> Weights:
    """Read the weights; large files are mapped into memory.

    :raises InputError: a file is damaged, holds more than weights, or a weight comes twice.
    """
    tensors: dict[str, Tensor] = {}
    passed_over: list[str] = []
    for path in source.weights:
        if path.suffix == ".safetensors":
            found = load_file(path)
        else:
            found, rest = _weights_in(_unpickle(path), path)
            passed_over += rest
        twice = sorted(tensors.keys() & found.keys())
        if twice:
            raise InputError(f"{path}: the weight {twice[0]} is in another file as well")
        tensors |= found
    return Weights(tensors, tuple(sorted(set(passed_over))))


def _unpickle(path: Path) -> Any:
    if torch_version() < _SAFE_TORCH:
        needed = ".".join(map(str, _SAFE_TORCH))
        raise InputError(
            f"{path}: PyTorch {torch.__version__} cannot read such files safely; install "
            f"torch>={needed}, or convert the checkpoint where there is one"
        )
    try:
        # Only the newer format, a zip file, can be mapped.
        return torch.load(
            path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path)
        )
    except Exception as error:  # the bytes of a damaged file lead to any of them
        found = _FOUND_OBJECT.search(str(error))
        if isinstance(error, UnpicklingError) and found:
            raise InputError(
                f"{path} holds Python objects ({found[1]}) and not weights alone; they are never "
                "loaded, since they may run any program. Where you trust the file, load it with "
                "the program that wrote it, save model.state_dict() alone, and convert that"
            ) from None
        what = "it is no file of PyTorch" if isinstance(error, UnpicklingError) else told(error)
        raise InputError(f"{path} is damaged: {what}. Fetch or copy the checkpoint again") from None


def torch_version() -> tuple[int, int]:
    """:returns: the first two numbers of PyTorch's version."""
    major, minor = torch.__version__.split(".")[:2]
    return int(major), int(minor)


def _weights_in(loaded: Any, path: Path) -> tuple[dict[str, Tensor], list[str]]:
    """:returns: the weights among what a file holds, and the names of all else."""
    if not isinstance(loaded, Mapping):
        raise InputError(
            f"{path} holds a {type(loaded).__name__}, no weights by name. Save "
            "model.state_dict() and convert that"
        )
    rest: list[str] = []
    inside = next((key for key in _WRAPPERS if isinstance(loaded.get(key), Mapping)), None)
    if inside is not None:
        rest = sorted(str(key) for key in loaded if key != inside)
        loaded = loaded[inside]
    for key, value in loaded.items():
        if not isinstance(value, Tensor) or not isinstance(key, str):
            raise InputError(
                f"{path}: {key!r} is a {type(value).__name__}, no weight. Save "
                "model.state_dict() alone and convert that"
            )
        if value.layout != torch.strided or value.is_quantized:
            raise InputError(
                f"{path}: the weight {key} is quantised or sparse; take the checkpoint that it was "
                "made from"
            )
    return {str(key): value.detach() for key, value in loaded.items()}, rest
