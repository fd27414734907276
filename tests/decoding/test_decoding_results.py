"""Concepts of names, bounds of NIL, and the sums and best ones of groups."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from biotk.decoding import Decoded, DecodedName, merge_concepts
from biotk.decoding.beams import Finished
from biotk.decoding.groups import best_of_groups, logsumexp_of_groups, mass_of_groups
from biotk.errors import UnknownNameError
from biotk.index.token_trie import TokenTrie
from biotk.index.trie_subset import TrieSubset

entries = st.lists(
    st.tuples(st.integers(0, 4), st.floats(-50, 0, allow_nan=False)), max_size=30
)  # fmt: skip


def arrays(pairs) -> tuple[np.ndarray, np.ndarray]:
    groups, scores = zip(*pairs) if pairs else ((), ())
    return np.array(groups, np.int64), np.array(scores, np.float64)


@given(entries, st.integers(1, 5))
def test_best_of_groups_are_those_of_sorting_each(pairs, k) -> None:
    want = []
    for group in range(5):
        rows = [row for row, pair in enumerate(pairs) if pair[0] == group]
        want += sorted(rows, key=lambda row: -pairs[row][1])[:k]
    assert best_of_groups(*arrays(pairs), k).tolist() == want


@given(entries)
def test_sums_of_groups_are_those_of_adding_up_each(pairs) -> None:
    groups, scores = arrays(pairs)
    want = [math.fsum(math.exp(s) for g, s in pairs if g == group) for group in range(5)]
    np.testing.assert_allclose(mass_of_groups(groups, scores, 5), want, rtol=1e-9)
    np.testing.assert_allclose(np.exp(logsumexp_of_groups(groups, scores, 5)), want, rtol=1e-9)


def test_logsumexp_of_very_small_numbers_is_finite() -> None:
    found = logsumexp_of_groups(np.array([0, 0]), np.array([-2000.0, -2000.0]), 2)
    assert math.isclose(found[0], -2000 + math.log(2)) and found[1] == -math.inf


def finished(*rows) -> Finished:
    mentions, nodes, scores = zip(*rows)
    return Finished(np.array(mentions), np.array(nodes), np.array(scores), np.array(scores))


def test_finished_keeps_the_best_of_each_mention_and_what_they_demand() -> None:
    one = Finished.none().and_then(finished((1, 7, -1.0), (0, 5, -3.0), (1, 3, -2.0)), keep=2)
    both = one.and_then(finished((1, 9, -1.5), (1, 2, -1.0)), keep=2)
    assert list(zip(both.mentions, both.nodes)) == [(0, 5), (1, 2), (1, 7)]
    assert both.least(1, 3).tolist() == [-3.0, -1.0, -math.inf]
    assert both.least(2, 3).tolist() == [-math.inf, -1.0, -math.inf]
    assert both.least(0, 3).tolist() == [-math.inf] * 3


@pytest.fixture
def trie() -> TokenTrie:
    # Names 0 and 1 tokenise alike and belong to concepts 4 and 5; concept 4 has another name.
    return TokenTrie.from_sequences([(7,), (7,), (7, 8), (9,)], concepts=[4, 5, 4, 6])


def name_of(trie: TokenTrie, tokens, score: float) -> DecodedName:
    node = trie.find(tokens)
    first, end = trie.rank_ranges_at([node])
    return DecodedName(node, range(int(first[0]), int(end[0])), score, score)


def test_merge_adds_probabilities_in_trie_and_takes_the_best_in_vocabulary(trie) -> None:
    masses = {(9,): 0.4, (7,): 0.3, (7, 8): 0.2}
    names = [name_of(trie, tokens, math.log(mass)) for tokens, mass in masses.items()]
    merged = merge_concepts(names, trie, normalisation="trie")
    assert [each.concept_idx for each in merged] == [4, 6, 5]
    assert [round(math.exp(each.score), 9) for each in merged] == [0.5, 0.4, 0.3]
    assert merged[0].name == names[1]
    merged = merge_concepts(names, trie, normalisation="vocabulary")
    assert [each.concept_idx for each in merged] == [6, 4, 5]  # the tie of 4 and 5 by number
    assert [round(math.exp(each.score), 9) for each in merged] == [0.4, 0.3, 0.3]
    with pytest.raises(UnknownNameError, match="'mean'"):
        merge_concepts(names, trie, normalisation="mean")


def test_merge_yields_only_concepts_of_the_subset(trie) -> None:
    allowed = np.array([trie.arrays.names[rank] in {1, 3} for rank in range(4)])
    names = [name_of(trie, (7,), -1.0), name_of(trie, (9,), -2.0)]
    merged = merge_concepts(names, TrieSubset(trie, allowed), normalisation="trie")
    assert [each.concept_idx for each in merged] == [5, 6]


def decoded(**fields) -> Decoded:
    defaults = {"names": (), "nil_log_prob": None, "mass_in": 0.0, "mass_out": 0.0}
    return Decoded(**{**defaults, "normalisation": "trie", **fields})


def test_nil_interval_is_what_is_certain_and_what_is_left() -> None:
    low, high = decoded(nil_log_prob=math.log(0.25), mass_out=0.25, mass_in=0.3).nil_interval
    assert (round(low, 9), round(high, 9)) == (0.5, 0.7)
    assert decoded(mass_in=0.3).nil_interval == (0.0, 0.7)
    # Rounding can make the sum of all a little more than one.
    assert decoded(mass_in=0.5, mass_out=0.5 + 1e-9).nil_interval == (0.5 + 1e-9,) * 2
    assert decoded(normalisation="vocabulary", nil_log_prob=-1.0).nil_interval is None
