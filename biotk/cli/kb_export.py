"""``biotk kb export``: a part of a KB as a KB of its own, or as a file for other tools."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from biotk.cli.kb_argument import Kb, open_named
from biotk.cli.output import ShowProgress, progress_bar, say
from biotk.cli.subset_options import Branch, Ids, PartOptions, Source, Subset, Types
from biotk.errors import KbExistsError

if TYPE_CHECKING:
    from biotk.kb import KbSubset, KnowledgeBase
    from biotk.kb.export import ExportReport
    from biotk.types import Concept


class Form(StrEnum):
    """What an export writes."""

    kb = "kb"
    jsonl = "jsonl"
    scispacy = "scispacy"
    tsv = "tsv"


def export_cli(
    kb: Kb,
    out: Annotated[Path, typer.Option("--out", "-o", help="The directory or file to make.")],
    form: Annotated[
        Form | None,
        typer.Option(
            "--format",
            help="A KB; scispaCy's JSON Lines, with all that BioTK adds or with its own keys "
            "alone; or a table. Without it told by the end of OUT: .jsonl or .tsv, .gz too; "
            "else a KB.",
        ),
    ] = None,
    types: Types = None,
    source: Source = None,
    branch: Branch = None,
    ids: Ids = None,
    subset: Subset = None,
    reattach: Annotated[
        bool,
        typer.Option(
            "--reattach", help="Where a parent is left out, take the nearest ancestors inside."
        ),
    ] = False,
    name: Annotated[
        str | None, typer.Option(help="The new KB's name; without it, that of the directory.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what is there.")] = False,
) -> None:
    """Write a part of a KB, or all of it, as a KB of its own or as a file.

    Names, definitions, other ids and cross-references are kept, and in a KB the sources with
    their releases and licences: what you may pass on is up to these. Parents that are left out
    are counted.

    For example:

    biotk kb export open -o diseases --types Disease

    biotk kb export open -o tumours.jsonl --branch MESH:D009369
    """
    opened = open_named(kb)
    options = PartOptions(types=types, source=source, branch=branch, ids=ids, subset=subset)
    part = options.of(opened) or opened.subset()
    with progress_bar() as show:
        report = export(
            opened, part, out, form=form or form_of(out), name=name,
            made_by=str(options) or "the whole KB", reattach=reattach,
            overwrite=overwrite, progress=show,
        )  # fmt: skip
    typer.echo(f"{out}: {report.concepts:,} concepts, {report.names:,} names")
    if report.parents_outside:
        say(
            f"{report.parents_outside:,} parents are not in it"
            + (f"; {report.reattached:,} concepts have an ancestor instead" if reattach else "")
        )


def form_of(out: Path) -> Form:
    """:returns: what is written to a place, by the end of its name.

    >>> form_of(Path("a.jsonl.gz")), form_of(Path("my.kb"))
    (<Form.jsonl: 'jsonl'>, <Form.kb: 'kb'>)
    """
    ending = Path(out.name.lower().removesuffix(".gz")).suffix
    return {".jsonl": Form.jsonl, ".tsv": Form.tsv}.get(ending, Form.kb)


def export(
    kb: KnowledgeBase,
    part: KbSubset,
    out: Path,
    *,
    form: Form = Form.kb,
    name: str | None = None,
    made_by: str = "",
    reattach: bool = False,
    overwrite: bool = False,
    progress: ShowProgress = lambda step, done, total: None,
) -> ExportReport:
    """Write a part of a KB; a KB with its n-gram index.

    :raises KbExistsError: something is at ``out``, and not ``overwrite``.
    :raises InputError: the file cannot be written.
    """
    from biotk.candidates.neighbours import open_neighbours
    from biotk.kb import open_kb
    from biotk.kb.export import ExportReport, export_kb, iter_part, write_jsonl, write_table

    if out.exists() and not overwrite:
        raise KbExistsError(f"{out} exists: choose another place, or replace it with --overwrite")
    total = len(part)
    if form is Form.kb:
        report = export_kb(
            kb, part, out, name=name, made_by=made_by, reattach=reattach, overwrite=overwrite,
            progress=lambda n: progress("concepts", n, total),
        )  # fmt: skip
        progress("n-gram index", 0, 0)
        open_neighbours(open_kb(out))
        return report
    report = ExportReport()
    concepts = _counted(
        iter_part(kb, part, report=report, reattach=reattach),
        lambda n: progress("concepts", n, total),
    )
    if form is Form.tsv:
        write_table(concepts, out)
    else:
        write_jsonl(concepts, out, only_scispacy=form is Form.scispacy)
    return report


def _counted(concepts: Iterable[Concept], show: Callable[[int], None]) -> Iterator[Concept]:
    n = 0
    for n, concept in enumerate(concepts, 1):
        if n % 2000 == 0:
            show(n)
        yield concept
    show(n)
