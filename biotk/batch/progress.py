"""What people see on stderr while a batch runs: how far, how fast, how many failures, how long yet.

On a terminal a bar; elsewhere one line at the end, and one now and then where that is far off.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from biotk.batch.count import count_inputs

#: Seconds of loading that a summary tells of.
_TOLD_LOADING = 0.05


@dataclass(slots=True)
class Tally:
    """What a run has done so far.

    :param documents: inputs that are done, whether they failed or not, without the skipped.
    :param words: words of the documents that are done.
    :param failed: how many of them failed.
    :param skipped: inputs that an earlier run had done.
    :param faults: small faults of inputs that were read nevertheless.
    :param seconds: how long it took, loading the pipeline included.
    :param loading: how long of that until the pipeline was loaded.
    :param finished: whether all inputs are done.
    """

    documents: int = 0
    words: int = 0
    failed: int = 0
    skipped: int = 0
    faults: int = 0
    seconds: float = 0.0
    loading: float = 0.0
    finished: bool = False

    def rates(self) -> str:
        """:returns: how fast documents are annotated, once the pipeline is loaded."""
        seconds = max(self.seconds - self.loading, 1e-9)
        return f"{self.documents / seconds:,.1f} documents/s, {self.words / seconds:,.0f} words/s"

    def summary(self) -> str:
        """:returns: one line for people."""
        of = "document" if self.documents == 1 else "documents"
        done = f"{self.documents:,} {of} in {max(self.seconds - self.loading, 0.0):,.1f} s"
        if self.loading >= _TOLD_LOADING:
            done += f" after {self.loading:,.1f} s of loading"
        parts = [done, self.rates(), f"{self.failed:,} failed"]
        if self.skipped:
            parts.append(f"{self.skipped:,} were done before")
        if self.faults:
            parts.append(f"{self.faults:,} faults in the inputs' own annotations")
        return ", ".join(parts)


class Reporter(Protocol):
    """Is told how a run goes."""

    def start(self, inputs: Sequence[str | Path], limit: int | None) -> None:
        """A run begins."""

    def update(self, tally: Tally) -> None:
        """The pipeline is loaded, or some documents are done."""

    def stop(self, tally: Tally) -> None:
        """The run is over, whether it came to its end or not."""


class Silent:
    """Reports nothing."""

    def start(self, inputs: Sequence[str | Path], limit: int | None) -> None:
        """Do nothing."""

    def update(self, tally: Tally) -> None:
        """Do nothing."""

    def stop(self, tally: Tally) -> None:
        """Do nothing."""


class ConsoleReporter:
    """Reports on a console: a bar on a terminal, and a line at the end.

    :param console: where to; stderr, so that stdout is left to data.
    :param first_word: after so many seconds, then twice as many and so on, a line says that the run
        goes on, where there is no bar.
    """

    def __init__(self, console: Console, *, first_word: float = 10.0) -> None:
        self.console = console
        self.first_word = first_word
        self._done: int | None = None  # until the pipeline is loaded
        self._silence: threading.Event | None = None
        self._bar: Progress | None = None
        self._counting: threading.Thread | None = None

    def start(self, inputs: Sequence[str | Path], limit: int | None) -> None:
        """Show the bar, and count the inputs meanwhile: until that is done there is no ETA."""
        if not self.console.is_terminal:
            self._silence = threading.Event()
            threading.Thread(target=self._still_there, args=(self._silence,), daemon=True).start()
            return
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[speed]}"),
            TimeElapsedColumn(),
            TextColumn("ETA"),
            TimeRemainingColumn(),
            console=self.console,
            redirect_stdout=False,  # stdout may carry the data
        )
        self._bar.add_task("annotating", total=None, speed="loading the pipeline")
        self._bar.start()
        self._counting = threading.Thread(target=self._count, args=(inputs, limit), daemon=True)
        self._counting.start()

    def _still_there(self, over: threading.Event) -> None:
        """Tell now and then that a run goes on: a single note may take minutes."""
        waited, step = 0.0, self.first_word
        while not over.wait(step):
            waited += step
            done = "loading the pipeline"
            if self._done is not None:
                done = f"{self._done:,} {'document' if self._done == 1 else 'documents'} done"
            self.console.print(
                f"annotating: {done} after {waited:,.0f} s",
                highlight=False,
                markup=False,
                soft_wrap=True,
            )
            step = waited  # after 10 s, 20, 40, …

    def _count(self, inputs: Sequence[str | Path], limit: int | None) -> None:
        total = count_inputs(inputs)
        bar = self._bar
        if bar is not None and total is not None:
            bar.update(bar.task_ids[0], total=total if limit is None else min(total, limit))

    def update(self, tally: Tally) -> None:
        """Move the bar."""
        self._done = tally.skipped + tally.documents
        if self._bar is None:
            return
        speed = tally.rates() if tally.documents else "the first documents"
        if tally.failed:
            speed += f", {tally.failed:,} failed"
        task = self._bar.task_ids[0]
        self._bar.update(task, completed=tally.skipped + tally.documents, speed=speed)

    def stop(self, tally: Tally) -> None:
        """Take the bar away and say what was done."""
        if self._silence is not None:
            self._silence.set()
        if self._counting is not None:
            self._counting.join(1)  # a short run is over before its inputs are counted
        bar, self._bar = self._bar, None
        if bar is not None:
            bar.stop()
        if not (tally.finished or tally.documents):
            return  # it never began, and an error will say why
        self.console.print(tally.summary(), highlight=False, markup=False, soft_wrap=True)
