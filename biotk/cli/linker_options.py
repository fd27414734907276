"""The options by which commands are told how to link."""

from __future__ import annotations

from typing import Annotated

import typer

_LINKERS = "lexical, generative or cascade"

LinkerName = Annotated[
    str,
    typer.Option(
        help=f"How mentions are linked: {_LINKERS} (names first, then the model).",
    ),
]
OtherLinker = Annotated[
    str | None,
    typer.Option("--linker", help=f"Another linker for the pipeline: {_LINKERS}."),
]
Model = Annotated[
    str | None,
    typer.Option(metavar="NAME_OR_FOLDER", help="The model of the linkers generative and cascade."),
]
