"""The network of a synonym encoder: a sentence encoder, its upper layers ours, and a projection.

The states of all pieces of a string are averaged, made shorter by a matrix, and brought to unit
length, so that the scalar product of two vectors is their cosine. Trained so that the names of one
concept lie together (SapBERT, Liu et al., 2021, "Self-alignment pretraining for biomedical entity
representations"); see :mod:`biotk.training.encoder`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - everybody calls it so
from torch import Tensor, nn
from transformers import BertConfig, BertModel

from biotk.errors import InputError
from biotk.nn.mini_encoder import Encoder
from biotk.nn.model_files import load_encoder_weights
from biotk.nn.tuning import check_tuned_layers, first_tuned, freeze_below, own_state


@dataclass(frozen=True, slots=True, kw_only=True)
class SynonymConfig:
    """The shape of the network.

    :param tuned_layers: how many of the encoder's upper layers are ours.
    :param dim: the length of vectors; 0 for the encoder's own width, without a projection.
    """

    tuned_layers: int = 6
    dim: int = 128

    def as_json(self) -> dict[str, Any]:
        """:returns: plain values for a config file."""
        return asdict(self)


class SynonymNetwork(nn.Module):
    """See the head of this module.

    :param encoder: the shape of the encoder.
    :param config: the shape of what is ours.
    """

    def __init__(self, encoder: BertConfig, config: SynonymConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = BertModel(encoder, add_pooling_layer=False)
        width = int(encoder.hidden_size)
        self.dim = config.dim or width
        self.projection = nn.Linear(width, config.dim, bias=False) if config.dim else None
        if self.projection is not None:
            nn.init.orthogonal_(self.projection.weight)

    def freeze_below(self) -> None:
        """Leave everything of the encoder as it is but its tuned layers."""
        freeze_below(self.encoder, self.config.tuned_layers)

    def own_state(self) -> dict[str, Tensor]:
        """:returns: the weights that are ours, by name: all that is not frozen."""
        return own_state(self, self.config.tuned_layers)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Make vectors of strings.

        :param ids: their pieces. *Shape*: (strings, longest).
        :param mask: 1 where a piece stands, 0 behind the end. *Shape*: (strings, longest).
        :returns: of unit length. *Shape*: (strings, dim).
        """
        return self.shortened(self.averaged(ids, mask))

    def averaged(self, ids: Tensor, mask: Tensor) -> Tensor:
        """:returns: the mean of the states. *Shape*: (strings, width of the encoder)."""
        encoder: Any = self.encoder
        first = first_tuned(encoder, self.config.tuned_layers)
        with torch.no_grad():  # no gradient runs through what is frozen
            states = encoder.embeddings(input_ids=ids)
        seen = mask[:, None, None, :].bool()
        for number, layer in enumerate(encoder.encoder.layer):
            with torch.set_grad_enabled(torch.is_grad_enabled() and number >= first):
                states = layer(states, seen)
                states = states[0] if isinstance(states, tuple) else states
        weights = mask[..., None].to(torch.float32)
        mean: Tensor = (states.float() * weights).sum(1) / weights.sum(1).clamp(min=1)
        return mean

    def shortened(self, mean: Tensor) -> Tensor:
        """:returns: vectors of unit length. *Shape*: (strings, dim)."""
        if self.projection is not None:
            mean = self.projection(mean)
        return F.normalize(mean.float(), dim=-1)


def new_synonym_network(encoder: Encoder, config: SynonymConfig | None = None) -> SynonymNetwork:
    """Make a network whose own part is still to be trained.

    :param encoder: what it builds on.
    :param config: its shape.
    :raises InputError: the shape does not fit the encoder, or the encoder's weights its own shape.
    """
    config = SynonymConfig() if config is None else config
    width = int(encoder.config.hidden_size)
    check_tuned_layers(config.tuned_layers, encoder)
    if not 0 <= config.dim <= width:
        raise InputError(f"dim is {config.dim}; it lies between 0 and the encoder's width, {width}")
    network = SynonymNetwork(encoder.config, config)
    load_encoder_weights(network.encoder, encoder)
    return network
