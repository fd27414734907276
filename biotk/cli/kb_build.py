"""``biotk kb build``: sources in, a knowledge base and a report of problems out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from biotk.cli.output import ShowProgress, progress_bar, say
from biotk.errors import InputError, KbExistsError

if TYPE_CHECKING:
    from biotk.kb import BuildReport
    from biotk.kb.manifest import SourceInfo
    from biotk.kb.readers import ReaderOptions

#: Short forms of the fields that a column may hold.
_FIELDS = {"id": "concept_id", "code": "concept_id", "type": "types", "synonym": "synonyms"}
_SHOWN = 20


def build_cli(
    sources: Annotated[
        list[Path], typer.Argument(metavar="SOURCE...", help="Files of vocabularies, .gz too.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="The directory to make.")],
    format: Annotated[
        str | None, typer.Option(help="The sources' format; without it, told by their content.")
    ] = None,
    prefix: Annotated[
        str | None, typer.Option(help="Prefix of ids that have none, as in MESH.")
    ] = None,
    types: Annotated[
        str | None, typer.Option(help="Types of all concepts, as in Disease.", metavar="A,B")
    ] = None,
    vocabulary: Annotated[str | None, typer.Option(help="Name of the vocabulary.")] = None,
    release: Annotated[str, typer.Option(help="Its release, for the manifest.")] = "",
    licence: Annotated[str, typer.Option(help="Its licence, for the manifest.")] = "",
    name: Annotated[
        str | None, typer.Option(help="The KB's name; without it, that of the directory.")
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(
            help="For tables: which column is which field, by header or by number from 0.",
            metavar="FIELD=COLUMN",
        ),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Stop at the first bad row.")] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a KB that is there already.")
    ] = False,
) -> None:
    """Build a knowledge base from vocabularies.

    Each source's format is told by its content: OBO, MeSH, HGNC and MEDIC tables, ontologies in
    JSON, scispaCy's JSONL, CSV and TSV. A row that is wrong is reported with file, line and text,
    and counted; the rest goes on.

    For example:

    biotk kb build hp.obo -o kb/hpo

    biotk kb build descriptors.tsv supplementary.tsv -o kb/mesh --release 2024

    biotk kb build codes.csv -o kb/mine --column id=Code --column name=Title --prefix MINE
    """
    from biotk.kb.readers import ReaderOptions

    options = ReaderOptions(
        prefix=prefix,
        source=vocabulary,
        types=tuple(part.strip() for part in (types or "").split(",") if part.strip()),
        columns=parse_columns(column) if column else None,
    )
    with progress_bar() as show:
        report = build(
            sources, out, format=format, options=options, name=name or out.resolve().name,
            release=release, licence=licence, strict=strict, overwrite=overwrite, progress=show,
        )  # fmt: skip
    _print_report(report, out)


def build(
    sources: Sequence[Path],
    out: Path,
    *,
    name: str,
    options: ReaderOptions,
    format: str | None = None,
    release: str = "",
    licence: str = "",
    strict: bool = False,
    overwrite: bool = False,
    progress: ShowProgress = lambda step, done, total: None,
) -> BuildReport:
    """Build a knowledge base and its n-gram index.

    :param sources: files; MeSH descriptors and supplementary records find each other.
    :param out: the directory to make.
    :param name: the KB's name.
    :param options: what is known of the sources.
    :param format: their format; None to find out.
    :param strict: stop at the first bad row.
    :param overwrite: replace a KB that is there.
    :param progress: told how far it is.
    :returns: counts and problems.
    :raises InputError: a source cannot be read or gives no concept.
    :raises FormatError: a row is wrong, and ``strict``.
    :raises KbExistsError: something is at ``out``, and not ``overwrite``.
    """
    from biotk.candidates.neighbours import open_neighbours
    from biotk.errors import Problems
    from biotk.kb import KbBuilder, open_kb
    from biotk.kb.readers import read_concepts

    if out.exists() and not overwrite:
        raise KbExistsError(f"{out} exists: choose another place, or replace it with --overwrite")
    formats = {path: _format_of(path, format, options) for path in sources}
    descriptors = next((path for path in sources if _is_descriptors(path, formats[path])), None)
    builder = KbBuilder(name, problems=Problems(strict=strict))
    for path in sources:
        say(f"{path}: {formats[path]}")
        info = replace(_info(path, formats[path], options), release=release, licence=licence)
        step = f"reading {path.name}"
        builder.add(
            read_concepts(
                path,
                format=formats[path],
                options=replace(options, companion=options.companion or descriptors),
                problems=builder.report.problems,
            ),
            info,
            progress=lambda n, step=step: progress(step, n, 0),  # type: ignore[misc]
        )
    progress("writing", 0, 0)
    builder.write(out, overwrite=overwrite)
    progress("n-gram index", 0, 0)
    open_neighbours(open_kb(out))
    return builder.report


def parse_columns(values: Sequence[str]) -> Mapping[str, str | int]:
    """Read ``FIELD=COLUMN``, the column by its header or its number.

    :raises InputError: a value is not of that form.

    >>> parse_columns(["id=Code", "name=2"])
    {'concept_id': 'Code', 'name': 2}
    """
    columns: dict[str, str | int] = {}
    for value in values:
        field, equals, column = value.partition("=")
        if not equals or not field.strip() or not column.strip():
            raise InputError(f"--column {value!r}: expected FIELD=COLUMN, as in id=Code")
        field, column = field.strip(), column.strip()
        columns[_FIELDS.get(field, field)] = int(column) if column.isdigit() else column
    return columns


def _format_of(path: Path, given: str | None, options: ReaderOptions) -> str:
    from biotk.errors import UnknownNameError
    from biotk.kb.readers import FORMATS, sniff_format

    if given is not None and given not in FORMATS:
        raise UnknownNameError("format", given, FORMATS)
    if not path.exists():
        raise InputError(f"{path}: no such file")
    if given is not None:
        return given
    if options.columns is not None:
        return "table"
    try:
        return sniff_format(path)
    except InputError as error:
        if "columns=" not in str(error):
            raise
        # The reader says how Python is told; here it is an option.
        raise InputError(f"{error}; here: --column id=Code --column name=Title") from error


def _is_descriptors(path: Path, format: str) -> bool:
    from biotk.kb.readers.files import read_head

    return format == "mesh-tsv" and read_head(path, 256).lstrip().startswith("D")


def _info(path: Path, format: str, options: ReaderOptions) -> SourceInfo:
    from biotk.kb.manifest import SourceInfo, sha256_file

    return SourceInfo(
        name=options.source or path.name.partition(".")[0],
        file=path.name,
        format=format,
        sha256=sha256_file(path) if path.is_file() else "",
    )


def _print_report(report: BuildReport, out: Path) -> None:
    typer.echo(str(out))
    for name, count in report.counts.items():
        typer.echo(f"  {count:>10,}  {name.replace('_', ' ')}")
    problems = report.problems
    for problem in problems.kept[:_SHOWN]:
        say(str(problem))
    if problems.count > _SHOWN:
        say(f"… and {problems.count - _SHOWN:,} more problems")
