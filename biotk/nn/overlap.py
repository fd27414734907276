"""What the children met by a search have in common with their mentions, as a part of their scores.

The features are those of :mod:`biotk.nn.copying`; here they follow the beams of a search.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from biotk.index.token_trie import TokenTrie
from biotk.index.trie_answers import Runs
from biotk.nn.copying import ExactPaths, Floats, Ints, Mentions, Taken, root_overlap

Flags = NDArray[np.bool_]
Scores = NDArray[np.float64]


class Overlap:
    """The mentions of one batch, beside a trie.

    :param pieces: of each mention.
    :param trie: the whole trie: what a subset hides counts as well, so that scores do not depend
        on the subset.
    :param n_pieces: the size of the vocabulary.
    :param column: the column of a hidden state at which the weights of the features begin.
    """

    def __init__(
        self, pieces: Sequence[Sequence[int]], trie: TokenTrie, *, n_pieces: int, column: int
    ) -> None:
        exact = ExactPaths(trie, pieces, lambda rows, _: np.ones(len(rows), bool))
        self._mentions = Mentions(pieces, exact, n_pieces=n_pieces)
        self._column = column

    def add_to_root(
        self, scores: Tensor, hidden: Tensor, tokens: Ints, nodes: Ints, runs: Runs, leaves: Flags
    ) -> Tensor:
        """Add to the scores of the ways on from the root, which are the same for all mentions.

        :param scores: what is behind the ways in it stays as it is. *Shape*: (mentions, ways or
            more).
        :param hidden: *Shape*: (mentions, columns).
        :param tokens: of the ways, in order.
        :param nodes: where they lead.
        :param runs: what is forced behind each.
        :param leaves: whether everything behind each is forced, up to a leaf.
        """
        (rows, ways), found = root_overlap(
            self._mentions, tokens, nodes, (runs.tokens, runs.offsets), leaves
        )
        more = self._weighted(hidden, rows, found).to(scores.dtype)
        index = (torch.from_numpy(rows).to(scores.device), torch.from_numpy(ways).to(scores.device))
        return scores.index_put(index, more, accumulate=True)

    def scores(
        self,
        hidden: Tensor,
        states: Ints,
        taken: Taken,
        mentions: Ints,
        children: tuple[Ints, Ints, Runs],
        *,
        ends: Flags,
        leaves: Flags,
    ) -> Scores:
        """Score single children.

        :param hidden: *Shape*: (states, columns).
        :param states: the row of ``hidden`` for each. *Shape*: (children,).
        :param taken: how far the path before each has followed its mention.
        :param mentions: of each. *Shape*: (children,).
        :param children: tokens, nodes and what is forced behind each; of END, the node where the
            name ends.
        :param ends: whether a child is END.
        :param leaves: whether everything behind a child is forced, up to a leaf.
        """
        tokens, nodes, runs = children
        found = self._mentions.features(
            taken, mentions, tokens, nodes, (runs.tokens, runs.offsets), ends=ends, leaves=leaves
        )
        scores: Scores = self._weighted(hidden, states, found).double().cpu().numpy()
        return scores

    def follow(self, taken: Taken, mentions: Ints, tokens: Ints, runs: Runs) -> Taken:
        """Go on over a token of each path and over all that is forced behind it.

        :param taken: of the paths before. *Shape*: (paths,).
        :param mentions: of each.
        :param tokens: *Shape*: (paths,).
        :param runs: what is forced behind each token.
        """
        taken = self._mentions.advance(taken, mentions, tokens)
        starts, lengths = runs.offsets[:-1], np.diff(runs.offsets)
        for step in range(int(lengths.max(initial=0))):
            rows = np.flatnonzero(lengths > step)
            some = self._mentions.advance(
                taken.take(rows), mentions[rows], runs.tokens[starts[rows] + step]
            )
            for whole, part in zip(taken, some):
                whole[rows] = part
        return taken

    def _weighted(self, hidden: Tensor, states: Ints, features: Floats) -> Tensor:
        weights = hidden[:, self._column :][torch.from_numpy(states).to(hidden.device)].float()
        return (weights * torch.from_numpy(features).to(hidden.device)).sum(-1)
