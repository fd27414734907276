"""Reads a training recipe: a TOML file, checked before anything is done with it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from biotk.errors import InputError, UnknownNameError
from biotk.io import FORMATS
from biotk.kb.build_recipe import BuildRecipe, read_source
from biotk.kb.manifest import sha256_file
from biotk.kb.toml_values import (
    check_keys,
    check_range,
    make,
    read_toml,
    table_of,
    tables_of,
    value_as,
)
from biotk.nn.mini_network import MiniConfig
from biotk.training.recipe import (
    DocumentsRecipe,
    FeedRecipe,
    HeldRecipe,
    KbRecipe,
    MiniRecipe,
    Recipe,
    Seq2SeqRecipe,
)
from biotk.training.stage_table import read_stage

_TOP = ("name", "seed", "model", "kb", "corpus", "text", "held", "stage")


def read_recipe(path: Path | str, *, data: Path | None = None) -> Recipe:
    """Read a training recipe.

    :param path: the TOML file.
    :param data: what its paths are relative to; by default its own folder.
    :raises InputError: it cannot be read, or something in it is missing, of a wrong type, or makes
        no sense. The message names the file, the table and the key.
    :raises UnknownNameError: it holds a key, or a name of something, that there is not.

    >>> recipe = read_recipe("models/biotk-mini/recipe.toml")       # doctest: +SKIP
    >>> [stage.name for stage in recipe.stages]                     # doctest: +SKIP
    ['infill', 'pretrain', 'finetune']
    """
    path = Path(path)
    raw, head = read_head(path, data, keys=_TOP, needed=("name", "model", "stage"))
    model = _model(raw["model"], f"{path}: [model]")
    recipe = Recipe(
        **head,
        model=model,
        kbs=tuple(kb_table(each, path, head["data"]) for each in recipe_tables(raw, "kb", path)),
        corpora=tuple(
            documents_table(each, path, "corpus") for each in recipe_tables(raw, "corpus", path)
        ),
        texts=tuple(
            documents_table(each, path, "text") for each in recipe_tables(raw, "text", path)
        ),
        held=tuple(held_table(each, path) for each in recipe_tables(raw, "held", path)),
        stages=tuple(
            read_stage(each, path, seed=head["seed"], model=model)
            for each in recipe_tables(raw, "stage", path)
        ),
    )
    _check(recipe)
    return recipe


def read_head(
    path: Path, data: Path | None, *, keys: Collection[str], needed: Iterable[str]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Read a recipe of any kind as far as all are alike.

    :param path: the TOML file.
    :param data: what its paths are relative to; by default its own folder.
    :param keys: what may stand at its top.
    :param needed: what must.
    :returns: its tables, and the fields of a :class:`RecipeFile`.
    :raises InputError: it cannot be read, or something is missing or of a wrong type.
    :raises UnknownNameError: it holds a key that there is not.
    """
    raw = read_toml(path)
    check_keys(str(path), raw, keys)
    for key in needed:
        if key not in raw:
            raise InputError(f"{path}: {key!r} is missing")
    seed = value_as(raw.get("seed", 13), int, f"{path}: seed")
    check_range(f"{path}: seed", seed, least=0)
    head = {
        "path": path,
        "sha256": sha256_file(path),
        "name": value_as(raw["name"], str, f"{path}: name"),
        "data": path.parent if data is None else data,
        "seed": seed,
    }
    return raw, head


def recipe_tables(raw: Mapping[str, Any], key: str, path: Path) -> list[Mapping[str, Any]]:
    """:returns: the tables of one kind, none where the recipe has none."""
    return tables_of(raw.get(key, []), f"{path}: {key}")


def _model(raw: Any, place: str) -> MiniRecipe | Seq2SeqRecipe:
    table = dict(table_of(raw, place))
    if "kind" not in table:
        raise InputError(f"{place}: 'kind' is missing")
    kind = table["kind"]
    if kind == "seq2seq":
        return make(Seq2SeqRecipe, table, place)
    if kind != "biotk-mini":
        raise UnknownNameError(f"kind of model in {place}:", str(kind), ("biotk-mini", "seq2seq"))
    shape_keys = [each.name for each in fields(MiniConfig)]
    own_keys = ["encoder", "window", "max_mention", *shape_keys]
    check_keys(place, table, ["kind", "base", *own_keys])
    settled = [key for key in own_keys if key in table]
    if "base" in table and settled:
        raise InputError(
            f"{place}: {settled[0]!r} is settled by the model to go on from; leave it out, or "
            "leave out 'base'"
        )
    shape = {key: table.pop(key) for key in shape_keys if key in table}
    make(MiniConfig, shape, place)
    model = make(MiniRecipe, table, place, shape=shape)
    check_range(f"{place}: window", model.window, least=0)
    check_range(f"{place}: max_mention", model.max_mention, least=1)
    return model


