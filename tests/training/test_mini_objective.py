"""What training lowers is what the search ranks by: minus the log-probability of a name."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from oracles import random_inputs, random_names
from tiny_mini import PIECES, tiny_network

from biotk.decoding import SearchOptions
from biotk.decoding.search import ConstrainedSearch
from biotk.index.token_trie import TokenTrie
from biotk.nn.inputs import Seq2SeqInput
from biotk.nn.mini import MiniModel
from biotk.training.decisions import DecisionMaker, Target
from biotk.training.kb_samples import Sample
from biotk.training.objective import RootKeys, trie_objective

START, END, NIL = 2, 3, 4


@pytest.mark.parametrize("shape", [{}, {"overlap": False}, {"look_ahead": False}], ids=str)
def test_objective_is_what_the_search_finds(tmp_path, shape) -> None:
    assert len(PIECES) > 60  # what the inputs and names below are made of
    names = random_names(40, seed=1)
    network = tiny_network(tmp_path, seed=1, **shape)
    trie = TokenTrie.from_sequences(names)
    model = MiniModel(network, end_id=END, nil_id=NIL)
    search = ConstrainedSearch(model, trie, SearchOptions(nil_id=NIL, beams=40, n_best=0))
    maker = DecisionMaker(trie, end_id=END)
    root = RootKeys(network, maker, nil_id=NIL)
    for each in random_inputs(3, seed=1, start=START):
        mention = names[len(each.source)] if len(each.source) % 2 else each.prefix[1:]
        each = each._replace(prefix=(START, *mention, END))
        (decoded,) = search.search([each])
        ranks = [name.ranks[0] for name in decoded.names]
        want = [name.log_prob for name in decoded.names] + [decoded.nil_log_prob]
        targets = [tuple(trie.sequence_of(rank)) for rank in ranks] + [()]
        samples = [Sample(each, Target(pieces)) for pieces in targets]
        with torch.no_grad():
            cost = trie_objective(network, maker, root, samples)
        assert len(targets) == len(names) + 1
        torch.testing.assert_close(
            -cost.nll.double(), torch.tensor(want).double(), atol=1e-3, rtol=1e-3
        )


def test_samples_of_one_source_cost_what_they_cost_alone(tmp_path) -> None:
    names = random_names(30, seed=3)
    network = tiny_network(tmp_path, seed=3)
    maker = DecisionMaker(TokenTrie.from_sequences(names), end_id=END)
    root = RootKeys(network, maker, nil_id=NIL)
    sources = [each.source for each in random_inputs(2, seed=3, start=START)]
    samples = [
        Sample(Seq2SeqInput(sources[at % 3 == 0], (START, *names[at], END)), Target(names[-at]))
        for at in range(1, 9)
    ]
    with torch.no_grad():
        together = trie_objective(network, maker, root, samples).nll
        alone = [trie_objective(network, maker, root, [each]).nll for each in samples]
    torch.testing.assert_close(together, torch.cat(alone), atol=1e-4, rtol=1e-4)


def test_plain_objective_is_that_of_a_network_that_does_not_compare(tmp_path) -> None:
    names = random_names(30, seed=4)
    network = tiny_network(tmp_path, seed=4)
    maker = DecisionMaker(TokenTrie.from_sequences(names), end_id=END)
    root = RootKeys(network, maker, nil_id=NIL)
    samples = [
        Sample(Seq2SeqInput((10, 11, 2), (START, *name, END)), Target(name)) for name in names
    ]

    def nll(**options) -> torch.Tensor:
        with torch.no_grad():
            return trie_objective(network, maker, root, samples, **options).nll

    compared, plain = nll(), nll(overlap=False)
    network.config = replace(network.config, overlap=False)
    torch.testing.assert_close(plain, nll())
    assert (compared - plain).abs().min() > 1e-3
