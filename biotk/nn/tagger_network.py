"""The network of ``biotk-tagger``: a pretrained encoder, and labels for each type on their own.

Over each unit of a text stand, for each type, three ways: a mention of that type begins here, goes
on, or neither. Types do not compete, so that a corpus that does not annotate one teaches nothing of
it (its labels are left out of the loss), and mentions of two types may overlap. The encoder is
lower-cased; the shape of units, embedded, tells it what it would not see.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F  # noqa: N812 - everybody calls it so
from torch import Tensor, nn
from transformers import BertConfig, BertModel

from biotk.nn.tagger_format import N_SHAPES
from biotk.nn.tuning import first_tuned, freeze_below, own_state

#: The labels of a unit for a type.
OUTSIDE, BEGIN, INSIDE = 0, 1, 2


@dataclass(frozen=True, slots=True)
class TaggerConfig:
    """The shape of the network.

    :param types: the types of mentions.
    :param tuned_layers: how many of the encoder's upper layers are ours.
    :param inner: width between the encoder and the labels.
    """

    types: tuple[str, ...]
    tuned_layers: int = 6
    inner: int = 256

    def as_json(self) -> dict[str, Any]:
        """:returns: plain values for a config file."""
        return asdict(self) | {"types": list(self.types)}


class TaggerInput(NamedTuple):
    """Windows side by side.

    :param ids: word pieces. *Shape*: (windows, pieces).
    :param shapes: that of the unit of each piece. *Shape*: (windows, pieces).
    :param padding: true behind the end of a window. *Shape*: (windows, pieces).
    :param firsts: where the first piece of each unit stands, counted through. *Shape*: (units,).
    """

    ids: Tensor
    shapes: Tensor
    padding: Tensor
    firsts: Tensor


class TaggerNetwork(nn.Module):
    """See the head of this module.

    :param encoder: the shape of the encoder.
    :param config: the shape of what is ours.
    """

    def __init__(self, encoder: BertConfig, config: TaggerConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = BertModel(encoder, add_pooling_layer=False)
        width = int(encoder.hidden_size)
        # One more shape than units have: that of what stands around a window.
        self.shapes = nn.Embedding(N_SHAPES + 1, width)
        self.inner_shapes = nn.Embedding(N_SHAPES + 1, config.inner)
        self.inner = nn.Linear(width, config.inner)
        self.norm = nn.LayerNorm(config.inner)
        self.labels = nn.Linear(config.inner, 3 * len(config.types))
        nn.init.zeros_(self.shapes.weight)
        nn.init.zeros_(self.inner_shapes.weight)
        nn.init.normal_(self.labels.weight, std=0.02)
        # Most units are outside of all mentions.
        with torch.no_grad():
            self.labels.bias.view(-1, 3).copy_(torch.tensor([2.0, -1.0, -1.0]))
        self._dropout = 0.0

    def own_state(self) -> dict[str, Tensor]:
        """:returns: the weights that are ours, by name: what is tuned, and all that is new."""
        return own_state(self, self.config.tuned_layers)

    def freeze_below(self) -> None:
        """Let only what is ours be trained."""
        freeze_below(self.encoder, self.config.tuned_layers)

    def drop(self, share: float) -> None:
        """Go into training mode.

        Dropout within attention is left out: with it, no fast attention is there for a CPU.

        :param share: of dropout, in the encoder's blocks and before the labels.
        """
        encoder: Any = self.encoder
        self.train()
        encoder.eval()
        self._dropout = share
        first = first_tuned(encoder, self.config.tuned_layers)
        for name, module in encoder.encoder.layer[first:].named_modules():
            if isinstance(module, nn.Dropout) and ".self." not in name:
                module.p = share
                module.train()

    def forward(self, given: TaggerInput) -> Tensor:
        """:returns: log-probabilities of the labels, fp32. *Shape*: (units, types, 3)."""
        encoder: Any = self.encoder
        with torch.no_grad():
            states = encoder.embeddings(input_ids=given.ids)
        mask = ~given.padding[:, None, None, :]
        states = states + self.shapes(given.shapes)
        for layer in encoder.encoder.layer:
            states = layer(states, mask)
            states = states[0] if isinstance(states, tuple) else states
        units = states.flatten(0, 1)[given.firsts]
        shapes = given.shapes.flatten()[given.firsts]
        dropout = self._dropout if self.training else 0.0
        inner = self.inner(F.dropout(units, dropout, self.training)) + self.inner_shapes(shapes)
        inner = F.dropout(F.gelu(self.norm(inner)), dropout, self.training)
        logits = self.labels(inner).float().unflatten(-1, (-1, 3))
        return F.log_softmax(logits, -1)
