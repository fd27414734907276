"""What the commands that make tables of ``biotk snp`` share: options, and how they report."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from biotk.cli.output import FAILED, say
from biotk.errors import Problems

Out = Annotated[Path, typer.Option("--out", "-o", help="The Parquet file to make.")]
Kbs = Annotated[
    list[str] | None,
    typer.Option(
        "--kb",
        metavar="KB",
        help="Where concepts and genes are looked up: a KB's directory, or `open`; may be given "
        "more than once, the first that answers is heard.",
    ),
]
OnlyOpen = Annotated[
    bool,
    typer.Option("--only-open", help="Leave out what has other terms than such as CC0 and CC BY."),
]
SkipBadRows = Annotated[
    bool,
    typer.Option(
        "--skip-bad-rows",
        help="Leave out rows that are broken (too many columns, quotes that do not match, no "
        "UTF-8), and tell them; without it the first one ends the command.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="The report as JSON, to stdout.")]

#: What the parts of a report are called, in the order in which they are told.
_TITLES = {
    "dropped": "dropped",
    "missing": "kept, but with something missing",
    "merged_rsids": "rsIDs replaced by those they were merged into",
    "traits": "traits linked",
    "unlinked_traits": "traits that link to nothing",
    "genes": "genes found",
    "unknown_genes": "genes that were not found",
    "relations": "relations",
    "concepts": "concepts found",
    "kinds": "kinds",
    "units": "units of effects",
    "licences": "terms",
}
#: Of a long list of counts, so many are told; JSON has more.
_SHOWN = 8
_LONG = 200


def print_report(report: Mapping[str, Any], out: Path, *, as_json: bool) -> None:
    """Tell what became of the rows: on stderr for people, as JSON on stdout."""
    if as_json:
        typer.echo(json.dumps({"out": str(out), **report}, ensure_ascii=False))
        return
    say(f"{out}: {report['kept']:,} of {report['rows']:,} rows")
    for name, title in _TITLES.items():
        value = report.get(name)
        if isinstance(value, dict) and value:
            several = report.get(f"n_{name}", 0)
            say(f"{title}{f' ({several:,} different)' if several > _SHOWN else ''}:")
            _say_counts(value)
        elif isinstance(value, int) and value:
            say(f"{title}: {value:,}")


def _say_counts(counts: Mapping[str, Any]) -> None:
    for name, value in list(counts.items())[:_SHOWN]:
        if isinstance(value, dict):
            first = ", ".join(value["first"])
            say(f"  {value['rows']:>12,}  {name} (first: {first})")
        else:
            say(f"  {value:>12,}  {name}")
    if len(counts) > _SHOWN:
        say(f"  {'':>12}  {len(counts) - _SHOWN} more: see --json")


def print_problems(problems: Problems) -> None:
    """Tell the broken rows that were left out.

    :raises typer.Exit: there are some.
    """
    for problem in problems.kept[:_LONG]:
        say(str(problem))
    if problems.count > _LONG:
        say(f"{problems.count:,} broken rows in all")
    if problems.count:
        raise typer.Exit(FAILED)
