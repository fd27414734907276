"""The options by which commands are told how to find mentions."""

from __future__ import annotations

from typing import Annotated

import typer

OtherDetector = Annotated[
    str | None,
    typer.Option(
        "--detector",
        help="Another detector for the pipeline: dictionary (names of the KB), tagger (a trained "
        "model), or both (the model, and names where it finds nothing).",
    ),
]
Tagger = Annotated[
    str | None,
    typer.Option(
        "--tagger",
        metavar="NAME_OR_FOLDER",
        help="The model of the detectors tagger and both.",
    ),
]
