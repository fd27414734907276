"""Worker processes that annotate batches, in order, and survive the death of any of them.

The standard library's pools give up all that is under way when one process dies. Here a worker
has one batch at a time, so that it is known what it died of: that batch is tried again document by
document, and a document that kills a worker twice is a failed one.
"""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from typing import Any, Self

from biotk.batch.engine import AnnotatorSpec, MakeAnnotator
from biotk.batch.logged import LogOnce
from biotk.batch.results import Item, Result, Want
from biotk.batch.worker import Message, for_workers, work
from biotk.errors import BioTKError, InputError

#: How many batches per worker may be under way or wait for their turn to be written.
WINDOW = 4

#: How often a document may kill a worker.
MAX_DEATHS = 2

#: How many workers may die in a row without one having answered.
MAX_STILLBORN = 3


@dataclass(slots=True)
class _Batch:
    """A batch and what is known of it."""

    items: Sequence[Item]
    results: dict[int, Result] = field(default_factory=dict)

    @property
    def is_done(self) -> bool:
        return len(self.results) == len(self.items)

    def in_order(self) -> list[Result]:
        return [self.results[item.index] for item in self.items]


@dataclass(slots=True)
class _Task:
    """What a worker gets at once: a batch, or one document of a batch that was deadly."""

    batch: _Batch
    items: Sequence[Item]
    deaths: int = 0


@dataclass(slots=True)
class _Worker:
    process: Any  # a SpawnProcess; typeshed gives contexts no common type
    connection: Connection
    ready: bool = False
    task: _Task | None = None


class WorkerPool:
    """Annotates batches in worker processes, started by ``spawn`` (torch hangs after a fork).

    :param make: makes an annotator in each worker; a function of a module.
    :param spec: what the annotators are made from.
    :param workers: how many processes there are at most.
    :param want: what is wanted of each document.
    :param on_ready: called when the first worker has its annotator.
    """

    def __init__(
        self,
        make: MakeAnnotator,
        spec: AnnotatorSpec,
        *,
        workers: int,
        want: Want,
        on_ready: Callable[[], None] = lambda: None,
    ) -> None:
        self.make, self.spec, self.want, self.size = make, spec, want, workers
        self._context = multiprocessing.get_context("spawn")
        self._workers: list[_Worker] = []
        self._log = LogOnce()
        self._tasks: deque[_Task] = deque()
        self._turn: deque[_Batch] = deque()
        self._stillborn = 0
        self._on_ready, self._any_ready = on_ready, False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def run(self, batches: Iterable[list[Item]]) -> Iterator[list[Result]]:
        """Annotate batches.

        :returns: their results, in the order of the batches; each as soon as it is its turn.
        :raises InputError: the annotator cannot be made, since its specification is wrong.
        :raises BioTKError: it cannot be made, or the workers die without having done anything.
        """
        source = iter(batches)
        reading = True
        while True:
            self._assign()
            while reading and len(self._tasks) < self.size and self._has_room():
                items = next(source, None)
                if items is None:
                    reading = False
                    break
                batch = _Batch(items)
                self._turn.append(batch)
                self._tasks.append(_Task(batch, items))
                self._assign()
            while self._turn and self._turn[0].is_done:
                yield self._turn.popleft().in_order()
            if self._turn:
                self._wait()
            elif not reading:
                return

    def close(self) -> None:
        """End the workers, whatever they are doing."""
        for worker in self._workers:
            if not worker.ready:
                self._hear_what_is_left(worker)
            worker.connection.close()  # an idle one ends by itself
            if worker.task is not None or not worker.ready:
                worker.process.terminate()
        for worker in self._workers:
            worker.process.join(5)
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join()
            worker.process.close()
        self._workers.clear()

    def _has_room(self) -> bool:
        return len(self._turn) < WINDOW * self.size

    def _assign(self) -> None:
        """Give tasks to idle workers; start another one where there are not enough."""
        for worker in list(self._workers):
            if self._tasks and worker.ready and worker.task is None:
                worker.task = self._tasks.popleft()
                try:
                    worker.connection.send(worker.task.items)
                except OSError:  # it died while idle, of nothing that was in this task
                    self._tasks.appendleft(worker.task)
                    worker.task = None
                    self._bury(worker)
        starting = sum(not worker.ready for worker in self._workers)
        while len(self._workers) < self.size and starting < len(self._tasks):
            self._start()
            starting += 1

    def _start(self) -> None:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(
            target=work,
            args=(theirs, self.make, self.spec, self.want),
            daemon=True,
        )
        with for_workers():
            process.start()
        theirs.close()  # else its death would not close the pipe
        self._workers.append(_Worker(process, ours))

    def _wait(self) -> None:
        """Wait until a worker says something, or dies."""
        busy = [w for w in self._workers if w.task is not None or not w.ready]
        heard = wait([w.connection for w in busy] + [w.process.sentinel for w in busy])
        for worker in busy:
            if worker.connection not in heard and worker.process.sentinel not in heard:
                continue
            try:
                if not worker.connection.poll():
                    raise EOFError
                message: Message = worker.connection.recv()
            except (EOFError, OSError):
                self._bury(worker)
            else:
                self._hear(worker, message)

    def _hear(self, worker: _Worker, message: Message) -> None:
        if message[0] == "ready":
            worker.ready = True
            if not self._any_ready:
                self._any_ready = True
                self._on_ready()
        elif message[0] == "logged":
            self._log.log(message[1])
        elif message[0] == "results":
            if worker.task is not None:
                self._keep(worker.task, message[1])
            worker.task = None
            self._stillborn = 0
        else:
            of_arguments, told = message[1]
            raise (InputError if of_arguments else BioTKError)(told)

    def _hear_what_is_left(self, worker: _Worker) -> None:
        """Log what a worker has said that nobody waited for, since the others did all the work."""
        try:
            while worker.connection.poll():
                message: Message = worker.connection.recv()
                if message[0] == "logged":
                    self._log.log(message[1])
        except (EOFError, OSError):
            pass  # it is dead

    def _keep(self, task: _Task, results: Sequence[Result]) -> None:
        for result in results:
            task.batch.results[result.index] = result

    def _bury(self, worker: _Worker) -> None:
        """Take a dead worker out, and try again what it was doing."""
        self._workers.remove(worker)
        worker.connection.close()
        worker.process.join(5)
        if worker.process.is_alive():  # it closed its pipe and hangs
            worker.process.kill()
            worker.process.join()
        code = worker.process.exitcode
        worker.process.close()
        task = worker.task
        if task is None:
            self._stillborn += 1
            if self._stillborn >= MAX_STILLBORN:
                raise BioTKError(
                    f"{self._stillborn} workers ended one after the other, the last with exit code"
                    f" {code}, before they had annotated anything. -9 mostly means that memory ran"
                    f" out: try fewer --workers."
                )
        elif len(task.items) > 1:
            self._tasks.extendleft(_Task(task.batch, [item]) for item in reversed(task.items))
        elif task.deaths + 1 < MAX_DEATHS:
            self._tasks.appendleft(_Task(task.batch, task.items, task.deaths + 1))
        else:
            item = task.items[0]
            error = f"WorkerDied: a worker ended with exit code {code}, {MAX_DEATHS} times"
            self._keep(task, [Result(item.index, item.id, error=error)])
