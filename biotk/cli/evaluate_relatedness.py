"""``biotk evaluate relatedness``: what a space of SNPs and concepts makes of concepts alone."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from biotk.cli.evaluate_options import Json, Kb
from biotk.cli.evaluate_report import show_report
from biotk.cli.space_option import DEFAULT_SPACE, SpaceName, space_folder


def relatedness_cli(
    kb: Kb,
    space: SpaceName = DEFAULT_SPACE,
    n: Annotated[int, typer.Option(min=2, help="How many concepts are asked about.")] = 500,
    seed: Annotated[int, typer.Option(min=0, help="Fixes which.")] = 0,
    as_json: Json = False,
) -> None:
    """Tell whether related concepts of a KB lie near one another, and names of one concept.

    Relatedness is the distance in the KB's hierarchy, which is not trained on; beside it stands the
    frozen sentence encoder.

    For example:

    biotk evaluate relatedness --kb mondo --space runs/generel/model
    """
    show_report(evaluate_relatedness(kb, space=space, n=n, seed=seed), as_json=as_json)


def evaluate_relatedness(kb: str, *, space: str, n: int, seed: int) -> dict[str, Any]:
    """Evaluate a space; see :mod:`biotk.genomics.evaluate_concepts`."""
    from biotk.genomics.evaluate_concepts import evaluate_concepts
    from biotk.genomics.space import load_space
    from biotk.kb.default import resolve_kb

    loaded = load_space(space_folder(space), index="exact")
    return {**evaluate_concepts(loaded, resolve_kb(kb), n=n, seed=seed), "space": space}
