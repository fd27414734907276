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
    from biotk.kb.build_recipe import BuildRecipe, BuildSource
    from biotk.kb.manifest import SourceInfo

_SHOWN = 20
_ALWAYS_SHOWN = {"concepts", "names", "parents", "problems", "merged"}


def build_cli(
    sources: Annotated[
        list[Path],
        typer.Argument(
            metavar="SOURCE...", help="Files of vocabularies, .gz too; or one recipe, .toml."
        ),
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
    release: Annotated[
        str, typer.Option(help="Its release, for the manifest; else what the file says.")
    ] = "",
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
    delimiter: Annotated[
        str | None,
        typer.Option(help="For tables: what stands between columns; a character, or tab."),
    ] = None,
    list_separator: Annotated[
        str | None,
        typer.Option(
            help="For tables: what stands between the values of one cell.", show_default="|"
        ),
    ] = None,
    scopes: Annotated[
        str | None,
        typer.Option(
            help="For OBO, OBO Graphs, MeSH XML and ICD-10-CM: which synonyms are names; of "
            "EXACT, NARROW, RELATED, BROAD.",
            metavar="A,B",
            show_default="EXACT,NARROW,RELATED",
        ),
    ] = None,
    seventh_characters: Annotated[
        bool,
        typer.Option("--seventh-characters", help="For ICD-10-CM: codes such as S72.001A as well."),
    ] = False,
    language: Annotated[
        str | None,
        typer.Option(
            help="For RRF: languages of names, or all.", metavar="A,B", show_default="ENG"
        ),
    ] = None,
    sab: Annotated[
        str | None,
        typer.Option(help="For RRF: only rows of these vocabularies, as in MSH.", metavar="A,B"),
    ] = None,
    semantic_type: Annotated[
        list[str] | None,
        typer.Option(
            help="For RRF: only concepts of this type, by TUI, name or group; may come again.",
            metavar="TYPE",
        ),
    ] = None,
    keep_suppressed: Annotated[
        bool, typer.Option("--keep-suppressed", help="For RRF: take suppressed rows as well.")
    ] = False,
    merge: Annotated[
        str | None,
        typer.Option(
            help="Join the concepts of these vocabularies that their cross-references make one; "
            "those of the first stay. Prefixes of ids, or names of vocabularies.",
            metavar="PREFIX,PREFIX",
        ),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Stop at the first bad row.")] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a KB that is there already.")
    ] = False,
) -> None:
    """Build a knowledge base from vocabularies.

    Each source's format is told by its content: OBO, OBO Graphs and other ontologies in JSON, MeSH
    in NLM's XML or as tables, ICD-10-CM's tabular list in XML, HGNC and MEDIC tables, UMLS and
    RxNorm in RRF, scispaCy's JSONL, CSV and TSV. A row that is wrong is reported with
    file, line and text, and counted; the rest goes on. What the options say holds for all sources;
    a recipe says it of each.

    For example:

    biotk kb build hp.obo -o kb/hpo

    biotk kb build desc2026.gz supp2026.gz -o kb/mesh --release 2026

    biotk kb build 2025AB/META -o kb/umls --sab MSH,SNOMEDCT_US --semantic-type Disorders

    biotk kb build codes.csv -o kb/mine --column id=Code --column name=Title --prefix MINE

    biotk kb build mine.toml -o kb/mine
    """
    from biotk.kb.build_recipe import BuildRecipe, BuildSource, is_build_recipe, read_build_recipe
    from biotk.kb.readers import DEFAULT_OPTIONS, ReaderOptions

    recipes = [path for path in sources if is_build_recipe(path)]
    if recipes:
        given = {"format": format, "prefix": prefix, "types": types, "vocabulary": vocabulary,
                 "release": release, "licence": licence, "column": column,
                 "delimiter": delimiter, "list-separator": list_separator, "scopes": scopes,
                 "seventh-characters": seventh_characters, "language": language,
                 "sab": sab, "semantic-type": semantic_type,
                 "keep-suppressed": keep_suppressed}  # fmt: skip
        _only_a_recipe(recipes[0], sources, [key for key, value in given.items() if value])
        recipe = read_build_recipe(recipes[0])
    else:
        options = ReaderOptions(
            prefix=prefix,
            source=vocabulary,
            types=_parts(types),
            columns=parse_columns(column) if column else None,
            delimiter="\t" if delimiter in ("tab", "\\t") else delimiter,
            list_separator=list_separator or DEFAULT_OPTIONS.list_separator,
            synonym_scopes=_parts(scopes.upper()) if scopes else DEFAULT_OPTIONS.synonym_scopes,
            seventh_characters=seventh_characters,
            languages=() if language == "all" else _parts(language or "ENG"),
            sabs=_parts(sab),
            semantic_types=tuple(semantic_type or ()),
            keep_suppressed=keep_suppressed,
        )
        recipe = BuildRecipe(
            name=None,
            merge=(),
            sources=tuple(BuildSource(p, format, options, release, licence) for p in sources),
        )
    if merge is not None:
        prefixes = tuple(part.strip() for part in merge.split(",") if part.strip())
        recipe = replace(recipe, merge=prefixes)
    with progress_bar() as show:
        report = build(
            recipe, out, name=name or recipe.name or out.resolve().name, strict=strict,
            overwrite=overwrite, progress=show,
        )  # fmt: skip
    _print_report(report, out)


