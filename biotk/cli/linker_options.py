"""The options by which commands are told how to link."""

from __future__ import annotations

from typing import Annotated

import typer

_LINKERS = "cascade (names where they answer, with a model for the rest), lexical or generative"

LinkerName = Annotated[
    str,
    typer.Option(
        help=f"How mentions are linked: {_LINKERS}.",
    ),
]
OtherLinker = Annotated[
    str | None,
    typer.Option("--linker", help=f"Another linker for the pipeline: {_LINKERS}."),
]
Model = Annotated[
    str | None,
    typer.Option(
        metavar="NAME_OR_FOLDER",
        help="The model of the linkers cascade and generative: biotk-mini.",
    ),
]
ShortlistOption = Annotated[
    str | None,
    typer.Option(
        "--shortlist",
        metavar="trie|subset",
        help="The model chooses among n-gram candidates alone: over a small trie of their names, "
        "or over that part of the whole trie.",
    ),
]
