"""TOML files, their tables made into dataclasses, with one clear error for each mistake."""

from __future__ import annotations

import dataclasses
import tomllib
import types
import typing
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, TypeVar

from biotk.errors import InputError, UnknownNameError

Made = TypeVar("Made")


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file, with a byte order mark or without.

    :raises InputError: it cannot be read, or is no TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not TOML: {error}") from error


def check_keys(
    place: Path | str, raw: Mapping[str, Any], known: Collection[str], *, kind: str = "key"
) -> None:
    """Refuse keys that there are not.

    :param place: the file and the table, for the message.
    :param kind: what the keys are, for the message.
    :raises UnknownNameError: there is one.
    """
    for key in raw:
        if key not in known:
            raise UnknownNameError(f"{kind} in {place}:", key, known)


def table_of(value: Any, place: str) -> Mapping[str, Any]:
    """:returns: the value, which has to be a table.

    :raises InputError: it is none.
    """
    if not isinstance(value, dict):
        raise InputError(f"{place} is {value!r}, expected a table")
    return value


def tables_of(value: Any, place: str) -> list[Mapping[str, Any]]:
    """:returns: the value, which has to be a list of tables.

    :raises InputError: it is none.
    """
    if not (isinstance(value, list) and all(isinstance(each, dict) for each in value)):
        raise InputError(f"{place} is {value!r}, expected tables, each headed [[…]]")
    return value


def make(cls: type[Made], raw: Mapping[str, Any], place: str, /, **given: Any) -> Made:
    """Make a dataclass of a table.

    :param cls: its fields are the keys, their types what is expected.
    :param raw: the table.
    :param place: the file and the table, for messages.
    :param given: fields that are not taken from the table, and no keys of it.
    :raises InputError: a key is missing, or its value is of another type.
    :raises UnknownNameError: there is a key that is no field.
    """
    hints = typing.get_type_hints(cls)
    fields = {each.name: each for each in dataclasses.fields(cls)}  # type: ignore[arg-type]
    check_keys(place, raw, fields.keys() - given.keys())
    for name, entry in fields.items():
        needed = entry.default is entry.default_factory is dataclasses.MISSING
        if needed and name not in raw and name not in given:
            raise InputError(f"{place}: {name!r} is missing")
    values = {key: value_as(value, hints[key], f"{place}: {key}") for key, value in raw.items()}
    return cls(**values, **given)


def value_as(value: Any, hint: Any, place: str) -> Any:
    """:returns: a TOML value as the type that a field has.

    :raises InputError: it is of another type.
    """
    fitting = _fit(value, hint)
    if fitting is _MISFIT:
        raise InputError(f"{place} is {value!r}, expected {_told(hint)}")
    return fitting


def check_range(
    place: str, value: float, *, least: float, most: float = float("inf"), above: bool = False
) -> None:
    """Refuse numbers that make no sense.

    :param above: whether ``least`` itself is refused.
    :raises InputError: it is one.
    """
    if not (least <= value <= most) or (above and value == least):
        ends = f"more than {least:g}" if above else f"at least {least:g}"
        ends += "" if most == float("inf") else f" and at most {most:g}"
        raise InputError(f"{place} is {value!r}, expected {ends}")


_MISFIT = object()


def _fit(value: Any, hint: Any) -> Any:
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        fits = (_fit(value, part) for part in parts)
        return next((fit for fit in fits if fit is not _MISFIT), _MISFIT)
    if origin is typing.Literal:
        return value if value in parts else _MISFIT
    if origin in (tuple, frozenset):
        if not isinstance(value, list):
            return _MISFIT
        values = [_fit(each, parts[0]) for each in value]
        return _MISFIT if any(each is _MISFIT for each in values) else origin(values)
    if origin is not None:  # a mapping
        if not isinstance(value, dict):
            return _MISFIT
        pairs = {key: _fit(each, parts[1]) for key, each in value.items()}
        return _MISFIT if any(each is _MISFIT for each in pairs.values()) else pairs
    if hint is Any:
        return value
    if hint is Path:
        return Path(value) if isinstance(value, str) else _MISFIT
    # A bool is an int in Python, and no number in TOML.
    if isinstance(value, bool) != (hint is bool):
        return _MISFIT
    if hint is float and isinstance(value, int):
        return float(value)
    return value if isinstance(value, hint) else _MISFIT


_TOLD = {
    str: "a string",
    Path: "a path",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
}


def _told(hint: Any) -> str:
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return " or ".join(_told(part) for part in parts if part is not type(None))
    if origin is typing.Literal:
        return "one of " + ", ".join(map(repr, parts))
    if origin in (tuple, frozenset):
        return f"a list, each {_told(parts[0])}"
    return _TOLD[hint] if origin is None else f"a table, each value {_told(parts[1])}"
