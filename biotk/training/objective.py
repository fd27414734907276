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
from biotk.training.decisions import DecisionMaker, Decisions, Options
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
    starts = torch.as_tensor(begins)
    states = hidden[torch.arange(len(samples)), starts]
    costs = _at_root(network, root, decisions, states, smoothing=smoothing, overlap=overlap)
    if len(decisions.rows):
        rows = torch.as_tensor(decisions.rows)
        states = hidden[rows, starts[rows] + torch.as_tensor(decisions.steps)]
        more = _along(network, decisions, states, smoothing=smoothing, overlap=overlap)
        costs = _Costs(*(sums.index_add(0, rows, each) for sums, each in zip(costs, more)))
    right = (costs.wrong == 0).float().mean()
    return Objective(costs.smoothed.mean(), costs.nll.detach(), float(right))


class _Costs(NamedTuple):
    """What some decisions cost, or the decisions of some samples.

    :param nll: minus the log-probability of what is right. *Shape*: (decisions,).
    :param smoothed: the same with label smoothing. *Shape*: (decisions,).
    :param wrong: how often something else is likelier. *Shape*: (decisions,).
    """

    nll: Tensor
    smoothed: Tensor
    wrong: Tensor


def _at_root(
    network: MiniNetwork,
    root: RootKeys,
    decisions: Decisions,
    states: Tensor,
    *,
    smoothing: float,
    overlap: bool,
) -> _Costs:
    """Work out the first decision of each sample, all of which have the same thousands of ways on.

    :param states: of the decoder before it. *Shape*: (samples, width).
    :returns: a cost a sample.
    """
    query, ahead, common = network.queries(states)
    scores = F.linear(query, root.pieces)
    if ahead is not None:
        scores = scores + F.linear(ahead, root.runs)
    scores = scores.float()
    if common is not None and overlap:
        (rows, ways), features = (torch.as_tensor(each) for each in decisions.root_overlap)
        more = (common.float()[rows] * features).sum(-1)
        scores = scores.index_put((rows, ways), more, accumulate=True)
    illegal = torch.as_tensor(decisions.root_illegal)
    if illegal.shape[1]:
        scores = scores.index_put((illegal[0], illegal[1]), scores.new_tensor(-1e4))
    log_probs = scores.log_softmax(-1)
    right = torch.as_tensor(decisions.root_right)
    nll = -log_probs[torch.arange(len(right)), right]
    wrong = (log_probs.argmax(-1) != right).float()
    if not smoothing:
        return _Costs(nll, nll, wrong)
    mean = log_probs.clamp(min=-30).mean(-1)
    return _Costs(nll, (1 - smoothing) * nll - smoothing * mean, wrong)


def _along(
    network: MiniNetwork,
    decisions: Decisions,
    states: Tensor,
    *,
    smoothing: float,
    overlap: bool,
) -> _Costs:
    """Work out the decisions behind the root; each has few ways on, all of them stand in one row.

    :param states: of the decoder before each. *Shape*: (decisions, width).
    :returns: a cost a decision.
    """
    query, ahead, common = network.queries(states)
    options = decisions.options
    owners = torch.as_tensor(options.owners)
    keys = F.embedding(torch.as_tensor(options.tokens), network.pieces)
    scores = (query.float()[owners] * keys).sum(-1)
    if ahead is not None:
        runs = mean_of_runs(network.pieces, options)
        scores = scores + (ahead.float()[owners] * runs).sum(-1)
    if common is not None and overlap:
        scores = scores + (common.float()[owners] * torch.as_tensor(decisions.overlap)).sum(-1)
    # A softmax over the options of each owner.
    fixed, n = scores.detach(), len(decisions.rows)
    top = fixed.new_full((n,), -torch.inf).scatter_reduce(0, owners, fixed, "amax")
    total = torch.zeros(n).index_add(0, owners, (scores - top[owners]).exp())
    log_probs = scores - (top + total.log())[owners]
    right = torch.as_tensor(decisions.right)
    nll = -log_probs[right]
    wrong = (fixed[right] < top).float()
    if not smoothing:
        return _Costs(nll, nll, wrong)
    counts = torch.zeros(n).index_add(0, owners, torch.ones(len(owners)))
    mean = torch.zeros(n).index_add(0, owners, log_probs.clamp(min=-30)) / counts
    return _Costs(nll, (1 - smoothing) * nll - smoothing * mean, wrong)


def _fed(samples: Sequence[Sample]) -> tuple[Tensor, np.ndarray]:
    """:returns: what the decoder is fed, and where in it the last piece of each prefix stands."""
    begins = np.array([len(each.input.prefix) - 1 for each in samples])
    longest = max(len(s.input.prefix) + len(s.target.pieces) for s in samples)
    tokens = np.zeros((len(samples), longest), np.int64)
    for row, sample in zip(tokens, samples):
        both = sample.input.prefix + sample.target.pieces
        row[: len(both)] = both
    return torch.as_tensor(tokens), begins
