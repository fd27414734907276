"""A synonym encoder on disk: a folder with what is ours of it; docs/formats/biotk-encoder.md.

The sentence encoder that it builds on is found by :mod:`biotk.nn.encoder_files`, or lies in the
folder ``encoder`` beside the weights.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from biotk.errors import InputError
from biotk.kb.manifest import sha256_file
from biotk.kb.toml_values import make
from biotk.kb.writing import atomic_text
from biotk.nn.checkpoint_files import CONFIG, SAFE, told
from biotk.nn.encoder_files import ENCODER, SHA256, find_encoder
from biotk.nn.mini_encoder import read_encoder
from biotk.nn.mini_format import MiniFormat
from biotk.nn.storage import packed, unpacked
from biotk.nn.synonym_encoder import MAX_PIECES, SynonymEncoder
from biotk.nn.synonym_network import SynonymConfig, SynonymNetwork, new_synonym_network
from biotk.nn.tensor_files import check_finite, check_names, read_tensors, write_tensors

FORMAT, VERSION = "biotk-encoder", 1
WEIGHTS = "weights.safetensors"

#: What a config must hold, and of which kind.
_FIELDS: dict[str, type] = {
    "network": dict, "max_pieces": int, "tokenizer": str, "encoder": dict, "weights": dict,
}  # fmt: skip


def save_synonym_encoder(
    network: SynonymNetwork,
    folder: str | Path,
    *,
    form: MiniFormat,
    max_pieces: int,
    encoder_sha256: str = SHA256,
    storage: str = "int8",
) -> None:
    """Write an encoder.

    :param network: what was trained.
    :param folder: is made where there is none; other files in it are left alone.
    :param form: the tokenizer of the encoder below.
    :param max_pieces: how much is read of a string.
    :param encoder_sha256: of the sentence encoder that it builds on.
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
        "max_pieces": max_pieces,
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


def load_synonym_encoder(
    folder: str | Path, *, device: str = "cpu", encoder: str | Path | None = None
) -> SynonymEncoder:
    """Load an encoder.

    :param folder: what :func:`save_synonym_encoder` wrote.
    :param device: where its weights are put.
    :param encoder: where the sentence encoder is: a folder, or the name of a hub model, which may
        be fetched. By default the folder ``encoder`` beside the weights, and then what
        :func:`biotk.nn.encoder_files.find_encoder` finds.
    :raises InputError: a file is missing, damaged or of another model, or the sentence encoder is
        not there.
    """
    folder = Path(folder)
    config = read_synonym_config(folder)
    needed = config["encoder"]["sha256"]
    base = read_encoder(_place_of_encoder(folder, needed, encoder), sha256=needed)
    form = MiniFormat.load(base.folder)
    if form.vocabulary_fingerprint != config["tokenizer"]:
        raise InputError(
            f"model {folder} was trained with another tokenizer than that in {base.folder}. Take "
            "the files of the encoder from one place"
        )
    room = int(base.config.max_position_embeddings)
    if config["max_pieces"] + 2 > room:
        raise InputError(f"model {folder}: the encoder has room for {room - 2} pieces at most")
    network = new_synonym_network(base, make(SynonymConfig, config["network"], str(folder)))
    _load_own(network, folder, config["weights"]["sha256"])
    return SynonymEncoder(
        network.to(device),
        form,
        fingerprint=_fingerprint(config),
        max_pieces=config["max_pieces"],
    )


def untuned_encoder(*, device: str = "cpu", encoder: str | Path | None = None) -> SynonymEncoder:
    """Take the sentence encoder as it comes, for comparison: no name has been shown to it.

    :param device: where its weights are put.
    :param encoder: where it is; by default what :func:`biotk.nn.encoder_files.find_encoder` finds.
    :raises InputError: it is not there.
    """
    folder = find_encoder(encoder)
    sha256 = SHA256 if encoder is None else sha256_file(folder / SAFE)
    base = read_encoder(folder, sha256=sha256)
    form = MiniFormat.load(folder)
    config = SynonymConfig(tuned_layers=0, dim=0)
    described = {
        "encoder": {"sha256": sha256},
        "weights": {"sha256": ""},
        "tokenizer": form.vocabulary_fingerprint,
        "max_pieces": MAX_PIECES,
        "network": config.as_json(),
    }
    network = new_synonym_network(base, config).to(device)
    room = int(base.config.max_position_embeddings) - 2
    return SynonymEncoder(
        network, form, fingerprint=_fingerprint(described), max_pieces=min(MAX_PIECES, room)
    )


def _place_of_encoder(folder: Path, needed: str, place: str | Path | None) -> Path:
    beside = folder / "encoder"
    if place is None and beside.is_dir():
        place = beside
    if place is None and needed != SHA256:
        raise InputError(
            f"model {folder} builds on another encoder than {ENCODER}. Put the files of that one "
            f"into {beside}"
        )
    return find_encoder(place)


def _load_own(network: SynonymNetwork, folder: Path, sha256: str) -> None:
    path = folder / WEIGHTS
    stored = read_tensors(path).tensors
    if sha256_file(path) != sha256:
        raise InputError(
            f"{path} is not the file that config.json describes: its sha256 is another. Copy all "
            "files of the model from one place"
        )
    check_finite(path, stored)
    try:
        weights = unpacked(stored)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    wanted = network.own_state()
    check_names(path, weights, wanted)
    for name, tensor in wanted.items():
        if weights[name].shape != tensor.shape:
            raise InputError(
                f"{path}: {name} has the shape {tuple(weights[name].shape)}, where config.json "
                f"asks for {tuple(tensor.shape)}. Take weights and config.json from one place"
            )
    network.load_state_dict(weights, strict=False)


def _fingerprint(config: dict[str, Any]) -> str:
    """:returns: 16 hex digits of all that vectors depend on."""
    parts = [
        config["encoder"]["sha256"],
        config["weights"]["sha256"],
        config["tokenizer"],
        config["max_pieces"],
        config["network"],
    ]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def read_synonym_config(folder: str | Path) -> dict[str, Any]:
    """:returns: the ``config.json`` of an encoder, checked.

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
    if "max_pieces" not in wrong and config["max_pieces"] < 1:
        wrong.append("max_pieces")
    if wrong:
        raise InputError(f"{path}: {wrong[0]} is missing, or not what version {VERSION} knows")
    return config
