"""The recipe of a tagger: a TOML file, checked before anything is done with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from biotk.errors import InputError, UnknownNameError
from biotk.io import FORMATS
from biotk.kb.toml_values import check_keys, check_range, make, table_of, tables_of
from biotk.training.recipe import RecipeFile
from biotk.training.recipe_file import read_head
from biotk.training.schedule import Schedule

_TOP = ("name", "seed", "model", "corpus", "held", "train")


@dataclass(frozen=True, slots=True, kw_only=True)
class TaggerShape:
    """``[model]``.

    :param types: of mentions, in order; what corpora call them, corpora say.
    :param encoder: the sentence encoder: a folder, or the name of a hub model; by default
        all-MiniLM-L6-v2, wherever it is found.
    :param tuned_layers: how many of the encoder's upper layers are trained.
    :param inner: width between the encoder and the labels.
    :param window: the most pieces that are read at once.
    :param overlap: pieces that neighbouring windows have in common, when a text is tagged.
    """

    types: tuple[str, ...]
    encoder: str | None = None
    tuned_layers: int = 6
    inner: int = 256
    window: int = 160
    overlap: int = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class TaggerCorpus:
    """A ``[[corpus]]``, or a ``[[held]]``.

    :param name: what figures call it.
    :param paths: files, or whole folders.
    :param types: the types that it annotates, and what the tagger calls them: of all others it
        teaches nothing. By default those that it has, by their common names.
    :param format: one of :data:`biotk.io.FORMATS`; found out by default.
    :param weight: of a corpus: the share of windows that come from it, beside the other weights.
    :param held: of a corpus: the share of its documents that are held for figures. Nothing is
        tuned on them.
    :param every: of what is held: only every so manieth document, to save time.
    """

    name: str
    paths: tuple[str, ...]
    types: Mapping[str, str] = field(default_factory=dict)
    format: str | None = None
    weight: float = 1.0
    held: float = 0.0
    every: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class TaggerTraining:
    """``[train]``, but for steps and rates, which are a :class:`Schedule`.

    :param evaluate_every: steps between evaluations, each with a checkpoint.
    :param patience: evaluations in a row without a better one that end it; 0 for never.
    :param average: what is kept, at each step, of the mean of the weights; it is the model.
    :param short: share of windows that are shorter, of any length.
    :param recase: share of windows read as if written in capitals; half as many in small letters.
    """

    evaluate_every: int = 320
    patience: int = 0
    average: float = 0.998
    short: float = 0.2
    recase: float = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class TaggerRecipe(RecipeFile):
    """How a tagger is trained."""

    model: TaggerShape
    corpora: tuple[TaggerCorpus, ...]
    held: tuple[TaggerCorpus, ...]
    schedule: Schedule
    training: TaggerTraining


def read_tagger_recipe(path: Path | str, *, data: Path | None = None) -> TaggerRecipe:
    """Read a recipe.

    :param path: the TOML file.
    :param data: what its paths are relative to; by default its own folder.
    :raises InputError: it cannot be read, something in it is missing, of a wrong type, or makes no
        sense, or a file that it names is not there. The message names the table and the key.
    :raises UnknownNameError: it holds a key, or a name of something, that there is not.
    """
    path = Path(path)
    raw, head = read_head(path, data, keys=_TOP, needed=("name", "model", "corpus", "train"))
    schedule, training = _train(raw["train"], f"{path}: [train]", head["seed"])
    corpora, held = _corpora(raw, path, "corpus"), _corpora(raw, path, "held")
    recipe = TaggerRecipe(
        **head,
        model=make(TaggerShape, table_of(raw["model"], f"{path}: [model]"), f"{path}: [model]"),
        corpora=corpora,
        held=held,
        schedule=schedule,
        training=training,
    )
    _check(recipe)
    return recipe


def _train(raw: Any, place: str, seed: int) -> tuple[Schedule, TaggerTraining]:
    table = table_of(raw, place)
    own = {each.name for each in fields(TaggerTraining)}
    rates = {each.name for each in fields(Schedule)} - {"seed"}
    check_keys(place, table, sorted(own | rates))
    training = make(TaggerTraining, {k: v for k, v in table.items() if k in own}, place)
    steps = {k: v for k, v in table.items() if k not in own}
    schedule = make(Schedule, steps, place, seed=seed)
    for key in ("short", "recase"):
        check_range(f"{place}: {key}", getattr(training, key), least=0, most=0.6)
    check_range(f"{place}: average", training.average, least=0, most=0.99999)
    check_range(f"{place}: evaluate_every", training.evaluate_every, least=1)
    for key in ("steps", "batch"):
        check_range(f"{place}: {key}", getattr(schedule, key), least=1)
    for key in ("dropout", "smoothing"):
        check_range(f"{place}: {key}", getattr(schedule, key), least=0, most=0.9)
    for key in ("lr", "encoder_lr"):
        check_range(f"{place}: {key}", getattr(schedule, key), least=0, most=1)
    check_range(f"{place}: clip", schedule.clip, least=0, above=True)
    return schedule, training


def _corpora(raw: Mapping[str, Any], path: Path, table: str) -> tuple[TaggerCorpus, ...]:
    found: list[TaggerCorpus] = []
    for number, each in enumerate(tables_of(raw.get(table, []), f"{path}: {table}"), 1):
        place = f"{path}: [[{table}]] {each.get('name') or number}"
        made = make(TaggerCorpus, each, place)
        if made.format is not None and made.format not in FORMATS:
            raise UnknownNameError(f"format in {place}:", made.format, FORMATS)
        check_range(f"{place}: weight", made.weight, least=0, above=True)
        check_range(f"{place}: held", made.held, least=0, most=0.9)
        check_range(f"{place}: every", made.every, least=1)
        if made.name in [other.name for other in found]:
            raise InputError(f"{path}: two [[{table}]] are named {made.name!r}")
        found.append(made)
    return tuple(found)


def _check(recipe: TaggerRecipe) -> None:
    """Check what the tables say of one another, and that there is what they name."""
    types = recipe.model.types
    if not types or len(set(types)) < len(types):
        raise InputError(
            f"{recipe.path}: [model]: types is {list(types)!r}, expected one or more, each once"
        )
    if not recipe.corpora:
        raise InputError(f"{recipe.path}: there is no [[corpus]]")
    for table, corpora in (("corpus", recipe.corpora), ("held", recipe.held)):
        for corpus in corpora:
            place = f"{recipe.path}: [[{table}]] {corpus.name}"
            if not corpus.paths:
                raise InputError(f"{place}: paths is empty, expected files or folders")
            for name in corpus.types.values():
                if name not in types:
                    raise UnknownNameError(f"type in {place}:", name, types)
            for each in corpus.paths:
                if not recipe.place(each).exists():
                    raise InputError(
                        f"{place}: {recipe.place(each)} is missing. Paths begin in {recipe.data}; "
                        "--data takes another folder"
                    )
