"""Checkpoints on disk as others leave them: pickles of weights, whole or in parts, a tokenizer."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import torch
from tiny_bpe import tiny_bpe
from tiny_models import tiny_model
from transformers import PreTrainedTokenizerFast

#: More than the pieces of the tokenizer.
VOCABULARY = 300


def tiny_tokenizer(folder: Path) -> None:
    """Write the files of a tokenizer into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    PreTrainedTokenizerFast(tokenizer_object=tiny_bpe()).save_pretrained(folder)


def tiny_config(folder: Path, **changes: object) -> None:
    """Change values of a config.json."""
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def tiny_checkpoint(
    folder: Path,
    shape: str = "bart",
    *,
    change: Callable[[dict], object] = lambda weights: None,
    parts: int = 1,
    tokenizer: bool = True,
):
    """Write a checkpoint with its weights in pickles.

    :param change: is given the weights, by name, and changes them.
    :param parts: files that the weights are spread over.
    :returns: the model that was written, before the change.
    """
    model = tiny_model(shape, vocabulary=VOCABULARY)
    model.config.save_pretrained(folder)
    if tokenizer:
        tiny_tokenizer(folder)
    weights = dict(model.state_dict())
    change(weights)
    if parts == 1:
        torch.save(weights, folder / "pytorch_model.bin")
        return model
    names = [f"pytorch_model-{n:05}-of-{parts:05}.bin" for n in range(1, parts + 1)]
    spread = {key: names[at % parts] for at, key in enumerate(weights)}
    for name in names:
        torch.save({k: w for k, w in weights.items() if spread[k] == name}, folder / name)
    index = {"metadata": {"total_size": 1}, "weight_map": spread}
    (folder / "pytorch_model.bin.index.json").write_text(json.dumps(index))
    return model
