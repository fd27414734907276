"""The options by which commands are told how to link."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

_LINKERS = (
    "cascade (names where they answer, with a model for the rest), lexical, generative, dense "
    "(near vectors) or fused (all of these)"
)

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
        help="The model of the linkers cascade, generative and fused: biotk-mini; none lets the "
        "fused linker do without.",
    ),
]
Fusion = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="What the fused linker weighs, as `biotk train fusion` wrote it."
    ),
]
Encoder = Annotated[
    str | None,
    typer.Option(
        metavar="NAME_OR_FOLDER",
        help="What makes vectors for the linkers dense and fused, which need it: none comes with "
        "BioTK yet, and `biotk train encoder` makes one.",
    ),
]
Nil = Annotated[
    str | None,
    typer.Option(
        "--nil",
        metavar="STRATEGY",
        help="How NIL is decided: none, threshold, prune, mass, calibrated, calibrated-part. "
        "Without it as the linker itself does, or calibrated with a calibration.",
    ),
]
CalibrationOption = Annotated[
    str | None,
    typer.Option(
        "--calibration",
        metavar="FILE",
        help="How likely answers are right, as `biotk calibrate` wrote it.",
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
