"""A worker process: makes its annotator, then answers batches until the pipe is closed.

Heavy modules are imported after the process has started, by the factory, so that the limit on
threads that the parent sets in the environment holds for them.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from typing import Literal

from biotk.batch.engine import AnnotatorSpec, MakeAnnotator, load
from biotk.batch.logged import Logged, logging_to
from biotk.batch.results import Item, Result, Want, annotate_batch
from biotk.errors import BioTKError, InputError, UnknownNameError

#: One thread per worker: the libraries would else take all cores in each of them.
ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
}

#: What a worker says: what it logs before it is ready; that it is; that it cannot start, and
#: whether an argument is wrong; results.
Message = (
    tuple[Literal["logged"], Logged]
    | tuple[Literal["ready"], None]
    | tuple[Literal["broken"], tuple[bool, str]]
    | tuple[Literal["results"], Sequence[Result]]
)


@contextmanager
def for_workers() -> Iterator[None]:
    """Set :data:`ENVIRONMENT` for the processes that are started meanwhile.

    Ctrl-C is held back from them, since it goes to all processes of a terminal and would hit them
    in the middle of their imports.
    """
    resource_tracker.ensure_running()  # starting it later would let Ctrl-C through again
    before = {name: os.environ.get(name) for name in ENVIRONMENT}
    os.environ.update(ENVIRONMENT)
    has_masks = hasattr(signal, "pthread_sigmask")  # Windows has none
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT}) if has_masks else set()
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        if has_masks:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def work(connection: Connection, make: MakeAnnotator, spec: AnnotatorSpec, want: Want) -> None:
    """Run a worker; the target of its process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    os.dup2(sys.stderr.fileno(), 1)  # the parent's stdout carries JSON; nobody prints into it
    try:
        with logging_to(lambda logged: _send(connection, ("logged", logged))):
            annotator = load(make, spec)
    except BioTKError as error:
        of_arguments = isinstance(error, InputError | UnknownNameError)
        _send(connection, ("broken", (of_arguments, str(error))))
        return
    if not _send(connection, ("ready", None)):
        return
    while True:
        try:
            items: list[Item] = connection.recv()
        except (EOFError, OSError):  # the parent is done, or gone
            return
        if not _send(connection, ("results", annotate_batch(annotator, items, want))):
            return


def _send(connection: Connection, message: Message) -> bool:
    """:returns: whether the parent is still there."""
    try:
        connection.send(message)
    except OSError:
        return False
    return True
