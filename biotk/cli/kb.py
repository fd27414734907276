"""``biotk kb``: knowledge bases are built, looked at, and their embedded tables made."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from biotk.cli.kb_argument import Json, Kb, open_named
from biotk.cli.kb_build import build_cli
from biotk.cli.kb_diff import diff_cli
from biotk.cli.kb_export import export_cli
from biotk.cli.kb_fetch import RecipeArgument, fetch_cli, table_recipe
from biotk.cli.kb_info import info_cli
from biotk.cli.kb_report import report_cli
from biotk.cli.kb_show import show_cli
from biotk.cli.kb_subset import subset_cli
from biotk.cli.kb_tree import lca_cli, tree_cli
from biotk.cli.kb_verify import verify_cli
from biotk.cli.linker_options import Encoder
from biotk.cli.output import progress_bar, say, stdout_console
from biotk.cli.subset_options import Branch, Ids, PartOptions, Source, Subset, Types

if TYPE_CHECKING:
    from biotk.document import Candidate
    from biotk.kb import KbSubset, KnowledgeBase

app = typer.Typer(
    help="Build knowledge bases and look into them.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)
app.command("build")(build_cli)
app.command("info")(info_cli)
app.command("report")(report_cli)
app.command("diff")(diff_cli)
app.command("tree")(tree_cli)
app.command("lca")(lca_cli)
app.command("subset")(subset_cli)
app.command("export")(export_cli)
app.command("fetch")(fetch_cli)
app.command("verify")(verify_cli)
app.command("show")(show_cli)


@app.command("search")
def search_cli(
    kb: Kb,
    text: Annotated[str, typer.Argument(help="What to look for, as a note would write it.")],
    k: Annotated[int, typer.Option("-k", "--limit", min=1, help="How many concepts at most.")] = 10,
    types: Types = None,
    source: Source = None,
    branch: Branch = None,
    ids: Ids = None,
    subset: Subset = None,
    dense: Annotated[
        bool,
        typer.Option(
            "--dense",
            help="By vectors, as the dense linker does; those of a large KB are made first, which "
            "takes minutes, once. --encoder alone means this too.",
        ),
    ] = False,
    encoder: Encoder = None,
    as_json: Json = False,
) -> None:
    """Rank the concepts that a string may mean, as the lexical linker does.

    Those marked as refused are too far from it: the linker answers NIL where nothing is nearer.

    For example:

    biotk kb search open "heart attack"

    biotk kb search open cold --types Disease -k 3 --json

    biotk kb search open "attack of the heart" --dense
    """
    opened = open_named(kb)
    options = PartOptions(types=types, source=source, branch=branch, ids=ids, subset=subset)
    part = options.of(opened)
    if dense or encoder is not None:
        rows = search_dense(opened, text, k=k, subset=part, encoder=encoder)
    else:
        rows = search(opened, text, k=k, subset=part)
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
    elif rows:
        _print_rows(rows)
        if rows[0]["refused"]:
            say(f"a linker would answer NIL: {rows[0]['refused']}")
    else:
        say(f"nothing like {text!r} in {opened.manifest.name}")


def search(
    kb: KnowledgeBase, text: str, *, k: int, subset: KbSubset | None = None
) -> list[dict[str, Any]]:
    """:returns: the concepts that a string may mean, best first, as plain values.

    Where the string is an id, its concept comes first. ``refused`` says why a linker would not
    answer a concept, and is None where it would.
    """
    from biotk.linking import LexicalConfig, LexicalLinker

    # Several names may lead to one concept: fewer than k would be left of k of them.
    linker = LexicalLinker(kb, subset=subset, config=LexicalConfig(k=max(4 * k, 20)))
    return _rows(kb, text, linker.candidates(text), k=k, subset=subset, doubt=linker.doubt)


def search_dense(
    kb: KnowledgeBase,
    text: str,
    *,
    k: int,
    subset: KbSubset | None = None,
    encoder: str | None = None,
) -> list[dict[str, Any]]:
    """:returns: the concepts with the nearest names, best first, as :func:`search` has them."""
    from biotk.linking import DenseConfig, DenseLinker, load_encoder
    from biotk.linking.encoders import DEFAULT_ENCODER

    loaded = load_encoder(encoder or DEFAULT_ENCODER)
    config = DenseConfig(k=max(2 * k, 20), n_kept=max(2 * k, 20))
    with progress_bar(of_steps=True) as show:
        linker = DenseLinker(kb, loaded, subset=subset, config=config, progress=show)

    def doubt(candidate: Candidate, text: str) -> str | None:
        return linker.doubt(candidate)

    return _rows(kb, text, linker.candidates(text), k=k, subset=subset, doubt=doubt)


def _rows(
    kb: KnowledgeBase,
    text: str,
    candidates: Iterable[Candidate],
    *,
    k: int,
    subset: KbSubset | None,
    doubt: Callable[[Candidate, str], str | None],
) -> list[dict[str, Any]]:
    rows = _rows_of_id(kb, text, subset)
    found = {row["concept_id"] for row in rows}
    for candidate in candidates:
        if len(rows) == k:
            break
        if candidate.concept_id in found:
            continue
        concept_idx = kb.index_of(candidate.concept_id)
        rows.append(
            {
                "concept_id": candidate.concept_id,
                "name": kb.preferred_name(concept_idx),
                "matched": candidate.name,
                "score": candidate.score,
                "route": candidate.route,
                "tied": candidate.tied,
                "refused": doubt(candidate, text),
                "types": list(kb.types_of(concept_idx)),
            }
        )
    return rows


def _rows_of_id(kb: KnowledgeBase, text: str, subset: KbSubset | None) -> list[dict[str, Any]]:
    """:returns: the concept that a string is the id of, as plain values; words are no ids."""
    found = kb.resolve(text) if any(sign in ":_0123456789" for sign in text) else ()
    if len(found) != 1 or (subset is not None and found[0] not in subset):
        return []
    row = {
        "concept_id": kb.id_of(found[0]),
        "name": kb.preferred_name(found[0]),
        "matched": text,
        "score": 1.0,
        "route": "id",
        "tied": False,
        "refused": None,
        "types": list(kb.types_of(found[0])),
    }
    return [row]


def _print_rows(rows: list[dict[str, Any]]) -> None:
    from rich.table import Table

    table = Table("id", "name", "matched", "score", "route", "types", box=None)
    table.columns[0].no_wrap = True
    for row in rows:
        score = f"{row['score']:.3f}" + (" tie" if row["tied"] else "")
        score += " refused" if row["refused"] else ""
        cells = [row["concept_id"], row["name"], row["matched"], score, row["route"]]
        table.add_row(*cells, ", ".join(row["types"]))
    stdout_console().print(table)


@app.command("compile")
def compile_cli(
    recipe: RecipeArgument,
    packages: Annotated[Path, typer.Option(help="The folder that `biotk kb fetch` filled.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The table to write, .jsonl.gz.")],
) -> None:
    """Make the name table of an embedded KB anew, from the packages that its recipe names.

    Prints what came out, in the form of the recipe's [table]. Exit code 1 if that is not what the
    recipe says.

    For example:

    biotk kb compile open --packages packages -o concepts.jsonl.gz
    """
    from biotk.kb.recipes import compile_recipe

    wanted = table_recipe(recipe)
    report = compile_recipe(wanted, packages=packages, out=out)
    for source_id, counts in report.counts.items():
        say(f"{source_id}: {report.read[source_id]:,} read, {report.kept[source_id]:,} new")
        for what, count in sorted(counts.items()):
            say(f"  {count:>9,} {what}")
    typer.echo(report.info.to_toml(), nl=False)
    if report.info.content_sha256 != wanted.table.content_sha256:
        say(f"this is not the table that {wanted.path} describes")
        raise typer.Exit(1)
