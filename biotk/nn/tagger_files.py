"""``biotk-tagger`` on disk: a folder with what is ours of it; docs/formats/biotk-tagger.md.

The encoder that it builds on is found by :mod:`biotk.nn.encoder_files`, or lies in the folder
``encoder`` beside the weights.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import torch

from biotk.errors import InputError
from biotk.nn.checkpoint_files import CONFIG
from biotk.nn.encoder_files import SHA256
from biotk.nn.mini_encoder import Encoder
from biotk.nn.model_files import (
    ModelKind,
    check_tokenizer,
    encoder_of,
    load_encoder_weights,
    load_own,
)
from biotk.nn.tagger import TaggerModel
from biotk.nn.tagger_format import MAX_PIECES, TaggerFormat
from biotk.nn.tagger_network import TaggerConfig, TaggerNetwork
from biotk.nn.tuning import check_tuned_layers

TAGGER = ModelKind(format="biotk-tagger", version=1, fields={"window": int, "overlap": int})


def new_tagger(encoder: Encoder, config: TaggerConfig) -> TaggerNetwork:
    """Make a network whose own part is still to be trained.

    :param encoder: what it builds on.
    :param config: its shape.
    :raises InputError: the shape does not fit the encoder, or the encoder's weights its own shape.
    """
    check_tuned_layers(config.tuned_layers, encoder)
    if config.inner < 1 or not config.types or len(set(config.types)) < len(config.types):
        raise InputError("a tagger needs types, each once, and an inner width of at least 1")
    network = TaggerNetwork(encoder.config, config)
    load_encoder_weights(network.encoder, encoder)
    return network


def check_window(window: int, overlap: int, encoder: Encoder, *, place: str) -> None:
    """Make sure that windows can be read.

    :param place: for the message.
    :raises InputError: they are too short for their overlap, or too long for the encoder.
    """
    room = int(encoder.config.max_position_embeddings) - 2
    least = MAX_PIECES + overlap
    if overlap < 0 or not least <= window <= room:
        raise InputError(
            f"{place}: a window of {window} pieces with an overlap of {overlap}: allowed are "
            f"{least} to {room}"
        )


def save_tagger(
    network: TaggerNetwork,
    folder: str | Path,
    *,
    form: TaggerFormat,
    window: int,
    overlap: int,
    encoder_sha256: str = SHA256,
    storage: str = "int8",
) -> None:
    """Write a model.

    :param network: what was trained.
    :param folder: is made where there is none; other files in it are left alone.
    :param form: the input format that it was trained with.
    :param window: the most pieces that it reads at once.
    :param overlap: pieces that neighbouring windows have in common.
    :param encoder_sha256: of the encoder that it builds on, :attr:`Encoder.sha256`.
    :param storage: how weights are stored, one of :data:`biotk.nn.storage.STORAGES`.
    :raises InputError: weights are not finite, or a file cannot be written.
    :raises UnknownNameError: there is no such storage.
    """
    settings = {
        "network": network.config.as_json(),
        "window": window,
        "overlap": overlap,
        "tokenizer": form.vocabulary_fingerprint,
    }
    TAGGER.write(
        folder, network.own_state(), settings, encoder_sha256=encoder_sha256, storage=storage
    )


def load_tagger(
    folder: str | Path,
    *,
    dtype: torch.dtype = torch.float32,
    device: str | torch.device = "cpu",
    encoder: str | Path | None = None,
) -> TaggerModel:
    """Load a model.

    :param folder: what :func:`save_tagger` wrote.
    :param dtype: ``torch.float32`` or ``torch.bfloat16``.
    :param device: where its weights are put.
    :param encoder: where the encoder is: a folder, or the name of a hub model, which may be
        fetched. By default the folder ``encoder`` beside the weights, and then what
        :func:`biotk.nn.encoder_files.find_encoder` finds.
    :raises InputError: a file is missing, damaged or of another model, or the encoder is not there.

    >>> model = load_tagger("models/biotk-tagger")                  # doctest: +SKIP
    """
    folder = Path(folder)
    config = TAGGER.read_config(folder)
    base = encoder_of(folder, config, encoder)
    form = TaggerFormat.load(base.folder)
    check_tokenizer(folder, config, base, form)
    window, overlap = config["window"], config["overlap"]
    check_window(window, overlap, base, place=str(folder / CONFIG))
    network = new_tagger(base, _shape(folder, config))
    load_own(network, folder, config, network.own_state())
    return TaggerModel(network.to(device), form, window=window, overlap=overlap, dtype=dtype)


def _shape(folder: Path, config: dict[str, Any]) -> TaggerConfig:
    """:returns: the shape; a value of the wrong type is told, not guessed at."""
    given = config["network"]
    kinds = {"types": list, "tuned_layers": int, "inner": int}
    wrong = [name for name, kind in kinds.items() if type(given.get(name)) is not kind]
    wrong += sorted(set(given) - set(kinds))
    if not wrong and not all(isinstance(each, str) for each in given["types"]):
        wrong = ["types"]
    if wrong:
        raise InputError(f"{folder / CONFIG}: network.{wrong[0]} is missing, wrong or unknown")
    return dataclasses.replace(TaggerConfig(tuple(given["types"])), **{
        name: given[name] for name in ("tuned_layers", "inner")
    })  # fmt: skip
