"""What a model has to decide on its way along a name: the ways on, and which of them is right.

The ``trie`` objective is the negative log-probability of a name under softmax over the legal
children alone, summed over the nodes of its path at which there is a choice; see
``docs/constrained-decoding.md``. This module works the choices out, for a whole batch at once.
Names can be *hidden* from a sample, as if the KB had not had them: a way on below which everything
is hidden is illegal there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from biotk.index.token_trie import TokenTrie
from biotk.nn.copying import ExactPaths, Floats, Mentions, Taken, root_overlap

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


class Target(NamedTuple):
    """What is right for one sample.

    :param pieces: the name; empty for NIL.
    :param hidden: ranks of the trie that this sample is not to see, in order.
    """

    pieces: tuple[int, ...]
    hidden: tuple[int, ...] = ()


class Options(NamedTuple):
    """The ways on at some decisions, flat.

    :param owners: the decision that each belongs to. *Shape*: (options,).
    :param tokens: the piece of each, END's for END. *Shape*: (options,).
    :param run_tokens: the pieces forced behind all of them, one run after the other.
    :param run_starts: where each run begins in ``run_tokens``. *Shape*: (options,).
    :param leaves: whether everything behind it is forced, up to a leaf. *Shape*: (options,).
    """

    owners: Ints
    tokens: Ints
    run_tokens: Ints
    run_starts: Ints
    leaves: Flags

    @property
    def runs(self) -> tuple[Ints, Ints]:
        """The forced pieces, and where those of each option begin and end."""
        return self.run_tokens, np.append(self.run_starts, len(self.run_tokens))


class Decisions(NamedTuple):
    """The choices of a batch. Those at the root stand apart: they are thousands, for every sample.

    :param rows: the sample of each decision. *Shape*: (decisions,).
    :param steps: how many pieces of the name stand before it. *Shape*: (decisions,).
    :param options: all ways on that are legal.
    :param right: the option that is right. *Shape*: (decisions,).
    :param root_right: the right way on from the root; that behind the last is NIL.
        *Shape*: (samples,).
    :param root_illegal: sample and way of each way on from the root that is hidden.
        *Shape*: (2, hidden).
    :param overlap: what each option has in common with the mention; see
        :mod:`biotk.nn.copying`. *Shape*: (options, features).
    :param root_overlap: sample and way of the ways on from the root that begin with a piece of
        the mention, and what they have in common with it. *Shapes*: (2, ways), (ways, features).
    """

    rows: Ints
    steps: Ints
    options: Options
    right: Ints
    root_right: Ints
    root_illegal: Ints
    overlap: Floats
    root_overlap: tuple[Ints, Floats]


class DecisionMaker:
    """Works out the decisions along names of one trie.

    :param trie: the trie.
    :param end_id: the piece that stands for END.
    """

    def __init__(self, trie: TokenTrie, *, end_id: int) -> None:
        self.trie, self._end_id = trie, end_id
        root = trie.children([trie.root])
        self.root_tokens, self._root_nodes = root.tokens, root.nodes
        runs = trie.forced_runs(root.nodes)
        self.root = Options(
            np.zeros(len(root.tokens), np.int64),
            root.tokens,
            runs.tokens,
            runs.offsets[:-1],
            trie.child_counts(runs.nodes) == 0,
        )
        self._first, self._end = (side.astype(np.int64) for side in trie.rank_ranges(root.nodes))

    def of(
        self, targets: Sequence[Target], pieces: Sequence[Sequence[int]], *, n_pieces: int
    ) -> Decisions:
        """:returns: what is to be decided for some samples.

        :param pieces: the mention of each.
        :param n_pieces: the size of the vocabulary.
        """
        n = len(targets)
        hidden = _Hidden(targets, len(self.trie))

        def seen(rows: Ints, nodes: Ints) -> Flags:
            begin, stop = self.trie.rank_ranges_at(nodes)
            return hidden.count(rows, begin, stop) < stop - begin

        mentions = Mentions(pieces, ExactPaths(self.trie, pieces, seen), n_pieces=n_pieces)
        named = np.array([bool(each.pieces) for each in targets])
        first = np.array([each.pieces[0] if each.pieces else 0 for each in targets])
        root_right = np.where(
            named, np.searchsorted(self.root_tokens, first), len(self.root_tokens)
        )
        rows, steps, nodes, nexts, taken = self._walk(targets, mentions)
        ways = self.trie.children(nodes)
        owners, tokens, children = ways.rows, ways.tokens, ways.nodes
        begin, end = self.trie.rank_ranges(children)
        legal = hidden.count(rows[owners], begin, end) < np.asarray(end, np.int64) - begin
        ends, legal_ends = self._ends(nodes, rows, hidden)
        right = tokens == nexts[owners]
        legal |= right
        # A decision is one where more than one way is legal; the others cost nothing.
        n_legal = np.bincount(owners[legal], minlength=len(nodes))
        n_legal += np.bincount(ends[legal_ends], minlength=len(nodes))
        chosen = n_legal > 1
        keep, keep_ends = legal & chosen[owners], legal_ends & chosen[ends]
        number = np.cumsum(chosen) - 1
        runs = self.trie.forced_runs(children[keep])
        n_ends = int(keep_ends.sum())
        options = Options(
            np.concatenate([number[owners[keep]], number[ends[keep_ends]]]),
            np.concatenate([tokens[keep], np.full(n_ends, self._end_id)]),
            runs.tokens,
            np.concatenate([runs.offsets[:-1], np.full(n_ends, len(runs.tokens))]),
            np.concatenate([self.trie.child_counts(runs.nodes) == 0, np.zeros(n_ends, bool)]),
        )
        overlap = mentions.features(
            taken.take(chosen).take(options.owners),
            rows[chosen][options.owners],
            options.tokens,
            np.concatenate([children[keep], nodes[ends[keep_ends]]]),
            options.runs,
            ends=np.arange(len(options.tokens)) >= len(options.tokens) - n_ends,
            leaves=options.leaves,
        )
        is_right = np.concatenate([right[keep], nexts[ends[keep_ends]] < 0])
        at = np.flatnonzero(is_right)
        answer = np.zeros(int(chosen.sum()), np.int64)
        answer[options.owners[at]] = at
        return Decisions(
            rows[chosen],
            steps[chosen],
            options,
            answer,
            root_right,
            self._root_illegal(n, hidden),
            overlap,
            root_overlap(
                mentions, self.root.tokens, self._root_nodes, self.root.runs, self.root.leaves
            ),
        )

    def _walk(
        self, targets: Sequence[Target], mentions: Mentions
    ) -> tuple[Ints, Ints, Ints, Ints, Taken]:
        """:returns: sample, pieces before it, node, next piece (-1: END), and how far the mention
        is followed, of all nodes but the roots where there may be a choice.
        """
        longest = max((len(each.pieces) for each in targets), default=0)
        pieces = np.full((len(targets), longest + 1), -1)
        for row, each in zip(pieces, targets):
            row[: len(each.pieces)] = each.pieces
        active = np.flatnonzero(pieces[:, 0] >= 0)
        nodes = np.zeros(len(active), np.int64)
        found: list[tuple[Ints, Ints, Ints, Ints]] = []
        taken, all_taken = Taken.nothing(len(active)), Taken.nothing(0)
        for step in range(longest):
            nodes = self.trie.step(nodes, pieces[active, step])
            taken = mentions.advance(taken, active, pieces[active, step])
            all_taken = all_taken.and_then(taken)
            if (nodes < 0).any():
                raise ValueError("a target is no name of the trie")
            nexts = pieces[active, step + 1]
            found.append((active, np.full(len(active), step + 1), nodes, nexts))
            goes_on = nexts >= 0
            active, nodes, taken = active[goes_on], nodes[goes_on], taken.take(goes_on)
        if not found:
            empty = np.zeros(0, np.int64)
            return empty, empty, empty, empty, all_taken
        rows, steps, all_nodes, nexts = (np.concatenate(parts) for parts in zip(*found))
        choice = (self.trie.child_counts(all_nodes) > 1) | self.trie.is_terminal(all_nodes)
        return rows[choice], steps[choice], all_nodes[choice], nexts[choice], all_taken.take(choice)

    def _ends(self, nodes: Ints, rows: Ints, hidden: _Hidden) -> tuple[Ints, Flags]:
        """:returns: the nodes where a name ends, and whether one that is not hidden does."""
        ends = np.flatnonzero(self.trie.is_terminal(nodes))
        legal = np.ones(len(ends), bool)
        if hidden.any and len(ends):
            begin, stop = self.trie.rank_ranges_at(nodes[ends])
            legal = hidden.count(rows[ends], begin, stop) < stop - begin
        return ends, legal

    def _root_illegal(self, n: int, hidden: _Hidden) -> Ints:
        """Only ways that hold few names can be hidden as a whole; others are not looked at."""
        if not hidden.any:
            return np.zeros((2, 0), np.int64)
        found: list[Ints] = []
        for row, rank in zip(*hidden.pairs):
            way = int(np.searchsorted(self._first, rank, side="right")) - 1
            found.append(np.array([row, way]))
        pairs = np.unique(np.stack(found), axis=0)
        rows, ways = pairs.T
        counts = hidden.count(rows, self._first[ways], self._end[ways])
        illegal: Ints = pairs[counts == self._end[ways] - self._first[ways]].T
        return illegal


class _Hidden:
    """The hidden ranks of all samples in one sorted array."""

    def __init__(self, targets: Sequence[Target], n_ranks: int) -> None:
        rows = np.repeat(np.arange(len(targets)), [len(each.hidden) for each in targets])
        ranks = np.array([rank for each in targets for rank in each.hidden], np.int64)
        self.pairs = rows, ranks
        self._stride = n_ranks + 1
        self._keys = rows * self._stride + ranks
        self.any = bool(len(ranks))

    def count(self, rows: Ints, first: NDArray[np.signedinteger], end: NDArray[np.signedinteger]) -> Ints:  # fmt: skip  # noqa: E501
        """:returns: how many hidden ranks lie in each range."""
        if not self.any:
            return np.zeros(len(rows), np.int64)
        low = np.searchsorted(self._keys, rows * self._stride + first)
        high = np.searchsorted(self._keys, rows * self._stride + end)
        return np.asarray(high - low, np.int64)
