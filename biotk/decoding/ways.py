"""The ways on from a node of the trie, and which of them a subset allows."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from biotk.errors import InputError
from biotk.index.token_trie import TokenTrie
from biotk.index.trie_answers import Runs
from biotk.index.trie_subset import TrieSubset

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


class Ways(NamedTuple):
    """The children of some nodes, those of one node after those of the one before.

    :param rows: which of the nodes each belongs to.
    :param tokens: the token that leads there.
    :param nodes: the children.
    :param leads_to_leaf: whether everything behind it is forced, up to a leaf.
    :param allowed: whether it, or what lies below, is in the subset.
    :param runs: what is forced behind each child.
    """

    rows: Ints
    tokens: Ints
    nodes: Ints
    leads_to_leaf: Flags
    allowed: Flags
    runs: Runs

    def tokens_and(self, token: int, count: int) -> tuple[Ints, Runs]:
        """:returns: tokens and runs, with so many more behind them after which nothing comes."""
        offsets, runs = self.runs.offsets, self.runs
        longer = np.concatenate([offsets, np.repeat(offsets[-1:], count)])
        tokens = np.concatenate([self.tokens, np.full(count, token)])
        return tokens, runs._replace(offsets=longer)


class Fate(NamedTuple):
    """What becomes of the probability of ways that are cut off.

    :param nil: it is certain to be that of names outside the subset: it counts for NIL.
    :param gone: it is certain to be that of names which are out of the question.
    """

    nil: Flags
    gone: Flags


class View:
    """A trie as a search sees it: whole, or with the eyes of a subset.

    :param trie: the trie.
    :param root: the ways on from its root, where they are known; they are thousands.
    """

    def __init__(self, trie: TokenTrie, *, root: Ways | None = None) -> None:
        self.trie = trie
        self.subset: TrieSubset | None = None
        self.among: TrieSubset | None = None
        self.root = self.ways(np.array([trie.root])) if root is None else root
        #: How many tokens the longest name has.
        self.deepest = int(trie.remaining([trie.root])[0])

    def of(self, subset: TrieSubset, *, among: TrieSubset | None = None) -> View:
        """:returns: the trie with the eyes of a subset.

        :param among: names that come into question at all; the subset is a part of them.
        :raises InputError: either is of another trie.
        """
        for part in (subset, among):
            if part is not None and part.trie is not self.trie:
                raise InputError(
                    "the subset is of another trie: make it from the one that is searched"
                )
        view = View(self.trie, root=self.root._replace(allowed=subset.allows(self.root.nodes)))
        view.subset, view.among = subset, among
        return view

    def ways(self, nodes: Ints) -> Ways:
        """:returns: all children of some nodes, allowed or not."""
        found = self.trie.children(nodes)
        runs = self.trie.forced_runs(found.nodes)
        leaf: Flags = self.trie.child_counts(runs.nodes) == 0
        return Ways(found.rows, found.tokens, found.nodes, leaf, self.allows(found.nodes), runs)

    def allows(self, nodes: Ints) -> Flags:
        """:returns: whether there is an allowed name at or below each node."""
        return np.ones(len(nodes), bool) if self.subset is None else self.subset.allows(nodes)

    def allows_end(self, nodes: Ints) -> Flags:
        """:returns: whether an allowed name ends at each of some nodes where names end."""
        return np.ones(len(nodes), bool) if self.subset is None else self.subset.is_terminal(nodes)

    def fate(self, nodes: Ints) -> Fate:
        """:returns: what becomes of ways to some nodes with no allowed name at or below.

        Below one that has names of both kinds, nothing is certain.
        """
        if self.among is None:
            return Fate(np.ones(len(nodes), bool), np.zeros(len(nodes), bool))
        first, end = self.trie.rank_ranges(nodes)
        counts = self.among.counts(nodes)
        return Fate(counts == end - first, counts == 0)

    def fate_of_end(self, nodes: Ints) -> Fate:
        """:returns: what becomes of names that end at some nodes and are not allowed."""
        if self.among is None:
            return self.fate(nodes)
        asked = self.among.is_terminal(nodes)
        return Fate(asked, ~asked)


def check_tokens(trie: TokenTrie, n_tokens: int) -> None:
    """Make sure that a model can say what a trie has.

    :param n_tokens: how many tokens the model knows.
    :raises InputError: the trie has others.
    """
    arrays = trie.arrays
    largest = max(int(part.max(initial=0)) for part in (arrays.heads, arrays.tails))
    if largest >= n_tokens:
        raise InputError(
            f"the trie has token {largest}, but the model knows {n_tokens} tokens: they belong to "
            "different tokenizers. Build the trie with the tokenizer of this model"
        )
