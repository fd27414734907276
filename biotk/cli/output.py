"""What the commands share: errors as one line, messages and progress on stderr."""

from __future__ import annotations

import os
import shutil
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

import typer
from typer.core import TyperGroup

from biotk.errors import (
    BioTKError,
    FormatError,
    InputError,
    KbNotFoundError,
    UnknownNameError,
)

if TYPE_CHECKING:
    from rich.console import Console

    from biotk.kb import KnowledgeBase

FAILED, USAGE = 1, 2
#: The KBs that the command has opened, to be looked at where something goes wrong.
opened: list[KnowledgeBase] = []


class BiotkGroup(TyperGroup):
    """Turns an error that BioTK raises on purpose into one line on stderr and an exit code.

    Wrong arguments (:class:`InputError`, :class:`UnknownNameError`) exit with 2, everything else,
    a wrong row of a file among it, with 1. With ``BIOTK_DEBUG=1`` the traceback is shown instead.
    """

    def invoke(self, ctx: Any) -> Any:
        """Run a command."""
        opened.clear()
        try:
            return super().invoke(ctx)
        except BioTKError as error:
            self._tell(error)
        except (IndexError, OverflowError, ValueError) as error:
            # A number that damage has changed leads anywhere; a sound KB is not to blame.
            try:
                for kb in opened:
                    kb.check_tables()
            except BioTKError as damage:
                self._tell(damage)
            raise error

    @staticmethod
    def _tell(error: BioTKError) -> NoReturn:
        if os.environ.get("BIOTK_DEBUG", "") not in ("", "0"):
            raise error
        typer.secho(f"Error: {error}", fg=typer.colors.RED, err=True)
        raise typer.Exit(exit_code(error)) from error


def exit_code(error: BioTKError) -> int:
    """:returns: the exit code that an error stands for."""
    of_arguments = isinstance(error, InputError | UnknownNameError | KbNotFoundError)
    return USAGE if of_arguments and not isinstance(error, FormatError) else FAILED


def say(message: str) -> None:
    """Write a message to stderr."""
    typer.echo(message, err=True)


def line_width() -> int:
    """:returns: how wide lines on stdout may be: as the terminal, or 80 where there is none."""
    return max(shutil.get_terminal_size((80, 24)).columns, 40)


def tell(text: str, *, indent: int = 0, hang: int = 0) -> None:
    """Write a line to stdout, over several lines where it is wider than the terminal.

    :param indent: blanks before it.
    :param hang: how many more before what does not fit into the first line.
    """
    lines = textwrap.wrap(
        text,
        line_width(),
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + hang),
        break_long_words=False,
        break_on_hyphens=False,
    )
    for line in lines or [""]:
        typer.echo(line)


def counted(count: int, one: str, several: str = "") -> str:
    """:returns: a count and what is counted, in the singular or plural.

    >>> counted(1, "cycle"), counted(1200, "concept"), counted(0, "entry", "entries")
    ('1 cycle', '1,200 concepts', '0 entries')
    """
    return f"{count:,} {one if count == 1 else several or one + 's'}"


def stdout_console() -> Console:
    """:returns: a console for tables on stdout; wide enough for them where there is no terminal."""
    from rich.console import Console

    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=160)


#: Told how far something is: what is being done, how much of it, and how much there is; 0 if
#: nobody knows.
ShowProgress = Callable[[str, int, int], None]


@contextmanager
def progress_bar(*, of_bytes: bool = False, of_steps: bool = False) -> Iterator[ShowProgress]:
    """A progress bar on stderr, one line a step; nothing where stderr is no terminal.

    :param of_bytes: what is counted are bytes: show their speed and the time that is left.
    :param of_steps: it takes long: show how many steps there are and the time that is left.
    """
    from rich import progress as rich
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    counts: tuple[rich.ProgressColumn, ...] = (TextColumn("{task.completed:,.0f}"),)
    if of_bytes:
        counts = (rich.DownloadColumn(), rich.TransferSpeedColumn(), rich.TimeRemainingColumn())
    if of_steps:
        counts = (rich.MofNCompleteColumn(), rich.TimeRemainingColumn())
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        *counts,
        TimeElapsedColumn(),
    )
    tasks: dict[str, Any] = {}
    with Progress(
        *columns, console=console, disable=not console.is_terminal, redirect_stdout=False
    ) as bar:

        def show(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = bar.add_task(step, total=total or None)
            bar.update(tasks[step], completed=done, total=total or None)

        yield show
