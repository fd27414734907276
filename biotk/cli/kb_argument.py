"""What the commands of ``biotk kb`` share: the argument that names a KB, and ``--json``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from biotk.cli.output import opened, progress_bar, say

if TYPE_CHECKING:
    from biotk.kb import KnowledgeBase

Kb = Annotated[str, typer.Argument(metavar="KB", help="A KB's directory, or `open`.")]
Json = Annotated[bool, typer.Option("--json", help="JSON instead of a table.")]


def open_named(name: str) -> KnowledgeBase:
    """:returns: a KB by directory or name; an embedded one is compiled with a progress bar."""
    from biotk.kb.default import resolve_kb

    told: set[str] = set()
    with progress_bar() as show:

        def show_or_say(step: str, done: int, total: int) -> None:
            if not sys.stderr.isatty() and not told:
                told.add(step)
                say(f"compiling the knowledge base {name!r}, once; this takes some seconds")
            show(step, done, total)

        kb = resolve_kb(name, progress=show_or_say)
    opened.append(kb)
    return kb
