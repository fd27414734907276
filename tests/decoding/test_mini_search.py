"""The search with biotk-mini finds what scoring every name with its network finds."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

import numpy as np
import pytest
import torch
from oracles import close, legal_tokens, random_inputs, random_names
from slow_overlap import child_features
from tiny_mini import PIECES, tiny_network

from biotk.decoding import SearchOptions
from biotk.decoding.search import ConstrainedSearch
from biotk.errors import InputError
from biotk.index.token_trie import TokenTrie
from biotk.index.trie_subset import TrieSubset
from biotk.nn.inputs import Seq2SeqInput
from biotk.nn.mini import MiniModel
from biotk.nn.mini_format import mention_of, padded

END, NIL = 3, 4
N = len(PIECES)
Name = tuple[int, ...]

shapes = pytest.mark.parametrize(
    "shape",
    [{}, {"overlap": False}, {"overlap": False, "look_ahead": False}],
    ids=["all", "look-ahead", "pieces"],
)


def forced(names: list[Name], path: Name) -> Name:
    """:returns: what is forced behind a path: the only way on, up to a choice or the end."""
    run: list[int] = []
    while True:
        legal = legal_tokens(names, (*path, *run), END)
        if len(legal) != 1 or legal == [END]:
            return tuple(run)
        run += legal


def enumerated(network, each: Seq2SeqInput, names: list[Name]) -> dict[Name, float]:
    """:returns: the log-probability of every name, and of NIL as the empty one, by definition."""
    pieces, scores, mention = network.pieces, {}, mention_of(each.prefix)
    with torch.no_grad():
        arrays = padded([each.source], n_pieces=N)
        memory = network.encode(*(torch.from_numpy(array) for array in arrays))

        def log_probs(before: Name) -> dict[int, float]:
            hidden = network.decode(memory, torch.tensor([[*each.prefix, *before]]))[0, -1]
            query, more, common = network.queries(hidden)
            legal = legal_tokens(names, before, END) + [NIL] * (not before)
            logits = []
            for token in legal:
                score = query @ pieces[token]
                run = forced(names, (*before, token)) if token not in {END, NIL} else ()
                if run and more is not None:
                    score = score + more @ pieces[list(run)].mean(0)
                # From the root, ways that begin with no piece of the mention have no features.
                if common is not None and token != NIL and (before or token in mention):
                    whole = (*before, token, *run)
                    leaf = token != END and legal_tokens(names, whole, END) == [END]
                    child = None if token == END else token
                    found = child_features(mention, before, child, run, leaf=leaf, names=names)
                    score = score + common @ torch.tensor(found)
                logits.append(score)
            return dict(zip(legal, torch.stack(logits).double().log_softmax(-1).tolist()))

        known = {name[:at]: log_probs(name[:at]) for name in names for at in range(len(name) + 1)}
    for name in names:
        steps = zip([name[:at] for at in range(len(name) + 1)], [*name, END])
        scores[name] = sum(known[before][token] for before, token in steps)
    scores[()] = known[()][NIL]
    return scores


def inputs_of(n: int, *, seed: int, names: Sequence[Name] = ()) -> list[Seq2SeqInput]:
    """:returns: inputs with some pieces of their sources marked; some mentions are names."""
    rng = random.Random(seed)
    inputs = []
    for each in random_inputs(n, seed=seed, start=2):
        mention = [rng.randrange(10, 22) for _ in range(rng.randint(1, 5))]
        if names and rng.random() < 0.5:
            mention = rng.choice(names)
        source = tuple(t + N * (rng.random() < 0.4) for t in each.source)
        inputs.append(Seq2SeqInput(source, (2, *mention, END)))
    return inputs


def search_of(network, names, *, dtype=torch.float32, **options) -> ConstrainedSearch:
    model = MiniModel(network, end_id=END, nil_id=NIL, dtype=dtype)
    trie = TokenTrie.from_sequences(names)
    return ConstrainedSearch(model, trie, SearchOptions(nil_id=NIL, **options))


def named(search, decoded) -> dict[Name, float]:
    return {tuple(search.trie.sequence_of(name.ranks[0])): name.score for name in decoded.names}


@shapes
def test_mini_search_equals_enumeration_and_sums_to_one(tmp_path, shape) -> None:
    for seed in range(3):
        network = tiny_network(tmp_path / str(seed), seed=seed, **shape)
        names = random_names(30, seed=seed)
        search = search_of(network, names, beams=30, n_best=0)
        inputs = inputs_of(3, seed=seed, names=names)
        for each, decoded in zip(inputs, search.search(inputs)):
            want = enumerated(network, each, names)
            assert close(sum(map(math.exp, want.values())), 1.0, 1e-5)
            assert close(decoded.nil_log_prob, want.pop(()))
            found = named(search, decoded)
            assert found.keys() == want.keys()
            assert all(close(found[name], want[name], 1e-3) for name in names)
            low, high = decoded.nil_interval
            assert close(low, high, 1e-5)
            assert close(decoded.mass_in + math.exp(decoded.nil_log_prob), 1.0, 1e-5)


def test_looking_ahead_and_at_the_mention_changes_what_is_found(tmp_path) -> None:
    names, inputs = random_names(40, seed=2), inputs_of(8, seed=2)
    best = [
        [next(iter(named(search, each))) for each in search.search(inputs)]
        for shape in ({}, {"overlap": False}, {"overlap": False, "look_ahead": False})
        for search in [search_of(tiny_network(tmp_path / str(shape), **shape), names)]
    ]
    assert best[0] != best[1] != best[2] != best[0]


@shapes
@pytest.mark.parametrize("beams", [1, 5, 60])
def test_mini_nil_interval_holds_the_truth_under_any_subset(tmp_path, shape, beams) -> None:
    names = random_names(60, seed=2)
    network = tiny_network(tmp_path, seed=2, spread=0.3, **shape)
    search = search_of(network, names, beams=beams, n_best=0)
    inputs = inputs_of(2, seed=2, names=names)
    truth = [enumerated(network, each, names) for each in inputs]
    rng = random.Random(beams)
    for share in (0.0, 0.1, 0.6, 1.0):
        allowed = {name for name in names if rng.random() < share}
        flags = np.array([tuple(search.trie.sequence_of(r)) in allowed for r in range(60)])
        subset = TrieSubset(search.trie, flags)
        for scores, decoded in zip(truth, search.search(inputs, subset=subset)):
            nil = 1 - sum(math.exp(scores[name]) for name in allowed)
            low, high = decoded.nil_interval
            assert low - 1e-5 <= nil <= high + 1e-5
            found = named(search, decoded)
            assert set(found) <= allowed
            assert all(close(found[name], scores[name], 1e-3) for name in found)


@shapes
def test_mini_results_do_not_depend_on_the_batch(tmp_path, shape) -> None:
    names, network = random_names(200, seed=4), tiny_network(tmp_path, **shape)
    inputs, results = inputs_of(30, seed=4, names=names), []
    for size in (1, 7, 64):
        search = search_of(network, names, batch_size=size, n_best=0)
        results.append([(named(search, each), each) for each in search.search(inputs)])
    for one, *others in zip(*results):
        for other in others:
            assert list(one[0]) == list(other[0])
            assert np.allclose([*one[0].values()], [*other[0].values()], atol=1e-3)
            assert close(one[1].nil_log_prob, other[1].nil_log_prob, 1e-3)


def test_mini_search_in_bf16_is_close(tmp_path) -> None:
    names, network = random_names(40, seed=5), tiny_network(tmp_path, seed=5, spread=0.3)
    inputs = inputs_of(10, seed=5, names=names)
    wide, narrow = (
        search_of(network, names, beams=40, n_best=0, dtype=dtype)
        for dtype in (torch.float32, torch.bfloat16)
    )
    for one, other in zip(wide.search(inputs), narrow.search(inputs)):
        a, b = named(wide, one), named(narrow, other)
        differences = [abs(math.exp(a[name]) - math.exp(b[name])) for name in names]
        assert a.keys() == b.keys() and max(differences) < 0.08
        assert close(other.mass_in + math.exp(other.nil_log_prob), 1.0, 1e-4)


def test_name_of_two_thousand_pieces_is_found(tmp_path) -> None:
    rng = random.Random(0)
    deep = tuple(10 + rng.randrange(12) for _ in range(2000))
    names = [deep, (*deep[:1500], 30), (11,)]
    network = tiny_network(tmp_path, spread=0.1)
    search = search_of(network, names, n_best=0)
    (each,) = inputs_of(1, seed=0)
    assert search.problem(each) is None
    (decoded,) = search.search([each])
    assert set(named(search, decoded)) == set(names)
    assert close(decoded.mass_in + math.exp(decoded.nil_log_prob), 1.0, 1e-4)


def test_mini_search_over_the_vocabulary_is_refused(tmp_path) -> None:
    search = search_of(tiny_network(tmp_path), [(10, 11), (10, 12)], normalisation="vocabulary")
    with pytest.raises(InputError, match='"trie" only'):
        search.search(inputs_of(1, seed=0))


@pytest.mark.parametrize("beams", [2, 60])
def test_names_out_of_question_leave_their_probability_to_the_others(tmp_path, beams) -> None:
    names, rng = random_names(60, seed=6), random.Random(beams)
    network = tiny_network(tmp_path, seed=6, spread=0.3)
    search = search_of(network, names, beams=beams, n_best=0)
    (each,) = inputs_of(1, seed=6, names=names)
    truth = enumerated(network, each, names)

    def part(share: float) -> TrieSubset:
        flags = np.array([rng.random() < share for _ in names])
        return TrieSubset(search.trie, flags)

    def members(subset: TrieSubset) -> set[Name]:
        counts = subset.counts_at(np.array([search.trie.find(name) for name in names]))
        return {name for name, count in zip(names, counts) if count}

    for share in (0.1, 0.5, 0.9):
        among, subset = part(share), part(0.5)
        left = math.exp(truth[()]) + sum(math.exp(truth[name]) for name in members(among))
        for own in (None, subset):
            (decoded,) = search.search([each], subset=own, among=among)
            allowed = members(among) & (set(names) if own is None else members(own))
            found = named(search, decoded)
            assert set(found) <= allowed
            assert beams < 60 or set(found) == allowed
            want = {name: truth[name] - math.log(left) for name in found}
            assert all(found[name] <= want[name] + 1e-3 for name in found)
            exact = beams == 60 and own is None
            assert not exact or all(close(found[name], want[name], 1e-3) for name in found)
            nil = 1 - sum(math.exp(truth[name]) for name in allowed) / left
            low, high = decoded.nil_interval
            assert low - 1e-5 <= nil <= high + 1e-5
            assert not exact or close(low, high, 1e-4)
