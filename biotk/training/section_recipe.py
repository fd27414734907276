"""The recipe of a section model: a TOML file, checked before anything is done with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from biotk.errors import InputError, UnknownNameError
from biotk.kb.toml_values import check_range, make, read_toml
from biotk.sections.formats import FORMATS

_SHARES = (
    "as_is", "mixed", "parts_apart", "headless", "retitled", "mess", "numbers", "documents",
    "hidden", "held",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SectionRecipe:
    """What a section model is trained on, and how.

    :param name: of the model.
    :param seed: of all that is drawn.
    :param notes: notes with sections: a corpus as ``biotk evaluate sections`` reads it.
    :param left_out: stand-off gold: its notes, and all that are nearly the same, are left out.
    :param annotated: stand-off gold to train on, in the place of what rules say of these notes.
    :param annotated_weight: how often such a note is drawn for once of another.
    :param categories: MTS-Dialog's CSV, for categories; None for none.
    :param titles: headings as SecTag lists them, put in the place of some; None for none.
    :param formats: what headings are rewritten to.
    :param steps: batches.
    :param batch: notes in each.
    :param learning_rate: the highest; it falls to nothing along half a cosine.
    :param as_is: share of notes that keep their own headings.
    :param mixed: share of notes whose headings are of several formats.
    :param parts_apart: share of notes the parts of whose sections are of another format.
    :param drop_doubtful: take out lines that rules leave open, such as "Attitude: Calm.", for notes
        whose headings rules have found.
    :param headless: share of notes that lose all headings.
    :param retitled: share of headings that get another title.
    :param mess: share of notes into whose bodies fields, tables and signatures are strewn.
    :param numbers: share of headings whose text is made to begin with a number: "2+ edema."
    :param documents: share of notes that get the title of a document ("DISCHARGE SUMMARY").
    :param hidden: share of notes in which a kind of cue is hidden from the network, in headings and
        bodies alike: what letters are capitals, blank lines, colons and stops, what follows a
        title, its words. Each kind is drawn by itself.
    :param held: share of notes held for figures.
    """

    name: str
    notes: str
    left_out: tuple[str, ...] = ()
    annotated: tuple[str, ...] = ()
    annotated_weight: int = 4
    categories: str | None = None
    titles: str | None = None
    formats: tuple[str, ...] = tuple(FORMATS)
    seed: int = 13
    steps: int = 1500
    batch: int = 16
    learning_rate: float = 3e-3
    as_is: float = 0.2
    mixed: float = 0.2
    parts_apart: float = 0.2
    drop_doubtful: bool = False
    headless: float = 0.06
    retitled: float = 0.15
    mess: float = 0.3
    numbers: float = 0.08
    documents: float = 0.08
    hidden: float = 0.2
    held: float = 0.05


def read_section_recipe(path: Path | str, *, data: Path | None = None) -> SectionRecipe:
    """Read a recipe; its paths come back with the root before them.

    :param data: what its paths are relative to; by default its own folder. Stand-off gold stands
        beside the recipe, wherever the data is.
    :raises InputError: something in it is missing, of a wrong type, or makes no sense.
    :raises UnknownNameError: it holds a key or a format that there is not.
    """
    path = Path(path)
    raw = dict(read_toml(path))
    root = path.parent if data is None else data
    for key in ("notes", "categories", "titles"):
        if isinstance(raw.get(key), str):
            raw[key] = str(root / raw[key])
    recipe = make(SectionRecipe, raw, str(path))
    recipe = replace(
        recipe,
        left_out=tuple(str(path.parent / each) for each in recipe.left_out),
        annotated=tuple(str(path.parent / each) for each in recipe.annotated),
    )
    for name in recipe.formats:
        if name not in FORMATS:
            raise UnknownNameError("format of headings", name, FORMATS)
    if not recipe.formats:
        raise InputError(f"{path}: formats is empty")
    for key in _SHARES:
        check_range(f"{path}: {key}", getattr(recipe, key), least=0, most=1)
    for key in ("steps", "batch", "annotated_weight"):
        check_range(f"{path}: {key}", getattr(recipe, key), least=1)
    check_range(f"{path}: learning_rate", recipe.learning_rate, least=0, above=True)
    return recipe


def without_formats(recipe: SectionRecipe, names: Sequence[str]) -> SectionRecipe:
    """:returns: the recipe without some formats of headings.

    :raises UnknownNameError: it has no such format.
    :raises InputError: none is left.
    """
    for name in names:
        if name not in recipe.formats:
            raise UnknownNameError("format of headings", name, recipe.formats)
    left = tuple(name for name in recipe.formats if name not in names)
    if not left:
        raise InputError("no format of headings is left to train on")
    return replace(recipe, formats=left)
