"""Token sequences made into the arrays of a trie: sorted once, then parted unit by unit.

Rows are sorted by their tokens. How many tokens each row shares with the one before it (``common``)
then says all: a range of rows has the same first *d* tokens where no ``common`` inside it is less,
and branches at the rows where it is *d*. All ranges of one depth are worked on together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from biotk.errors import InputError
from biotk.index.trie_arrays import MAX_TOKENS, Int64, Ints, TrieArrays, ragged_range

_BLOCK = 1 << 18  # units whose tokens are gathered at once


class Sequences(NamedTuple):
    """Token sequences, one after the other.

    :param tokens: the tokens of all, uint16 or int32, none negative. *Shape*: (tokens,).
    :param offsets: where each begins and ends. *Shape*: (sequences + 1,).
    """

    tokens: Ints
    offsets: Int64

    @property
    def lengths(self) -> Int64:
        """How many tokens each has. *Shape*: (sequences,)."""
        return np.diff(self.offsets)

    @classmethod
    def of(cls, sequences: Sequence[Sequence[int]]) -> Sequences:
        """:returns: lists of tokens as arrays.

        :raises InputError: a token is negative or has more than 31 bits.
        """
        offsets = np.zeros(len(sequences) + 1, np.int64)
        np.cumsum(np.fromiter(map(len, sequences), np.int64, len(sequences)), out=offsets[1:])
        try:
            flat = chain.from_iterable(sequences)
            tokens = np.fromiter(flat, np.int32, int(offsets[-1]))
        except OverflowError as error:
            raise InputError("a token has more than 31 bits") from error
        if len(tokens) and tokens.min() < 0:
            raise InputError(f"a token is negative: {tokens.min()}")
        return cls(narrowed(tokens), offsets)

    @classmethod
    def joined(cls, parts: Iterable[Sequences]) -> Sequences:
        """:returns: the sequences of all parts, one part after the other."""
        kept = list(parts)
        empty: list[Ints] = [np.empty(0, np.uint16)]
        tokens = np.concatenate(empty + [part.tokens for part in kept])
        lengths = np.concatenate([[0], *(part.lengths for part in kept)])
        return cls(tokens, np.cumsum(lengths, dtype=np.int64))


def narrowed(values: Ints) -> Ints:
    """:returns: uint16 where the values allow it, else int32."""
    fits = not len(values) or int(values.max()) < 1 << 16
    return values.astype(np.uint16 if fits else np.int32, copy=False)


def build_arrays(sequences: Sequences, *, names: Ints, concepts: Ints) -> tuple[TrieArrays, int]:
    """Make a trie.

    Memory: about three times that of the tokens, and some sixty bytes a sequence.

    :param sequences: none empty, none longer than :data:`~biotk.index.trie_arrays.MAX_TOKENS`.
    :param names: ``name_idx`` of each. Of equal sequences the first comes first in the trie.
        *Shape*: (sequences,).
    :param concepts: ``concept_idx`` of each. *Shape*: (sequences,).
    :returns: the arrays, and how many different sequences there are.
    :raises InputError: there are more tokens than 31 bits can count.
    """
    if len(sequences.tokens) >= 1 << 31:
        raise InputError(f"{len(sequences.tokens):,} tokens are too many: below 2**31 are allowed")
    order, rows = _sorted(sequences)
    common, lengths = _common_prefixes(rows), rows.lengths
    # Rows that are as the one before share its leaf: no row is a beginning of an earlier one.
    again = np.zeros(len(lengths), bool)
    again[1:] = common[1:] == lengths[1:]
    first_ranks = np.flatnonzero(~again)
    levels = _Levels(
        starts=rows.offsets[first_ranks],
        lengths=lengths[first_ranks],
        common=common[first_ranks],
    )
    units = _Units(*map(np.concatenate, zip(*levels)))
    n_children = np.cumsum(units.n_children)
    ranks = np.append(first_ranks, len(order)).astype(np.int32)
    heads, tails = _labels(rows.tokens, units)
    arrays = TrieArrays(
        heads=np.append(heads, heads[:1] * 0),
        tail_starts=np.append(0, np.cumsum(units.ends - units.begins - 1)).astype(np.int32),
        first_children=np.append(1, 1 + n_children).astype(np.int32),
        first_ranks=np.append(ranks[units.first_rows], ranks[-1:]),
        end_ranks=np.append(ranks[units.end_rows], ranks[-1:]),
        below=_depths(np.append(units.below, 0)),
        tails=tails,
        names=names[order].astype(np.int32),
        concepts=concepts[order].astype(np.int32),
    )
    return arrays, len(first_ranks)


def _sorted(sequences: Sequences) -> tuple[Int64, Sequences]:
    """:returns: the order of the sequences, equal ones in the order they came; and them in it."""
    tokens, offsets = sequences
    if len(offsets) == 1:
        return np.empty(0, np.int64), sequences
    # Big-endian bytes are in the order of the tokens, and Arrow sorts bytes.
    kind = tokens.dtype.newbyteorder(">")
    data = pa.py_buffer(tokens.astype(kind).view(np.uint8))
    where = pa.py_buffer(offsets * kind.itemsize)
    column = pa.LargeBinaryArray.from_buffers(
        pa.large_binary(), len(offsets) - 1, [None, where, data]
    )
    order = pc.sort_indices(column)
    taken = column.take(order)
    _, where, data = taken.buffers()
    sorted_tokens = np.frombuffer(data, kind).astype(tokens.dtype)
    starts = np.frombuffer(where, np.int64)[: len(offsets)] // kind.itemsize
    return order.to_numpy().astype(np.int64), Sequences(sorted_tokens, starts)


def _common_prefixes(rows: Sequences) -> Int64:
    """:returns: how many tokens each row shares with the one before; 0 for the first."""
    tokens, offsets = rows
    lengths = rows.lengths
    common = np.zeros(len(lengths), np.int64)
    at = np.arange(1, len(lengths))
    depth = 0
    while len(at):
        both = (lengths[at] > depth) & (lengths[at - 1] > depth)
        at = at[both]
        at = at[tokens[offsets[at] + depth] == tokens[offsets[at - 1] + depth]]
        depth += 1
        common[at] = depth
    return common


class _Units(NamedTuple):
    """Units, all of one level or all there are.

    :param begins: where the tokens of each begin in those of its first row. The root begins one
        before them: its head is none of them.
    :param ends: where they end.
    :param n_children: how many children each has.
    :param first_rows: the first of the different rows below each.
    :param end_rows: one past the last.
    :param below: tokens from the end of each to the deepest leaf below.
    """

    begins: Int64
    ends: Int64
    n_children: Int64
    first_rows: Int64
    end_rows: Int64
    below: Int64


class _Levels:
    """The units of a trie, level by level from the root.

    :param starts: where the tokens of each row begin; the rows are sorted and all different.
    :param lengths: how many tokens each has.
    :param common: how many it shares with the one before.
    """

    def __init__(self, *, starts: Int64, lengths: Int64, common: Int64) -> None:
        self._starts, self._lengths = starts, lengths
        # One more, so that "up to the last row" can be asked for as every other range.
        self._padded_lengths = np.append(lengths, 0)
        self._padded_common = np.append(common, 0)

    def __iter__(self) -> Iterator[_Units]:
        first = np.zeros(1, np.int64)
        end = np.array([len(self._lengths)])
        depth = np.full(1, -1)
        if not end[0]:
            yield _Units(depth, first, first, first, first, first)
            return
        while len(first):
            until = self._until(first, end)
            owner, child_first, child_end = self._children(first, end, until)
            yield _Units(
                self._starts[first] + depth,
                self._starts[first] + until,
                np.bincount(owner, minlength=len(first)),
                first,
                end,
                _reduced(np.maximum, self._padded_lengths, first, end) - until,
            )
            first, end, depth = child_first, child_end, until[owner]

    def _until(self, first: Int64, end: Int64) -> Int64:
        """:returns: the depth at which each range of rows branches, or its first row ends."""
        until = self._lengths[first]
        several = np.flatnonzero(end - first > 1)
        if len(several):
            least = _reduced(np.minimum, self._padded_common, first[several] + 1, end[several])
            until[several] = np.minimum(until[several], least)
        return until

    def _children(self, first: Int64, end: Int64, until: Int64) -> tuple[Int64, Int64, Int64]:
        """:returns: the range that each child belongs to, and the child's own first and end row."""
        stops = self._lengths[first] == until
        grows = np.flatnonzero(end - first > stops)
        begins, ends = first[grows], end[grows]
        rows = ragged_range(begins, ends)
        owner = np.repeat(grows, ends - begins)
        starts_child = self._padded_common[rows] == until[owner]
        # The first row starts a child unless it ends here; what it shares with rows before the
        # range says nothing.
        lengths = ends - begins
        starts_child[np.cumsum(lengths) - lengths] = ~stops[grows]
        child_first, owner = rows[starts_child], owner[starts_child]
        child_end = end[owner]
        same = np.flatnonzero(owner[1:] == owner[:-1])
        child_end[same] = child_first[same + 1]
        return owner, child_first, child_end


