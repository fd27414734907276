"""Segmenters by name."""

from __future__ import annotations

from pathlib import Path

from biotk.errors import UnknownNameError
from biotk.resources import list_resources, resource_path
from biotk.sections.model import SectionModel
from biotk.sections.segmenter import HeadingFinder, HeadingRules, SectionSegmenter, StrictFinder

#: The embedded model, and the rules that need none.
DEFAULT, RULES = "biotk-sections", "rules"


def load_segmenter(
    model: str | Path = DEFAULT, *, rules: HeadingRules | None = None, nested: bool = False
) -> SectionSegmenter:
    """Load what splits texts into sections.

    :param model: a model's folder, the name of an embedded one, or ``rules`` for none.
    :param rules: the user's rules, which have the last word about a line.
    :param nested: let a section reach over its parts, which name it as their parent.
    :raises InputError: there is no such model, or it cannot be read.
    """
    return SectionSegmenter(_finder(model), rules=rules, nested=nested)


def _finder(model: str | Path) -> HeadingFinder:
    if model == RULES:
        return StrictFinder()
    folder = Path(model)
    if not folder.is_dir() and str(model) in list_resources("models"):
        folder = resource_path("models", str(model))
    elif not folder.is_dir():
        known = [name for name in list_resources("models") if "sections" in name]
        raise UnknownNameError("section model", str(model), [RULES, *known])
    return SectionModel.load(folder)
