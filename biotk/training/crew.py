"""Processes that train one model together: each with samples of its own, gradients averaged.

On a CPU two processes of one thread are faster than one of two, since much of the work is Python's
and numpy's, which use one.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.process import BaseProcess

import torch
import torch.distributed as dist
from torch import Tensor
from torch.distributed import TCPStore  # type: ignore[attr-defined]

from biotk.errors import BioTKError

_HOST = "127.0.0.1"


class Crew:
    """The processes of a training, as one of them sees it; alone by default.

    :param rank: which of them this is; the first leads, evaluates and writes.
    :param size: how many there are.
    """

    def __init__(self, rank: int = 0, size: int = 1) -> None:
        self.rank, self.size = rank, size

    @property
    def leads(self) -> bool:
        """Whether this is the first process."""
        return self.rank == 0

    def average(self, parameters: Sequence[Tensor]) -> None:
        """Average the gradients of all processes, in one message.

        :raises BioTKError: another process has died.
        """
        if self.size == 1:
            return
        gradients = [p.grad if p.grad is not None else torch.zeros_like(p) for p in parameters]
        flat = torch.cat([each.flatten() for each in gradients])
        with _told():
            dist.all_reduce(flat)
        flat /= self.size
        for parameter, part in zip(parameters, torch.split(flat, [p.numel() for p in parameters])):
            parameter.grad = part.view_as(parameter)

    def agree(self, answer: bool) -> bool:
        """:returns: what the first process answers; all wait for it.

        :raises BioTKError: another process has died.
        """
        if self.size == 1:
            return answer
        told = torch.tensor([int(answer)])
        with _told():
            dist.broadcast(told, 0)
        return bool(told.item())


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        raise BioTKError(
            "another process of the training has died; what it wrote on stderr says why. The same "
            "command goes on from the last checkpoint"
        ) from error


def lead(size: int) -> tuple[Crew, int, TCPStore | None]:
    """Open the place where the processes meet.

    :param size: how many there are.
    :returns: the crew, the port that the others are told, and what :func:`meet` takes.
    """
    if size == 1:
        return Crew(), 0, None
    store = TCPStore(_HOST, 0, size, is_master=True, wait_for_workers=False)
    return Crew(0, size), store.port, store


def wait_for(processes: Sequence[BaseProcess], store: TCPStore) -> None:
    """Wait until the other processes are there.

    :param processes: those that were started.
    :param store: what the first one opened.
    :raises BioTKError: one has ended before it was there.
    """
    ranks = range(1, len(processes) + 1)
    while not store.check([f"here {rank}" for rank in ranks]):
        for rank, process in zip(ranks, processes):
            if process.exitcode is not None:
                raise BioTKError(
                    f"process {rank} of the training ended with exit code {process.exitcode} "
                    "before it began. -9 mostly means that memory ran out: try fewer --processes"
                )
        time.sleep(0.05)


def end_with_parent() -> None:
    """Let this process end when the one that started it does, whatever it waits for then."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_after, args=(parent,), daemon=True).start()


def _end_after(parent: BaseProcess) -> None:
    parent.join()
    os._exit(1)


@contextmanager
def gathered(size: int, other: Callable[..., None], *given: object) -> Iterator[Crew]:
    """Start the other processes of a training, which end when this one does.

    :param size: how many there are with this one.
    :param other: what each of them runs, given its :class:`Crew`, the port for :func:`meet`, and
        ``given``.
    """
    crew, port, store = lead(size)
    context = multiprocessing.get_context("spawn")
    others = [
        context.Process(target=other, args=(Crew(rank, size), port, *given), daemon=True)
        for rank in range(1, size)
    ]
    for process in others:
        process.start()
    try:
        if store is not None:
            wait_for(others, store)
        with meet(crew, port=port, store=store) as met:
            try:
                yield met
            except BaseException:
                _end(others)  # first, or they would tell that this one has died
                raise
        for process in others:
            process.join(10)
    finally:
        _end(others)


def _end(processes: Sequence[BaseProcess]) -> None:
    for process in processes:
        if process.is_alive():
            process.terminate()
            process.join(10)


@contextmanager
def meet(crew: Crew, *, port: int, store: TCPStore | None = None) -> Iterator[Crew]:
    """Wait for the others, and leave them at the end.

    :param crew: this process.
    :param port: where the first one listens.
    :param store: what the first one opened.
    """
    if crew.size == 1:
        yield crew
        return
    if sys.platform == "linux":  # the name of a machine need not lead to it
        os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    if store is None:
        store = TCPStore(_HOST, port, crew.size, is_master=False)
        store.set(f"here {crew.rank}", "")
    with _told():
        dist.init_process_group("gloo", store=store, rank=crew.rank, world_size=crew.size)
    try:
        yield crew
    finally:
        dist.destroy_process_group()
