"""``biotk-tagger`` on disk: a folder with what is ours of it; docs/formats/biotk-tagger.md.

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
from torch import Tensor

from biotk.errors import InputError
from biotk.kb.manifest import sha256_file
from biotk.kb.writing import atomic_text
from biotk.nn.checkpoint_files import CONFIG, told
from biotk.nn.encoder_files import ENCODER, SHA256, find_encoder
from biotk.nn.mini_encoder import Encoder, read_encoder
from biotk.nn.storage import packed, unpacked
from biotk.nn.tagger import TaggerModel
from biotk.nn.tagger_format import MAX_PIECES, TaggerFormat
from biotk.nn.tagger_network import TaggerConfig, TaggerNetwork
from biotk.nn.tensor_files import check_finite, check_names, read_tensors, write_tensors

FORMAT, VERSION = "biotk-tagger", 1
WEIGHTS = "weights.safetensors"


def new_tagger(encoder: Encoder, config: TaggerConfig) -> TaggerNetwork:
    """Make a network whose own part is still to be trained.

    :param encoder: what it builds on.
    :param config: its shape.
    :raises InputError: the shape does not fit the encoder, or the encoder's weights its own shape.
    """
    n_layers = int(encoder.config.num_hidden_layers)
    if not 0 <= config.tuned_layers <= n_layers:
        raise InputError(
            f"tuned_layers is {config.tuned_layers}; the encoder has {n_layers} layers"
        )
    if config.inner < 1 or not config.types or len(set(config.types)) < len(config.types):
        raise InputError("a tagger needs types, each once, and an inner width of at least 1")
    network = TaggerNetwork(encoder.config, config)
    _load(network.encoder, encoder.weights, encoder.folder, network.encoder.state_dict())
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
    folder = Path(folder)
    own = network.own_state()
    check_finite(folder, own)
    write_tensors(folder / WEIGHTS, packed(own, storage))
    config = {
        "format": FORMAT,
        "version": VERSION,
        "network": network.config.as_json(),
        "window": window,
        "overlap": overlap,
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
    config = read_config(folder)
    base = read_encoder(_place(folder, config, encoder), sha256=config["encoder"]["sha256"])
    form = TaggerFormat.load(base.folder)
    n_pieces = int(base.config.vocab_size)
    if form.n_pieces != n_pieces or form.vocabulary_fingerprint != config["tokenizer"]:
        raise InputError(
            f"model {folder} was trained with another tokenizer than that in {base.folder}. Take "
            "the files of the encoder from one place"
        )
    window, overlap = config["window"], config["overlap"]
    check_window(window, overlap, base, place=str(folder / CONFIG))
    network = new_tagger(base, _shape(folder, config))
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
    return TaggerModel(network.to(device), form, window=window, overlap=overlap, dtype=dtype)


def _load(
    module: torch.nn.Module, weights: Mapping[str, Tensor], path: Path, wanted: Mapping[str, Tensor]
) -> None:
    """Give a module all the weights that are wanted, and no others."""
    check_names(path, weights, wanted)
    for name, tensor in wanted.items():
        if weights[name].shape != tensor.shape:
            raise InputError(
                f"{path}: {name} has the shape {tuple(weights[name].shape)}, where config.json "
                f"asks for {tuple(tensor.shape)}. Take weights and config.json from one place"
            )
    module.load_state_dict(dict(weights), strict=False)


def _place(folder: Path, config: Mapping[str, Any], place: str | Path | None) -> Path:
    beside = folder / "encoder"
    if place is None and beside.is_dir():
        place = beside
    if place is None and config["encoder"]["sha256"] != SHA256:
        raise InputError(
            f"model {folder} builds on another encoder than {ENCODER}. Put the files of that one "
            f"into {beside}"
        )
    return find_encoder(place)


def _shape(folder: Path, config: Mapping[str, Any]) -> TaggerConfig:
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


#: What a config must hold, and of which kind.
_FIELDS: dict[str, type] = {
    "network": dict, "window": int, "overlap": int, "tokenizer": str, "encoder": dict,
    "weights": dict,
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
    for name in ("encoder", "weights"):
        if name not in wrong and not isinstance(config[name].get("sha256"), str):
            wrong.append(f"{name}.sha256")
    if wrong:
        raise InputError(f"{path}: {wrong[0]} is missing, or not what version {VERSION} knows")
    return config
