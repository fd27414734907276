"""``biotk-mini`` on disk: a folder with what is ours of it; docs/formats/biotk-mini.md.

The encoder that it builds on is found by :mod:`biotk.nn.encoder_files`, or lies in the folder
``encoder`` beside the weights.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from biotk.errors import InputError
from biotk.kb.manifest import sha256_file
from biotk.kb.writing import atomic_text
from biotk.nn.checkpoint_files import CONFIG, told
from biotk.nn.encoder_files import ENCODER, SHA256, find_encoder
from biotk.nn.mini import MiniModel
from biotk.nn.mini_encoder import Encoder, read_encoder
from biotk.nn.mini_format import MiniFormat
from biotk.nn.mini_network import MiniConfig, MiniNetwork
from biotk.nn.storage import packed, unpacked
from biotk.nn.tensor_files import check_finite, check_names, read_tensors, write_tensors

FORMAT, VERSION = "biotk-mini", 1
WEIGHTS = "weights.safetensors"
#: What names are cleaned by, and what scores are normalised over: version 1 knows no others.
CLEANING, NORMALISATION = "spaces", "trie"


def new_network(encoder: Encoder, config: MiniConfig | None = None) -> MiniNetwork:
    """Make a network whose own part is still to be trained.

    :param encoder: what it builds on.
    :param config: its shape.
    :raises InputError: the shape does not fit the encoder, or the encoder's weights its own shape.
    """
    config = MiniConfig() if config is None else config
    n_layers, width = int(encoder.config.num_hidden_layers), int(encoder.config.hidden_size)
    if not 0 <= config.tuned_layers <= n_layers:
        raise InputError(
            f"tuned_layers is {config.tuned_layers}; the encoder has {n_layers} layers"
        )
    for name in ("n_layers", "n_heads", "inner", "n_positions"):
        if getattr(config, name) < 1:
            raise InputError(f"{name} is {getattr(config, name)}; at least 1 is needed")
    if width % config.n_heads:
        raise InputError(
            f"n_heads is {config.n_heads}; they must divide the encoder's width, {width}"
        )
    network = MiniNetwork(encoder.config, config)
    _load(network.encoder, encoder.weights, encoder.folder, network.encoder.state_dict())
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
    folder = Path(folder)
    own = network.own_state()
    check_finite(folder, own)
    # The sums bind the two files: weights of one model beside the config of another are refused.
    write_tensors(folder / WEIGHTS, packed(own, storage))
    config = {
        "format": FORMAT,
        "version": VERSION,
        "network": network.config.as_json(),
        "window": form.window,
        "max_mention": form.max_mention,
        "normalisation": NORMALISATION,
        "cleaning": CLEANING,
        "tokenizer": form.vocabulary_fingerprint,
        "encoder": {
            "name": ENCODER if encoder_sha256 == SHA256 else "another",
            "sha256": encoder_sha256,
        },
        "weights": {
            "file": WEIGHTS,
            "storage": storage,
            "sha256": sha256_file(folder / WEIGHTS),
        },
    }
    with atomic_text(folder / CONFIG) as stream:
        stream.write(json.dumps(config, indent=2) + "\n")


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
    _encoder_place(folder, read_config(folder), None)


def read_mini(
    folder: str | Path, *, encoder: str | Path | None = None
) -> tuple[MiniNetwork, MiniFormat, Encoder]:
    """Read a model as what it was trained as; see :func:`load_mini`.

    :returns: the network, the format of its inputs, and the encoder that it builds on.
    """
    folder = Path(folder)
    config = read_config(folder)
    place = _encoder_place(folder, config, encoder)
    base = read_encoder(place, sha256=config["encoder"]["sha256"])
    form = MiniFormat.load(base.folder, window=config["window"], max_mention=config["max_mention"])
    _check_form(folder, form, config, base)
    network = new_network(base, _shape(folder, config))
    path = folder / WEIGHTS
    stored = read_tensors(path).tensors
    if sha256_file(path) != config["weights"]["sha256"]:
        raise InputError(
            f"{path} is not the file that config.json describes: its sha256 is another. Copy all "
            "files of the model from one place"
        )
    check_finite(path, stored)
    try:
        weights = unpacked(stored)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    _load(network, weights, path, network.own_state())
    return network, form, base


def _load(
    module: torch.nn.Module, weights: Mapping[str, Any], path: Path, wanted: Mapping[str, Any]
) -> None:
    """Give a module all the weights that are wanted, and no others."""
    check_names(path, weights, wanted)
    for name, tensor in wanted.items():
        if weights[name].shape != tensor.shape:
            raise InputError(
                f"{path}: {name} has the shape {tuple(weights[name].shape)}, where config.json "
                f"asks for {tuple(tensor.shape)}. Take weights and config.json from one place"
            )
    module.load_state_dict(weights, strict=False)


def _encoder_place(folder: Path, config: dict[str, Any], place: str | Path | None) -> Path:
    beside = folder / "encoder"
    if place is None and beside.is_dir():
        place = beside
    if place is None and config["encoder"]["sha256"] != SHA256:
        raise InputError(
            f"model {folder} builds on another encoder than {ENCODER}. Put the files of that one "
            f"into {beside}"
        )
    return find_encoder(place)


def _check_form(folder: Path, form: MiniFormat, config: dict[str, Any], base: Encoder) -> None:
    n_pieces, room = int(base.config.vocab_size), int(base.config.max_position_embeddings)
    if form.n_pieces != n_pieces or form.vocabulary_fingerprint != config["tokenizer"]:
        raise InputError(
            f"model {folder} was trained with another tokenizer than that in {base.folder}. Take "
            "the files of the encoder from one place"
        )
    if form.longest > room:
        raise InputError(
            f"model {folder}: a window of {form.window} and mentions of {form.max_mention} make "
            f"{form.longest} pieces; the encoder has room for {room}"
        )


def _shape(folder: Path, config: dict[str, Any]) -> MiniConfig:
    """:returns: the shape; a value of the wrong type is told, not guessed at."""
    fields = {field.name: type(field.default) for field in dataclasses.fields(MiniConfig)}
    given = config["network"]
    wrong = [name for name, kind in fields.items() if type(given.get(name)) is not kind]
    wrong += sorted(set(given) - set(fields))
    if wrong:
        raise InputError(f"{folder / CONFIG}: network.{wrong[0]} is missing, wrong or unknown")
    return MiniConfig(**given)


#: What a config must hold, and of which kind.
_FIELDS: dict[str, type] = {
    "network": dict, "window": int, "max_mention": int, "normalisation": str, "cleaning": str,
    "tokenizer": str, "encoder": dict, "weights": dict,
}  # fmt: skip


def read_config(folder: str | Path) -> dict[str, Any]:
    """:returns: the ``config.json`` of a model, checked.

    :raises InputError: there is none, or it is of another format or version, or damaged.
    """
    path = Path(folder) / CONFIG
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read: {told(error)}") from None
    if not isinstance(config, dict) or config.get("format") != FORMAT:
        raise InputError(f"{path} is not that of a {FORMAT}")
    if config.get("version") != VERSION:
        raise InputError(
            f"{path} is of version {config.get('version')} of {FORMAT}; this BioTK reads version "
            f"{VERSION}. Update BioTK, or take the model that came with it"
        )
    wrong = [name for name, kind in _FIELDS.items() if type(config.get(name)) is not kind]
    for name, keys in (("encoder", ("name", "sha256")), ("weights", ("sha256",))):
        if name not in wrong:
            wrong += [f"{name}.{key}" for key in keys if not isinstance(config[name].get(key), str)]
    least = {"window": 0, "max_mention": 1}
    wrong += [name for name in least if name not in wrong and config[name] < least[name]]
    known = {"normalisation": NORMALISATION, "cleaning": CLEANING}
    wrong += [name for name in known if name not in wrong and config[name] != known[name]]
    if wrong:
        raise InputError(f"{path}: {wrong[0]} is missing, or not what version {VERSION} knows")
    return config