def kb_table(raw: Mapping[str, Any], path: Path, root: Path) -> KbRecipe:
    """Read a ``[[kb]]``.

    :raises InputError: it has neither ``path`` nor ``sources``, or both.
    """
    place = f"{path}: [[kb]] {raw.get('name', '')}".rstrip()
    check_keys(place, raw, ("name", "path", "sources", "merge"))
    if ("path" in raw) == ("sources" in raw):
        raise InputError(f"{place}: expected either 'path', of a built KB, or 'sources'")
    plain = {key: raw[key] for key in ("name", "path") if key in raw}
    build = None
    if "sources" in raw:
        sources = tables_of(raw["sources"], f"{place}: sources")
        build = BuildRecipe(
            name=raw.get("name"),
            merge=value_as(raw.get("merge", []), tuple[str, ...], f"{place}: merge"),
            sources=tuple(
                read_source(path, n, each, folder=root) for n, each in enumerate(sources, 1)
            ),
        )
    return make(KbRecipe, plain, place, build=build)


def documents_table(raw: Mapping[str, Any], path: Path, table: str) -> DocumentsRecipe:
    """Read a ``[[corpus]]`` or a ``[[text]]``.

    :raises UnknownNameError: there is no such format.
    """
    place = f"{path}: [[{table}]] {raw.get('name', '')}".rstrip()
    made = make(DocumentsRecipe, _with_paths(raw, place), place)
    if made.format is not None and made.format not in FORMATS:
        raise UnknownNameError(f"format in {place}:", made.format, FORMATS)
    return made


def held_table(raw: Mapping[str, Any], path: Path) -> HeldRecipe:
    """Read a ``[[held]]``."""
    place = f"{path}: [[held]] {raw.get('name', '')}".rstrip()
    made = make(HeldRecipe, _with_paths(raw, place), place)
    check_range(f"{place}: every", made.every, least=1)
    return made


def _with_paths(raw: Mapping[str, Any], place: str) -> Mapping[str, Any]:
    """:returns: the table with ``paths``, where it has one ``path``."""
    if "path" in raw and "paths" in raw:
        raise InputError(f"{place}: expected either 'path' or 'paths'")
    if "path" not in raw:
        return raw
    return {key: value for key, value in raw.items() if key != "path"} | {"paths": [raw["path"]]}


def _check(recipe: Recipe) -> None:
    """Check what the tables say of one another."""
    path = recipe.path
    if not recipe.stages:
        raise InputError(f"{path}: there is no [[stage]]")
    for table, names in (
        ("kb", [each.name for each in recipe.kbs]),
        ("corpus", [each.name for each in recipe.corpora]),
        ("text", [each.name for each in recipe.texts]),
        ("held", [each.name for each in recipe.held]),
        ("stage", [each.name for each in recipe.stages]),
    ):
        check_table_names(path, table, names)
    kbs = [each.name for each in recipe.kbs]
    for held in recipe.held:
        if held.kb is not None and held.kb not in kbs:
            raise UnknownNameError(f"kb in {path}: [[held]] {held.name}:", held.kb, kbs)
    for stage in recipe.stages:
        for number, feed in enumerate(stage.feeds, 1):
            _check_feed(recipe, f"{path}: [[stage]] {stage.name}: feed {number}", feed)


def check_table_names(path: Path, table: str, names: Iterable[str]) -> None:
    """Make sure that tables of one kind have names of their own.

    :raises InputError: two have the same, or one is none.
    """
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise InputError(f"{path}: two [[{table}]] are named {name!r}")
        if not name or set(name) - _ALLOWED or name.startswith("."):
            raise InputError(
                f"{path}: [[{table}]] name is {name!r}, expected letters, digits and any of '-_.'"
            )
        seen.add(name)


_ALLOWED = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")


def _check_feed(recipe: Recipe, place: str, feed: FeedRecipe) -> None:
    for key, name, known in (
        ("kb", feed.kb, [each.name for each in recipe.kbs]),
        ("corpus", feed.corpus, [each.name for each in recipe.corpora]),
        ("text", feed.text, [each.name for each in recipe.texts]),
    ):
        if name is not None and name not in known:
            raise UnknownNameError(f"{key} in {place}:", name, known)
