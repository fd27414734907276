"""A decoder that is fed single tokens of many beams, each at a position of its own.

Hugging Face decoders take one position for a whole batch, so that beams of unequal length would
have to be padded. Here what goes in is a flat list of tokens. The keys and values of every token
ever fed lie in one pool per layer; a token is told by its *path*: the pool slots of the tokens
before it and of itself. So beams share what they have in common, choosing beams copies nothing,
a forced run goes in as one piece, and no token is computed for padding. The beams of a source
share its keys and values as well.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - everybody calls it so
from numpy.typing import NDArray
from torch import Tensor

from biotk.nn.decoder_weights import DecoderWeights

Ints = NDArray[np.int64]

#: Tokens whose paths are gathered at once on a processor: their keys stay in its cache, and paths
#: of like length come together.
_GROUP = 64


class Memory:
    """What a decoder remembers: encoded sources, and the tokens fed so far.

    :param cross: keys and values of the sources, per layer. *Shape*: (sources, heads, source
        length, head width) each.
    :param mask: what is added to scores. *Shape*: (sources, 1, 1, source length).
    """

    def __init__(self, cross: list[tuple[Tensor, Tensor]], mask: Tensor, width: int) -> None:
        self.cross, self.mask = cross, mask
        self.used = 0
        self._width = width
        # Attention of single queries in bf16 takes a processor longer than in fp32.
        dtype = torch.float32 if mask.device.type == "cpu" else mask.dtype
        self._pools = [mask.new_empty((0, 2 * width), dtype=dtype) for _ in cross]

    @property
    def n_sources(self) -> int:
        """How many sources are remembered."""
        return len(self.mask)

    def keep(self, sources: Ints) -> None:
        """Forget all sources but these, which are numbered anew in this order."""
        index = torch.from_numpy(sources).to(self.mask.device)
        self.cross = [(keys[index], values[index]) for keys, values in self.cross]
        self.mask = self.mask[index]

    def write(self, layer: int, keys_values: Tensor) -> Tensor:
        """Put the keys and values of new tokens behind the others.

        :param keys_values: *Shape*: (tokens, 2 × width).
        :returns: the whole pool. *Shape*: (slots, 2 × width).
        """
        end = self.used + len(keys_values)
        pool = self._pools[layer]
        if end > len(pool):
            grown = pool.new_zeros((max(2 * len(pool), end, 256), 2 * self._width))
            grown[: self.used] = pool[: self.used]
            self._pools[layer] = pool = grown
        pool[self.used : end] = keys_values
        return pool


class _Group(NamedTuple):
    """Tokens with paths of like length.

    :param paths: slots, anything behind a token's own. *Shape*: (tokens, longest).
    :param mask: what is added to scores. *Shape*: (tokens, heads or 1, 1, longest).
    """

    paths: Tensor
    mask: Tensor


class _Places(NamedTuple):
    """Where some tokens stand, on the device of the model.

    :param groups: all of them, those of short paths first.
    :param order: the tokens in the order of the groups; None where that is their own.
        *Shape*: (tokens,).
    :param back: the reverse of ``order``.
    :param cells: the row of each token in a table of sources × ``width``, by which tokens of one
        source lie side by side. *Shape*: (tokens,).
    """

    groups: list[_Group]
    order: Tensor | None
    back: Tensor | None
    cells: Tensor
    width: int


class Decoder:
    """Runs :class:`DecoderWeights`.

    :param weights: from :func:`biotk.nn.decoder_weights.decoder_weights`.
    """

    def __init__(self, weights: DecoderWeights) -> None:
        self.weights = weights
        self._width = weights.n_heads * weights.head_width

    def remember(self, states: Tensor, padding: Tensor) -> Memory:
        """Prepare encoded sources.

        :param states: *Shape*: (sources, length, width).
        :param padding: true where a source has ended. *Shape*: (sources, length).
        """
        w, cross = self.weights, []
        for layer in w.layers:
            both = layer.cross_kv(states)
            both = both.view(*states.shape[:2], 2, w.n_heads, w.head_width)
            keys, values = both.permute(2, 0, 3, 1, 4).contiguous()
            cross.append((keys, values))
        mask = torch.zeros_like(padding, dtype=states.dtype)
        mask.masked_fill_(padding, torch.finfo(states.dtype).min)
        return Memory(cross, mask[:, None, None, :], self._width)

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
        """Run some tokens through the decoder.

        The slot of the n-th of them is ``memory.used + n``; it must be the last of its path.

        :param tokens: *Shape*: (tokens,).
        :param paths: pool slots; what lies behind ``lengths`` is not looked at.
            *Shape*: (tokens, longest path).
        :param lengths: how long each path is; the position of the token is one less.
            *Shape*: (tokens,).
        :param sources: the source that each token belongs to. *Shape*: (tokens,).
        :param wanted: the tokens, one at least, whose hidden states are asked for; by default all.
            The last layer does no more for the others than is needed to look back at them.
        :returns: the last hidden states. *Shape*: (wanted tokens, width).
        """
        w = self.weights
        device = w.embed.device
        x = F.embedding(torch.from_numpy(tokens).to(device), w.embed)
        if w.positions is not None:
            at = np.minimum(lengths, len(w.positions)) - 1
            x = x + F.embedding(torch.from_numpy(at).to(device), w.positions)
        if w.embed_norm is not None:
            x = w.embed_norm(x)
        places = self._places(memory, paths, lengths, sources)
        for number, layer in enumerate(w.layers):
            projected = layer.qkv(layer.self_norm(x) if w.pre_norm else x)
            pool = memory.write(number, projected[:, self._width :])
            query = projected[:, : self._width]
            if wanted is not None and number == len(w.layers) - 1:
                rows = torch.from_numpy(wanted).to(device)
                x, query = x[rows], query[rows]
                places = self._places(memory, paths[wanted], lengths[wanted], sources[wanted])
            y = layer.self_out(self._attend(query, pool, places))
            x = x + y if w.pre_norm else layer.self_norm(x + y)
            y = self._look(memory, number, layer.cross_norm(x) if w.pre_norm else x, places)
            x = x + y if w.pre_norm else layer.cross_norm(x + y)
            y = layer.ffn(layer.ffn_norm(x) if w.pre_norm else x)
            x = x + y if w.pre_norm else layer.ffn_norm(x + y)
        memory.used += len(tokens)
        return x if w.final_norm is None else w.final_norm(x)

    def _places(self, memory: Memory, paths: Ints, lengths: Ints, sources: Ints) -> _Places:
        device, n = self.weights.embed.device, len(lengths)
        size = n if device.type != "cpu" else _GROUP
        by_length, order, back = np.arange(n), None, None
        if n > size:
            by_length = np.argsort(lengths, kind="stable")
            order = torch.from_numpy(by_length).to(device)
            back = torch.from_numpy(np.argsort(by_length)).to(device)
        rows = (by_length[first : first + size] for first in range(0, n, size))
        groups = [self._group(paths[part], lengths[part]) for part in rows]

        order_by_source = np.argsort(sources, kind="stable")
        counts = np.bincount(sources, minlength=memory.n_sources)
        starts = np.cumsum(counts) - counts
        within = np.empty_like(sources)
        within[order_by_source] = np.arange(n) - starts[sources[order_by_source]]
        width = int(counts.max())
        cells = torch.from_numpy(sources * width + within).to(device)
        return _Places(groups, order, back, cells, width)

    def _group(self, paths: Ints, lengths: Ints) -> _Group:
        w = self.weights
        device = w.embed.device
        dtype = torch.float32 if device.type == "cpu" else w.embed.dtype  # that of the pools
        positions = torch.from_numpy(lengths - 1).to(device)
        paths = paths[:, : int(lengths.max())]
        columns = torch.arange(paths.shape[1], device=device)
        back = positions[:, None] - columns  # negative behind the token itself
        hidden = (back < 0)[:, None, None]
        if w.distances is None:
            mask = torch.zeros(hidden.shape, dtype=dtype, device=device)
        else:
            bias = w.distances[back.clamp(0, len(w.distances) - 1)].to(dtype)
            mask = bias.transpose(1, 2)[:, :, None].contiguous()
        mask = mask.masked_fill(hidden, torch.finfo(dtype).min)
        slots = torch.from_numpy(paths).to(device).masked_fill(back < 0, 0)
        return _Group(slots, mask)

    def _attend(self, query: Tensor, pool: Tensor, places: _Places) -> Tensor:
        """Self-attention of tokens over their paths."""
        w, parts, first, dtype = self.weights, [], 0, query.dtype
        query = query.to(pool.dtype) if places.order is None else query[places.order].to(pool.dtype)
        for paths, mask in places.groups:
            n, longest = paths.shape
            part = query[first : first + n].view(n, w.n_heads, 1, w.head_width)
            both = F.embedding(paths, pool).view(n, longest, 2, w.n_heads, w.head_width)
            keys, values = both[:, :, 0].transpose(1, 2), both[:, :, 1].transpose(1, 2)
            parts.append(self._mix(part, keys, values, mask).reshape(n, -1))
            first += n
        mixed = torch.cat(parts).to(dtype)
        return mixed if places.back is None else mixed[places.back]

    def _look(self, memory: Memory, number: int, x: Tensor, places: _Places) -> Tensor:
        """Cross-attention of tokens to their sources, all tokens of one source together."""
        w, layer = self.weights, self.weights.layers[number]
        table = x.new_zeros((memory.n_sources * places.width, self._width))
        table[places.cells] = layer.cross_q(x)
        table = table.view(memory.n_sources, places.width, w.n_heads, w.head_width)
        keys, values = memory.cross[number]
        mixed = self._mix(table.transpose(1, 2), keys, values, memory.mask)
        return layer.cross_out(mixed.transpose(1, 2).reshape(-1, self._width)[places.cells])

    def _mix(self, query: Tensor, keys: Tensor, values: Tensor, mask: Tensor) -> Tensor:
        """:returns: the values, weighted. *Shape*: (rows, heads, queries, head width)."""
        if query.dtype == torch.bfloat16 and query.device.type == "cpu":
            # The fused kernel is slower than its parts here, for few queries in bf16.
            scores = torch.matmul(query, keys.transpose(2, 3)) * self.weights.scale + mask
            return torch.matmul(scores.softmax(-1), values)
        scale = self.weights.scale
        return F.scaled_dot_product_attention(query, keys, values, attn_mask=mask, scale=scale)
