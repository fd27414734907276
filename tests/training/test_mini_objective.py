"""What training lowers is what the search ranks by: minus the log-probability of a name."""

from __future__ import annotations

import pytest
import torch
from oracles import random_inputs, random_names
from tiny_mini import PIECES, tiny_network

from biotk.decoding import SearchOptions
from biotk.decoding.search import ConstrainedSearch
from biotk.index.token_trie import TokenTrie
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
