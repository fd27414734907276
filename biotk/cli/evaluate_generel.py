"""``biotk evaluate generel``: a space of SNPs and concepts on an association table."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from biotk.cli.evaluate_report import show_report, tell_problems
from biotk.cli.output import say
from biotk.cli.space_option import DEFAULT_SPACE, SpaceName, space_folder


def generel_cli(
    pairs: Annotated[
        Path,
        typer.Option(help="An association table in any layout that is read; .gz too."),
    ],
    space: SpaceName = DEFAULT_SPACE,
    kb: Annotated[
        list[Path] | None,
        typer.Option(help="A KB to look traits up in before the space's own names; repeatable."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Fixes the negatives.")] = 0,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object instead of a table.")
    ] = False,
) -> None:
    """Tell pairs of SNPs and traits from matched pairs that are known nowhere.

    Every row is a positive. A negative has another SNP of the table, or another trait of the same
    type, with about as many known links. Baselines know the links that the space was trained on.
    n_trained_on tells how many of the pairs are among these.

    For example:

    biotk evaluate generel --pairs held_out.tsv.gz --json

    biotk evaluate generel --pairs mine.parquet --space runs/generel/model --seed 7
    """
    report = evaluate_generel(pairs, space=space, kbs=kb or (), seed=seed)
    show_report(report, as_json=as_json)


def evaluate_generel(
    pairs: Path, *, space: str = DEFAULT_SPACE, kbs: Any = (), seed: int = 0
) -> dict[str, Any]:
    """Evaluate a space; see ``docs/generel.md``."""
    from biotk.errors import Problems
    from biotk.genomics.evaluate_space import SpaceQuestions, read_pairs
    from biotk.genomics.space import load_space
    from biotk.kb import open_kb
    from biotk.nn.node2vec import has_node2vec

    loaded = load_space(space_folder(space), index="exact")
    problems = Problems()
    read = read_pairs(pairs, loaded, kbs=[open_kb(each) for each in kbs], problems=problems)
    tell_problems(problems, pairs)
    if not has_node2vec():
        say("node2vec is left out of the baselines: pip install 'biotk[baselines]' brings it")
    return {**SpaceQuestions(loaded, read, seed=seed).report(), "space": space}
