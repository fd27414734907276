"""What is to be decided along a name, beside a brute force over all names."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from biotk.index.token_trie import TokenTrie
from biotk.training.decisions import DecisionMaker, Target

END = 3
N_PIECES = 30
Name = tuple[int, ...]

names_of = st.lists(
    st.lists(st.integers(10, 13), min_size=1, max_size=4).map(tuple), min_size=2, max_size=14
)


def legal_ways(names: list[Name], before: Name) -> set[int]:
    """:returns: the pieces that may follow, END among them where a name ends."""
    fitting = [name for name in names if name[: len(before)] == before]
    return {name[len(before)] if len(name) > len(before) else END for name in fitting}


@st.composite
def cases(draw):
    """:returns: a trie, and targets some of whose ranks are hidden, the right ones never."""
    names = draw(names_of)
    trie = TokenTrie.from_sequences(names)
    targets = []
    for _ in range(draw(st.integers(1, 4))):
        right = draw(st.one_of(st.just(()), st.sampled_from(names)))
        ranks = [r for r in range(len(trie)) if tuple(trie.sequence_of(r)) != right]
        hidden = draw(st.lists(st.sampled_from(ranks), unique=True)) if ranks else []
        targets.append(Target(right, tuple(sorted(hidden))))
    return trie, targets


@given(cases())
def test_decisions_equal_brute_force(case) -> None:
    trie, targets = case
    maker = DecisionMaker(trie, end_id=END)
    found = maker.of(targets, [()] * len(targets), n_pieces=N_PIECES)
    options = found.options
    told: dict[tuple[int, int], tuple[set[int], int]] = {}
    for number, (row, step) in enumerate(zip(found.rows.tolist(), found.steps.tolist())):
        mine = options.tokens[options.owners == number].tolist()
        assert len(mine) == len(set(mine))
        assert options.owners[found.right[number]] == number
        told[row, step] = (set(mine), int(options.tokens[found.right[number]]))
    wanted = {}
    for row, target in enumerate(targets):
        seen = [tuple(trie.sequence_of(r)) for r in range(len(trie)) if r not in target.hidden]
        for step in range(1, len(target.pieces) + 1):
            ways = legal_ways(seen, target.pieces[:step])
            if len(ways) > 1:
                right = (*target.pieces, END)[step]
                wanted[row, step] = (ways, right)
        check_root(maker, found, row, target, seen)
    assert told == wanted


def check_root(maker, found, row, target, seen) -> None:
    illegal = {int(way) for at, way in found.root_illegal.T if at == row}
    legal = {int(token) for way, token in enumerate(maker.root_tokens) if way not in illegal}
    assert legal == {name[0] for name in seen}
    right = int(found.root_right[row])
    if target.pieces:
        assert maker.root_tokens[right] == target.pieces[0]
    else:
        assert right == len(maker.root_tokens)


@given(cases())
def test_probabilities_of_all_names_sum_to_one(case) -> None:
    """Any scores whatever: what decisions allow makes a distribution over names and NIL."""
    trie, targets = case
    maker = DecisionMaker(trie, end_id=END)
    hidden = targets[0].hidden
    names = sorted({tuple(trie.sequence_of(r)) for r in range(len(trie)) if r not in hidden})
    every = [Target(name, hidden) for name in [*names, ()]]
    found = maker.of(every, [()] * len(every), n_pieces=N_PIECES)
    ways = np.ones((len(every), len(maker.root_tokens) + 1), bool)
    ways[tuple(found.root_illegal)] = False
    n_options = np.bincount(found.options.owners, minlength=len(found.rows))
    log_probs = -np.log(ways.sum(1))
    np.add.at(log_probs, found.rows, -np.log(n_options))
    assert math.isclose(np.exp(log_probs).sum(), 1.0, rel_tol=1e-9)


def test_forced_runs_stand_with_their_options() -> None:
    trie = TokenTrie.from_sequences([(10, 11, 12), (10, 13), (10,)])
    maker = DecisionMaker(trie, end_id=END)
    found = maker.of([Target((10, 11, 12))], [()], n_pieces=N_PIECES)
    options = found.options
    run_tokens, bounds = options.runs
    runs = {
        int(token): run_tokens[first:end].tolist()
        for token, first, end in zip(options.tokens, bounds[:-1], bounds[1:])
    }
    assert runs == {11: [12], 13: [], END: []}


def test_target_that_is_no_name_is_refused() -> None:
    maker = DecisionMaker(TokenTrie.from_sequences([(10, 11)]), end_id=END)
    try:
        maker.of([Target((10, 12))], [()], n_pieces=N_PIECES)
    except ValueError as error:
        assert "no name" in str(error)
    else:
        raise AssertionError("it was taken")
