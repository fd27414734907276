"""Character n-gram TF-IDF search: names that share rare three-letter pieces with a mention.

Names and queries are compared by the cosine of their vectors; see :mod:`biotk.index.vectors`.

Search is exact for every name whose cosine reaches the least score *t*, and yet reads little. The
query's postings are gone through from the rarest on; R is the weight of those that are left. A
name that is first met now shares no more than R, so that it can reach *t* only if

    t |q|  <=  |d|  <=  R / (t |q|),

the first since weight(q ∩ d) <= |d|². Ranks are in order of |d|: this is one range of the posting,
it shrinks with every posting, and is empty once R < t² |q|²: the longest postings are not read at
all. As soon as k names are known to reach a higher score, that score takes the place of *t*.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from biotk.index.postings import invert
from biotk.index.vectors import (
    LEAST_SCORE,
    SLACK,
    Query,
    Ranks,
    TextVectors,
    VectorSpace,
    build_vectors,
    open_vectors,
    write_vectors,
)
from biotk.kb.arrow import Ragged, list_array, map_table, write_table

#: Fewer texts are sooner counted all at once than by ranges.
_SMALL = 100_000
#: Postings that are read before the least score is looked at again.
_STAGE = 20_000
#: To look one name up costs as much as reading so many postings.
_DEAR = 50
#: Least cosines that are tried before the one that was asked for.
_LEVELS = (0.7,)
#: What a sum in single precision may be wrong by for each of its terms, twice over.
_ROUNDING = 2.0**-23


class NgramHit(NamedTuple):
    """A row of the index and its cosine with the query."""

    row: int
    score: float


def best_hits(
    rows: NDArray[np.integer[Any]], cosines: NDArray[np.float64], k: int
) -> list[NgramHit]:
    """:returns: the k best, ties by row."""
    best = np.lexsort((rows, -cosines))[:k]
    return [
        NgramHit(row, min(score, 1.0))
        for row, score in zip(rows[best].tolist(), cosines[best].tolist())
    ]


class Postings(NamedTuple):
    """What an index is made of.

    :param vectors: the texts.
    :param ranks: the ranks of the texts that have each trigram, in order.
    """

    vectors: TextVectors
    ranks: Ragged


def build_postings(texts: Iterable[str]) -> Postings:
    """Make the postings of some normalised names."""
    vectors = build_vectors(texts)
    return Postings(vectors, invert(vectors.texts, len(vectors.grams)))


def write_postings(folder: Path, postings: Postings) -> None:
    """Write the vectors and ``postings.arrow`` into a folder."""
    write_vectors(folder, postings.vectors)
    ranks = list_array(postings.ranks.offsets, postings.ranks.values)
    write_table(folder / "postings.arrow", {"ranks": ranks})


def open_postings(folder: Path) -> Postings:
    """Memory-map what :func:`write_postings` wrote.

    :raises KbCorruptError: it cannot be read.
    """
    table = map_table(folder / "postings.arrow")
    return Postings(open_vectors(folder), Ragged(table.column("ranks")))


class NgramIndex:
    """Search over postings, made in memory or memory-mapped.

    :param postings: from :func:`build_postings` or :func:`open_postings`.

    >>> index = NgramIndex(build_postings(["diabetes mellitus", "diabetes insipidus", "fever"]))
    >>> [hit.row for hit in index.search("diabetes melitus")]
    [0]
    """

    def __init__(self, postings: Postings) -> None:
        self._space = VectorSpace(postings.vectors)
        self._ranks = postings.ranks.values
        self._offsets: list[int] = postings.ranks.offsets.tolist()
        # A small index is searched in microseconds, of which slicing would be a tenth.
        self._small = len(self) < _SMALL
        self._norms = self._space.norms.astype(np.float64) if self._small else np.empty(0)
        self._split = np.split(self._ranks, self._offsets[1:-1]) if self._small else []

    def __len__(self) -> int:
        return len(self._space)

    def search(
        self,
        text: str,
        *,
        k: int = 20,
        min_score: float = 0.4,
        allowed: NDArray[np.bool_] | None = None,
    ) -> list[NgramHit]:
        """Find the rows most like a text.

        :param text: a normalised mention.
        :param k: how many at most.
        :param min_score: the least cosine; below about 0.2 a search reads most of the index. A
            row without a trigram of the text is never found.
        :param allowed: which rows may be found. *Shape*: (rows,).
        :returns: all rows that reach ``min_score`` but for rounding (1e-6 of it), best first, ties
            by row; ``k`` at most.
        """
        query = self._space.query(text)
        if not query.grams or k < 1:
            return []
        least = max(min_score, LEAST_SCORE)
        if self._small:
            ranks, cosines = self._search_small(query, least, allowed)
        else:
            ranks, cosines = self._deepen(query, k, least, allowed)
        return best_hits(self._space.rows[ranks], cosines, k)

    def _posting(self, gram: int) -> Ranks:
        return self._ranks[self._offsets[gram] : self._offsets[gram + 1]]

    def _search_small(
        self, query: Query, least: float, allowed: NDArray[np.bool_] | None
    ) -> tuple[Ranks, NDArray[np.float64]]:
        """Add up the rare postings over all names at once."""
        needed = least * query.norm * SLACK
        n_read = sum(left >= needed**2 for left in query.left)
        if not n_read:
            return self._space.rows[:0], np.empty(0)
        postings = [self._split[gram] for gram in query.grams[:n_read]]
        # In units of what a name of norm 1 needs, so that little is left to do with all names.
        needs = np.repeat(np.array(query.weights[:n_read]) / needed, list(map(len, postings)))
        sums = np.bincount(np.concatenate(postings), needs, len(self))
        unread = query.left[n_read] if n_read < len(query.left) else 0.0
        # Among these are all names that reach the least cosine, and those that are too short to.
        ranks = np.flatnonzero(sums > self._norms - unread / needed).astype(np.int32)
        ranks = ranks[sums[ranks] > 0]
        if allowed is not None:
            ranks = ranks[allowed[self._space.rows[ranks]]]
        weights: NDArray[Any] = sums[ranks] * needed
        for gram, weight in zip(query.grams[n_read:], query.weights[n_read:]):
            posting = self._split[gram]
            found = posting.take(posting.searchsorted(ranks), mode="clip") == ranks
            weights += found * weight
        cosines = weights / (self._norms[ranks] * query.norm)
        good = cosines >= least * SLACK
        return ranks[good], cosines[good]

    def _deepen(
        self, query: Query, k: int, least: float, allowed: NDArray[np.bool_] | None
    ) -> tuple[Ranks, NDArray[np.float64]]:
        """Search for what is very like the query first: mostly that is enough, and far cheaper."""
        for level in _LEVELS:
            if level > least:
                ranks, cosines = self._search_large(query, k, level, allowed)
                if len(ranks) >= k:
                    return ranks, cosines
        return self._search_large(query, k, least, allowed)

    def _search_large(
        self, query: Query, k: int, least: float, allowed: NDArray[np.bool_] | None
    ) -> tuple[Ranks, NDArray[np.float64]]:
        """Read the postings from the rarest on, by ranges that shrink; see above."""
        slack = _slack(query)
        sums = self._space.scratch("sums", len(self), np.float32)
        met: list[Ranks] = []  # all names with a sum
        hopeful: Ranks = self._space.rows[:0]  # those that may be among the k best
        n_looked, n_read, at = 0, 0, 0
        try:
            for at, gram in enumerate(query.grams):
                closed = query.left[at] < (least * query.norm) ** 2 * slack
                if closed or n_read > max(_STAGE, len(hopeful)):
                    new = np.concatenate([hopeful, *met[n_looked:]])
                    hopeful, least = self._hopeful(new, sums, query, at, k, least, allowed)
                    n_looked, n_read = len(met), 0
                    closed = query.left[at] < (least * query.norm) ** 2 * slack
                    if closed and len(self._posting(gram)) > _DEAR * len(hopeful):
                        break  # sooner look these names up than read on
                needed = least * query.norm * slack
                bounds = (needed, query.left[at] / needed, query.norm**2 / needed)
                first, end, last = self._space.norms.searchsorted(
                    np.array(bounds, np.float32)
                ).tolist()
                posting = self._posting(gram)
                limits = np.array((first, end, last), np.int32)
                first, end, last = posting.searchsorted(limits).tolist()
                ranks = posting[first:last]
                before = sums[ranks]
                seen = before > 0
                n_new = max(end - first, 0)
                met.append(ranks[:n_new][~seen[:n_new]])
                seen[:n_new] = True
                sums[ranks[seen]] = before[seen] + np.float32(query.weights[at])
                n_read += len(ranks)
            else:
                at += 1
                new = np.concatenate([hopeful, *met[n_looked:]])
                hopeful, least = self._hopeful(new, sums, query, at, k, least, allowed)
            weights = sums[hopeful]
        finally:
            for part in met:
                sums[part] = 0
        return self._best(query, hopeful, weights, at, k, least, allowed)

    def _hopeful(
        self,
        ranks: Ranks,
        sums: NDArray[np.float32],
        query: Query,
        at: int,
        k: int,
        least: float,
        allowed: NDArray[np.bool_] | None,
    ) -> tuple[Ranks, float]:
        """Sort out the names that cannot be among the k best any more.

        :param at: how many postings have been read.
        :returns: the others, and a cosine that the k best reach for certain.
        """
        if allowed is not None:
            ranks = ranks[allowed[self._space.rows[ranks]]]
        slack = _slack(query)
        norms = self._space.norms[ranks] * np.float32(query.norm)
        weights = sums[ranks]
        if len(ranks) >= k:
            kth = np.partition(weights / norms, len(ranks) - k)[-k]
            least = max(least, float(kth) * slack)
        unread = query.left[at] if at < len(query.left) else 0.0
        return ranks[weights + np.float32(unread) >= norms * np.float32(least * slack)], least

    def _best(
        self,
        query: Query,
        ranks: Ranks,
        weights: NDArray[Any],
        n_read: int,
        k: int,
        least: float,
        allowed: NDArray[np.bool_] | None,
    ) -> tuple[Ranks, NDArray[np.float64]]:
        """Look the exact cosine up of those names that may be among the k best.

        :param ranks: the names that were met.
        :param weights: what each shares with the query in the postings that were read.
        :param n_read: how many postings that were.
        :returns: those that reach ``least``, at least the k best of them, and their cosines.
        """
        slack = _slack(query)
        unread = query.left[n_read] if n_read < len(query.left) else 0.0
        norms = self._space.norms[ranks] * query.norm
        most = (weights + unread) / norms
        possible = most >= least * slack
        if allowed is not None:
            possible &= allowed[self._space.rows[ranks]]
        ranks, most = ranks[possible], most[possible]
        if len(ranks) > 4 * k:
            # The exact cosines of the most promising tell which of the others need a look.
            split = len(ranks) - 2 * k
            order = np.argpartition(weights[possible] / norms[possible], split)
            ranks, most = ranks[order], most[order]
            cosines = self._space.cosines(query, ranks[split:])
            kth = float(np.partition(cosines, k)[k])
            others = ranks[:split][most[:split] >= kth * slack]
            ranks = np.concatenate((others, ranks[split:]))
            cosines = np.concatenate((self._space.cosines(query, others), cosines))
        else:
            cosines = self._space.cosines(query, ranks)
        good = cosines >= least * SLACK
        return ranks[good], cosines[good]


def _slack(query: Query) -> float:
    """:returns: :data:`SLACK` where weights of the query were added up in single precision."""
    return SLACK - len(query.grams) * _ROUNDING
