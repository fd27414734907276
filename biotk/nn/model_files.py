"""Models that build on a pretrained encoder, on disk: folders with what is ours of them.

A folder holds ``config.json`` and ``weights.safetensors``, bound to each other by a checksum. The
encoder is found by :mod:`biotk.nn.encoder_files`, or lies in the folder ``encoder`` beside them.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from torch import Tensor, nn

from biotk.errors import InputError
from biotk.kb.manifest import sha256_file
from biotk.kb.writing import atomic_text
from biotk.nn.checkpoint_files import CONFIG, told
from biotk.nn.encoder_files import ENCODER, FILES, SHA256, find_encoder
from biotk.nn.mini_encoder import Encoder, read_encoder
from biotk.nn.storage import packed, unpacked
from biotk.nn.tensor_files import check_finite, check_names, read_tensors, write_tensors

WEIGHTS = "weights.safetensors"

# What all of them hold, and of which kind.
_FIELDS: dict[str, type] = {"network": dict, "tokenizer": str, "encoder": dict, "weights": dict}


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelKind:
    """What the ``config.json`` of a kind of model is like.

    :param format: its name.
    :param version: the one that is read and written.
    :param fields: what it holds of its own, and of which kind.
    :param least: the least value of some of them.
    :param known: the only value of others.
    """

    format: str
    version: int
    fields: Mapping[str, type] = field(default_factory=dict)
    least: Mapping[str, int] = field(default_factory=dict)
    known: Mapping[str, str] = field(default_factory=dict)

    def read_config(self, folder: str | Path) -> dict[str, Any]:
        """:returns: the ``config.json`` of a model, checked.

        :raises InputError: there is none, or it is of another format or version, or damaged.
        """
        path = Path(folder) / CONFIG
        try:
            config = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise InputError(f"{path} cannot be read: {told(error)}") from None
        if not isinstance(config, dict) or config.get("format") != self.format:
            raise InputError(f"{path} is not that of a {self.format}")
        if config.get("version") != self.version:
            raise InputError(
                f"{path} is of version {config.get('version')} of {self.format}; this BioTK reads "
                f"version {self.version}. Update BioTK, or take the model that came with it"
            )
        fields = {**_FIELDS, **self.fields}
        wrong = [name for name, kind in fields.items() if type(config.get(name)) is not kind]
        for name, keys in (("encoder", ("name", "sha256")), ("weights", ("sha256",))):
            if name not in wrong:
                each = config[name]
                wrong += [f"{name}.{key}" for key in keys if not isinstance(each.get(key), str)]
        wrong += [
            name for name, value in self.least.items() if name not in wrong and config[name] < value
        ]
        wrong += [
            name
            for name, value in self.known.items()
            if name not in wrong and config[name] != value
        ]
        if wrong:
            raise InputError(
                f"{path}: {wrong[0]} is missing, or not what version {self.version} knows"
            )
        return config

    def write(
        self,
        folder: str | Path,
        weights: Mapping[str, Tensor],
        settings: Mapping[str, Any],
        *,
        encoder_sha256: str,
        storage: str,
    ) -> None:
        """Write a model.

        :param folder: is made where there is none; other files in it are left alone.
        :param weights: what is ours.
        :param settings: what else the config holds, ``network`` and ``tokenizer`` among it.
        :param encoder_sha256: of the encoder that it builds on, :attr:`Encoder.sha256`.
        :param storage: how weights are stored, one of :data:`biotk.nn.storage.STORAGES`.
        :raises InputError: weights are not finite, or a file cannot be written.
        :raises UnknownNameError: there is no such storage.
        """
        folder = Path(folder)
        check_finite(folder, weights)
        write_tensors(folder / WEIGHTS, packed(weights, storage))
        # Its sum binds the two: weights of one model beside the config of another are refused.
        config = {
            "format": self.format,
            "version": self.version,
            **settings,
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


def encoder_place(folder: Path, config: Mapping[str, Any], place: str | Path | None) -> Path:
    """Find the encoder that a model builds on.

    :param place: where it is: a folder, or the name of a hub model, which may be fetched. By
        default the folder ``encoder`` beside the weights, and then what
        :func:`biotk.nn.encoder_files.find_encoder` finds.
    :raises InputError: it is not there.
    """
    beside = folder / "encoder"
    if place is None and beside.is_dir():
        place = beside
    if place is None and config["encoder"]["sha256"] != SHA256:
        raise InputError(
            f"model {folder} builds on another encoder than {ENCODER}. Put the files of that one "
            f"into {beside}"
        )
    return find_encoder(place)


def encoder_of(folder: Path, config: Mapping[str, Any], place: str | Path | None) -> Encoder:
    """Read the encoder that a model builds on; see :func:`encoder_place`.

    :raises InputError: it is not there, another one, or damaged.
    """
    return read_encoder(encoder_place(folder, config, place), sha256=config["encoder"]["sha256"])


class Tokenizing(Protocol):
    """What makes the inputs of a model: it has a tokenizer."""

    @property
    def n_pieces(self) -> int:
        """The size of its vocabulary."""

    @property
    def vocabulary_fingerprint(self) -> str:
        """Another for every other vocabulary."""


def check_tokenizer(
    folder: Path, config: Mapping[str, Any], base: Encoder, form: Tokenizing
) -> None:
    """Make sure that the encoder's tokenizer is the one that a model was trained with.

    :param form: made with the tokenizer that lies beside the encoder.
    :raises InputError: it is another one.
    """
    n_pieces = int(base.config.vocab_size)
    if form.n_pieces != n_pieces or form.vocabulary_fingerprint != config["tokenizer"]:
        raise InputError(
            f"model {folder} was trained with another tokenizer than that in {base.folder}. Take "
            "the files of the encoder from one place"
        )


def load_own(
    network: nn.Module, folder: Path, config: Mapping[str, Any], wanted: Mapping[str, Tensor]
) -> None:
    """Give a network the weights of a model's folder.

    :param wanted: those that are ours.
    :raises InputError: the file is missing, damaged or of another model.
    """
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
    load_weights(network, weights, path, wanted)


def load_encoder_weights(encoder: nn.Module, base: Encoder) -> None:
    """Give a network's encoder the pretrained weights.

    :raises InputError: they do not fit its shape.
    """
    load_weights(encoder, base.weights, base.folder, encoder.state_dict())


def load_weights(
    module: nn.Module, weights: Mapping[str, Tensor], path: Path, wanted: Mapping[str, Tensor]
) -> None:
    """Give a module all the weights that are wanted, and no others.

    :param path: where they were read, for messages.
    :raises InputError: one is missing, too many, or of another shape.
    """
    check_names(path, weights, wanted)
    for name, tensor in wanted.items():
        if weights[name].shape != tensor.shape:
            raise InputError(
                f"{path}: {name} has the shape {tuple(weights[name].shape)}, where config.json "
                f"asks for {tuple(tensor.shape)}. Take weights and config.json from one place"
            )
    module.load_state_dict(dict(weights), strict=False)


def copy_encoder(encoder: Encoder, folder: Path) -> None:
    """Put an encoder that is not all-MiniLM-L6-v2 into the folder of a model that builds on it.

    Where it is there already, it is written anew.
    """
    if encoder.sha256 == SHA256:
        return
    (folder / "encoder").mkdir(exist_ok=True)
    for name in FILES:
        shutil.copyfile(encoder.folder / name, folder / "encoder" / name)
