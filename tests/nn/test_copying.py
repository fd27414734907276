"""What children have in common with a mention, against loops over plain lists."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from slow_overlap import followed

from biotk.index.token_trie import TokenTrie
from biotk.nn.copying import FEATURES, ExactPaths, Mentions, Taken

PIECES = st.lists(st.integers(0, 7), min_size=1, max_size=8)
TRIE = TokenTrie.from_sequences([[5, 6, 7], [5, 6], [5, 8], [3]])


def mentions_of(pieces, allowed=True) -> Mentions:
    def answer(rows, nodes):
        return np.full(len(rows), allowed)

    return Mentions(pieces, ExactPaths(TRIE, pieces, answer), n_pieces=50)


@given(st.lists(st.tuples(PIECES, PIECES), min_size=1, max_size=6))
def test_paths_are_followed_as_a_loop_follows_them(pairs) -> None:
    mentions = mentions_of([mention for mention, _ in pairs])
    for row, (mention, path) in enumerate(pairs):
        taken = Taken.nothing(1)
        for token in path:
            taken = mentions.advance(taken, np.array([row]), np.array([token]))
        used, last, foreign = followed(mention, path)
        found = (taken.places[0], taken.last[0], taken.foreign[0])
        assert found == (sum(1 << at for at in used), last, foreign)


def features(mentions: Mentions, taken: Taken, token: int, node: int, run=(), **what):
    runs = np.array(run, np.int64), np.array([0, len(run)])
    row = np.zeros(1, np.int64)
    flags = {"ends": np.array([what.get("end", False)]), "leaves": np.array([what.get("leaf", False)])}  # fmt: skip  # noqa: E501
    found = mentions.features(taken, row, np.array([token]), np.array([node]), runs, **flags)
    return {name: value for name, value in zip(FEATURES, found[0].tolist()) if value}


def test_leaf_that_says_the_mention_has_its_features() -> None:
    mentions = mentions_of([[5, 6, 7]])
    found = features(mentions, Taken.nothing(1), 5, TRIE.find([5]), (6, 7), leaf=True)
    assert found == {
        "next": 1, "unused": 1, "run in mention": 1, "run in order": 1, "leaf: all said": 1,
        "exact": 1,
    }  # fmt: skip


def test_end_knows_whether_all_is_said() -> None:
    mentions = mentions_of([[5, 6]])
    row, taken = np.zeros(1, np.int64), Taken.nothing(1)
    for token in (5, 6):
        taken = mentions.advance(taken, row, np.array([token]))
    node = TRIE.find([5, 6])
    assert features(mentions, taken, 9, node, end=True) == {
        "end": 1, "end: all said": 1, "end: exact": 1,
    }  # fmt: skip
    assert "exact" not in features(mentions, taken, 7, TRIE.find([5, 6, 7]), leaf=True)


def test_name_that_is_not_allowed_is_no_exact_one() -> None:
    hidden = mentions_of([[5, 8]], allowed=False)
    assert "exact" not in features(hidden, Taken.nothing(1), 5, TRIE.find([5]))
    assert "exact" in features(mentions_of([[5, 8]]), Taken.nothing(1), 5, TRIE.find([5]))
