"""What is ours of a network that builds on a pretrained encoder: its upper layers, and all else."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from biotk.errors import InputError
from biotk.nn.mini_encoder import Encoder


def check_tuned_layers(tuned_layers: int, encoder: Encoder) -> None:
    """Make sure that an encoder has the layers that are to be tuned.

    :raises InputError: it has not.
    """
    n_layers = int(encoder.config.num_hidden_layers)
    if not 0 <= tuned_layers <= n_layers:
        raise InputError(f"tuned_layers is {tuned_layers}; the encoder has {n_layers} layers")


def first_tuned(encoder: Any, tuned_layers: int) -> int:
    """:returns: the number of the lowest layer that is ours.

    :param encoder: a ``BertModel``.
    """
    return len(encoder.encoder.layer) - tuned_layers


def freeze_below(encoder: Any, tuned_layers: int) -> None:
    """Leave everything of an encoder as it is but its upper layers.

    :param encoder: a ``BertModel``.
    """
    encoder.requires_grad_(False)
    if tuned_layers:
        encoder.encoder.layer[-tuned_layers:].requires_grad_(True)


def own_state(network: nn.Module, tuned_layers: int) -> dict[str, Tensor]:
    """:returns: the weights that are ours, by name: all that is not frozen.

    :param network: with a ``BertModel`` as ``encoder``.
    """
    first = first_tuned(network.encoder, tuned_layers)
    frozen = ("encoder.embeddings.", *(f"encoder.encoder.layer.{n}." for n in range(first)))
    return {k: v for k, v in network.state_dict().items() if not k.startswith(frozen)}
