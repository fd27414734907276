"""What a checkpoint's ``config.json`` asks for: read and checked before any weight is."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any, NamedTuple

import torch
from transformers import AutoConfig, AutoModelForSeq2SeqLM, PretrainedConfig

from biotk.errors import InputError, UnknownNameError
from biotk.nn.checkpoint_files import CONFIG, told

#: ``model_type`` of the configurations whose decoder we can run.
SUPPORTED = ("bart", "mbart", "mt5", "t5")

_IDS = ("pad_token_id", "bos_token_id", "eos_token_id", "decoder_start_token_id")


class Architecture(NamedTuple):
    """The weights that a configuration asks for.

    :param kind: the class of the model.
    :param prefix: of the weights that the model without its output layer has.
    :param shapes: by the name of each weight.
    :param same: the names of each weight, the one under which it is stored first.
    :param ignored: patterns of the names of weights that older models had, and that do nothing.
    """

    kind: str
    prefix: str
    shapes: dict[str, torch.Size]
    same: tuple[tuple[str, ...], ...]
    ignored: tuple[str, ...]


def read_config(name: str | Path, folder: Path) -> PretrainedConfig:
    """Read a ``config.json``; code that comes with it is not run.

    :param name: of the model, for messages.
    :param folder: where it is.
    :raises InputError: it is not there, or cannot be read.
    :raises UnknownNameError: it is of an architecture that we do not run.
    """
    _check_json(name, folder / CONFIG)
    try:
        config: PretrainedConfig = AutoConfig.from_pretrained(
            str(folder),
            local_files_only=True,
            trust_remote_code=False,  # else it asks on stdin
        )
    except Exception as error:  # a value of a wrong type may lead to any of them
        raise InputError(f"model {name}: its {CONFIG} cannot be read: {told(error)}") from None
    return config


def _check_json(name: str | Path, path: Path) -> None:
    if not path.is_file():
        raise InputError(
            f"model {name}: the folder has no {CONFIG}. Put the one that belongs to the weights "
            "beside them"
        )
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(raw, dict):
            raise ValueError(f"it holds a {type(raw).__name__}, no object")
    except (OSError, ValueError) as error:
        raise InputError(f"model {name}: its {CONFIG} cannot be read: {told(error)}") from None
    kind = raw.get("model_type")
    if not isinstance(kind, str) or not kind:
        raise InputError(
            f"model {name}: its {CONFIG} has no model_type; known are {', '.join(SUPPORTED)}"
        )
    if kind not in SUPPORTED:
        raise UnknownNameError(f"architecture (model_type in {name}/{CONFIG})", kind, SUPPORTED)


def architecture_of(name: str | Path, config: PretrainedConfig) -> Architecture:
    """Make out which weights a model has, without making any.

    :param name: of the model, for messages.
    :raises InputError: there can be no such model.
    """
    try:
        maker: Any = AutoModelForSeq2SeqLM
        with torch.device("meta"):
            model = maker.from_config(config)
    except Exception as error:  # sizes that do not go together lead to any of them
        raise InputError(
            f"model {name}: its {CONFIG} describes no model that there can be: {told(error)}"
        ) from None
    _check_ids(name, config)
    weights: dict[str, torch.Tensor] = model.state_dict(keep_vars=True)
    names: defaultdict[int, list[str]] = defaultdict(list)
    for key, weight in weights.items():
        names[id(weight)].append(key)
    return Architecture(
        kind=type(model).__name__,
        prefix=f"{model.base_model_prefix}.",
        shapes={key: weight.shape for key, weight in weights.items()},
        same=tuple(map(tuple, names.values())),
        ignored=tuple(model._keys_to_ignore_on_load_unexpected or ()),
    )


def _check_ids(name: str | Path, config: Any) -> None:
    """Special tokens are ids of the vocabulary, and there is one that ends."""
    for key in _IDS:
        value = getattr(config, key, None)
        if value is None and key != "eos_token_id":
            continue
        ids = value if isinstance(value, list) else [value]
        if not ids or not all(isinstance(i, int) and 0 <= i < config.vocab_size for i in ids):
            raise InputError(
                f"model {name}: {key} in its {CONFIG} is {value!r}; it must be below vocab_size, "
                f"{config.vocab_size}"
            )
