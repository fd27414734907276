"""Runs the fenced blocks of a Markdown page, so that what the documentation shows is so.

``python`` blocks of a page run one after the other in one namespace. A ``text`` or ``output``
block right after one is what it must print. In ``console`` blocks lines that begin with ``$ `` are
commands for a shell, which must succeed; lines after one, if any, are what it must print to
stdout. In expected output ``...`` stands for anything. ``<!-- docs: no-run -->`` right before a
block exempts it.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

RUNNABLE = {"python", "console"}
OUTPUT = {"text", "output"}
# What is shown and not run. A shell block is none of it: as ``console`` it would be checked.
DATA = {"", "ini", "json", "jsonl", "markdown", "mermaid", "toml", "tsv", "csv", "xml", "yaml"}
EXEMPT = "<!-- docs: no-run -->"

_FENCE = re.compile(r"(?P<indent> *)(?P<ticks>`{3,})(?P<language>[\w-]*)[^`]*")


class DocsError(AssertionError):
    """A block does not do what the page says."""


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block.

    :param line: the line of its first row, counted from 1.
    :param after: what stands between the end of the block before and this one.
    """

    language: str
    text: str
    line: int
    after: str

    @property
    def exempt(self) -> bool:
        """Whether the page says that it is not to be run."""
        return self.after.rstrip().endswith(EXEMPT)


def find_blocks(markdown: str) -> list[Block]:
    """:returns: the fenced blocks of a page."""
    blocks: list[Block] = []
    opened, start, between = None, 0, ""
    rows: list[str] = []
    for number, row in enumerate(markdown.splitlines(), 1):
        fence = _FENCE.fullmatch(row)
        if opened is None and fence:
            opened, start, rows = fence, number + 1, []
        elif opened is None:
            between += row + "\n"
        elif fence and not fence["language"] and len(fence["ticks"]) >= len(opened["ticks"]):
            blocks.append(Block(opened["language"], "\n".join(rows) + "\n", start, between))
            opened, between = None, ""
        else:
            rows.append(row.removeprefix(opened["indent"]))
    if opened is not None:
        raise DocsError(f"line {start - 1}: this block has no end")
    return blocks


def check_page(page: Path, *, environment: dict[str, str]) -> None:
    """Run a page's blocks in the current folder.

    :param environment: of the shell commands.
    :raises DocsError: at the first block that does not do what the page says.
    """
    blocks = find_blocks(page.read_text(encoding="utf-8"))
    namespace: dict[str, Any] = {"__name__": "__docs__"}
    for block, following in zip_longest(blocks, blocks[1:]):
        place = f"{page}:{block.line}"
        if block.language not in RUNNABLE | OUTPUT | DATA and not block.exempt:
            raise DocsError(f"{place}: {block.language!r} is neither run nor known as data")
        if block.exempt or block.language not in RUNNABLE:
            continue
        if block.language == "console":
            _run_console(block, place, environment)
            continue
        printed = _run_python(block, page, namespace)
        if following and following.language in OUTPUT and not following.after.strip():
            _compare(f"{page}:{following.line}", following.text, printed)


def _run_python(block: Block, page: Path, namespace: dict[str, Any]) -> str:
    # Empty lines before the code, so that a traceback names the line of the page.
    code = compile("\n" * (block.line - 1) + block.text, str(page), "exec", dont_inherit=True)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code, namespace)
    return printed.getvalue()


def _run_console(block: Block, place: str, environment: dict[str, str]) -> None:
    text = block.text.replace("\\\n", "")
    before, *sessions = re.split(r"(?m)^\$ ", text)
    if before.strip() or not sessions:
        raise DocsError(f"{place}: a console block begins with '$ ' and a command")
    for session in sessions:
        command, _, expected = session.partition("\n")
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", command],
            env=environment,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        if done.returncode:
            said = f"exit code {done.returncode}\n{done.stdout}{done.stderr}"
            raise DocsError(f"{place}: {command}: {said}")
        if expected.strip():
            _compare(f"{place}: {command}", expected, done.stdout)


def _compare(place: str, expected: str, printed: str) -> None:
    want, got = _tidy(expected), _tidy(printed)
    checker = doctest.OutputChecker()
    if not checker.check_output(want, got, doctest.ELLIPSIS):
        example = doctest.Example("", want)
        flags = doctest.ELLIPSIS | doctest.REPORT_NDIFF
        raise DocsError(f"{place}\n{checker.output_difference(example, got, flags)}")


def _tidy(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip("\n").splitlines()) + "\n"


def shell_environment(bin_folder: Path, root: Path) -> dict[str, str]:
    """Make an environment where ``biotk`` is the command line of the checkout at ``root``.

    :param bin_folder: a folder of its own, where the command is put.
    """
    script = bin_folder / "biotk"
    code = "import sys; sys.argv[0] = 'biotk'; from biotk.cli import main; main()"
    command = f'exec {shlex.quote(sys.executable)} -c {shlex.quote(code)} "$@"'
    script.write_text(f"#!/bin/sh\n{command}\n", encoding="utf-8")
    script.chmod(0o755)
    path = os.pathsep.join([str(bin_folder), os.environ.get("PATH", "")])
    plain = {"NO_COLOR": "1", "COLUMNS": "100", "TERM": "dumb", "PYTHONUTF8": "1"}
    return {**os.environ, **plain, "PATH": path, "PYTHONPATH": str(root)}
