"""Hugging Face encoder–decoders from a folder or a hub: safetensors only, and checked.

``from_pretrained`` gives weights that a checkpoint lacks random values and goes on with a warning,
and unpickles ``.bin`` files. Here both are errors.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import AutoConfig, AutoModelForSeq2SeqLM, PreTrainedModel

from biotk.errors import InputError, UnknownNameError

#: ``model_type`` of the configurations whose decoder we can run.
SUPPORTED = ("bart", "mbart", "mt5", "t5")

_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
_CONVERT = "convert it once: biotk convert checkpoint"


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
    place = _resolve(name)
    where: dict[str, Any] = {
        "revision": revision,
        "local_files_only": local_files_only or Path(place).is_dir(),
    }
    try:
        config = AutoConfig.from_pretrained(place, **where)
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"model {name}: its config.json cannot be read: {_first(error)}") from None
    if config.model_type not in SUPPORTED:
        raise UnknownNameError("architecture (model_type)", str(config.model_type), SUPPORTED)
    try:
        model, report = AutoModelForSeq2SeqLM.from_pretrained(
            place, config=config, dtype=dtype, use_safetensors=True, output_loading_info=True,
            **where,
        )  # fmt: skip
    except SafetensorError as error:
        raise InputError(f"model {name}: its weights are damaged: {_first(error)}") from None
    except (OSError, ValueError, RuntimeError) as error:
        raise InputError(
            f"model {name}: no weights in safetensors could be loaded: {_first(error)} If they "
            f"are a .bin file, {_CONVERT} {name}"
        ) from None
    _check(name, model, report)
    loaded: PreTrainedModel = model.eval()
    return loaded


def _resolve(name: str | Path) -> str:
    folder = Path(name).expanduser()
    if not folder.is_dir():
        if isinstance(name, str) and _HUB_NAME.fullmatch(name):
            return name
        raise InputError(
            f"model {name}: there is no such folder. Give a folder that holds config.json and "
            "model.safetensors, or the name of a hub model: owner/name"
        )
    if not (folder / "config.json").is_file():
        raise InputError(f"model {name}: the folder has no config.json")
    if not any(folder.glob("*.safetensors")):
        found = sorted(path.name for path in folder.glob("*.bin"))
        told = ""
        if found:
            told = f", only {found[0]}, a pickle, which is never loaded; {_CONVERT} {name}"
        raise InputError(f"model {name}: the folder has no model.safetensors{told}")
    return str(folder)


def _check(name: str | Path, model: PreTrainedModel, report: dict[str, Any]) -> None:
    missing = sorted({str(key) for key in report.get("missing_keys", ())})
    missing += sorted(str(key) for key in report.get("mismatched_keys", ()))
    if missing:
        shown = ", ".join(missing[:3]) + (", …" if len(missing) > 3 else "")
        raise InputError(
            f"model {name}: the checkpoint does not fit its config.json; {len(missing)} weights "
            f"are missing or of another shape: {shown}"
        )
    for key, weight in model.state_dict().items():
        if weight.is_floating_point() and not torch.isfinite(weight).all():
            raise InputError(
                f"model {name}: the weight {key} holds values that are not finite; take another "
                "checkpoint, or another dtype if it was made for a wider one"
            )


def _first(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
