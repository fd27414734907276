"""A worker process: makes its annotator, then answers batches until the pipe is closed.

Heavy modules are imported after the process has started, by the factory, so that the limit on
threads that the parent sets in the environment holds for them.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Sequence
from multiprocessing.connection import Connection
from typing import Literal

from biotk.batch.engine import AnnotatorSpec, MakeAnnotator, load
from biotk.batch.results import Item, Result, Want, annotate_batch
from biotk.errors import BioTKError, InputError, UnknownNameError

#: One thread per worker: the libraries would else take all cores in each of them.
ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
}

#: What a worker says: it is ready; it cannot start, and whether an argument is wrong; results.
Message = (
    tuple[Literal["ready"], None]
    | tuple[Literal["broken"], tuple[bool, str]]
    | tuple[Literal["results"], Sequence[Result]]
)


def work(
    connection: Connection,
    make: MakeAnnotator,
    spec: AnnotatorSpec,
    want: Want,
    *,
    quiet: bool = False,
) -> None:
    """Run a worker; the target of its process.

    :param quiet: keep warnings back while the annotator is made, since another worker gives them.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    os.dup2(sys.stderr.fileno(), 1)  # the parent's stdout carries JSON; nobody prints into it
    logger = logging.getLogger("biotk")
    level = logger.level
    try:
        if quiet:
            logger.setLevel(logging.ERROR)
        annotator = load(make, spec)
        logger.setLevel(level)
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
