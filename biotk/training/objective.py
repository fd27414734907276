"""The ``trie`` objective: minus the log-probability of the right name among all legal ways on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - everybody calls it so
from torch import Tensor

from biotk.nn.mini_format import mention_of, padded
from biotk.nn.mini_network import Memory, MiniNetwork
from biotk.training.decisions import DecisionMaker, Options
from biotk.training.kb_samples import Sample


class Objective(NamedTuple):
    """What a batch costs.

    :param loss: the mean over samples of the sum over decisions, label smoothing included.
    :param nll: the same without it, for each sample. *Shape*: (samples,).
    :param right: share of samples all of whose decisions are right.
    """

    loss: Tensor
    nll: Tensor
    right: float


class RootKeys:
    """What the ways on from the root of one trie are compared with: worked out once.

    :param network: whose pieces they are made of.
    :param maker: of the trie.
    :param nil_id: the piece that stands for NIL.
    """

    def __init__(self, network: MiniNetwork, maker: DecisionMaker, *, nil_id: int) -> None:
        pieces = network.pieces
        tokens = torch.as_tensor(np.append(maker.root_tokens, nil_id))
        self.pieces = F.embedding(tokens, pieces)
        runs = mean_of_runs(pieces, maker.root)
        self.runs = torch.cat([runs, runs.new_zeros((1, runs.shape[1]))])


def encoded(network: MiniNetwork, samples: Sequence[Sample]) -> Memory:
    """Encode the sources of some samples, each different one once.

    :returns: a row a sample.
    """
    numbers: dict[tuple[int, ...], int] = {}
    rows = [numbers.setdefault(each.input.source, len(numbers)) for each in samples]
    arrays = padded(list(numbers), n_pieces=len(network.pieces))
    memory = network.encode(*(torch.as_tensor(array) for array in arrays))
    if len(numbers) == len(samples):
        return memory
    index = torch.as_tensor(rows)
    return Memory(memory.states[index], memory.padding[index])


def mean_of_runs(pieces: Tensor, options: Options) -> Tensor:
    """:returns: the mean embedding of what is forced behind each option; zeros for nothing."""
    tokens = torch.as_tensor(options.run_tokens)
    starts = torch.as_tensor(options.run_starts)
    if not len(tokens):
        return pieces.new_zeros((len(starts), pieces.shape[1]))
    return F.embedding_bag(tokens, pieces, starts, mode="mean")


def trie_objective(
    network: MiniNetwork,
    maker: DecisionMaker,
    root: RootKeys,
    samples: Sequence[Sample],
    *,
    smoothing: float = 0.0,
    dropout: float = 0.0,
    overlap: bool = True,
) -> Objective:
    """Work out what a batch costs.

    :param network: in training mode or not.
    :param maker: of the trie that the samples' targets are names of.
    :param root: of the same trie.
    :param samples: at least one.
    :param smoothing: label smoothing, over the legal ways on of each decision.
    :param overlap: whether ways on are compared with the mention, if the network does so at all.
    """
    memory = encoded(network, samples)
    tokens, begins = _fed(samples)
    hidden = network.decode(memory, tokens, dropout=dropout).float()
    decisions = maker.of(
        [each.target for each in samples],
        [mention_of(each.input.prefix) for each in samples],
        n_pieces=len(network.pieces),
    )
    pieces = network.pieces

    n = len(samples)
    starts = torch.as_tensor(begins)
    query, ahead, common = network.queries(hidden[torch.arange(n), starts])
    scores = F.linear(query, root.pieces)
    if ahead is not None:
        scores = scores + F.linear(ahead, root.runs)
    scores = scores.float()
    if common is not None and overlap:
        (at_rows, at_ways), features = (torch.as_tensor(each) for each in decisions.root_overlap)
        more = (common.float()[at_rows] * features).sum(-1)
        scores = scores.index_put((at_rows, at_ways), more, accumulate=True)
    illegal = torch.as_tensor(decisions.root_illegal)
    if illegal.shape[1]:
        scores = scores.index_put((illegal[0], illegal[1]), scores.new_tensor(-1e4))
    log_probs = scores.log_softmax(-1)
    right = torch.as_tensor(decisions.root_right)
    nll = -log_probs[torch.arange(n), right]
    cost = (
        nll
        if not smoothing
        else (1 - smoothing) * nll - smoothing * log_probs.clamp(min=-30).mean(-1)
    )
    correct = log_probs.argmax(-1) == right

    if len(decisions.rows):
        rows = torch.as_tensor(decisions.rows)
        at = starts[rows] + torch.as_tensor(decisions.steps)
        query, ahead, common = network.queries(hidden[rows, at])
        options = decisions.options
        owners = torch.as_tensor(options.owners)
        keys = F.embedding(torch.as_tensor(options.tokens), pieces)
        logits = (query.float()[owners] * keys).sum(-1)
        if ahead is not None:
            logits = logits + (ahead.float()[owners] * mean_of_runs(pieces, options)).sum(-1)
        if common is not None and overlap:
            logits = logits + (common.float()[owners] * torch.as_tensor(decisions.overlap)).sum(-1)
        m = len(decisions.rows)
        top = (
            logits.detach()
            .new_full((m,), -torch.inf)
            .scatter_reduce(0, owners, logits.detach(), "amax")
        )
        total = torch.zeros(m).index_add(0, owners, (logits - top[owners]).exp())
        log_probs = logits - (top + total.log())[owners]
        answer = torch.as_tensor(decisions.right)
        picked = log_probs[answer]
        nll = nll.index_add(0, rows, -picked)
        if smoothing:
            counts = torch.zeros(m).index_add(0, owners, torch.ones(len(owners)))
            mean = torch.zeros(m).index_add(0, owners, log_probs.clamp(min=-30)) / counts
            cost = cost.index_add(0, rows, -(1 - smoothing) * picked - smoothing * mean)
        else:
            cost = cost.index_add(0, rows, -picked)
        wrong = torch.zeros(n).index_add(0, rows, (logits.detach()[answer] < top).float())
        correct = correct & (wrong == 0)
    return Objective(cost.mean(), nll.detach(), float(correct.float().mean()))


def _fed(samples: Sequence[Sample]) -> tuple[Tensor, np.ndarray]:
    """:returns: what the decoder is fed, and where in it the last piece of each prefix stands."""
    begins = np.array([len(each.input.prefix) - 1 for each in samples])
    longest = max(len(s.input.prefix) + len(s.target.pieces) for s in samples)
    tokens = np.zeros((len(samples), longest), np.int64)
    for row, sample in zip(tokens, samples):
        both = sample.input.prefix + sample.target.pieces
        row[: len(both)] = both
    return torch.as_tensor(tokens), begins
