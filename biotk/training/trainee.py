"""What the loop trains: a network, and what a batch costs it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, Protocol

from torch import Tensor, nn

from biotk.errors import InputError
from biotk.training.objective import Objective


class Weighted(Protocol):
    """What has weights that training changes."""

    @property
    def network(self) -> nn.Module:
        """What has the parameters; those that need a gradient are trained."""

    def state(self) -> dict[str, Tensor]:
        """:returns: all weights that training changes, by name; none shares another's memory."""


class Savable(Weighted, Protocol):
    """What makes a model's folder."""

    def save(self, folder: Path) -> None:
        """Write what loads as a model.

        :param folder: to be made.
        """


class Trainee(Savable, Protocol):
    """A model in training; :class:`biotk.training.mini.MiniTrainee` is one."""

    def train(self, *, dropout: float) -> None:
        """Go into training mode."""

    def cost(self, batch: Any, *, smoothing: float = 0.0) -> Objective:
        """:returns: what a batch costs; of which kind it is, the stage's feeds say."""

    def is_encoder(self, name: str) -> bool:
        """:returns: whether a parameter is one of the pretrained encoder, which learns slower."""


def where_it_is(network: nn.Module) -> AbstractContextManager[object]:
    """:returns: something within which new tensors, ``torch.as_tensor``'s among them, are made on
    the device of a network.
    """
    device = next(network.parameters()).device
    return nullcontext() if device.type == "cpu" else device


def load_weights(trainee: Weighted, state: Mapping[str, Tensor], *, place: Path) -> None:
    """Have a model take weights over.

    :param state: as :meth:`Trainee.state` gives them.
    :param place: where they were read, for messages.
    :raises InputError: they are those of another model.
    """
    found, wanted = set(state), set(trainee.state())
    parts = [(sorted(wanted - found), "missing"), (sorted(found - wanted), "without a place")]
    told = "; ".join(f"{len(names)} {word}, as {names[0]}" for names, word in parts if names)
    if told:
        raise InputError(f"{place}: its weights are not those of this model: {told}")
    trainee.network.load_state_dict(dict(state), strict=False)
