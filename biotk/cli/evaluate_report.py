"""What the commands of ``biotk evaluate`` print: a report as JSON or as a table, and problems."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from biotk.errors import Problems


def show_report(report: dict[str, Any], *, as_json: bool) -> None:
    """Write a report to stdout; in a table what is null is left out."""
    if as_json:
        print(json.dumps(report, ensure_ascii=False))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("figure", "value")
    for name, value in _flat(report):
        if value is not None:
            table.add_row(name, f"{value:.4f}" if isinstance(value, float) else str(value))
    Console().print(table)


def _flat(report: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in report.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def tell_problems(problems: Problems, path: Path) -> None:
    """Write to stderr what was wrong with a corpus: the first five, and how many in all."""
    for problem in problems.kept[:5]:
        print(problem, file=sys.stderr)
    if problems.count:
        print(f"{path}: {problems.count} problems in all", file=sys.stderr)
