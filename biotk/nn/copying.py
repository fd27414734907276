"""What a child has in common with the mention: a copy path that need not be learned from nothing.

Most mentions are, but for some pieces, a name of the KB. A small network learns slowly to spell out
exactly what stands there, and that a name ends where the mention does. So a child's score gets a
few *overlap features* beside its embedding, each weighted by the hidden state: whether its piece is
the next of the mention, whether what is forced behind it goes on so, how much of the mention would
be left, for END, whether all of it is said and nothing else, and whether it lies on the way to a
name that is the mention itself.

A path is followed piece by piece: a piece takes the first unused place of the mention behind the
last one taken where it stands, else the first unused one at all. Places are bits of an int64.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from biotk.index.token_trie import TokenTrie

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]

#: Pieces of a mention that are told apart; of a longer one, the first.
MAX_PLACES = 60

#: The features, in the order of the last dimension.
FEATURES = (
    "next", "unused", "foreign", "run in mention", "run foreign", "run in order", "left",
    "leaf: left", "leaf: all said", "leaf: foreign", "end", "end: left", "end: all said",
    "end: foreign", "exact", "end: exact",
)  # fmt: skip


class Taken(NamedTuple):
    """How far some paths have followed their mentions.

    :param places: bits of the places that are taken. *Shape*: (paths,).
    :param last: the place taken last, -1 for none. *Shape*: (paths,).
    :param foreign: pieces of the path that the mention does not have. *Shape*: (paths,).
    """

    places: Ints
    last: Ints
    foreign: Ints

    @classmethod
    def nothing(cls, n: int) -> Taken:
        """:returns: so many paths at their beginning."""
        return cls(np.zeros(n, np.int64), np.full(n, -1), np.zeros(n, np.int64))

    def take(self, rows: Ints | NDArray[np.bool_]) -> Taken:
        """:returns: some of them."""
        return Taken(self.places[rows], self.last[rows], self.foreign[rows])

    def and_then(self, other: Taken) -> Taken:
        """:returns: these and others."""
        return Taken(*(np.concatenate(pair) for pair in zip(self, other)))


class ExactPaths:
    """The ways to names that are the mentions themselves, piece for piece.

    :param trie: the trie.
    :param pieces: of each mention.
    :param allowed: for mentions and nodes where names end, whether one of these names counts.
    """

    def __init__(
        self,
        trie: TokenTrie,
        pieces: Sequence[Sequence[int]],
        allowed: Callable[[Ints, Ints], NDArray[np.bool_]],
    ) -> None:
        longest = max((len(each) for each in pieces), default=0)
        table = np.full((len(pieces), longest + 1), -1)
        for row, each in zip(table, pieces):
            row[: len(each)] = each
        rows = np.flatnonzero(table[:, 0] >= 0)
        nodes = np.zeros(len(rows), np.int64)
        walked: list[tuple[Ints, Ints]] = []
        ended: list[tuple[Ints, Ints]] = [(rows[:0], nodes[:0])]
        for step in range(longest):
            nodes = trie.step(nodes, table[rows, step])
            rows, nodes = rows[nodes >= 0], nodes[nodes >= 0]
            walked.append((rows, nodes))
            ends = table[rows, step + 1] < 0
            ended.append((rows[ends], nodes[ends]))
            rows, nodes = rows[~ends], nodes[~ends]
        rows, nodes = (np.concatenate(parts) for parts in zip(*ended))
        good = trie.is_terminal(nodes)
        good[good] = allowed(rows[good], nodes[good])
        self._ends = np.sort(self._keys(rows[good], nodes[good]))
        has = np.zeros(len(pieces), bool)
        has[rows[good]] = True
        parts = [self._keys(r[has[r]], n[has[r]]) for r, n in walked]
        self._way = np.sort(np.concatenate([self._ends[:0], *parts]))

    @staticmethod
    def _keys(rows: Ints, nodes: Ints) -> Ints:
        return (rows << 47) | nodes

    def has(self, rows: Ints, nodes: Ints) -> NDArray[np.bool_]:
        """:returns: whether each node lies on the way of its mention. *Shape*: as given."""
        return _among(self._way, self._keys(rows, nodes))

    def has_end(self, rows: Ints, nodes: Ints) -> NDArray[np.bool_]:
        """:returns: whether the name that ends at each node is its mention. *Shape*: as given."""
        return _among(self._ends, self._keys(rows, nodes))


def _among(known: Ints, wanted: Ints) -> NDArray[np.bool_]:
    if not len(known):
        return np.zeros(len(wanted), bool)
    at = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    found: NDArray[np.bool_] = known[at] == wanted
    return found


class Mentions:
    """The pieces of some mentions.

    :param pieces: of each mention.
    :param exact: the ways to names that are the mentions themselves.
    :param n_pieces: the size of the vocabulary.
    """

    def __init__(
        self, pieces: Sequence[Sequence[int]], exact: ExactPaths, *, n_pieces: int
    ) -> None:
        self._n_pieces, self._exact = n_pieces, exact
        cut = [tuple(each[:MAX_PLACES]) for each in pieces]
        lengths = np.array([len(each) for each in cut], np.int64)
        rows = np.repeat(np.arange(len(cut)), lengths)
        places = np.arange(len(rows)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        keys = rows * n_pieces + np.array([piece for each in cut for piece in each], np.int64)
        order = np.argsort(keys, kind="stable")
        keys, bits = keys[order], np.left_shift(1, places[order])
        first = np.flatnonzero(np.append(True, keys[1:] != keys[:-1])[: len(keys)])
        self._keys = keys[first]
        self._bits = np.bitwise_or.reduceat(bits, first) if len(first) else bits
        self._all = np.left_shift(1, lengths) - 1
        self._lengths = np.maximum(lengths, 1)

    def places(self, mentions: Ints, tokens: Ints) -> Ints:
        """:returns: bits of the places of a mention at which a piece stands. *Shape*: as given."""
        if not len(self._keys):
            return np.zeros(len(tokens), np.int64)
        wanted = mentions * self._n_pieces + tokens
        at = np.minimum(np.searchsorted(self._keys, wanted), len(self._keys) - 1)
        return np.where(self._keys[at] == wanted, self._bits[at], 0)

    def pairs(self) -> tuple[Ints, Ints]:
        """:returns: mention and piece, each pair once."""
        return self._keys // self._n_pieces, self._keys % self._n_pieces

    def advance(self, taken: Taken, mentions: Ints, tokens: Ints) -> Taken:
        """Follow one more piece on each path.

        :param mentions: the mention of each path. *Shape*: (paths,).
        :param tokens: *Shape*: (paths,).
        """
        places = self.places(mentions, tokens)
        free = places & ~taken.places
        ahead = free & ~(np.left_shift(1, taken.last + 1) - 1)
        among = np.where(ahead != 0, ahead, free)
        bit = among & -among
        hit = bit != 0
        last = np.where(hit, np.log2(np.where(hit, bit, 1)).astype(np.int64), taken.last)
        return Taken(taken.places | bit, last, taken.foreign + ~hit)

    def features(
        self,
        taken: Taken,
        mentions: Ints,
        tokens: Ints,
        nodes: Ints,
        runs: tuple[Ints, Ints],
        *,
        ends: NDArray[np.bool_],
        leaves: NDArray[np.bool_],
    ) -> Floats:
        """Compare children with the mention.

        :param taken: of the path before each child. *Shape*: (children,).
        :param mentions: *Shape*: (children,).
        :param tokens: *Shape*: (children,).
        :param nodes: the children; for END, the node where the name ends. *Shape*: (children,).
        :param runs: what is forced behind each child: tokens, and where those of each begin and
            end. *Shapes*: (tokens,), (children + 1,).
        :param ends: whether a child is END.
        :param leaves: whether everything behind a child is forced, up to a leaf.
        :returns: *Shape*: (children, features).
        """
        run_tokens, offsets = runs
        lengths = np.diff(offsets)
        rows = np.repeat(np.arange(len(tokens)), lengths)
        places = self.places(mentions, tokens)
        behind = self.places(mentions[rows], run_tokens)
        nth = np.arange(len(rows)) - offsets[:-1][rows] + 1
        n = len(tokens)
        in_order = (np.right_shift(behind, np.minimum(taken.last[rows] + 1 + nth, 62)) & 1) != 0
        known = np.bincount(rows, behind != 0, n)
        ordered = np.bincount(rows, in_order, n)
        said = taken.places | np.where(ends, 0, places)
        np.bitwise_or.at(said, rows, behind)
        left = _count_bits(self._all[mentions] & ~said) / self._lengths[mentions]
        foreign = taken.foreign + (~ends & (places == 0)) + lengths - known
        all_said = (left == 0) & (foreign == 0)
        share = np.maximum(lengths, 1)
        more = np.log1p(foreign)
        columns = (
            (np.right_shift(places, taken.last + 1) & 1) * ~ends,
            ((places & ~taken.places) != 0) * ~ends,
            (places == 0) & ~ends,
            known / share,
            np.log1p(lengths - known),
            ordered / share,
            left * ~ends,
            left * leaves,
            all_said * leaves,
            more * leaves,
            ends,
            left * ends,
            all_said * ends,
            more * ends,
            self._exact.has(mentions, nodes) & ~ends,
            self._exact.has_end(mentions, nodes) & ends,
        )
        return np.stack(columns, 1).astype(np.float32)


def root_overlap(
    mentions: Mentions,
    tokens: Ints,
    nodes: Ints,
    runs: tuple[Ints, Ints],
    leaves: NDArray[np.bool_],
) -> tuple[Ints, Floats]:
    """Compare the ways on from a root with mentions; those that share no piece have no features.

    :param mentions: the mentions.
    :param tokens: of the ways, in order. *Shape*: (ways,).
    :param nodes: where they lead. *Shape*: (ways,).
    :param runs: what is forced behind each, as for :meth:`Mentions.features`.
    :param leaves: whether everything behind each is forced, up to a leaf. *Shape*: (ways,).
    :returns: mention and way of each pair that shares a piece, and what they have in common.
        *Shapes*: (2, pairs), (pairs, features).
    """
    rows, pieces = mentions.pairs()
    ways = np.searchsorted(tokens, pieces)
    there = ways < len(tokens)
    there[there] = tokens[ways[there]] == pieces[there]
    rows, ways = rows[there], ways[there]
    run_tokens, offsets = runs
    lengths = offsets[ways + 1] - offsets[ways]
    starts = np.append(0, np.cumsum(lengths))
    at = np.arange(starts[-1]) + np.repeat(offsets[ways] - starts[:-1], lengths)
    found = mentions.features(
        Taken.nothing(len(rows)),
        rows,
        tokens[ways],
        nodes[ways],
        (run_tokens[at], starts),
        ends=np.zeros(len(rows), bool),
        leaves=leaves[ways],
    )
    return np.stack([rows, ways]), found


_ONES = np.array([number.bit_count() for number in range(256)])


def _count_bits(bits: Ints) -> Ints:
    """:returns: how many bits are set. (numpy 1 has no ``bitwise_count``.)"""
    counts: Ints = _ONES[np.ascontiguousarray(bits).view(np.uint8).reshape(-1, 8)].sum(1)
    return counts
