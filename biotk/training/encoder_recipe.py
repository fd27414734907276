"""The recipe of a synonym encoder: a TOML file, checked before anything is done with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from biotk.errors import InputError, UnknownNameError
from biotk.kb.toml_values import check_keys, check_range, make, table_of, value_as
from biotk.nn.synonym_encoder import MAX_PIECES
from biotk.nn.synonym_network import SynonymConfig
from biotk.training.recipe import DocumentsRecipe, HeldRecipe, KbRecipe, RecipeFile
from biotk.training.recipe_file import (
    check_table_names,
    documents_table,
    held_table,
    kb_table,
    read_head,
    recipe_tables,
)

_TOP = ("name", "seed", "model", "kb", "corpus", "held", "training", "feed")


@dataclass(frozen=True, slots=True, kw_only=True)
class PairFeed:
    """A ``[[feed]]``: pairs of names of a KB, or mentions of a corpus with names of a KB.

    :param kb: whose names they are.
    :param weight: the share of pairs that come from it.
    :param corpus: where mentions come from; without one both strings are names.
    :param types: entity types of the corpus' mentions that count; by default all.
    :param shares: for a KB alone: how often concepts are drawn whose id begins in a certain way;
        by default once.
    """

    kb: str
    weight: float
    corpus: str | None = None
    types: tuple[str, ...] | None = None
    shares: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PairTraining:
    """``[training]``.

    :param steps: how many.
    :param batch: pairs in each.
    :param lr: the highest; it falls to nothing in a line.
    :param warmup: steps until it is reached.
    :param scale: what cosines are multiplied by before the softmax.
    :param near: how many pairs of near concepts stand in a batch together, so that each is a hard
        negative for the others; 1 for chance alone.
    :param pool: among the pairs of how many batches near ones are sought.
    :param altered: share of names that are written otherwise, see
        :mod:`biotk.training.alterations`.
    :param held: of so many concepts one is left out of the pairs, to see how well names are told
        apart that were never seen.
    :param checkpoint_every: steps between checkpoints.
    :param evaluate_every: steps between figures.
    :param bf16: whether products are worked out in bfloat16.
    """

    steps: int
    batch: int = 128
    lr: float = 2e-4
    warmup: int = 100
    scale: float = 20.0
    near: int = 4
    pool: int = 64
    altered: float = 0.1
    held: int = 50
    checkpoint_every: int = 200
    evaluate_every: int = 400
    bf16: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderRecipe(RecipeFile):
    """How a synonym encoder is trained.

    :param shape: of the network.
    :param training: how long, and how.
    :param encoder: the sentence encoder: a folder, or the name of a hub model; by default
        all-MiniLM-L6-v2, wherever it is found.
    :param max_pieces: how much is read of a string.
    """

    shape: SynonymConfig
    training: PairTraining
    feeds: tuple[PairFeed, ...]
    kbs: tuple[KbRecipe, ...]
    corpora: tuple[DocumentsRecipe, ...] = ()
    held: tuple[HeldRecipe, ...] = ()
    encoder: str | None = None
    max_pieces: int = MAX_PIECES


def read_encoder_recipe(path: Path | str, *, data: Path | None = None) -> EncoderRecipe:
    """Read a recipe.

    :param path: the TOML file.
    :param data: what its paths are relative to; by default its own folder.
    :raises InputError: it cannot be read, or something in it is missing, of a wrong type, or makes
        no sense. The message names the file, the table and the key.
    :raises UnknownNameError: it holds a key, or a name of something, that there is not.
    """
    path = Path(path)
    raw, head = read_head(path, data, keys=_TOP, needed=("name", "kb", "training", "feed"))
    model = dict(table_of(raw.get("model", {}), f"{path}: [model]"))
    check_keys(f"{path}: [model]", model, ["encoder", "max_pieces", *_shape_keys()])
    shape = {key: model.pop(key) for key in _shape_keys() if key in model}
    training = table_of(raw["training"], f"{path}: [training]")
    feeds = recipe_tables(raw, "feed", path)
    recipe = EncoderRecipe(
        **head,
        shape=make(SynonymConfig, shape, f"{path}: [model]"),
        training=make(PairTraining, training, f"{path}: [training]"),
        feeds=tuple(
            make(PairFeed, each, f"{path}: [[feed]] {number}")
            for number, each in enumerate(feeds, 1)
        ),
        kbs=tuple(kb_table(each, path, head["data"]) for each in recipe_tables(raw, "kb", path)),
        corpora=tuple(
            documents_table(each, path, "corpus") for each in recipe_tables(raw, "corpus", path)
        ),
        held=tuple(held_table(each, path) for each in recipe_tables(raw, "held", path)),
        encoder=_optional(model, "encoder", str, path),
        max_pieces=_optional(model, "max_pieces", int, path) or MAX_PIECES,
    )
    _check(recipe)
    return recipe


def _shape_keys() -> list[str]:
    return [each.name for each in fields(SynonymConfig)]


def _optional(model: Mapping[str, Any], key: str, kind: type, path: Path) -> Any:
    return value_as(model[key], kind, f"{path}: [model] {key}") if key in model else None


def _check(recipe: EncoderRecipe) -> None:
    """Check ranges, and what the tables say of one another."""
    path, training = recipe.path, recipe.training
    for name in ("steps", "near", "pool", "checkpoint_every", "evaluate_every"):
        check_range(f"{path}: [training] {name}", getattr(training, name), least=1)
    for name in ("batch", "held"):
        check_range(f"{path}: [training] {name}", getattr(training, name), least=2)
    check_range(f"{path}: [training] warmup", training.warmup, least=0)
    check_range(f"{path}: [training] altered", training.altered, least=0, most=1)
    for name in ("lr", "scale"):
        check_range(f"{path}: [training] {name}", getattr(training, name), least=0, above=True)
    check_range(f"{path}: [model] max_pieces", recipe.max_pieces, least=1)
    kbs = [each.name for each in recipe.kbs]
    corpora = [each.name for each in recipe.corpora]
    check_table_names(path, "kb", kbs)
    check_table_names(path, "corpus", corpora)
    check_table_names(path, "held", [each.name for each in recipe.held])
    if not recipe.feeds:
        raise InputError(f"{path}: there is no [[feed]]")
    for number, feed in enumerate(recipe.feeds, 1):
        place = f"{path}: [[feed]] {number}:"
        check_range(f"{place} weight", feed.weight, least=0, above=True)
        if feed.kb not in kbs:
            raise UnknownNameError(f"kb in {place}", feed.kb, kbs)
        if feed.corpus is not None and feed.corpus not in corpora:
            raise UnknownNameError(f"corpus in {place}", feed.corpus, corpora)
    for held in recipe.held:
        if held.kb is not None and held.kb not in kbs:
            raise UnknownNameError(f"kb in {path}: [[held]] {held.name}:", held.kb, kbs)
