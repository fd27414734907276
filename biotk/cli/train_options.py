"""What the training commands share: the options."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Run = Annotated[Path, typer.Option("--out", "-o", metavar="RUN", help="The run's folder.")]
Root = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="ROOT",
        help="Where the recipe's paths begin.",
        show_default="its own folder",
    ),
]
Processes = Annotated[
    int, typer.Option(min=1, help="That train together, each with batches of its own.")
]
Threads = Annotated[int, typer.Option(min=1, help="In each process.")]
Device = Annotated[
    str, typer.Option(help="cpu, or a GPU as torch names it: cuda. There one process trains.")
]
OneDevice = Annotated[str, typer.Option(help="cpu, or a GPU as torch names it: cuda.")]
Resume = Annotated[
    bool,
    typer.Option(
        "--resume/--fresh", help="Go on from the last checkpoint, or throw away what was trained."
    ),
]
Minutes = Annotated[
    float | None,
    typer.Option(min=0.0, metavar="M", help="Stop after so many, with a checkpoint."),
]
