"""A trie of token sequences in arrays: what a decoder may say next, for many beams at once.

A *node* is an int64 that means something in one trie only; 0 is the root. Operations take the nodes
of many beams and answer with arrays. How it lies on disk is in ``docs/formats/token-trie.md``.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from biotk.errors import KbCorruptError, KbMismatchError
from biotk.index.token_trie_build import Sequences, build_arrays, check_lengths
from biotk.index.trie_answers import Children, Runs
from biotk.index.trie_arrays import SHIFT, Int32, Int64, Ints, TrieArrays, ragged_range
from biotk.index.trie_info import TrieInfo
from biotk.index.trie_subset import TrieSubset
from biotk.kb import KbSubset

Flags = NDArray[np.bool_]
_OFFSET = (1 << SHIFT) - 1
#: So many tokens are sooner followed one by one than all at once.
_FEW = 100


class _Place(NamedTuple):
    """Where nodes are: their unit, how far into its further tokens, and how many it has."""

    unit: Int64
    offset: Int64
    start: Int32
    length: Ints


class TokenTrie:
    """A read-only trie whose leaves are ranges of ranks; see :mod:`biotk.index.trie_arrays`.

    :param arrays: from :func:`~biotk.index.token_trie_build.build_arrays`, or memory-mapped.
    :param info: the KB and tokenizer that it belongs to; by default to none.
    :param folder: where it is mapped from. A copy or a pickle of the trie then maps it again.

    >>> trie = TokenTrie.from_sequences([[5, 7], [5, 7, 9], [5, 8]])
    >>> trie.children([TokenTrie.root]).tokens.tolist(), trie.forced_runs([0]).tokens.tolist()
    ([5], [5])
    >>> node = trie.find([5, 7])
    >>> trie.is_terminal([node]).tolist(), trie.names_at(node).tolist()
    ([True], [0])
    """

    #: The node where every name begins.
    root = 0

    def __init__(
        self, arrays: TrieArrays, *, info: TrieInfo | None = None, folder: Path | None = None
    ) -> None:
        self.arrays = arrays
        self.info = info or TrieInfo()
        self.folder = folder

    @classmethod
    def from_sequences(
        cls,
        sequences: Sequence[Sequence[int]],
        *,
        names: ArrayLike | None = None,
        concepts: ArrayLike | None = None,
        kb_fingerprint: str = "",
    ) -> TokenTrie:
        """Make a trie in memory, as of a short list of candidates.

        :param sequences: the tokens of each name; equal ones share a leaf.
        :param names: the number of each name; by default its place in the list.
        :param concepts: the concept of each name; by default as ``names``.
        :param kb_fingerprint: the KB that the numbers mean something in; empty for none.
        :raises InputError: a sequence is empty or too long, or a token no 31-bit number.
        """
        flat = Sequences.of(sequences)
        check_lengths(flat.lengths)
        own = np.arange(len(sequences)) if names is None else np.asarray(names)
        meant = own if concepts is None else np.asarray(concepts)
        arrays, _ = build_arrays(flat, names=own, concepts=meant)
        return cls(arrays, info=TrieInfo(kb=kb_fingerprint))

    def __reduce__(self) -> tuple[Any, ...]:
        if self.folder is None:
            return _from_arrays, (self.arrays, self.info)
        from biotk.index.kb_trie import open_token_trie

        return open_token_trie, (self.folder,)

    def __len__(self) -> int:
        return len(self.arrays.names)

    def __repr__(self) -> str:
        return f"TokenTrie({len(self)} names, {self.n_nodes} nodes, KB {self.info.kb or '-'})"

    @property
    def n_nodes(self) -> int:
        """How many nodes there are, the root among them."""
        return len(self.arrays.heads) - 1 + len(self.arrays.tails)

    @property
    def n_bytes(self) -> int:
        """What the arrays take, on disk or in memory."""
        return sum(array.nbytes for array in self.arrays)

    # Where to go

    def children(self, nodes: ArrayLike) -> Children:
        """Find the ways on from many nodes; where a name ends, END is one more that is not here.

        :param nodes: *Shape*: (nodes,).
        """
        at = np.asarray(nodes, np.int64)
        place = self._place(at)
        inside = np.flatnonzero(place.offset < place.length)
        first = self.arrays.first_children[place.unit].astype(np.int64)
        counts = self.arrays.first_children[place.unit + 1] - first
        counts[inside] = 1
        offsets = self._offsets(counts)
        units = np.repeat(first - offsets[:-1], counts)
        units += np.arange(len(units))
        tokens = self.arrays.heads[units].astype(np.int64)
        found = units << SHIFT
        # Inside a unit the one child is the node's successor.
        where = offsets[inside]
        tokens[where] = self.arrays.tails[(place.start + place.offset)[inside]]
        found[where] = at[inside] + 1
        return Children(offsets, tokens, found)

    def child_counts(self, nodes: ArrayLike) -> Int64:
        """:returns: how many children each node has. *Shape*: (nodes,)."""
        place = self._place(np.asarray(nodes, np.int64))
        first = self.arrays.first_children
        counts = (first[place.unit + 1] - first[place.unit]).astype(np.int64)
        counts[place.offset < place.length] = 1
        return counts

    def step(self, nodes: ArrayLike, tokens: ArrayLike) -> Int64:
        """Follow one token from each node.

        :param nodes: *Shape*: (nodes,); where -1 came out of the step before, it stays.
        :param tokens: *Shape*: (nodes,).
        :returns: the child, -1 where there is none with that token. *Shape*: (nodes,).
        """
        before, token = np.asarray(nodes, np.int64), np.asarray(tokens, np.int64)
        if len(before) <= _FEW:
            pairs = zip(before.tolist(), token.tolist())
            return np.array([-1 if n < 0 else self.child(n, t) for n, t in pairs], np.int64)
        at = np.maximum(before, 0)
        place = self._place(at)
        inside = place.offset < place.length
        low = self.arrays.first_children[place.unit].astype(np.int64)
        end = self.arrays.first_children[place.unit + 1].astype(np.int64)
        end[inside] = low[inside]
        heads, high = self.arrays.heads, end
        for _ in range(int((end - low).max(initial=0)).bit_length()):
            middle = (low + high) >> 1
            less = (low < high) & (heads[middle] < token)
            low, high = np.where(less, middle + 1, low), np.where(less, high, middle)
        found = np.where((low < end) & (heads[low] == token), low << SHIFT, -1)
        rows = np.flatnonzero(inside)
        next_tokens = self.arrays.tails[(place.start + place.offset)[rows]]
        found[rows] = np.where(next_tokens == token[rows], at[rows] + 1, -1)
        found[before < 0] = -1
        return found

    def forced_runs(self, nodes: ArrayLike) -> Runs:
        """Go on from many nodes as long as there is one child and no name ends.

        :param nodes: *Shape*: (nodes,).
        """
        place = self._place(np.asarray(nodes, np.int64))
        left = place.length - place.offset
        offsets = self._offsets(left)
        first = place.start + place.offset
        tokens = self.arrays.tails[ragged_range(first, first + left)].astype(np.int64)
        return Runs(offsets, tokens, (place.unit << SHIFT) | place.length)

    def remaining(self, nodes: ArrayLike) -> Int64:
        """:returns: tokens from each node to the deepest leaf below it. *Shape*: (nodes,)."""
        place = self._place(np.asarray(nodes, np.int64))
        remaining: Int64 = self.arrays.below[place.unit] + (place.length - place.offset)
        return remaining

    # What is there

    def is_terminal(self, nodes: ArrayLike) -> Flags:
        """:returns: whether a name ends at each node; longer ones may go on. *Shape*: (nodes,)."""
        first, end = self.rank_ranges_at(nodes)
        return end > first

    def rank_ranges(self, nodes: ArrayLike) -> tuple[Int32, Int32]:
        """:returns: first rank below or at each node, and one past the last. *Shape*: (nodes,)."""
        unit = np.asarray(nodes, np.int64) >> SHIFT
        return self.arrays.first_ranks[unit], self.arrays.end_ranks[unit]

    def rank_ranges_at(self, nodes: ArrayLike) -> tuple[Int32, Int32]:
        """As :meth:`rank_ranges`, only of the names that end at each node: often an empty range."""
        place = self._place(np.asarray(nodes, np.int64))
        arrays, unit = self.arrays, place.unit
        first, end = arrays.first_ranks[unit], arrays.end_ranks[unit]
        child, next_child = arrays.first_children[unit], arrays.first_children[unit + 1]
        own = np.where(child < next_child, arrays.first_ranks[child], end)
        return first, np.where(place.offset == place.length, own, first)

    def names_at(self, node: int) -> Int32:
        """:returns: ``name_idx`` of the names that end at a node, in order. *Shape*: (names,)."""
        first, end = self.rank_ranges_at([node])
        return self.arrays.names[int(first[0]) : int(end[0])]

    def concepts_at(self, node: int) -> Int32:
        """:returns: ``concept_idx`` of those names, sorted, each once. *Shape*: (concepts,)."""
        first, end = self.rank_ranges_at([node])
        return np.unique(self.arrays.concepts[int(first[0]) : int(end[0])])

    # One by one

    @cached_property
    def _scalars(self) -> list[memoryview[int]]:
        # One number out of a memoryview costs a third of one out of a numpy array.
        arrays = self.arrays
        columns = (arrays.heads, arrays.tails, arrays.tail_starts, arrays.first_children)
        return [column.data for column in columns]

    def child(self, node: int, token: int) -> int:
        """:returns: the child with that token, -1 for none. For one node; :meth:`step` for many."""
        heads, tails, starts, first = self._scalars
        unit = node >> SHIFT
        at = starts[unit] + (node & _OFFSET)
        if at < starts[unit + 1]:
            return node + 1 if tails[at] == token else -1
        end = first[unit + 1]
        found = bisect_left(heads, token, first[unit], end)
        return found << SHIFT if found < end and heads[found] == token else -1

    def child_tokens(self, node: int) -> list[int]:
        """:returns: the tokens that a node goes on with, in order. :meth:`children` for many."""
        heads, tails, starts, first = self._scalars
        unit = node >> SHIFT
        at = starts[unit] + (node & _OFFSET)
        if at < starts[unit + 1]:
            return [tails[at]]
        return heads[first[unit] : first[unit + 1]].tolist()

    def find(self, tokens: Sequence[int]) -> int:
        """:returns: the node that these tokens lead to from the root, -1 for none."""
        node = self.root
        for token in tokens:
            node = self.child(node, token)
            if node < 0:
                break
        return node

    def sequence_of(self, rank: int) -> list[int]:
        """:returns: the tokens of the name with that rank.

        :raises IndexError: there is no such rank.
        """
        if not 0 <= rank < len(self):
            raise IndexError(f"rank {rank} of {len(self)}")
        first_children, first_ranks = self.arrays.first_children, self.arrays.first_ranks
        key, unit = np.int32(rank), 0  # as wide as the array, or searchsorted copies it
        tokens = self._label(unit)[1:]
        while (begin := int(first_children[unit])) < (end := int(first_children[unit + 1])):
            at = int(np.searchsorted(first_ranks[begin:end], key, side="right"))
            if not at:
                break  # it ends here
            unit = begin + at - 1
            tokens += self._label(unit)
        return tokens

    def __iter__(self) -> Iterator[tuple[list[int], range]]:
        """:returns: the tokens of each leaf and inner end in order, and the ranks of its names."""
        first_children = self.arrays.first_children
        stack = [(0, self._label(0)[1:])]
        while stack:
            unit, tokens = stack.pop()
            first, end = self.rank_ranges_at([(unit << SHIFT) | self._tail_length(unit)])
            if end[0] > first[0]:
                yield tokens, range(int(first[0]), int(end[0]))
            for child in range(
                int(first_children[unit + 1]) - 1, int(first_children[unit]) - 1, -1
            ):
                stack.append((child, tokens + self._label(child)))

    # Parts

    def subset(self, subset: KbSubset) -> TrieSubset:
        """Restrict the trie to the names of some concepts.

        :raises KbMismatchError: the subset is of another KB than the trie.
        """
        if subset.kb_fingerprint != self.info.kb:
            raise KbMismatchError(
                f"a subset of KB {subset.kb_fingerprint} cannot be used with a trie of KB "
                f"{self.info.kb or '(none)'}: make it from this KB"
            )
        return TrieSubset(self, subset.mask[self.arrays.concepts])

    def _place(self, at: Int64) -> _Place:
        unit = at >> SHIFT
        start = self.arrays.tail_starts[unit]
        return _Place(unit, at & _OFFSET, start, self.arrays.tail_starts[unit + 1] - start)

    def _offsets(self, lengths: Int64) -> Int64:
        """:returns: where rows of these lengths begin and end. A damaged trie gets no further."""
        if len(lengths) and (
            lengths.min() < 0 or lengths.max() >= len(self.arrays.heads) + _OFFSET
        ):
            raise KbCorruptError(
                f"the token trie at {self.folder} is damaged. Remove its folder: it is made again."
            )
        offsets = np.zeros(len(lengths) + 1, np.int64)
        np.cumsum(lengths, out=offsets[1:])
        return offsets

    def _tail_length(self, unit: int) -> int:
        return int(self.arrays.tail_starts[unit + 1]) - int(self.arrays.tail_starts[unit])

    def _label(self, unit: int) -> list[int]:
        start, end = self.arrays.tail_starts[unit : unit + 2].tolist()
        return [int(self.arrays.heads[unit]), *self.arrays.tails[start:end].tolist()]


def _from_arrays(arrays: TrieArrays, info: TrieInfo) -> TokenTrie:
    return TokenTrie(arrays, info=info)
