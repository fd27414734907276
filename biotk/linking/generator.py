"""A generator: a model, the format of its inputs, and how it is searched, as one object.

What a folder holds is told by the field ``format`` of its ``config.json``, by which
:data:`FORMATS` knows what loads it. torch and transformers are imported when a model is loaded.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from biotk.decoding.options import SearchOptions
from biotk.decoding.result import Decoded
from biotk.errors import InputError, UnknownNameError
from biotk.index.token_trie import TokenTrie
from biotk.index.trie_arrays import MAX_TOKENS
from biotk.index.trie_subset import TrieSubset
from biotk.nn.encoder_files import find_encoder
from biotk.nn.inputs import InputFormat
from biotk.resources import list_resources, resource_path

#: The format of checkpoints of transformers, whose configuration names none.
UNNAMED = "genbioel"


class Search(Protocol):
    """Decodes mentions over one trie, as :class:`~biotk.decoding.search.ConstrainedSearch` does."""

    def problem(self, each: Any, /) -> str | None:
        """:returns: why an input cannot be searched, in words; None if it can."""

    def search(
        self,
        inputs: Sequence[Any],
        /,
        *,
        subset: TrieSubset | None = None,
        among: TrieSubset | None = None,
    ) -> list[Decoded]:
        """:returns: what was found for each input."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Generator:
    """What writes names for mentions.

    :param name: what it was loaded from.
    :param form: makes its inputs, and the tokens of names.
    :param make_search: makes what decodes with its model over a trie.
    :param options: how it is to be searched: the normalisation that it was trained for, its token
        for NIL.
    :param cleaning: how names are cleaned before they become tokens, a key of
        :data:`biotk.text.cleaning.CLEANERS`.
    :param unknown_id: the token of pieces that its tokenizer does not know.
    :param longest_name: how many tokens a name may have, so that room is left for the mention
        before it.
    """

    name: str
    form: InputFormat
    make_search: Callable[[TokenTrie, SearchOptions], Search]
    options: SearchOptions = field(default_factory=SearchOptions)
    cleaning: str = "spaces"
    unknown_id: int | None = None
    longest_name: int = MAX_TOKENS


def load_generator(name: str | Path, *, device: str = "cpu") -> Generator:
    """Load a generator.

    :param name: a folder, the name of a model that comes with BioTK, or that of a hub model,
        ``owner/name``; only the last may touch the network, and not where ``HF_HUB_OFFLINE`` is
        set. They are looked for in this order.
    :param device: where its weights are put.
    :raises InputError: there is no such model, or it is damaged.
    :raises UnknownNameError: its format, or its architecture, is none that we know.

    >>> generator = load_generator("models/genbioel-bc5cdr")       # doctest: +SKIP
    >>> GenerativeLinker(kb, generator).link("heart attack")       # doctest: +SKIP
    """
    place = find_model(name)
    format_ = _format_of(Path(place)) if Path(place).is_dir() else UNNAMED
    if format_ not in FORMATS:
        raise UnknownNameError(f"format of the model {name}", format_, FORMATS)
    return FORMATS[format_](place, device)


class LazyGenerator:
    """A generator that is loaded when it is asked for the first time, and once.

    :param name: as :func:`load_generator` takes it.
    :param device: where its weights are put.
    """

    def __init__(self, name: str | Path, *, device: str = "cpu") -> None:
        self.name, self._device = str(name), device
        self._loaded: Generator | None = None

    def __call__(self) -> Generator:
        """:returns: the generator.

        :raises InputError: it cannot be loaded.
        """
        if self._loaded is None:
            self._loaded = load_generator(self.name, device=self._device)
        return self._loaded


def generator_fingerprint(name: str | Path) -> str:
    """Tell generators apart by their files, without loading any.

    :param name: as :func:`load_generator` takes it.
    :returns: 16 hex digits that change with the model's configuration and, of ours, with any
        weight; the name itself where it is on a hub.
    :raises InputError: there is no such model.
    """
    place = Path(find_model(name))
    if not place.is_dir():
        return str(name)
    told = hashlib.sha256()
    for path in sorted(place.glob("*.json")) + sorted(place.glob("*.safetensors")):
        told.update(f"{path.name} {path.stat().st_size}\n".encode())
        if path.name == "config.json":  # ours names the checksum of its weights
            told.update(path.read_bytes())
    return told.hexdigest()[:16]


def check_generator(name: str | Path) -> None:
    """Make sure that a generator can be loaded, as far as its files' names and places tell.

    :raises InputError: there is no such model, or not all that it needs.
    :raises UnknownNameError: its format, or its architecture, is none that we know.
    """
    place = Path(find_model(name))
    if not place.is_dir():
        return
    format_ = _format_of(place)
    if format_ not in FORMATS:
        raise UnknownNameError(f"format of the model {name}", format_, FORMATS)
    if format_ == "biotk-mini" and not (place / "encoder").is_dir():
        find_encoder()


def find_model(name: str | Path) -> str:
    """:returns: the folder of a model, or its name on a hub.

    :raises InputError: it is neither, nor the name of a model that comes with BioTK.
    """
    folder = Path(name).expanduser()
    if folder.is_dir():
        return str(folder)
    known = list_resources("models")
    if str(name) in known:
        return str(resource_path("models", str(name)))
    if isinstance(name, str) and "/" in name:
        return name  # what loads it tells whether a hub can have that
    raise InputError(
        f"no model {str(name)!r}: it is no folder, none of those that come with BioTK "
        f"({', '.join(known) or 'there are none'}), and no name of a hub model, owner/name"
    )


def _format_of(folder: Path) -> str:
    path = folder / "config.json"
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"model {folder}: the folder has no config.json") from None
    except (OSError, ValueError) as error:
        raise InputError(f"model {folder}: its config.json cannot be read: {error}") from None
    named = config.get("format", UNNAMED) if isinstance(config, dict) else None
    if not isinstance(named, str):
        raise InputError(f"model {folder}: its config.json is none of a model")
    return named


def _load_genbioel(place: str, device: str) -> Generator:
    """Load a checkpoint of transformers, to be run as GenBioEL runs its own."""
    from biotk.decoding.search import ConstrainedSearch
    from biotk.nn.genbioel_format import GenbioelFormat
    from biotk.nn.seq2seq import Seq2Seq

    model, form = Seq2Seq.load(place, device=device), GenbioelFormat.load(place)
    return Generator(
        name=place,
        form=form,
        make_search=partial(ConstrainedSearch, model),
        options=SearchOptions(normalisation="vocabulary"),
        cleaning="genbioel",
        unknown_id=form.unknown_id,
        longest_name=MAX_TOKENS if model.max_length is None else model.max_length // 2,
    )


def _load_mini(place: str, device: str) -> Generator:
    """Load a model of BioTK's own."""
    from biotk.decoding.search import ConstrainedSearch
    from biotk.nn.mini_files import CLEANING, NORMALISATION, load_mini

    model, form = load_mini(place, device=device)
    return Generator(
        name=place,
        form=form,
        make_search=partial(ConstrainedSearch, model),
        options=SearchOptions(normalisation=NORMALISATION, nil_id=form.nil_id),
        cleaning=CLEANING,
        unknown_id=form.unknown_id,
    )


#: What loads each format: from a folder (or, of the unnamed format, a hub name) and a device.
FORMATS: dict[str, Callable[[str, str], Generator]] = {
    UNNAMED: _load_genbioel,
    "biotk-mini": _load_mini,
}
