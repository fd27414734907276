"""A part of a token trie, made at call time: one running count over the ranks.

Every node covers a range of ranks, so that "is there an allowed name below?" is the difference of
two entries, whatever lies below.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from biotk.errors import InputError
from biotk.index.trie_answers import Children

if TYPE_CHECKING:
    from biotk.index.token_trie import TokenTrie

Flags = NDArray[np.bool_]
Int32 = NDArray[np.int32]


class TrieSubset:
    """Some names of a trie. Beams follow what is allowed, and may yet look at all children.

    :param trie: the whole trie.
    :param allowed: whether the name of each rank is in. *Shape*: (names,).
    :raises InputError: it has another length.
    """

    def __init__(self, trie: TokenTrie, allowed: Flags) -> None:
        if allowed.shape != (len(trie),):
            raise InputError(f"allowed has shape {allowed.shape}, the trie has {len(trie)} names")
        self.trie = trie
        self._before = np.zeros(len(allowed) + 1, np.int32)
        np.cumsum(allowed, out=self._before[1:])

    def __len__(self) -> int:
        return int(self._before[-1])

    def __repr__(self) -> str:
        return f"TrieSubset({len(self)} of {len(self.trie)} names)"

    def __and__(self, other: TrieSubset) -> TrieSubset:
        """:returns: the names that both have.

        :raises InputError: they are of different tries.
        """
        if other.trie is not self.trie:
            raise InputError("two subsets of different tries have nothing in common")
        return TrieSubset(self.trie, (np.diff(self._before) & np.diff(other._before)).astype(bool))

    def counts(self, nodes: ArrayLike) -> Int32:
        """:returns: how many allowed names there are at or below each node. *Shape*: (nodes,)."""
        first, end = self.trie.rank_ranges(nodes)
        return self._before[end] - self._before[first]

    def allows(self, nodes: ArrayLike) -> Flags:
        """:returns: whether there is an allowed name at or below each node. *Shape*: (nodes,)."""
        return self.counts(nodes) > 0

    def counts_at(self, nodes: ArrayLike) -> Int32:
        """:returns: how many allowed names end at each node. *Shape*: (nodes,)."""
        first, end = self.trie.rank_ranges_at(nodes)
        return self._before[end] - self._before[first]

    def is_terminal(self, nodes: ArrayLike) -> Flags:
        """:returns: whether an allowed name ends at each node. *Shape*: (nodes,)."""
        return self.counts_at(nodes) > 0

    def children(self, nodes: ArrayLike) -> Children:
        """:returns: the children of many nodes that have an allowed name at or below them.

        :param nodes: *Shape*: (nodes,).
        """
        found = self.trie.children(nodes)
        allowed = self.allows(found.nodes)
        before = np.zeros(len(allowed) + 1, np.int64)
        np.cumsum(allowed, out=before[1:])
        return Children(before[found.offsets], found.tokens[allowed], found.nodes[allowed])

    def names_at(self, node: int) -> Int32:
        """:returns: ``name_idx`` of the allowed names that end at a node. *Shape*: (names,)."""
        return self.trie.arrays.names[self._ranks_at(node)]

    def concepts_at(self, node: int) -> Int32:
        """:returns: ``concept_idx`` of those names, sorted, each once. *Shape*: (concepts,)."""
        return np.unique(self.trie.arrays.concepts[self._ranks_at(node)])

    def _ranks_at(self, node: int) -> NDArray[np.int64]:
        first, end = (int(limit[0]) for limit in self.trie.rank_ranges_at([node]))
        allowed = self._before[first : end + 1]
        return first + np.flatnonzero(allowed[1:] > allowed[:-1])
