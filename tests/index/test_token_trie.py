from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from biotk.errors import InputError, KbCorruptError, KbMismatchError
from biotk.index import token_trie
from biotk.index.token_trie import TokenTrie
from biotk.index.trie_arrays import MAX_TOKENS, SHIFT
from biotk.index.trie_subset import TrieSubset
from biotk.kb import KbSubset

# Few tokens, so that prefixes, branches and equal sequences are common.
few_tokens = st.lists(st.integers(0, 3), min_size=1, max_size=6)
any_tokens = st.lists(st.integers(0, 2**31 - 1), min_size=1, max_size=4)
sequence_lists = st.lists(few_tokens | any_tokens, max_size=25)


class SlowTrie:
    """Nodes are prefixes: the oracle."""

    def __init__(self, sequences):
        self.sequences = [tuple(sequence) for sequence in sequences]
        self.prefixes = {()} | {s[:n] for s in self.sequences for n in range(1, len(s) + 1)}

    def children(self, prefix):
        return sorted(
            p[-1] for p in self.prefixes if len(p) == len(prefix) + 1 and p[:-1] == prefix
        )

    def names_at(self, prefix):
        return [i for i, s in enumerate(self.sequences) if s == prefix]

    def names_below(self, prefix):
        return [i for i, s in enumerate(self.sequences) if s[: len(prefix)] == prefix]

    def remaining(self, prefix):
        return max(
            (len(self.sequences[i]) - len(prefix) for i in self.names_below(prefix)), default=0
        )

    def forced(self, prefix):
        """The only way on from a node where no name ends."""
        run = []
        while not self.names_at((*prefix, *run)) and len(self.children((*prefix, *run))) == 1:
            run += self.children((*prefix, *run))
        return run


def both(sequences):
    """The two tries, and the node of every prefix."""
    trie, slow = TokenTrie.from_sequences(sequences), SlowTrie(sequences)
    prefixes = sorted(slow.prefixes)
    return trie, slow, prefixes, np.array([trie.find(prefix) for prefix in prefixes])


def rows_of(offsets, values):
    return [part.tolist() for part in np.split(values, offsets[1:-1])]


@given(sequence_lists)
def test_every_prefix_has_one_node(sequences):
    trie, _, prefixes, nodes = both(sequences)
    assert nodes.min() >= 0
    assert len(set(nodes.tolist())) == len(prefixes) == trie.n_nodes


@given(sequence_lists)
def test_iteration_gives_back_the_sequences(sequences):
    trie = TokenTrie.from_sequences(sequences)
    found = list(trie)
    assert [tuple(tokens) for tokens, _ in found] == sorted({tuple(s) for s in sequences})
    assert [rank for _, ranks in found for rank in ranks] == list(range(len(sequences)))
    for tokens, ranks in found:
        own = trie.arrays.names[ranks.start : ranks.stop].tolist()
        assert own == [i for i, s in enumerate(sequences) if s == tokens]
        assert all(trie.sequence_of(rank) == tokens for rank in ranks)


@given(sequence_lists)
def test_children_equal_brute_force(sequences):
    trie, slow, prefixes, nodes = both(sequences)
    children = trie.children(nodes)
    expected = [slow.children(prefix) for prefix in prefixes]
    assert rows_of(children.offsets, children.tokens) == expected
    assert [trie.child_tokens(node) for node in nodes.tolist()] == expected
    assert trie.child_counts(nodes).tolist() == [len(row) for row in expected]
    assert children.rows.tolist() == [i for i, row in enumerate(expected) for _ in row]
    for row, token, node in zip(children.rows, children.tokens.tolist(), children.nodes.tolist()):
        assert node == trie.find((*prefixes[row], token))


@given(sequence_lists, st.lists(st.integers(-1, 4) | st.integers(0, 2**33), max_size=5))
def test_step_equals_brute_force(sequences, further):
    trie, slow, prefixes, nodes = both(sequences)
    many = token_trie._FEW // len(nodes) + 1  # the other way of doing it
    tokens = sorted({token for sequence in sequences for token in sequence} | set(further))
    for token in tokens:
        expected = [
            trie.find((*prefix, token)) if (*prefix, token) in slow.prefixes else -1
            for prefix in prefixes
        ]
        assert trie.step(nodes, np.full(len(nodes), token)).tolist() == expected
        found = trie.step(np.tile(nodes, many), np.full(len(nodes) * many, token))
        assert found.tolist() == expected * many
        assert [trie.child(node, token) for node in nodes.tolist()] == expected


@pytest.mark.parametrize("times", [1, token_trie._FEW])
def test_step_from_no_node_leads_to_no_node(times):
    trie = TokenTrie.from_sequences([[1, 2]])
    found = trie.step([-1, 0, -1] * times, [1, 1, 2] * times)
    assert found.tolist() == [-1, 1, -1] * times
    assert trie.step([], []).tolist() == []


