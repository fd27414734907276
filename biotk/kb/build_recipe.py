"""A user's own recipe: what ``biotk kb build`` is told of several sources, as a TOML file.

What may be said of a source are the fields of :class:`~biotk.kb.readers.ReaderOptions`, whatever
they are: a new option of a reader is a new key of a recipe.
"""

from __future__ import annotations

import re
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from biotk.errors import InputError, UnknownNameError
from biotk.kb.readers import FORMATS, ReaderOptions
from biotk.kb.readers.base import DEFAULT_OPTIONS
from biotk.kb.readers.table_columns import HEADERS
from biotk.kb.toml_values import check_keys, read_toml, value_as

#: Short forms of the fields that a column may hold.
COLUMN_NAMES = {"id": "concept_id", "code": "concept_id", "type": "types", "synonym": "synonyms"}

# In a recipe a "source" is the whole entry, so what ReaderOptions calls that is the vocabulary.
_RENAMED = {"source": "vocabulary"}
_FACTS = ("path", "format", "release", "licence", "sha256")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class BuildSource:
    """One source of a KB, and what is known of it.

    :param path: the file, or the directory for formats that are one.
    :param format: its format; None to find out.
    :param options: what the reader is told.
    :param release: its release, for the manifest.
    :param licence: its licence, for the manifest.
    :param sha256: the checksum that it must have; empty for any.
    """

    path: Path
    format: str | None = None
    options: ReaderOptions = DEFAULT_OPTIONS
    release: str = ""
    licence: str = ""
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class BuildRecipe:
    """What a KB is built from.

    :param name: the KB's name; None for that of its directory.
    :param merge: prefixes or names of the vocabularies whose concepts are brought together, the
        first leading; empty to keep all apart.
    :param sources: the sources, in order.
    """

    name: str | None
    merge: tuple[str, ...]
    sources: tuple[BuildSource, ...]


def is_build_recipe(path: Path) -> bool:
    """:returns: whether a path given to ``biotk kb build`` is a recipe: by its ending."""
    return path.suffix.lower() == ".toml"


def read_build_recipe(path: Path | str) -> BuildRecipe:
    """Read a recipe; paths in it are relative to its folder.

    :raises InputError: it cannot be read, or something in it is missing or of a wrong type.
    :raises UnknownNameError: it holds a key, a format or a column's field that there is not.
    """
    path = Path(path)
    raw = read_toml(path)
    check_keys(path, raw, ("name", "merge", "sources"), kind="key of a recipe,")
    entries = raw.get("sources")
    if not (isinstance(entries, list) and entries and all(isinstance(e, dict) for e in entries)):
        raise InputError(f"{path}: it has no [[sources]], and a KB is built from at least one")
    return BuildRecipe(
        name=_value(raw.get("name"), str | None, f"{path}: name"),
        merge=_value(raw.get("merge", []), tuple[str, ...], f"{path}: merge"),
        sources=tuple(
            read_source(path, n, entry, folder=path.parent) for n, entry in enumerate(entries, 1)
        ),
    )


def read_source(path: Path, number: int, raw: Mapping[str, Any], *, folder: Path) -> BuildSource:
    """Read one source of a recipe.

    :param path: the recipe's file, for messages.
    :param number: which source it is, for messages.
    :param raw: its table.
    :param folder: what its paths are relative to.
    :raises InputError: something in it is missing or of a wrong type.
    :raises UnknownNameError: it holds a key, a format or a column's field that there is not.
    """
    place = f"{path}: source {number}"
    hints = option_hints()
    check_keys(path, raw, (*_FACTS, *hints), kind=f"key of source {number},")
    if "path" not in raw:
        raise InputError(f"{place}: 'path' is missing")
    facts = {key: _value(raw[key], str, f"{place}: {key}") for key in _FACTS if key in raw}
    if "format" in facts and facts["format"] not in FORMATS:
        raise UnknownNameError("format", facts["format"], FORMATS)
    if facts.get("sha256") and not _SHA256.fullmatch(facts["sha256"].lower()):
        raise InputError(f"{place}: sha256 should be 64 hex digits")
    options: dict[str, Any] = {}
    for key, (field, hint) in hints.items():
        if key in raw:
            value = _value(raw[key], hint, f"{place}: {key}")
            options[field] = folder / value if isinstance(value, Path) else value
    if options.get("columns") is not None:
        options["columns"] = _columns(path, options["columns"])
    return BuildSource(
        **{
            **facts,
            "path": folder / facts["path"],
            "sha256": facts.get("sha256", "").lower(),
            "options": ReaderOptions(**options),
        }
    )


def _columns(path: Path, columns: Mapping[str, str | int]) -> dict[str, str | int]:
    named = {COLUMN_NAMES.get(field, field): column for field, column in columns.items()}
    check_keys(path, named, tuple(HEADERS), kind="field of a column,")
    return named


def option_hints() -> dict[str, tuple[str, Any]]:
    """:returns: key of a recipe → field of :class:`ReaderOptions` and its type, for all that can
    be said in TOML; what the program is called back with cannot.
    """
    hints = typing.get_type_hints(ReaderOptions)
    return {
        _RENAMED.get(entry.name, entry.name): (entry.name, hints[entry.name])
        for entry in fields(ReaderOptions)
        if typing.get_origin(hints[entry.name]) is not Callable
    }


def _value(value: Any, hint: Any, place: str) -> Any:
    """:returns: a TOML value as the type that a field has; a text alone is a list of one.

    :raises InputError: it is of another type.
    """
    alone = isinstance(value, str) and typing.get_origin(hint) in (tuple, frozenset)
    return value_as([value] if alone else value, hint, place)
