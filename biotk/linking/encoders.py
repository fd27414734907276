"""Synonym encoders by the names that the command line and configs use."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from biotk.errors import InputError
from biotk.linking.generator import find_model
from biotk.nn.encoder_files import ENCODER
from biotk.resources import list_resources

if TYPE_CHECKING:
    from biotk.nn.synonym_encoder import SynonymEncoder

#: The encoder where none is named.
DEFAULT_ENCODER = "biotk-encoder"
#: The sentence encoder as it comes, for comparison; not trained on any name.
UNTUNED = "all-MiniLM-L6-v2"


def load_encoder(name: str | Path = DEFAULT_ENCODER, *, device: str = "cpu") -> SynonymEncoder:
    """Load a synonym encoder.

    :param name: a folder, the name of a model that comes with BioTK, or :data:`UNTUNED`.
    :param device: where its weights are put.
    :raises InputError: there is none, or it is damaged.

    >>> load_encoder().encode(["heart attack"]).shape                   # doctest: +SKIP
    (1, 128)
    """
    from biotk.nn.synonym_files import load_synonym_encoder, untuned_encoder

    if str(name) in (UNTUNED, ENCODER):
        return untuned_encoder(device=device)
    if name == DEFAULT_ENCODER and DEFAULT_ENCODER not in list_resources("models"):
        raise InputError(
            f"{DEFAULT_ENCODER} does not come with this BioTK: name an encoder of your own, made "
            f"by `biotk train encoder`, or {UNTUNED}, which no name has been shown to"
        )
    return load_synonym_encoder(_folder(name), device=device)


def _folder(name: str | Path) -> Path:
    folder = Path(find_model(name))
    if not folder.is_dir():
        raise InputError(
            f"no encoder {str(name)!r}: give a folder that `biotk train encoder` wrote, the name "
            f"of one that comes with BioTK, or {UNTUNED}"
        )
    return folder
