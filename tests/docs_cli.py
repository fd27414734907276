"""Writes docs/cli.md, the help of every command. Run by ``make docs``; test_docs checks it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from biotk.cli import app

PAGE = Path(__file__).resolve().parents[1] / "docs" / "cli.md"
WIDTH = 100
HEAD = """# The command line

<!-- Written by `make docs` from the commands' own help; changes here are lost. -->

Data goes to stdout, progress and messages to stderr. Exit codes: 0 done, 1 failed, 2 wrong
arguments.
"""


def contexts(command: Any, name: str, parent: Any = None) -> Iterator[Any]:
    """Yield the context of a command, then those of the commands below it."""
    command.rich_markup_mode = None  # plain help, the same on every terminal
    context = command.context_class(
        command, info_name=name, parent=parent, terminal_width=WIDTH, **command.context_settings
    )
    yield context
    for below, child in sorted(getattr(command, "commands", {}).items()):
        yield from contexts(child, below, context)


def page() -> str:
    """:returns: what docs/cli.md has to be."""
    parts = [HEAD]
    for context in contexts(typer.main.get_command(app), "biotk"):
        text = "\n".join(line.rstrip() for line in context.get_help().splitlines())
        parts.append(f"\n## {context.command_path}\n\n```text\n{text}\n```\n")
    return "".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE}")