def build(
    recipe: BuildRecipe,
    out: Path,
    *,
    name: str,
    strict: bool = False,
    overwrite: bool = False,
    progress: ShowProgress = lambda step, done, total: None,
) -> BuildReport:
    """Build a knowledge base and its n-gram index.

    :param recipe: the sources; MeSH descriptors and supplementary records find each other.
    :param out: the directory to make.
    :param name: the KB's name.
    :param strict: stop at the first bad row.
    :param overwrite: replace a KB that is there.
    :param progress: told how far it is.
    :returns: counts and problems.
    :raises InputError: a source cannot be read, is another than the recipe says, or gives no
        concept.
    :raises FormatError: a row is wrong, and ``strict``.
    :raises KbExistsError: something is at ``out``, and not ``overwrite``.
    """
    from biotk.candidates.neighbours import open_neighbours
    from biotk.errors import Problems
    from biotk.kb import KbBuilder, open_kb
    from biotk.kb.readers import read_concepts

    if out.exists() and not overwrite:
        raise KbExistsError(f"{out} exists: choose another place, or replace it with --overwrite")
    infos = [_info(source, _format_of(source)) for source in recipe.sources]
    sources = list(zip(recipe.sources, infos))
    descriptors = next((s.path for s, i in sources if _is_descriptors(s.path, i.format)), None)
    builder = KbBuilder(name, problems=Problems(strict=strict), merge=recipe.merge)
    for source, info in sources:
        say(f"{source.path}: {info.format}")
        options = source.options
        step = f"reading {source.path.name}"
        builder.add(
            read_concepts(
                source.path,
                format=info.format,
                options=replace(
                    options,
                    companion=options.companion or descriptors,
                    left_out=builder.add_left_out,
                    retired=builder.add_retired,
                ),
                problems=builder.report.problems,
            ),
            info,
            progress=lambda n, step=step: progress(step, n, 0),  # type: ignore[misc]
        )
    progress("writing", 0, 0)
    builder.write(
        out, overwrite=overwrite, progress=lambda done, total: progress("writing", done, total)
    )
    report = builder.report
    del builder  # its concepts would stay in memory beside those of the index
    progress("n-gram index", 0, 0)
    open_neighbours(open_kb(out))
    return report


def _parts(value: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in (value or "").split(",") if part.strip())


def parse_columns(values: Sequence[str]) -> Mapping[str, str | int]:
    """Read ``FIELD=COLUMN``, the column by its header or its number.

    :raises InputError: a value is not of that form.

    >>> parse_columns(["id=Code", "name=2"])
    {'concept_id': 'Code', 'name': 2}
    """
    from biotk.kb.build_recipe import COLUMN_NAMES

    columns: dict[str, str | int] = {}
    for value in values:
        field, equals, column = value.partition("=")
        if not equals or not field.strip() or not column.strip():
            raise InputError(f"--column {value!r}: expected FIELD=COLUMN, as in id=Code")
        field, column = field.strip(), column.strip()
        columns[COLUMN_NAMES.get(field, field)] = int(column) if column.isdigit() else column
    return columns


def _only_a_recipe(recipe: Path, sources: Sequence[Path], options: Sequence[str]) -> None:
    """Refuse what a recipe says itself.

    :raises InputError: there is something beside the recipe.
    """
    if len(sources) > 1:
        raise InputError(f"{recipe} is a recipe and stands alone: write the other sources into it")
    if options:
        raise InputError(f"{recipe} is a recipe: write what --{options[0]} says into it")


def _format_of(source: BuildSource) -> str:
    from biotk.errors import UnknownNameError
    from biotk.kb.readers import FORMATS, sniff_format

    path, given = source.path, source.format
    if given is not None and given not in FORMATS:
        raise UnknownNameError("format", given, FORMATS)
    if not path.exists():
        raise InputError(f"{path}: no such file")
    if given is not None:
        return given
    if source.options.columns is not None:
        return "table"
    return sniff_format(path)


def _is_descriptors(path: Path, format: str) -> bool:
    from biotk.kb.readers.mesh_trees import is_descriptors

    return format in {"mesh-tsv", "mesh-xml"} and is_descriptors(path)


def _info(source: BuildSource, format: str) -> SourceInfo:
    """:returns: where a source comes from; what is not told is taken from how it was fetched.

    :raises InputError: it is another file than the recipe says.
    """
    from biotk.kb.fetch.record import find_record
    from biotk.kb.manifest import SourceInfo, sha256_file
    from biotk.kb.readers import FORMATS
    from biotk.kb.readers.release import release_of

    path = source.path
    sha256 = sha256_file(path) if path.is_file() else ""
    if source.sha256 and source.sha256 != sha256:
        raise InputError(
            f"{path}: its SHA-256 is {sha256 or 'unknown, it is a folder'}, the recipe's is "
            f"{source.sha256}: this is not the file that the recipe was written for"
        )
    record = find_record(path, sha256=sha256) if sha256 else None
    vocabulary = source.options.source or (record.vocabulary if record else "")
    fetched = f"fetched {record.fetched[:10]}" if record else ""
    told = (record.release if record else "") or release_of(path, format) or fetched
    return SourceInfo(
        name=vocabulary or FORMATS[format].vocabulary or path.name.partition(".")[0],
        file=path.name,
        format=format,
        sha256=sha256,
        release=source.release or told,
        licence=source.licence or (record.licence if record else ""),
    )


def _print_report(report: BuildReport, out: Path) -> None:
    typer.echo(str(out))
    for name, count in report.counts.items():
        if count or name in _ALWAYS_SHOWN:
            typer.echo(f"  {count:>10,}  {name.replace('_', ' ')}")
    for path, reasons in report.left_out.items():
        for reason, count in sorted(reasons.items()):
            say(f"{path}: left out: {reason} ({count:,})")
    problems = report.problems
    # What concerns a whole source goes before its rows, thousands of which may be wrong.
    for problem in sorted(problems.kept, key=lambda problem: not problem.of_source)[:_SHOWN]:
        say(str(problem))
    if problems.count > _SHOWN:
        say(f"… and {problems.count - _SHOWN:,} more problems")
