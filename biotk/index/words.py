"""Search in millions of names: candidates by their words, compared by character trigrams.

In a vocabulary of millions even rare trigrams are in many thousands of names, and going through
them takes milliseconds. Words are far rarer. Each word of a query stands for the words of the
vocabulary that are like it (by their trigrams, so that a misspelt word finds its own), and each of
those for the names that have it: a sparse, soft match of words, after SoftTFIDF (Cohen, Ravikumar
and Fienberg, IIWeb 2003). The names that promise most are then compared by the same cosine as in
:mod:`biotk.index.ngram`.

The cosines are exact; that all names above the least score are found is not certain. Missed are
names that share no word, not even a similar one, with the query, or only words so common that
reading all their names is more than is done for one query.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from biotk.index.ngram import (
    NgramHit,
    NgramIndex,
    Postings,
    best_hits,
    build_postings,
    open_postings,
    write_postings,
)
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

#: Postings that are read for a query at most.
_BUDGET = 50_000
#: Names that are compared with a query at most.
_COMPARED = 800
#: Words of the vocabulary that a word of the query stands for, and how like it they must be.
_SIMILAR, _LEAST_SIMILAR = 6, 0.5
#: A subset of less than this share of all names is picked out of postings that are too long.
_SMALL_SHARE = 0.1
_WORDS = "words"


class WordPostings(NamedTuple):
    """What an index is made of.

    :param vectors: the names.
    :param words: the distinct words as an n-gram index, the rarest first.
    :param ranks: the ranks of the names that have each word, in order.
    """

    vectors: TextVectors
    words: Postings
    ranks: Ragged


def build_words(texts: Iterable[str]) -> WordPostings:
    """Make the postings of some normalised names, their words parted by spaces."""
    numbers: dict[str, int] = {}
    lengths: list[int] = []
    parts: list[NDArray[np.int32]] = [np.empty(0, np.int32)]

    def counted() -> Iterable[str]:
        chunk: list[int] = []
        for text in texts:
            # No set: its order, and with it the numbers, would differ from process to process.
            distinct = dict.fromkeys(text.split())
            words = [numbers.setdefault(word, len(numbers)) for word in distinct]
            lengths.append(len(words))
            chunk.extend(words)
            if len(chunk) > 1 << 20:
                parts.append(np.array(chunk, np.int32))
                chunk = []
            yield text
        parts.append(np.array(chunk, np.int32))

    vectors = build_vectors(counted())
    by_row = np.concatenate(parts)
    counts = np.bincount(by_row, minlength=len(numbers))
    by_count = np.argsort(counts, kind="stable")
    renumbered = np.empty(len(numbers), np.int32)
    renumbered[by_count] = np.arange(len(numbers), dtype=np.int32)
    starts = np.concatenate(([0], np.cumsum(lengths, dtype=np.int64)))
    rows = Ragged(list_array(starts, renumbered[by_row]))
    by_rank = rows.gather(vectors.rows)
    n_words = np.diff(starts)[vectors.rows]
    ranked = Ragged(list_array(np.concatenate(([0], np.cumsum(n_words))), by_rank))
    names = list(numbers)
    words = build_postings(names[number] for number in by_count.tolist())
    return WordPostings(vectors, words, invert(ranked, len(numbers)))


def write_words(folder: Path, postings: WordPostings) -> None:
    """Write what :func:`open_words` opens into a folder."""
    write_vectors(folder, postings.vectors)
    (folder / _WORDS).mkdir()
    write_postings(folder / _WORDS, postings.words)
    ranks = list_array(postings.ranks.offsets, postings.ranks.values)
    write_table(folder / "postings.arrow", {"ranks": ranks})


def open_words(folder: Path) -> WordPostings:
    """Memory-map what :func:`write_words` wrote.

    :raises KbCorruptError: it cannot be read.
    """
    ranks = Ragged(map_table(folder / "postings.arrow").column("ranks"))
    return WordPostings(open_vectors(folder), open_postings(folder / _WORDS), ranks)


class _Posting(NamedTuple):
    """The names that have a word like one of the query's, and what that is worth."""

    ranks: Ranks
    weight: float


