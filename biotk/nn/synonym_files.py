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
from biotk.kb.toml_values import make
from biotk.nn.encoder_files import SHA256
from biotk.nn.mini_encoder import base_encoder
from biotk.nn.mini_format import MiniFormat
from biotk.nn.model_files import ModelKind, check_tokenizer, encoder_of, load_own
from biotk.nn.synonym_encoder import MAX_PIECES, SynonymEncoder
from biotk.nn.synonym_network import SynonymConfig, SynonymNetwork, new_synonym_network

SYNONYM_ENCODER = ModelKind(
    format="biotk-encoder", version=1, fields={"max_pieces": int}, least={"max_pieces": 1}
)


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
    settings = {
        "network": network.config.as_json(),
        "max_pieces": max_pieces,
        "tokenizer": form.vocabulary_fingerprint,
    }
    SYNONYM_ENCODER.write(
        folder, network.own_state(), settings, encoder_sha256=encoder_sha256, storage=storage
    )


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
    config = SYNONYM_ENCODER.read_config(folder)
    base = encoder_of(folder, config, encoder)
    form = MiniFormat.load(base.folder)
    check_tokenizer(folder, config, base, form)
    room = int(base.config.max_position_embeddings)
    if config["max_pieces"] + 2 > room:
        raise InputError(f"model {folder}: the encoder has room for {room - 2} pieces at most")
    network = new_synonym_network(base, make(SynonymConfig, config["network"], str(folder)))
    load_own(network, folder, config, network.own_state())
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
    base = base_encoder(encoder)
    form = MiniFormat.load(base.folder)
    config = SynonymConfig(tuned_layers=0, dim=0)
    described = {
        "encoder": {"sha256": base.sha256},
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
