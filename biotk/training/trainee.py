"""What the loop trains: a network, and what a batch costs it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Protocol

from torch import Tensor, nn

from biotk.training.batches import Batch
from biotk.training.objective import Objective


class Trainee(Protocol):
    """A model in training; :class:`biotk.training.mini.MiniTrainee` is one."""

    @property
    def network(self) -> nn.Module:
        """What has the parameters; those that need a gradient are trained."""

    def train(self, *, dropout: float) -> None:
        """Go into training mode."""

    def cost(self, batch: Batch, *, smoothing: float = 0.0) -> Objective:
        """:returns: what a batch costs."""

    def is_encoder(self, name: str) -> bool:
        """:returns: whether a parameter is one of the pretrained encoder, which learns slower."""

    def state(self) -> dict[str, Tensor]:
        """:returns: all weights that training changes, by name; none shares another's memory."""

    def load(self, state: Mapping[str, Tensor], *, place: Path) -> None:
        """Take weights over.

        :param place: where they were read, for messages.
        :raises InputError: they are those of another model.
        """

    def save(self, folder: Path, *, facts: Mapping[str, object]) -> None:
        """Write what loads as a model.

        :param folder: to be made.
        :param facts: what is to be said of it in a file of its own.
        """


def where_it_is(network: nn.Module) -> AbstractContextManager[object]:
    """:returns: something within which new tensors, ``torch.as_tensor``'s among them, are made on
    the device of a network.
    """
    device = next(network.parameters()).device
    return nullcontext() if device.type == "cpu" else device


def differences(found: Sequence[str], wanted: Sequence[str]) -> str:
    """:returns: in words, what is missing and what has no place; empty if nothing."""
    missing, extra = sorted(set(wanted) - set(found)), sorted(set(found) - set(wanted))
    parts = [(missing, "missing"), (extra, "without a place")]
    return "; ".join(f"{len(names)} {word}, as {names[0]}" for names, word in parts if names)