class WordIndex:
    """Search by words, made in memory or memory-mapped.

    :param postings: from :func:`build_words` or :func:`open_words`.

    >>> index = WordIndex(build_words(["diabetes mellitus", "diabetes insipidus", "fever"]))
    >>> [hit.row for hit in index.search("diabetes melitus")]
    [0]
    """

    def __init__(self, postings: WordPostings) -> None:
        self._space = VectorSpace(postings.vectors)
        self._words = NgramIndex(postings.words)
        self._postings = postings.ranks
        # The words of mentions repeat themselves, those of a document above all.
        self._similar = lru_cache(maxsize=1 << 14)(self._similar_words)

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
        """Find rows like a text.

        :param text: a normalised mention.
        :param k: how many at most.
        :param min_score: the least cosine.
        :param allowed: which rows may be found. *Shape*: (rows,).
        :returns: rows that reach ``min_score`` but for rounding, best first, ties by row; ``k`` at
            most.
        """
        query = self._space.query(text)
        if not query.grams or k < 1:
            return []
        least = max(min_score, LEAST_SCORE) * SLACK
        ranks, weights = self._candidates(query, text, least, allowed)
        if allowed is not None:
            inside = allowed[self._space.rows[ranks]]
            ranks, weights = ranks[inside], weights[inside]
        n_compared = max(_COMPARED, 4 * k)
        if len(ranks) > n_compared:
            likely = np.argpartition(weights / self._space.norms[ranks], -n_compared)
            ranks = ranks[likely[-n_compared:]]
        cosines = self._space.cosines(query, ranks)
        good = cosines >= least
        return best_hits(self._space.rows[ranks[good]], cosines[good], k)

    def _candidates(
        self, query: Query, text: str, least: float, allowed: NDArray[np.bool_] | None
    ) -> tuple[Ranks, NDArray[np.float32]]:
        """:returns: names that share words with the query, and the weight of those words."""
        # |d| < t|q| or |q| < t|d|: the cosine cannot reach t, whatever the two share.
        limits = self._space.between(least * query.norm, query.norm / least)
        sums = self._space.scratch("sums", len(self), np.float32)
        met: list[Ranks] = [self._space.rows[:0]]
        left, share = _BUDGET, 0.0
        try:
            for posting in self._read(text, limits):
                ranks = posting.ranks
                if len(ranks) > left and allowed is not None:
                    # What may not be found must not take the place of what may, where this is
                    # little: looking at each name of the posting is dear.
                    share = share or max(int(np.count_nonzero(allowed)), 1) / len(self)
                    if share < _SMALL_SHARE:
                        ranks = ranks[allowed[self._space.rows[ranks]]]
                if len(ranks) > left:
                    # Too common to tell much, unless there is nothing else to go by: then the
                    # names about as long as the query are the likeliest.
                    if left < _BUDGET:
                        continue
                    middle = int(np.searchsorted(self._space.norms[ranks], query.norm))
                    begin = max(middle - _BUDGET // 2, 0)
                    ranks = ranks[begin : begin + _BUDGET]
                left -= len(ranks)
                before = sums[ranks]
                met.append(ranks[before == 0])
                sums[ranks] = before + np.float32(posting.weight)
            found = np.concatenate(met)
            return found, sums[found]
        finally:
            for part in met:
                sums[part] = 0

    def _read(self, text: str, limits: tuple[int, int]) -> list[_Posting]:
        """:returns: the postings of the query's words, those with the fewest names first."""
        weights: dict[int, float] = {}
        for word in dict.fromkeys(text.split()):
            weight = sum(self._space.query(word).weights)
            for row, similarity in self._similar(word):
                weights[row] = max(weights.get(row, 0.0), weight * similarity)
        ends = np.array(limits, np.int32)
        postings = []
        for row, weight in weights.items():
            ranks = self._postings[row]
            first, last = ranks.searchsorted(ends).tolist()
            postings.append(_Posting(ranks[first:last], weight))
        return sorted(postings, key=lambda posting: len(posting.ranks))

    def _similar_words(self, word: str) -> list[NgramHit]:
        return self._words.search(word, k=_SIMILAR, min_score=_LEAST_SIMILAR)