def _reduced(ufunc: np.ufunc, padded: Int64, first: Int64, end: Int64) -> Int64:
    """:returns: a ufunc over ranges of values that follow one another; none is empty."""
    limits = np.stack([first, end], axis=1).ravel()
    reduced: Int64 = ufunc.reduceat(padded, limits)[::2]
    return reduced


def _labels(tokens: Ints, units: _Units) -> tuple[Ints, Ints]:
    """:returns: the first token of each unit, 0 for the root, and the further ones of all."""
    heads = np.zeros(len(units.begins), tokens.dtype)
    heads[1:] = tokens[units.begins[1:]]
    parts = [tokens[:0]]
    for start in range(0, len(heads), _BLOCK):
        block = slice(start, start + _BLOCK)
        parts.append(tokens[ragged_range(units.begins[block] + 1, units.ends[block])])
    return heads, np.concatenate(parts)


def _depths(values: NDArray[Any]) -> Ints:
    kind = np.uint8 if int(values.max()) < 1 << 8 else np.int32
    return values.astype(kind)


def check_lengths(lengths: Int64) -> None:
    """Make sure that sequences can stand in a trie.

    :raises InputError: one is empty or too long.
    """
    for bad, what in ((lengths == 0, "is empty"), (lengths > MAX_TOKENS, "is too long")):
        if bad.any():
            at = int(np.argmax(bad))
            limit = f"1 to {MAX_TOKENS:,} tokens are allowed"
            raise InputError(f"sequence {at} {what} ({lengths[at]:,} tokens): {limit}")
