"""The network of ``biotk-mini``: a pretrained sentence encoder and a small decoder of names.

The encoder is all-MiniLM-L6-v2, its upper layers tuned by us; its word embeddings, frozen, are the
decoder's input and output as well, so that what ships is small. Three things are ours:

- **Copying by content.** What the decoder attends to is the encoder's state plus a map of the
  embedding of the piece that stands there, so that the piece itself can pass through.
- **Looking ahead.** Behind most nodes of a trie of names only one way leads on. A child is scored
  by its own piece *and* by the mean of all pieces that are forced behind it: whoever chooses
  "methyl" sees which name he chooses. Local normalisation would else commit itself blindly.
- **Layer norm before the blocks**, with which small decoders learn to use their encoder at once.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F  # noqa: N812 - everybody calls it so
from torch import Tensor, nn
from transformers import BertConfig, BertModel

from biotk.nn.copying import FEATURES
from biotk.nn.tuning import first_tuned, freeze_below, own_state


@dataclass(frozen=True, slots=True)
class MiniConfig:
    """The shape of the network.

    :param n_layers: layers of the decoder.
    :param n_heads: heads of its attention.
    :param inner: width inside its feed-forward blocks.
    :param n_positions: positions that are told apart; all further ones are the last.
    :param tuned_layers: how many of the encoder's upper layers are ours.
    :param look_ahead: whether children are scored by what is forced behind them as well.
    :param copy: whether the decoder sees the pieces of the source beside their states.
    :param overlap: whether children are scored by what they have in common with the mention as
        well; see :mod:`biotk.nn.copying`.
    """

    n_layers: int = 2
    n_heads: int = 6
    inner: int = 1024
    n_positions: int = 128
    tuned_layers: int = 4
    look_ahead: bool = True
    copy: bool = True
    overlap: bool = True

    def as_json(self) -> dict[str, Any]:
        """:returns: plain values for a config file."""
        return asdict(self)


class Memory(NamedTuple):
    """Encoded sources.

    :param states: *Shape*: (sources, length, width).
    :param padding: true behind the end of a source. *Shape*: (sources, length).
    """

    states: Tensor
    padding: Tensor


class _Attention(nn.Module):
    def __init__(self, width: int, n_heads: int) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.query = nn.Linear(width, width)
        self.key_value = nn.Linear(width, 2 * width)
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor, source: Tensor, mask: Tensor, dropout: float) -> Tensor:
        query = self.query(x).unflatten(-1, (self.n_heads, -1)).transpose(1, 2)
        both = self.key_value(source).unflatten(-1, (2, self.n_heads, -1))
        keys, values = both.permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(
            query, keys, values, attn_mask=mask, dropout_p=dropout if self.training else 0.0
        )
        out: Tensor = self.out(mixed.transpose(1, 2).flatten(2))
        return out


class DecoderLayer(nn.Module):
    """Self-attention, cross-attention and a feed-forward block, each behind a layer norm."""

    def __init__(self, width: int, config: MiniConfig) -> None:
        super().__init__()
        self.self_norm = nn.LayerNorm(width)
        self.self_attention = _Attention(width, config.n_heads)
        self.cross_norm = nn.LayerNorm(width)
        self.cross_attention = _Attention(width, config.n_heads)
        self.ffn_norm = nn.LayerNorm(width)
        self.wi = nn.Linear(width, config.inner)
        self.wo = nn.Linear(config.inner, width)

    def forward(
        self, x: Tensor, memory: Tensor, own: Tensor, cross: Tensor, dropout: float
    ) -> Tensor:
        """:returns: *Shape*: (sources, tokens, width)."""

        def dropped(y: Tensor) -> Tensor:
            return F.dropout(y, dropout, self.training)

        y = self.self_norm(x)
        x = x + dropped(self.self_attention(y, y, own, dropout))
        x = x + dropped(self.cross_attention(self.cross_norm(x), memory, cross, dropout))
        inner = F.gelu(self.wi(self.ffn_norm(x)))
        return x + dropped(self.wo(dropped(inner)))


class MiniNetwork(nn.Module):
    """See the head of this module.

    :param encoder: the shape of the encoder.
    :param config: the shape of what is ours.
    """

    def __init__(self, encoder: BertConfig, config: MiniConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = BertModel(encoder, add_pooling_layer=False)
        width = int(encoder.hidden_size)
        self.width = width
        self.copied = nn.Linear(width, width, bias=False)
        self.marks = nn.Embedding(2, width)
        self.positions = nn.Embedding(config.n_positions, width)
        self.embed_scale = nn.Parameter(torch.ones(()))
        self.layers = nn.ModuleList(DecoderLayer(width, config) for _ in range(config.n_layers))
        self.final_norm = nn.LayerNorm(width)
        self.child_query = nn.Linear(width, width)
        self.run_query = nn.Linear(width, width, bias=False)
        self.overlap_query = nn.Linear(width, len(FEATURES))
        # Worked out once the encoder is loaded: they are frozen. A buffer, so that they go where
        # the weights go; not among what is stored.
        self._pieces: Tensor | None
        self.register_buffer("_pieces", None, persistent=False)
        self._begin()

    def _begin(self) -> None:
        nn.init.eye_(self.copied.weight)
        nn.init.normal_(self.positions.weight, std=0.02)
        nn.init.normal_(self.marks.weight, std=0.02)
        for layer in self.layers:
            for name, weight in layer.named_parameters():
                if name.endswith("weight") and weight.dim() == 2:
                    nn.init.normal_(weight, std=0.04)
                elif name.endswith("bias"):
                    nn.init.zeros_(weight)
        # Small enough that all children start about equal.
        nn.init.normal_(self.child_query.weight, std=0.02)
        nn.init.normal_(self.run_query.weight, std=0.02)
        nn.init.zeros_(self.overlap_query.weight)
        nn.init.zeros_(self.overlap_query.bias)

    @property
    def pieces(self) -> Tensor:
        """The embeddings of word pieces, of about unit length. *Shape*: (vocabulary, width)."""
        if self._pieces is None:
            weight: Tensor = self.encoder.embeddings.word_embeddings.weight.detach()
            self._pieces = weight / weight.float().norm(dim=1).mean().to(weight.dtype)
        return self._pieces

    def freeze_below(self) -> None:
        """Leave everything of the encoder as it is but its tuned layers and mention marks."""
        freeze_below(self.encoder, self.config.tuned_layers)

    def own_state(self) -> dict[str, Tensor]:
        """:returns: the weights that are ours, by name: all that is not frozen."""
        return own_state(self, self.config.tuned_layers)

    def encode(self, ids: Tensor, marks: Tensor, padding: Tensor) -> Memory:
        """Run the encoder.

        :param ids: *Shape*: (sources, length).
        :param marks: 1 at the pieces of mentions, else 0. *Shape*: (sources, length).
        :param padding: true behind the end of a source. *Shape*: (sources, length).
        """
        encoder: Any = self.encoder
        # Marks come in where training begins, so that no gradient runs through what is frozen.
        first = first_tuned(encoder, self.config.tuned_layers)
        with torch.no_grad():
            states = encoder.embeddings(input_ids=ids)
        mask = ~padding[:, None, None, :]
        for number, layer in enumerate(encoder.encoder.layer):
            with torch.set_grad_enabled(torch.is_grad_enabled() and number >= first):
                if number == first:
                    states = states + self.marks(marks)
                states = layer(states, mask)
                states = states[0] if isinstance(states, tuple) else states
        if self.config.copy:
            states = states + self.copied(F.embedding(ids, self.pieces))
        return Memory(states, padding)

    def decode(self, memory: Memory, tokens: Tensor, *, dropout: float = 0.0) -> Tensor:
        """Run the decoder over whole sequences, as in training.

        :param tokens: what is fed; what stands behind the end of a row changes nothing before it.
            *Shape*: (sources, tokens).
        :returns: hidden states. *Shape*: (sources, tokens, width).
        """
        n = tokens.shape[1]
        places = torch.arange(n, device=tokens.device).clamp(max=self.config.n_positions - 1)
        x = F.embedding(tokens, self.pieces) * self.embed_scale + self.positions(places)
        x = F.dropout(x, dropout, self.training)
        own = torch.ones((n, n), dtype=torch.bool, device=tokens.device).tril()
        cross = ~memory.padding[:, None, None, :]
        for layer in self.layers:
            x = layer(x, memory.states, own, cross, dropout)
        hidden: Tensor = self.final_norm(x)
        return hidden

    def queries(self, hidden: Tensor) -> tuple[Tensor, Tensor | None, Tensor | None]:
        """:returns: what children's pieces, the runs behind them, and their overlap with the
        mention are compared with.
        """
        config = self.config
        ahead = self.run_query(hidden) if config.look_ahead else None
        common = self.overlap_query(hidden) if config.overlap else None
        return self.child_query(hidden), ahead, common
