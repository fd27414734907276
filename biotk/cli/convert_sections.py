"""``biotk convert sections``: notes with sections made into JSON Lines."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from biotk.cli.evaluate_report import tell_problems
from biotk.cli.output import counted
from biotk.errors import InputError, Problems

if TYPE_CHECKING:
    from biotk.document import Document

_MARKDOWN_ENDINGS = (".md", ".markdown")
_TEXT_ENDINGS = (*_MARKDOWN_ENDINGS, ".txt")
_ENDINGS_TOLD = "*.md, *.markdown, *.txt or .gz of these"


class Kind(StrEnum):
    """What may be converted."""

    mtsamples = "mtsamples"
    mts_dialog = "mts-dialog"
    markdown = "markdown"


def sections_cli(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="IN",
            help="MTSamples' or MTS-Dialog's CSV, .gz too; or a text with Markdown headings, or "
            "a folder of such texts (*.md, *.txt).",
        ),
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="The file to write, *.jsonl or *.jsonl.gz.")
    ],
    gold: Annotated[
        Path | None,
        typer.Option(help="Sections of MTSamples' reports made by hand; only these are written."),
    ] = None,
    kind: Annotated[
        Kind | None,
        typer.Option("--from", help="What IN is; found out from its content and name if absent."),
    ] = None,
) -> None:
    """Make JSON Lines of notes whose sections are known: to train on, or to evaluate.

    In a text with Markdown headings each line that begins with # opens a section, one with more
    signs a part of it. The signs are taken away.

    For example:

    biotk convert sections notes/ --out notes.jsonl

    biotk convert sections mtsamples.csv.gz --gold gold.jsonl --out gold-notes.jsonl.gz
    """
    n_documents, n_sections = convert_sections(source, out, gold=gold, kind=kind)
    told = f"{counted(n_documents, 'document')}, {counted(n_sections, 'section')}"
    typer.echo(f"{out}: {told}")


def convert_sections(
    source: Path, out: Path, *, gold: Path | None = None, kind: Kind | None = None
) -> tuple[int, int]:
    """Convert notes; see ``docs/formats/sections.md``.

    :returns: how many documents were written, and how many sections.
    """
    from biotk.io import write_jsonl
    from biotk.sections.corpora import read_section_corpus

    if not out.name.removesuffix(".gz").endswith(".jsonl"):
        raise InputError(f"{out}: the file to write has to end with .jsonl or .jsonl.gz")
    n_sections = 0
    problems = Problems()

    def counting(documents: Iterator[Document]) -> Iterator[Document]:
        nonlocal n_sections
        for document in documents:
            n_sections += len(document.sections)
            yield document

    try:
        kind = _kind(source) if kind is None else kind
        if kind is not Kind.markdown:
            documents = read_section_corpus(source, gold=gold, format=kind.value, problems=problems)
        elif gold is None:
            documents = _marked_notes(source, problems)
        else:
            raise InputError("--gold is of MTSamples' reports")
        n_documents = write_jsonl(counting(documents), out)
    except OSError as error:
        place = error.filename or source
        raise InputError(f"{place}: {error.strerror or error}") from error
    tell_problems(problems, source)
    return n_documents, n_sections


def _kind(source: Path) -> Kind:
    """:returns: what is to be converted.

    :raises InputError: nobody can tell.
    """
    from biotk.sections.corpora import sniff_corpus

    if source.is_dir() or source.name.removesuffix(".gz").lower().endswith(_MARKDOWN_ENDINGS):
        return Kind.markdown
    try:
        found = sniff_corpus(source)
    except InputError as error:
        names = ", ".join(Kind)
        raise InputError(f"{source}: what is it? Give --from, one of {names}") from error
    if found == "jsonl":
        raise InputError(f"{source}: it is JSON Lines already")
    return Kind(found)


def _marked_notes(source: Path, problems: Problems) -> Iterator[Document]:
    from biotk.io.text import read_text
    from biotk.sections.markdown import markdown_document

    paths = list(_texts(source, problems)) if source.is_dir() else [source]
    if not paths:
        raise InputError(f"{source} has no text: none of {_ENDINGS_TOLD}")
    for path in paths:
        name = path.relative_to(source).as_posix() if source.is_dir() else path.name
        document_id = name.removesuffix(".gz")
        for ending in _TEXT_ENDINGS:
            document_id = document_id.removesuffix(ending)
        for document in read_text(path, document_id=document_id, problems=problems):
            made = markdown_document(document_id, document.text)
            if not any(section.title_end > section.title_start for section in made.sections):
                problems.add(path, 0, "no line of it begins with #: one section without a title")
            yield made


def _texts(folder: Path, problems: Problems) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_dir():
            continue
        if path.name.removesuffix(".gz").endswith(_TEXT_ENDINGS):
            yield path
        else:
            problems.add(path, 0, f"left out: none of {_ENDINGS_TOLD}")
