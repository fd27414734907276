"""What workers log while they make their annotators: told once, by the parent.

What a pipeline warns of when it is made is mostly the same in each worker, but not always: one may
find what another has just built. Which of them is first, and which are ready before the others have
done all the work, is chance; so all of them say what they have to say.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple


class Logged(NamedTuple):
    """What a worker logged.

    :param logger: the name of the logger.
    :param level: as :mod:`logging` has it.
    :param text: the message.
    """

    logger: str
    level: int
    text: str


@contextmanager
def logging_to(send: Callable[[Logged], object]) -> Iterator[None]:
    """Hand over what BioTK logs meanwhile, instead of having it shown here."""
    logger = logging.getLogger("biotk")
    before = logger.handlers, logger.propagate
    logger.handlers, logger.propagate = [_Handler(send)], False
    try:
        yield
    finally:
        logger.handlers, logger.propagate = before


class _Handler(logging.Handler):
    def __init__(self, send: Callable[[Logged], object]) -> None:
        super().__init__()
        self._send = send

    def emit(self, record: logging.LogRecord) -> None:
        self._send(Logged(record.name, record.levelno, record.getMessage()))


class LogOnce:
    """Logs what workers have logged; what several of them say, once."""

    def __init__(self) -> None:
        self._known: set[Logged] = set()

    def log(self, logged: Logged) -> None:
        """Log it here, unless it has been."""
        if logged not in self._known:
            self._known.add(logged)
            logging.getLogger(logged.logger).log(logged.level, "%s", logged.text)
