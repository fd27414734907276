"""``biotk-mini`` for inference: what constrained search asks of a model.

The decoder runs in the same :class:`biotk.nn.decoder.Decoder` as those of Hugging Face models. A
hidden state here is two queries side by side, one for a child's piece and one for what is forced
behind it, and the row of a child in the output layer is its piece beside the mean of its run. The
weights of what a child has in common with the mention stand behind the queries.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - everybody calls it so
from torch import Tensor

from biotk.errors import InputError
from biotk.index.token_trie import TokenTrie
from biotk.index.trie_answers import Runs
from biotk.nn.decoder import Decoder, Ints, Memory
from biotk.nn.decoder_weights import DecoderWeights, FeedForward, Layer, Norm
from biotk.nn.linear import Linear, with_packed_maps
from biotk.nn.mini_format import mention_of, padded
from biotk.nn.mini_network import DecoderLayer, MiniNetwork
from biotk.nn.overlap import Overlap
from biotk.nn.seq2seq import OutputRows, Scores

_TRIE_ONLY = 'biotk-mini knows the normalisation "trie" only'


class MiniModel:
    """A trained network, for inference.

    :param network: the network; it is left as it is.
    :param end_id: the piece that stands for END.
    :param nil_id: the piece that stands for NIL.
    :param dtype: ``torch.float32`` or ``torch.bfloat16``.
    """

    #: Children are scored by what is forced behind them as well.
    looks_ahead = True
    #: Its scores mean something among the children of a node only.
    normalisations = ("trie",)

    def __init__(
        self,
        network: MiniNetwork,
        *,
        end_id: int,
        nil_id: int,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        if network.positions.weight.dtype != dtype:
            network = copy.deepcopy(network).to(dtype)
        self.end_id, self.nil_id = end_id, nil_id
        # Positions behind the last are the last, so that no name is too deep.
        self.max_length: int | None = None
        with torch.no_grad():
            self._pieces = network.pieces
            self._decoder = Decoder(_decoder_weights(network))
            self._queries = _queries(network)
        self._network = _encoding_part(network)
        self._compares, self._queries_end = network.config.overlap, 2 * network.width
        self._longest = int(network.encoder.config.max_position_embeddings)

    @property
    def vocabulary_size(self) -> int:
        """How many word pieces there are."""
        return len(self._pieces)

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self._pieces.device

    @torch.inference_mode()
    def encode(self, sources: Sequence[Sequence[int]]) -> Memory:
        """Run the encoder; see :meth:`biotk.nn.seq2seq.Seq2Seq.encode`.

        :param sources: in the format of :class:`biotk.nn.mini_format.MiniFormat`.
        :raises InputError: a source is empty, or too long for the model.
        """
        for number, source in enumerate(sources):
            if not 0 < len(source) <= self._longest:
                raise InputError(
                    f"source {number} has {len(source)} tokens; allowed are 1 to {self._longest}"
                )
        arrays = padded(sources, n_pieces=self.vocabulary_size)
        ids, marks, padding = (torch.from_numpy(array).to(self.device) for array in arrays)
        memory = self._network.encode(ids, marks, padding)
        return self._decoder.remember(memory.states, memory.padding)

    @torch.inference_mode()
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
        """Run tokens through the decoder; see :meth:`biotk.nn.decoder.Decoder.feed`.

        :returns: the queries of those wanted. *Shape*: (wanted tokens, 2 × width or more).
        """
        hidden = self._decoder.feed(memory, tokens, paths, lengths, sources, wanted=wanted)
        return self._queries(hidden)

    def output_rows(self, tokens: Ints, runs: Runs | None = None) -> OutputRows:
        """:returns: the output layer for some children, by their pieces and what is forced behind.

        *Shape* of its weight: (tokens, 2 × width).
        """
        index = torch.from_numpy(tokens).to(self.device)
        return OutputRows(torch.cat([self._pieces[index], self._means(runs)], 1), None)

    @torch.inference_mode()
    def logits(self, hidden: Tensor, rows: OutputRows | None = None) -> Tensor:
        """:returns: scores of the same children for all queries, fp32. *Shape*: (states, rows)."""
        if rows is None:
            raise InputError(_TRIE_ONLY)
        return F.linear(hidden[:, : self._queries_end], rows.weight).float()

    @torch.inference_mode()
    def logits_of(
        self, hidden: Tensor, states: Ints, tokens: Ints, runs: Runs | None = None
    ) -> Scores:
        """Scores of single children, each for a state.

        :param hidden: *Shape*: (states, 2 × width or more).
        :param states: the row of ``hidden`` for each. *Shape*: (children,).
        :param tokens: *Shape*: (children,).
        :param runs: what is forced behind each.
        :returns: logits. *Shape*: (children,).
        """
        queries = F.embedding(torch.from_numpy(states).to(self.device), hidden)
        queries = queries[:, : self._queries_end]
        rows = self.output_rows(tokens, runs).weight
        return (queries * rows).sum(-1, dtype=torch.float32).double().cpu().numpy()

    def overlap(self, prefixes: Sequence[Sequence[int]], trie: TokenTrie) -> Overlap | None:
        """:returns: what scores children by what they share with the mentions of prefixes."""
        if not self._compares:
            return None
        pieces = [mention_of(prefix) for prefix in prefixes]
        return Overlap(pieces, trie, n_pieces=self.vocabulary_size, column=self._queries_end)

    @torch.inference_mode()
    def normaliser(self, hidden: Tensor) -> Scores:
        """:raises InputError: always; its scores mean nothing over the whole vocabulary."""
        raise InputError(_TRIE_ONLY)

    def _means(self, runs: Runs | None) -> Tensor:
        if runs is None:
            raise InputError("biotk-mini scores children by what is forced behind them as well")
        tokens = torch.from_numpy(runs.tokens).to(self.device)
        starts = torch.from_numpy(np.ascontiguousarray(runs.offsets[:-1])).to(self.device)
        if not len(tokens):
            return self._pieces.new_zeros((len(starts), self._pieces.shape[1]))
        return F.embedding_bag(tokens, self._pieces, starts, mode="mean")


def _encoding_part(network: MiniNetwork) -> MiniNetwork:
    """:returns: what encodes, with packed maps; the decoder is run by other means."""
    untyped: Any = with_packed_maps(network)
    for name in ("layers", "final_norm", "child_query", "run_query", "overlap_query"):
        delattr(untyped, name)
    part: MiniNetwork = untyped.eval()
    return part


def _queries(network: MiniNetwork) -> Linear:
    """:returns: the map of a hidden state to its queries, side by side."""
    child, ahead = network.child_query, network.run_query.weight
    if not network.config.look_ahead:
        ahead = torch.zeros_like(ahead)
    weights, biases = [child.weight, ahead], [child.bias, torch.zeros_like(child.bias)]
    if network.config.overlap:
        weights.append(network.overlap_query.weight)
        biases.append(network.overlap_query.bias)
    return Linear(torch.cat(weights), torch.cat(biases))


def _decoder_weights(network: MiniNetwork) -> DecoderWeights:
    def linear(module: Any) -> Linear:
        return Linear(module.weight.detach(), module.bias.detach())

    def norm(module: Any) -> Norm:
        return Norm(module.weight.detach(), module.bias.detach(), module.eps)

    def layer(each: DecoderLayer) -> Layer:
        own, cross = each.self_attention, each.cross_attention
        return Layer(
            qkv=Linear(
                torch.cat([own.query.weight, own.key_value.weight]),
                torch.cat([own.query.bias, own.key_value.bias]),
            ),
            self_out=linear(own.out),
            self_norm=norm(each.self_norm),
            cross_q=linear(cross.query),
            cross_kv=linear(cross.key_value),
            cross_out=linear(cross.out),
            cross_norm=norm(each.cross_norm),
            ffn=FeedForward(F.gelu, linear(each.wi), linear(each.wo)),
            ffn_norm=norm(each.ffn_norm),
        )

    config = network.config
    head_width = network.width // config.n_heads
    return DecoderWeights(
        embed=network.pieces * network.embed_scale,
        positions=network.positions.weight.detach(),
        distances=None,
        embed_norm=None,
        layers=tuple(layer(each) for each in network.layers),  # type: ignore[arg-type]
        final_norm=norm(network.final_norm),
        n_heads=config.n_heads,
        head_width=head_width,
        scale=head_width**-0.5,
        pre_norm=True,
    )
