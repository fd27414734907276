"""``biotk snp find``: the variants of a text, or of files."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from biotk.cli.output import FAILED, say, stdout_console
from biotk.errors import InputError, Problems

if TYPE_CHECKING:
    from biotk.document import Document
    from biotk.genomics import Variant


def find_cli(
    inputs: Annotated[
        list[str] | None,
        typer.Argument(metavar="TEXT_OR_FILE...", help="A text, or files with some."),
    ] = None,
    text: Annotated[
        str | None, typer.Option("--text", help="A text, even if there is a file of that name.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object a variant instead of a table.")
    ] = False,
) -> None:
    """Find variants: rsIDs, HGVS, protein changes, changes told in words, star alleles.

    What is a file (or a folder) is read: text, JSON Lines, PubTator, .gz of these; - is stdin.
    Anything else is taken for a text. Offsets are 0-based and count characters.

    For example:

    biotk snp find "BRAF V600E (c.1799T>A), CYP2C19*2/*17, rs7903146"

    biotk snp find abstracts.pubtator --json > variants.jsonl
    """
    if bool(inputs) == (text is not None):
        raise InputError("give a text or files, or --text TEXT")
    problems = Problems()
    found = find_in(_documents(inputs or [], text, problems))
    if as_json:
        for document, variant in found:
            typer.echo(json_line(document, variant))
    else:
        print_table(found)
    for problem in problems.kept[:5]:
        say(str(problem))
    if problems.count:
        if problems.count > 5:
            say(f"{problems.count:,} problems in all")
        raise typer.Exit(FAILED)


def _documents(inputs: list[str], text: str | None, problems: Problems) -> Iterator[Document]:
    from biotk.document import Document
    from biotk.io.documents import iter_inputs

    if text is not None:
        yield Document("text", text)
        return
    for given in inputs:
        if given == "-" or _is_path(given):
            yield from iter_inputs([Path(given)], problems=problems)
        elif _looks_like_path(given):
            raise InputError(f"there is no file {given!r}; if it is a text, give it with --text")
        else:
            yield Document("text", given)


def _is_path(given: str) -> bool:
    try:
        return Path(given).exists()
    except (OSError, ValueError):  # too long for a name, or a sign that no name may have
        return False


def _looks_like_path(given: str) -> bool:
    endings = (".txt", ".jsonl", ".pubtator", ".gz", ".csv", ".tsv", ".json", "/")
    return not any(sign.isspace() for sign in given) and given.endswith(endings)


def find_in(documents: Iterable[Document]) -> Iterator[tuple[Document, Variant]]:
    """Find the variants of documents, one document after another."""
    from biotk.genomics import find_variants

    for document in documents:
        for variant in find_variants(document.text):
            yield document, variant


def json_line(document: Document, variant: Variant) -> str:
    """:returns: a variant as one line of JSON."""
    return json.dumps(
        {
            "document": document.id,
            "start": variant.start,
            "end": variant.end,
            "text": variant.text,
            "kind": variant.kind,
            "normalised": variant.normalised,
            "reference": variant.reference,
            "gene": variant.gene,
        },
        ensure_ascii=False,
    )


def print_table(found: Iterable[tuple[Document, Variant]]) -> None:
    """Print variants, a row each; of several documents with their ids."""
    from rich.box import SIMPLE
    from rich.table import Table
    from rich.text import Text

    rows = list(found)
    several = len({document.id for document, _ in rows}) > 1
    columns = ["document"] if several else []
    table = Table(*columns, "start", "end", "mention", "kind", "normalised", "gene", box=SIMPLE)
    for document, v in rows:
        mention = " ".join("".join(c if c.isprintable() else " " for c in v.text).split())
        cells = [str(v.start), str(v.end), mention, v.kind, v.normalised, v.gene or ""]
        table.add_row(*(Text(cell) for cell in ([document.id] if several else []) + cells))
    if rows:
        stdout_console().print(table)
    else:
        say("no variant was found")