@given(sequence_lists)
def test_forced_runs_equal_brute_force(sequences):
    trie, slow, prefixes, nodes = both(sequences)
    runs = trie.forced_runs(nodes)
    expected = [slow.forced(prefix) for prefix in prefixes]
    assert rows_of(runs.offsets, runs.tokens) == expected
    assert runs.nodes.tolist() == [trie.find((*p, *run)) for p, run in zip(prefixes, expected)]


@given(sequence_lists)
def test_names_and_depths_equal_brute_force(sequences):
    trie, slow, prefixes, nodes = both(sequences)
    assert trie.remaining(nodes).tolist() == [slow.remaining(p) for p in prefixes]
    assert trie.is_terminal(nodes).tolist() == [bool(slow.names_at(p)) for p in prefixes]
    first, end = trie.rank_ranges(nodes)
    for prefix, node, begin, stop in zip(prefixes, nodes.tolist(), first, end):
        assert trie.names_at(node).tolist() == slow.names_at(prefix)
        assert sorted(trie.arrays.names[begin:stop].tolist()) == slow.names_below(prefix)


@given(sequence_lists, st.data())
def test_subset_equals_a_trie_of_its_names_alone(sequences, data):
    whole = TokenTrie.from_sequences(sequences)
    allowed_names = np.array(
        data.draw(st.lists(st.booleans(), min_size=len(sequences), max_size=len(sequences))), bool
    )
    kept = np.flatnonzero(allowed_names)
    alone = SlowTrie([sequences[name] for name in kept])
    subset = TrieSubset(whole, allowed_names[whole.arrays.names])
    assert len(subset) == len(kept)
    prefixes = sorted(SlowTrie(sequences).prefixes)
    nodes = np.array([whole.find(prefix) for prefix in prefixes])
    below = [len(alone.names_below(prefix)) for prefix in prefixes]
    assert subset.counts(nodes).tolist() == below
    assert subset.allows(nodes).tolist() == [n > 0 for n in below]
    assert subset.counts_at(nodes).tolist() == [len(alone.names_at(p)) for p in prefixes]
    assert subset.is_terminal(nodes).tolist() == [bool(alone.names_at(p)) for p in prefixes]
    children = subset.children(nodes)
    assert rows_of(children.offsets, children.tokens) == [alone.children(p) for p in prefixes]
    for row, token, node in zip(children.rows, children.tokens.tolist(), children.nodes.tolist()):
        assert node == whole.find((*prefixes[row], token))
    for prefix, node in zip(prefixes, nodes.tolist()):
        assert subset.names_at(node).tolist() == kept[alone.names_at(prefix)].tolist()


def test_subsets_have_in_common_what_both_have():
    trie = TokenTrie.from_sequences([[1], [2], [3], [4]])
    masks = np.array([[True, True, False, False], [False, True, True, False]])
    both = TrieSubset(trie, masks[0]) & TrieSubset(trie, masks[1])
    assert both.children([0]).tokens.tolist() == [2]
    with pytest.raises(InputError, match="different tries"):
        both & TrieSubset(TokenTrie.from_sequences([[1]]), np.ones(1, bool))


@pytest.mark.parametrize("way", ["all", "one", "none"])
def test_subsets_of_all_one_and_none(way):
    trie = TokenTrie.from_sequences([[1, 2], [1, 3], [4]], concepts=[7, 8, 8])
    mask = np.zeros(3, bool)
    mask[{"all": slice(None), "one": 1, "none": slice(0)}[way]] = True
    subset = TrieSubset(trie, mask)
    expected = {"all": [1, 4], "one": [1], "none": []}[way]
    assert subset.children([0]).tokens.tolist() == expected
    assert subset.allows([trie.find([4])]).tolist() == [way == "all"]
    assert subset.concepts_at(trie.find([1, 3])).tolist() == ([8] if way != "none" else [])


def test_empty_trie_has_a_root_and_nothing_else():
    trie = TokenTrie.from_sequences([])
    assert (len(trie), trie.n_nodes, list(trie)) == (0, 1, [])
    assert trie.children([0, 0]).offsets.tolist() == [0, 0, 0]
    assert trie.step([0], [3]).tolist() == [-1]
    assert trie.forced_runs([0]).nodes.tolist() == [0]
    assert (trie.is_terminal([0]).tolist(), trie.remaining([0]).tolist()) == ([False], [0])
    assert TrieSubset(trie, np.zeros(0, bool)).allows([0]).tolist() == [False]
    assert trie.find([1]) == -1


