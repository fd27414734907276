"""What a recipe names has to be there: looked at before knowledge bases are built."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from biotk.errors import InputError
from biotk.kb.manifest import MANIFEST
from biotk.linking.generator import find_model
from biotk.nn.encoder_files import find_encoder
from biotk.nn.genbioel_format import GenbioelFormat
from biotk.nn.mini_files import check_mini
from biotk.training.recipe import DocumentsRecipe, HeldRecipe, KbRecipe, MiniRecipe, Recipe


class Sources(Protocol):
    """What recipes of all kinds of models name alike."""

    @property
    def path(self) -> Path:
        """The recipe's file."""

    @property
    def data(self) -> Path:
        """Where relative paths begin."""

    @property
    def kbs(self) -> tuple[KbRecipe, ...]:
        """Knowledge bases."""

    @property
    def corpora(self) -> tuple[DocumentsRecipe, ...]:
        """Annotated corpora."""

    @property
    def held(self) -> tuple[HeldRecipe, ...]:
        """Documents that are not trained on."""

    def place(self, path: str) -> Path:
        """:returns: a path of the recipe, from the data root."""


def kb_place(recipe: Sources, kb: KbRecipe, out: Path) -> Path | None:
    """:returns: where a KB is, or is to be built; None where it comes with BioTK."""
    if kb.path is None:
        return out / "kb" / kb.name
    place = recipe.place(kb.path)
    return place if place.exists() else None


def model_place(recipe: Sources, name: str) -> str | Path:
    """:returns: the folder, seen from the recipe's data or from here; else a name of a hub."""
    place = recipe.place(name)
    return place if place.is_dir() else name


def base_place(recipe: Recipe, name: str) -> Path:
    """Find the biotk-mini to go on from.

    :param name: a folder, seen from the recipe's data or from here, or the name of a model that
        comes with BioTK.
    :raises InputError: there is none.
    """
    place = recipe.place(name)
    place = place if place.is_dir() else Path(find_model(name))
    if not place.is_dir():
        raise InputError(f"{recipe.path}: [model] base: {name} is no folder")
    return place


def check_places(recipe: Recipe, out: Path) -> None:
    """Find out what is not there.

    :param out: the folder of the run; sources of KBs that it has built are not needed any more.
    :raises InputError: a file or a folder is missing, or the model to begin with is, or it is none
        that can be trained.
    """
    model = recipe.model
    if isinstance(model, MiniRecipe) and model.base is not None:
        check_mini(base_place(recipe, model.base))
    elif isinstance(model, MiniRecipe):
        find_encoder(None if model.encoder is None else model_place(recipe, model.encoder))
    else:
        GenbioelFormat.load(model_place(recipe, model.base))
    check_sources(recipe, out, texts=recipe.texts)


def check_sources(recipe: Sources, out: Path, *, texts: Sequence[DocumentsRecipe] = ()) -> None:
    """Find out which files of a recipe are not there.

    :param out: the folder of the run.
    :param texts: raw text that it names.
    :raises InputError: one is missing.
    """
    for kb in recipe.kbs:
        place = kb_place(recipe, kb, out)
        if kb.build is not None and place is not None and not (place / MANIFEST).is_file():
            for source in kb.build.sources:
                _check(recipe, f"[[kb]] {kb.name}", source.path)
    for table, entries in (("corpus", recipe.corpora), ("text", texts)):
        for entry in entries:
            for path in entry.paths:
                _check(recipe, f"[[{table}]] {entry.name}", recipe.place(path))
    for held in recipe.held:
        for path in held.paths:
            _check(recipe, f"[[held]] {held.name}", recipe.place(path))


def _check(recipe: Sources, table: str, place: Path) -> None:
    if not place.exists():
        raise InputError(
            f"{recipe.path}: {table}: {place} is missing. Paths begin in {recipe.data}; --data "
            "takes another folder"
        )
