"""The options by which commands are told how to link."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

_LINKERS = (
    "cascade (names where they answer, with a model for the rest), lexical, generative, dense "
    "(near vectors), fused (all of these) or routed (a model where it is worth it)"
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
        help="The model of the linkers cascade, generative, fused and routed: biotk-mini; none "
        "lets the fused linker do without.",
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
        help="What makes vectors, for the linkers dense and fused: biotk-encoder; `biotk train "
        "encoder` makes others.",
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
Learned = Annotated[
    str | None,
    typer.Option(
        "--learned-names",
        metavar="FILE",
        help="What annotators meant by mentions, as `biotk train names` wrote it; biotk-names "
        "comes with BioTK, and is taken by all linkers but lexical; none is without.",
    ),
]
CalibrationOption = Annotated[
    str | None,
    typer.Option(
        "--calibration",
        metavar="FILE",
        help="How likely answers are right, as `biotk calibrate` wrote it; "
        "biotk-calibration comes with BioTK, for the linker cascade.",
    ),
]
RouterOption = Annotated[
    str | None,
    typer.Option(
        "--router",
        metavar="FILE",
        help="What chooses the way of each mention for the linker routed, as `biotk train router` "
        "wrote it: biotk-router.",
    ),
]
Dial = Annotated[
    float | None,
    typer.Option(
        min=0.0,
        max=1.0,
        help="How much the linker routed asks, from 0, names alone, to 1, all that there is: 0.5.",
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
