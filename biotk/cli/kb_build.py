"""``biotk kb build``: sources in, a knowledge base and a report of problems out.

What the options mean is here; what is done then, in :mod:`biotk.cli.kb_build_run`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from biotk.cli.kb_build_run import build
from biotk.cli.output import progress_bar, say
from biotk.errors import InputError

if TYPE_CHECKING:
    from biotk.kb import BuildReport
    from biotk.kb.build_recipe import BuildRecipe
    from biotk.kb.readers import ReaderOptions

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
    told = SourceOptions(
        format=format, prefix=prefix, types=types, vocabulary=vocabulary, release=release,
        licence=licence, column=tuple(column or ()), delimiter=delimiter,
        list_separator=list_separator, scopes=scopes, seventh_characters=seventh_characters,
        language=language, sab=sab, semantic_type=tuple(semantic_type or ()),
        keep_suppressed=keep_suppressed,
    )  # fmt: skip
    recipe = recipe_of(sources, told)
    if merge is not None:
        recipe = replace(recipe, merge=_parts(merge))
    with progress_bar() as show:
        report = build(
            recipe, out, name=name or recipe.name or out.resolve().name, strict=strict,
            overwrite=overwrite, progress=show,
        )  # fmt: skip
    _print_report(report, out)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceOptions:
    """What the options say of all sources: as they were typed, and empty where nothing was."""

    format: str | None
    prefix: str | None
    types: str | None
    vocabulary: str | None
    release: str
    licence: str
    column: tuple[str, ...]
    delimiter: str | None
    list_separator: str | None
    scopes: str | None
    seventh_characters: bool
    language: str | None
    sab: str | None
    semantic_type: tuple[str, ...]
    keep_suppressed: bool

    def given(self) -> list[str]:
        """:returns: the options that say something, as they are typed."""
        said = [each.name for each in fields(self) if getattr(self, each.name)]
        return [name.replace("_", "-") for name in said]

    def for_readers(self) -> ReaderOptions:
        """:returns: the same for those who read the sources.

        :raises InputError: an option has another form.
        """
        from biotk.kb.readers import DEFAULT_OPTIONS, ReaderOptions

        scopes = DEFAULT_OPTIONS.synonym_scopes
        return ReaderOptions(
            prefix=self.prefix,
            source=self.vocabulary,
            types=_parts(self.types),
            columns=parse_columns(self.column) if self.column else None,
            delimiter="\t" if self.delimiter in ("tab", "\\t") else self.delimiter,
            list_separator=self.list_separator or DEFAULT_OPTIONS.list_separator,
            synonym_scopes=_parts(self.scopes.upper()) if self.scopes else scopes,
            seventh_characters=self.seventh_characters,
            languages=() if self.language == "all" else _parts(self.language or "ENG"),
            sabs=_parts(self.sab),
            semantic_types=self.semantic_type,
            keep_suppressed=self.keep_suppressed,
        )


def recipe_of(sources: Sequence[Path], told: SourceOptions) -> BuildRecipe:
    """:returns: the recipe that was given, or one of the sources and what is told of them.

    :raises InputError: there is something beside a recipe, or an option has another form.
    """
    from biotk.kb.build_recipe import BuildRecipe, BuildSource, is_build_recipe, read_build_recipe

    recipes = [path for path in sources if is_build_recipe(path)]
    if recipes:
        _only_a_recipe(recipes[0], sources, told.given())
        return read_build_recipe(recipes[0])
    options = told.for_readers()
    return BuildRecipe(
        name=None,
        merge=(),
        sources=tuple(
            BuildSource(path, told.format, options, told.release, told.licence) for path in sources
        ),
    )


def _only_a_recipe(recipe: Path, sources: Sequence[Path], options: Sequence[str]) -> None:
    """Refuse what a recipe says itself.

    :raises InputError: there is something beside the recipe.
    """
    if len(sources) > 1:
        raise InputError(f"{recipe} is a recipe and stands alone: write the other sources into it")
    if options:
        raise InputError(f"{recipe} is a recipe: write what --{options[0]} says into it")


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


def _parts(value: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in (value or "").split(",") if part.strip())
