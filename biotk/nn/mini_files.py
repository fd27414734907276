"""``biotk-mini`` on disk: a folder with what is ours of it; docs/formats/biotk-mini.md.

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
from biotk.nn.mini import MiniModel
from biotk.nn.mini_encoder import Encoder
from biotk.nn.mini_format import MiniFormat
from biotk.nn.mini_network import MiniConfig, MiniNetwork
from biotk.nn.model_files import (
    ModelKind,
    check_tokenizer,
    encoder_of,
    encoder_place,
    load_encoder_weights,
    load_own,
)
from biotk.nn.tuning import check_tuned_layers

#: What names are cleaned by, and what scores are normalised over: version 1 knows no others.
CLEANING, NORMALISATION = "spaces", "trie"

MINI = ModelKind(
    format="biotk-mini",
    version=1,
    fields={"window": int, "max_mention": int, "normalisation": str, "cleaning": str},
    least={"window": 0, "max_mention": 1},
    known={"normalisation": NORMALISATION, "cleaning": CLEANING},
)


def new_network(encoder: Encoder, config: MiniConfig | None = None) -> MiniNetwork:
    """Make a network whose own part is still to be trained.

    :param encoder: what it builds on.
    :param config: its shape.
    :raises InputError: the shape does not fit the encoder, or the encoder's weights its own shape.
    """
    config = MiniConfig() if config is None else config
    width = int(encoder.config.hidden_size)
    check_tuned_layers(config.tuned_layers, encoder)
    for name in ("n_layers", "n_heads", "inner", "n_positions"):
        if getattr(config, name) < 1:
            raise InputError(f"{name} is {getattr(config, name)}; at least 1 is needed")
    if width % config.n_heads:
        raise InputError(
            f"n_heads is {config.n_heads}; they must divide the encoder's width, {width}"
        )
    network = MiniNetwork(encoder.config, config)
    load_encoder_weights(network.encoder, encoder)
    return network


def save_mini(
    network: MiniNetwork,
    folder: str | Path,
    *,
    form: MiniFormat,
    encoder_sha256: str = SHA256,
    storage: str = "int8",
) -> None:
    """Write a model.

    :param network: what was trained.
    :param folder: is made where there is none; other files in it are left alone.
    :param form: the input format that it was trained with.
    :param encoder_sha256: of the encoder that it builds on, :attr:`Encoder.sha256`.
    :param storage: how weights are stored, one of :data:`biotk.nn.storage.STORAGES`.
    :raises InputError: weights are not finite, or a file cannot be written.
    :raises UnknownNameError: there is no such storage.
    """
    settings = {
        "network": network.config.as_json(),
        "window": form.window,
        "max_mention": form.max_mention,
        "normalisation": NORMALISATION,
        "cleaning": CLEANING,
        "tokenizer": form.vocabulary_fingerprint,
    }
    MINI.write(
        folder, network.own_state(), settings, encoder_sha256=encoder_sha256, storage=storage
    )


def load_mini(
    folder: str | Path,
    *,
    dtype: torch.dtype = torch.float32,
    device: str | torch.device = "cpu",
    encoder: str | Path | None = None,
) -> tuple[MiniModel, MiniFormat]:
    """Load a model.

    :param folder: what :func:`save_mini` wrote.
    :param dtype: ``torch.float32`` or ``torch.bfloat16``.
    :param device: where its weights are put.
    :param encoder: where the encoder is: a folder, or the name of a hub model, which may be
        fetched. By default the folder ``encoder`` beside the weights, and then what
        :func:`biotk.nn.encoder_files.find_encoder` finds.
    :raises InputError: a file is missing, damaged or of another model, or the encoder is not there.

    >>> model, form = load_mini("models/biotk-mini")                # doctest: +SKIP
    """
    network, form, _ = read_mini(folder, encoder=encoder)
    network = network.to(device)
    return MiniModel(network, end_id=form.end_id, nil_id=form.nil_id, dtype=dtype), form


def check_mini(folder: str | Path) -> None:
    """Make sure that a model can be read, as far as its config and its encoder's places tell.

    :raises InputError: it cannot.
    """
    folder = Path(folder)
    encoder_place(folder, MINI.read_config(folder), None)


def read_mini(
    folder: str | Path, *, encoder: str | Path | None = None
) -> tuple[MiniNetwork, MiniFormat, Encoder]:
    """Read a model as what it was trained as; see :func:`load_mini`.

    :returns: the network, the format of its inputs, and the encoder that it builds on.
    """
    folder = Path(folder)
    config = MINI.read_config(folder)
    base = encoder_of(folder, config, encoder)
    form = MiniFormat.load(base.folder, window=config["window"], max_mention=config["max_mention"])
    check_tokenizer(folder, config, base, form)
    room = int(base.config.max_position_embeddings)
    if form.longest > room:
        raise InputError(
            f"model {folder}: a window of {form.window} and mentions of {form.max_mention} make "
            f"{form.longest} pieces; the encoder has room for {room}"
        )
    network = new_network(base, _shape(folder, config))
    load_own(network, folder, config, network.own_state())
    return network, form, base


def _shape(folder: Path, config: dict[str, Any]) -> MiniConfig:
    """:returns: the shape; a value of the wrong type is told, not guessed at."""
    fields = {field.name: type(field.default) for field in dataclasses.fields(MiniConfig)}
    given = config["network"]
    wrong = [name for name, kind in fields.items() if type(given.get(name)) is not kind]
    wrong += sorted(set(given) - set(fields))
    if wrong:
        raise InputError(f"{folder / CONFIG}: network.{wrong[0]} is missing, wrong or unknown")
    return MiniConfig(**given)
