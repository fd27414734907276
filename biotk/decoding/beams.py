"""The unfinished and the finished names of a batch, as arrays over all its mentions."""

from __future__ import annotations

from typing import NamedTuple, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from biotk.decoding.groups import Ints, Scores, best_of_groups
from biotk.nn.copying import Taken

Number = TypeVar("Number", np.int64, np.float64)


class Beams(NamedTuple):
    """Names that may go on, each at a node with a choice: it branches, or a name ends there.

    A forced run is behind its beam already, the scores on the way are in ``on_the_way``.

    :param mentions: the mention of each. *Shape*: (beams,).
    :param nodes: *Shape*: (beams,).
    :param depths: tokens from the root to the node. *Shape*: (beams,).
    :param births: ``depths`` at the first token that was fed for it. *Shape*: (beams,).
    :param log_probs: of everything up to the node. *Shape*: (beams,).
    :param on_the_way: log-probabilities at depths ``births``, ``births + 1``, and so on to
        ``depths``. *Shape*: (beams, longest run).
    :param paths: pool slots of the decoder's memory, prefix included. *Shape*: (beams, longest).
    :param hidden: what the output layer takes. *Shape*: (beams, width).
    :param normalisers: of ``hidden`` over the vocabulary; zeros where that is not asked for.
        *Shape*: (beams,).
    :param taken: how far each has followed its mention, for models that look; else nothing.
    """

    mentions: Ints
    nodes: Ints
    depths: Ints
    births: Ints
    log_probs: Scores
    on_the_way: Scores
    paths: Ints
    hidden: Tensor
    normalisers: Scores
    taken: Taken

    def take(self, rows: Ints) -> Beams:
        """:returns: some of them."""
        return Beams(
            mentions=self.mentions[rows],
            nodes=self.nodes[rows],
            depths=self.depths[rows],
            births=self.births[rows],
            log_probs=self.log_probs[rows],
            on_the_way=self.on_the_way[rows],
            paths=self.paths[rows],
            hidden=self.hidden[torch.from_numpy(rows).to(self.hidden.device)],
            normalisers=self.normalisers[rows],
            taken=self.taken.take(rows),
        )

    def and_then(self, other: Beams) -> Beams:
        """:returns: these and others."""
        return Beams(
            mentions=np.concatenate([self.mentions, other.mentions]),
            nodes=np.concatenate([self.nodes, other.nodes]),
            depths=np.concatenate([self.depths, other.depths]),
            births=np.concatenate([self.births, other.births]),
            log_probs=np.concatenate([self.log_probs, other.log_probs]),
            on_the_way=_stacked(self.on_the_way, other.on_the_way),
            paths=_stacked(self.paths, other.paths),
            hidden=torch.cat([self.hidden, other.hidden]),
            normalisers=np.concatenate([self.normalisers, other.normalisers]),
            taken=self.taken.and_then(other.taken),
        )

    def score_at(self, rows: Ints, depths: Ints) -> Scores:
        """:returns: the log-probability that some had at a depth within their forced run."""
        scores: Scores = self.on_the_way[rows, depths - self.births[rows]]
        return scores


def widened(rows: NDArray[Number], width: int) -> NDArray[Number]:
    """:returns: a copy of rows that has further columns, which nobody reads."""
    wide = np.zeros((len(rows), max(width, rows.shape[1])), rows.dtype)
    wide[:, : rows.shape[1]] = rows
    return wide


def _stacked(ours: NDArray[Number], theirs: NDArray[Number]) -> NDArray[Number]:
    width = max(ours.shape[1], theirs.shape[1])
    return np.concatenate([widened(ours, width), widened(theirs, width)])


class Finished(NamedTuple):
    """Names with their END.

    :param mentions: the mention of each. *Shape*: (names,).
    :param nodes: *Shape*: (names,).
    :param log_probs: *Shape*: (names,).
    :param scores: what they are ranked by. *Shape*: (names,).
    """

    mentions: Ints
    nodes: Ints
    log_probs: Scores
    scores: Scores

    @classmethod
    def none(cls) -> Finished:
        """:returns: no names."""
        ints, floats = np.zeros(0, np.int64), np.zeros(0)
        return cls(ints, ints, floats, floats)

    def and_then(self, other: Finished, *, keep: int) -> Finished:
        """:returns: the best of these and others, for each mention; ties in the trie's order."""
        if not len(other.mentions):
            return self
        mentions, nodes = (np.concatenate(pair) for pair in zip(self[:2], other[:2]))
        log_probs, scores = (np.concatenate(pair) for pair in zip(self[2:], other[2:]))
        order = np.argsort(nodes, kind="stable")
        best = order[best_of_groups(mentions[order], scores[order], keep)]
        return Finished(mentions[best], nodes[best], log_probs[best], scores[best])

    def least(self, n_best: int, n_mentions: int) -> Scores:
        """:returns: what a name needs to come among the best of each mention; -inf for anything."""
        needed = np.full(n_mentions, -np.inf)
        if n_best and len(self.mentions):
            starts = np.flatnonzero(np.diff(self.mentions, prepend=-1))
            counts = np.diff(starts, append=len(self.mentions))
            full = starts[counts >= n_best]
            needed[self.mentions[full]] = self.scores[full + n_best - 1]
        return needed
