"""What the commands of ``biotk evaluate`` share: the options."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Half(StrEnum):
    """Which documents of a dev set: those that tune, those that are reported, or both."""

    tuning = "tuning"
    reported = "reported"
    both = "both"


Corpus = Annotated[
    Path, typer.Option("--corpus", help="Annotated documents: PubTator or JSONL, .gz too.")
]
Kb = Annotated[str, typer.Option("--kb", help="A KB's directory, or the name of an embedded one.")]
PipelineName = Annotated[str, typer.Option("--pipeline", help="A pipeline's name or folder.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object instead of a table.")]
WhichHalf = Annotated[
    Half, typer.Option(help="Only half of the documents, by a hash of their ids.")
]
LowCoverage = Annotated[
    bool,
    typer.Option("--allow-low-coverage", help="Go on if fewer than half of the ids are in the KB."),
]