def test_operations_on_no_nodes_give_nothing():
    trie = TokenTrie.from_sequences([[1, 2], [1, 3]])
    assert trie.children([]).offsets.tolist() == [0]
    assert trie.forced_runs([]).tokens.tolist() == []
    assert trie.is_terminal([]).tolist() == []


def test_names_that_tokenise_alike_share_a_leaf_and_keep_their_concepts():
    trie = TokenTrie.from_sequences(
        [[1], [2, 3], [1], [1]], names=[10, 11, 12, 13], concepts=[5, 6, 4, 5]
    )
    node = trie.find([1])
    assert trie.names_at(node).tolist() == [10, 12, 13]
    assert trie.concepts_at(node).tolist() == [4, 5]


def test_very_long_names_stand_beside_short_ones():
    long = [7] * (MAX_TOKENS - 1)
    trie = TokenTrie.from_sequences([[*long, 1], [*long, 2], [7]])
    runs = trie.forced_runs([trie.find([7])])
    assert runs.tokens.tolist() == []  # a name ends there, so that it could end
    runs = trie.forced_runs([trie.find([7, 7])])
    assert runs.tokens.tolist() == long[2:]
    assert trie.children(runs.nodes).tokens.tolist() == [1, 2]
    assert trie.remaining([0]).tolist() == [MAX_TOKENS]
    alone = TokenTrie.from_sequences([[*long, 1]])
    assert alone.find([*long, 1]) == alone.forced_runs([0]).nodes[0] == MAX_TOKENS
    assert alone.names_at(MAX_TOKENS).tolist() == [0]


@pytest.mark.parametrize(
    ("sequences", "message"),
    [
        ([[1], []], "sequence 1 is empty"),
        ([[1] * (MAX_TOKENS + 1)], "sequence 0 is too long"),
        ([[1, -2]], "negative"),
        ([[2**31]], "31 bits"),
    ],
)
def test_bad_sequences_are_refused(sequences, message):
    with pytest.raises(InputError, match=message):
        TokenTrie.from_sequences(sequences)


@pytest.mark.parametrize(("top", "kind"), [(65535, np.uint16), (65536, np.int32)])
def test_tokens_take_16_bits_where_they_fit(top, kind):
    trie = TokenTrie.from_sequences([[top, 1], [top, top], [3]])
    assert trie.arrays.heads.dtype == trie.arrays.tails.dtype == kind
    assert [tokens for tokens, _ in trie] == [[3], [top, 1], [top, top]]


def test_copies_and_pickles_of_a_trie_in_memory_are_equal():
    trie = TokenTrie.from_sequences([[1, 2], [1, 3]], kb_fingerprint="f")
    for other in (pickle.loads(pickle.dumps(trie)), copy.deepcopy(trie)):
        assert list(other) == list(trie)
        assert other.info == trie.info


def test_subset_of_another_kb_is_refused():
    trie = TokenTrie.from_sequences([[1], [2]], concepts=[0, 1], kb_fingerprint="one")
    mine = KbSubset("one", np.array([False, True]))
    assert trie.subset(mine).children([0]).tokens.tolist() == [2]
    with pytest.raises(KbMismatchError, match="make it from this KB"):
        trie.subset(KbSubset("two", np.array([False, True])))


def test_flags_of_another_length_are_refused():
    with pytest.raises(InputError, match="3 names"):
        TrieSubset(TokenTrie.from_sequences([[1], [2], [3]]), np.ones(2, bool))


@pytest.mark.parametrize("ask", ["children", "forced_runs"])
@pytest.mark.parametrize("column", ["first_children", "tail_starts"])
@pytest.mark.parametrize("value", [-(2**31), 2**31 - 1])
def test_damaged_trie_gives_an_error_and_no_gigabytes(ask, column, value):
    arrays = TokenTrie.from_sequences([[1, 2, 3], [1, 4], [5, 6]]).arrays
    damaged = getattr(arrays, column).copy()
    damaged[1] = value
    trie = TokenTrie(arrays._replace(**{column: damaged}))
    try:
        answer = getattr(trie, ask)([0, 1 << SHIFT])
    except (KbCorruptError, IndexError) as error:
        assert "memory" not in str(error).lower()
    else:  # what it did not look at, or not as damaged
        assert len(answer.tokens) <= trie.n_nodes


def test_damaged_trie_names_its_folder(tmp_path):
    arrays = TokenTrie.from_sequences([[1, 2, 3], [1, 4], [5, 6]]).arrays
    damaged = arrays._replace(first_children=arrays.first_children[::-1].copy())
    with pytest.raises(KbCorruptError, match=f"{tmp_path} is damaged. Remove its folder"):
        TokenTrie(damaged, folder=tmp_path).children([4 << SHIFT])


def test_rank_that_is_none_is_refused():
    with pytest.raises(IndexError):
        TokenTrie.from_sequences([[1]]).sequence_of(1)
