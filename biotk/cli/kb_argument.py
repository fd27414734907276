"""What the commands of ``biotk kb`` share: the argument that names a KB, and ``--json``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from biotk.cli.output import opened, progress_bar

if TYPE_CHECKING:
    from biotk.kb import KnowledgeBase

Kb = Annotated[str, typer.Argument(metavar="KB", help="A KB's directory, or `open`.")]
Json = Annotated[bool, typer.Option("--json", help="JSON instead of a table.")]


def open_named(name: str) -> KnowledgeBase:
    """:returns: a KB by directory or name; an embedded one is compiled with a progress bar."""
    from biotk.kb.default import resolve_kb

    with progress_bar() as show:
        kb = resolve_kb(name, progress=show)
    opened.append(kb)
    return kb
