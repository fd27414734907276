"""Losses, worked out by hand from the same hidden states."""

from __future__ import annotations

import math

import pytest
import torch
from tiny_mini import piece, tiny_form, tiny_network

from biotk.index.token_trie import TokenTrie
from biotk.nn.mini_format import padded
from biotk.training.decisions import DecisionMaker, Target
from biotk.training.kb_samples import Sample
from biotk.training.objective import RootKeys, trie_objective
from biotk.training.vocabulary import vocabulary_objective

FORM = tiny_form()
A, B, C, D = (piece(letter) for letter in "abcd")
NAMES = [(A, B), (A, C), (A, C, D, A), (B, D), (C,)]


def sample(mention: tuple[int, ...], target: Target) -> Sample:
    return Sample(FORM.from_pieces(mention, (D,), (A, A)), target)


def hidden_states(network, given: Sample, tokens: tuple[int, ...]) -> torch.Tensor:
    """:returns: the state before each token and behind the last. *Shape*: (tokens + 1, width)."""
    arrays = padded([given.input.source], n_pieces=FORM.n_pieces)
    memory = network.encode(*(torch.from_numpy(array) for array in arrays))
    fed = torch.tensor([[*given.input.prefix, *tokens]])
    return network.decode(memory, fed)[0][len(given.input.prefix) - 1 :]


def log_softmax_by_hand(network, state, ways: list[tuple[int, tuple[int, ...]]]) -> list[float]:
    """:returns: of ways on, each a piece and the run behind it."""
    query, ahead = network.child_query(state), network.run_query(state)
    scores = []
    for token, run in ways:
        score = float(query @ network.pieces[token])
        if run:
            score += float(ahead @ network.pieces[list(run)].mean(0))
        scores.append(score)
    total = math.log(sum(math.exp(score) for score in scores))
    return [score - total for score in scores]


@pytest.fixture
def network(tmp_path):
    return tiny_network(tmp_path, look_ahead=True, overlap=False)


def nll_of(network, given: Sample, **options) -> tuple[float, float]:
    maker = DecisionMaker(TokenTrie.from_sequences(NAMES), end_id=FORM.end_id)
    root = RootKeys(network, maker, nil_id=FORM.nil_id)
    with torch.no_grad():
        cost = trie_objective(network, maker, root, [given], **options)
    return float(cost.nll[0]), float(cost.loss)


@torch.no_grad()
def test_trie_objective_equals_log_softmax_by_hand(network) -> None:
    given = sample((A, B), Target((A, C, D, A)))
    states = hidden_states(network, given, (A, C, D, A))
    root = log_softmax_by_hand(network, states[0], [(A, ()), (B, (D,)), (C, ()), (FORM.nil_id, ())])
    second = log_softmax_by_hand(network, states[1], [(B, ()), (C, ())])
    third = log_softmax_by_hand(network, states[2], [(D, (A,)), (FORM.end_id, ())])
    nll, loss = nll_of(network, given)
    assert math.isclose(nll, -(root[0] + second[1] + third[0]), rel_tol=1e-4)
    assert nll == loss
    smoothing = 0.2
    smoothed = sum(
        -(1 - smoothing) * found[at] - smoothing * sum(found) / len(found)
        for found, at in ((root, 0), (second, 1), (third, 0))
    )
    assert math.isclose(nll_of(network, given, smoothing=smoothing)[1], smoothed, rel_tol=1e-4)


@torch.no_grad()
def test_hidden_names_take_no_probability(network) -> None:
    ranks = {name: rank for rank, name in enumerate(sorted(NAMES))}
    given = sample((A, B), Target((A, C), (ranks[A, B], ranks[A, C, D, A])))
    states = hidden_states(network, given, (A, C))
    root = log_softmax_by_hand(network, states[0], [(A, ()), (B, (D,)), (C, ()), (FORM.nil_id, ())])
    # Behind A nothing is left to choose.
    assert math.isclose(nll_of(network, given)[0], -root[0], rel_tol=1e-4)
    nil = sample((B,), Target((), (ranks[B, D],)))
    states = hidden_states(network, nil, ())
    root = log_softmax_by_hand(network, states[0], [(A, ()), (C, ()), (FORM.nil_id, ())])
    assert math.isclose(nll_of(network, nil)[0], -root[2], rel_tol=1e-4)


@torch.no_grad()
def test_vocabulary_objective_equals_log_softmax_by_hand(network) -> None:
    given = sample((A, B), Target((A, C)))
    states = hidden_states(network, given, (A, C))
    logits = states @ network.child_query.weight.T + network.child_query.bias
    log_probs = (logits @ network.pieces.T).log_softmax(-1)
    want = -sum(float(log_probs[at, token]) for at, token in enumerate((A, C, FORM.end_id)))
    nil = sample((A,), Target(()))
    ids = {"end_id": FORM.end_id, "nil_id": FORM.nil_id}
    both = vocabulary_objective(network, [given, nil], **ids)
    assert math.isclose(float(both.nll[0]), want, rel_tol=1e-4)
    assert math.isclose(float(both.loss), float(both.nll.mean()), rel_tol=1e-5)
    alone = vocabulary_objective(network, [nil], **ids)
    assert math.isclose(float(alone.nll[0]), float(both.nll[1]), rel_tol=1e-4)


def test_objectives_reach_all_that_is_trained(network) -> None:
    network.freeze_below()
    maker = DecisionMaker(TokenTrie.from_sequences(NAMES), end_id=FORM.end_id)
    root = RootKeys(network, maker, nil_id=FORM.nil_id)
    samples = [sample((A, B), Target((A, C, D, A))), sample((B,), Target(()))]
    trie_objective(network, maker, root, samples).loss.backward()
    for name, parameter in network.named_parameters():
        if parameter.requires_grad and not name.startswith("overlap_query"):
            assert parameter.grad is not None and bool(parameter.grad.any()), name
