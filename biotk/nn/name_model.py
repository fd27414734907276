"""What constrained decoding asks of a model, whatever it is made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import torch
from torch import Tensor

from biotk.index.trie_answers import Runs

if TYPE_CHECKING:
    from biotk.index.token_trie import TokenTrie
    from biotk.nn.decoder import Ints, Memory
    from biotk.nn.overlap import Overlap
    from biotk.nn.seq2seq import OutputRows, Scores


class NameModel(Protocol):
    """An encoder and a decoder that goes on from any path and scores single children.

    :class:`biotk.nn.seq2seq.Seq2Seq` is one for Hugging Face models, and tells what each method
    does; :class:`biotk.nn.mini.MiniModel` is ours. A child is a token and, for models that look
    ahead, what is forced behind it.
    """

    end_id: int
    max_length: int | None

    @property
    def vocabulary_size(self) -> int:
        """How many tokens there are."""

    @property
    def device(self) -> torch.device:
        """Where the weights are."""

    def encode(self, sources: Sequence[Sequence[int]]) -> Memory:
        """Run the encoder."""

    def feed(
        self,
        memory: Memory,
        tokens: Ints,
        paths: Ints,
        lengths: Ints,
        sources: Ints,
        *,
        wanted: Ints | None = None,
    ) -> Tensor:
        """Run tokens through the decoder."""

    def output_rows(self, tokens: Ints, runs: Runs | None = None) -> OutputRows:
        """:returns: the part of the output layer for some children."""

    def logits(self, hidden: Tensor, rows: OutputRows | None = None) -> Tensor:
        """:returns: scores of the same children for all hidden states."""

    def logits_of(
        self, hidden: Tensor, states: Ints, tokens: Ints, runs: Runs | None = None
    ) -> Scores:
        """:returns: scores of single children, each for a hidden state."""

    def overlap(self, prefixes: Sequence[Sequence[int]], trie: TokenTrie) -> Overlap | None:
        """:returns: what scores children by what they share with mentions; None if nothing does."""

    def normaliser(self, hidden: Tensor) -> Scores:
        """:returns: logarithms of the sums of exponentials over all tokens."""
