"""``biotk train names``: what annotators linked, as a table that linkers look up."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from biotk.cli.evaluate_corpus import read_corpus
from biotk.cli.output import say


def names_cli(
    corpora: Annotated[
        list[Path],
        typer.Argument(metavar="CORPUS...", help="Annotated documents: PubTator, JSON Lines, .gz."),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="The table to write.")],
    held_out: Annotated[
        list[Path] | None,
        typer.Option(
            help="A corpus that figures are reported on: its documents teach nothing, under "
            "whatever id; may be given again."
        ),
    ] = None,
) -> None:
    """Count which concepts annotators meant by which mentions.

    The table is one of strings and ids, without a KB: it serves any KB that knows the ids, through
    cross-references too. A short form that its document explains counts as its long form.

    For example:

    biotk train names train.pubtator --held-out dev.pubtator -o learned.tsv

    biotk link "sugar diabetes" --kb mesh --learned-names learned.tsv
    """
    from biotk.candidates.learned import count_mentions, write_counts
    from biotk.evaluation.split import without_held_out

    held = [document for path in held_out or () for document in read_corpus(path)]
    documents, seen = [], set[str]()
    for path in corpora:
        read = read_corpus(path)
        kept = [each for each in without_held_out(read, held) if each.id not in seen]
        seen.update(each.id for each in kept)
        say(f"{path.name}: {len(kept):,} of {len(read):,} documents")
        documents += kept
    rows = count_mentions(documents)
    write_counts(out, rows)
    say(f"{len({text for text, *_ in rows}):,} mentions")
    typer.echo(str(out))
