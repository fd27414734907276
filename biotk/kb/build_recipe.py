"""A user's own recipe: what ``biotk kb build`` is told of several sources, as a TOML file.

What may be said of a source are the fields of :class:`~biotk.kb.readers.ReaderOptions`, whatever
they are: a new option of a reader is a new key of a recipe.
"""

from __future__ import annotations

import re
import tomllib
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from biotk.errors import InputError, UnknownNameError
from biotk.kb.readers import FORMATS, ReaderOptions
from biotk.kb.readers.base import DEFAULT_OPTIONS
from biotk.kb.readers.table_columns import HEADERS

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
    raw = _load(path)
    _check_keys(path, "key of a recipe", raw, ("name", "merge", "sources"))
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


def _load(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not TOML: {error}") from error


def _check_keys(path: Path, kind: str, raw: Mapping[str, Any], known: tuple[str, ...]) -> None:
    for key in raw:
        if key not in known:
            raise UnknownNameError(f"{kind}, in {path}:", key, known)


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
    _check_keys(path, f"key of source {number}", raw, (*_FACTS, *hints))
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
    _check_keys(path, "field of a column", named, tuple(HEADERS))
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
    """:returns: a TOML value as the type that a field has.

    :raises InputError: it is of another type.
    """
    fitting = _fit(value, hint)
    if fitting is _MISFIT:
        raise InputError(f"{place} is {value!r}, expected {_told(hint)}")
    return fitting


_MISFIT = object()


def _fit(value: Any, hint: Any) -> Any:
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if hint is type(None):
        return None if value is None else _MISFIT
    if origin in (types.UnionType, typing.Union):
        fits = (_fit(value, part) for part in parts)
        return next((fit for fit in fits if fit is not _MISFIT), _MISFIT)
    if origin is typing.Literal:
        return value if value in parts else _MISFIT
    if origin in (tuple, frozenset):
        values = [value] if isinstance(value, str) else value
        if not isinstance(values, list):
            return _MISFIT
        fitted = [_fit(item, parts[0]) for item in values]
        return _MISFIT if _MISFIT in fitted else origin(fitted)
    if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
        if not isinstance(value, dict):
            return _MISFIT
        pairs = {key: _fit(item, parts[1]) for key, item in value.items()}
        return _MISFIT if _MISFIT in pairs.values() else pairs
    if hint is Path:
        return Path(value) if isinstance(value, str) else _MISFIT
    # A bool is an int in Python, and no number in TOML.
    exact = isinstance(value, hint) and isinstance(value, bool) == (hint is bool)
    return value if exact else _MISFIT


def _told(hint: Any) -> str:
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return " or ".join(_told(part) for part in parts if part is not type(None))
    if origin is typing.Literal:
        return "one of " + ", ".join(map(repr, parts))
    if origin in (tuple, frozenset):
        return f"a list, each {_told(parts[0])}"
    if origin is not None:
        return "a table"
    return {str: "a string", Path: "a path", bool: "true or false"}.get(hint, "a number")
