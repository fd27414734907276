"""The option that names a space of SNPs and concepts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

SpaceName = Annotated[
    str, typer.Option(help="The space: a folder, or the name of one that comes with BioTK.")
]
#: The one that comes with BioTK.
DEFAULT_SPACE = "biotk-generel"


def space_folder(space: str) -> Path:
    """:returns: the folder of a space that is named, one of the user's or one of ours.

    :raises UnknownNameError: it is neither.
    """
    from biotk.resources import resource_path

    return Path(space) if Path(space).is_dir() else resource_path("models", space)
