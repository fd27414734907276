"""Hugging Face encoder–decoders from a folder or a hub: safetensors only, and checked.

``from_pretrained`` gives weights that a checkpoint lacks random values, leaves out those that it
has no place for, goes on with a warning, and unpickles ``.bin`` files. Here these are errors.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import AutoModelForSeq2SeqLM, PretrainedConfig, PreTrainedModel
from transformers.utils import logging as transformers_logging

from biotk.errors import InputError
from biotk.nn.architecture import SUPPORTED, Architecture, architecture_of, read_config
from biotk.nn.checkpoint_files import (
    CONFIG,
    SAFE,
    SAFE_PATTERNS,
    bin_files,
    convert_command,
    find_folder,
    locate,
    safetensors_files,
    told,
)

__all__ = ["SUPPORTED", "load_model"]

#: A buffer that is all zeros in models that were only trained, and that not all of them store.
ZERO_WHEN_MISSING = "final_logits_bias"


def load_model(
    name: str | Path,
    *,
    dtype: torch.dtype = torch.float32,
    revision: str | None = None,
    local_files_only: bool = False,
) -> PreTrainedModel:
    """Load an encoder–decoder for inference.

    :param name: a folder, or the name of a hub model, ``owner/name``. Only the latter may touch
        the network, and not where ``HF_HUB_OFFLINE`` is set.
    :param dtype: of the weights.
    :param revision: of a hub model.
    :param local_files_only: take a hub model from the local cache or not at all.
    :returns: the model, in evaluation mode, with every weight from the checkpoint and finite.
    :raises InputError: there is no such model, it is not in safetensors, or it is damaged.
    :raises UnknownNameError: it is of an architecture that we do not run.
    """
    needed = (CONFIG, "generation_config.json", *SAFE_PATTERNS)
    folder = locate(name, needed, revision=revision, local_files_only=local_files_only)
    config = read_config(name, folder)
    architecture = architecture_of(name, config)
    _check_folder(name, folder)
    model, report = _from_pretrained(name, folder, config, dtype)
    _check_report(name, report, architecture)
    _check_finite(name, model)
    loaded: PreTrainedModel = model.eval()
    return loaded


def _check_folder(name: str | Path, folder: Path) -> None:
    if safetensors_files(folder):
        return
    pickles = bin_files(folder)
    if pickles:
        raise InputError(
            f"model {name}: the folder has no {SAFE}, only {pickles[0].name}, a pickle, which is "
            f"never loaded. Convert it once: {convert_command(name)}"
        )
    if find_folder(name) is None:  # whose pickles were not fetched
        raise InputError(
            f"model {name}: there is no {SAFE} on the hub. If its weights are a .bin file, convert "
            f"it once: {convert_command(name)}"
        )
    raise InputError(
        f"model {name}: the folder has no {SAFE}. Copy all files of the checkpoint there"
    )


def _from_pretrained(
    name: str | Path, folder: Path, config: PretrainedConfig, dtype: torch.dtype
) -> tuple[Any, dict[str, Any]]:
    try:
        with _quiet():
            model, report = AutoModelForSeq2SeqLM.from_pretrained(
                str(folder), config=config, dtype=dtype, use_safetensors=True,
                output_loading_info=True, ignore_mismatched_sizes=True, trust_remote_code=False,
                local_files_only=True,
            )  # fmt: skip
    except SafetensorError as error:
        raise InputError(f"model {name}: its weights are damaged: {told(error)}") from None
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise InputError(f"model {name}: its weights cannot be loaded: {told(error)}") from None
    return model, report


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep transformers from telling at length what becomes one error here."""
    log: Any = transformers_logging
    level, bar = log.get_verbosity(), log.is_progress_bar_enabled()
    log.set_verbosity_error()
    log.disable_progress_bar()
    try:
        yield
    finally:
        log.set_verbosity(level)
        if bar:
            log.enable_progress_bar()


def _check_report(name: str | Path, report: dict[str, Any], architecture: Architecture) -> None:
    unfit = report.get("mismatched_keys") or ()
    reshaped = sorted({str(key[0] if isinstance(key, tuple) else key) for key in unfit})
    missing = sorted({str(key) for key in report.get("missing_keys") or ()} - {ZERO_WHEN_MISSING})
    extra = sorted(str(key) for key in report.get("unexpected_keys") or ())
    found = []
    if missing:
        found.append(f"{counted(missing)} missing: {some(missing)}")
    if reshaped:
        wanted = [f"{key} (should be {size(architecture.shapes[key])})" for key in reshaped]
        found.append(f"{counted(reshaped)} of another shape: {some(wanted)}")
    if extra:
        found.append(f"{counted(extra)} without a place in it: {some(extra)}")
    if found:
        remedy = "Give it the config.json and the weights of one checkpoint"
        if extra and not missing and not reshaped:
            command = f"{convert_command(name)} --drop-extra"
            remedy += f", or leave out what has no place: {command}"
        raise InputError(
            f"model {name}: the weights do not fit its config.json; {'; '.join(found)}. {remedy}"
        )


def _check_finite(name: str | Path, model: PreTrainedModel) -> None:
    for key, weight in model.state_dict().items():
        if weight.is_floating_point() and not torch.isfinite(weight).all():
            raise InputError(
                f"model {name}: the weight {key} holds values that are not finite; take another "
                "checkpoint, or another dtype if it was made for a wider one"
            )


def counted(weights: list[str]) -> str:
    """:returns: how many weights are something, with the verb."""
    return f"{len(weights)} weight is" if len(weights) == 1 else f"{len(weights)} weights are"


def some(items: list[str]) -> str:
    """:returns: the first of some items, and whether there are more."""
    return ", ".join(items[:3]) + (", …" if len(items) > 3 else "")


def size(shape: torch.Size) -> str:
    """:returns: a shape, to be read.

    >>> size(torch.Size([300, 16]))
    '300×16'
    """
    return "×".join(map(str, shape)) or "a number"
