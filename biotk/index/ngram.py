"""Character n-gram TF-IDF search: names that share rare three-letter pieces with a mention.

Names and queries are vectors over character trigrams, weighted by inverse document frequency and
compared by cosine. A trigram counts once per name, so a posting is a row number and nothing else:
``cos(q, d) = sum(idf² of shared trigrams) / (|q| |d|)``.

Search is exact for every name whose cosine reaches ``min_score``, and yet skips the longest
postings: by Cauchy–Schwarz the skipped trigrams can add at most ``|q_skipped| / |q|``, so as long
as that stays below ``min_score``, a name that shares only those cannot reach it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from biotk.kb.arrow import Ragged, list_array, map_table, write_table

Codes = NDArray[np.int64]
_CHUNK = 200_000  # names whose trigrams are sorted together while building
_BITS = 21  # a code point
_SMALL = 100_000  # rows that are sooner gone over than sorted


class NgramHit(NamedTuple):
    """A row of the index and its cosine with the query."""

    row: int
    score: float


def trigrams(texts: Sequence[str]) -> tuple[Codes, Codes]:
    """Take the distinct character trigrams of each text, a space put before and behind.

    :returns: row and trigram code of each, in order of both. *Shape*: (total,) each.
    """
    joined = " " + "  ".join(texts) + " "
    points = np.frombuffer(joined.encode("utf-32-le"), np.uint32).astype(np.int64)
    lengths = np.fromiter(map(len, texts), np.int64, len(texts)) + 2
    row_of = np.repeat(np.arange(len(texts)), lengths)
    codes = (points[:-2] << 2 * _BITS) | (points[1:-1] << _BITS) | points[2:]
    inside = row_of[:-2] == row_of[2:]
    rows, codes = row_of[:-2][inside], codes[inside]
    order = np.lexsort((codes, rows))
    rows, codes = rows[order], codes[order]
    first = np.ones(len(rows), bool)
    first[1:] = (rows[1:] != rows[:-1]) | (codes[1:] != codes[:-1])
    return rows[first], codes[first]


class Postings(NamedTuple):
    """What an index is made of.

    :param vocabulary: the trigram codes, sorted. *Shape*: (trigrams,).
    :param rows: the rows that have each trigram, in order.
    :param norms: the length of each row's vector. *Shape*: (rows,).
    """

    vocabulary: Codes
    rows: Ragged
    norms: NDArray[np.float32]


def build_postings(texts: Iterable[str]) -> Postings:
    """Make the postings of some normalised names; row numbers follow their order."""
    row_parts: list[NDArray[np.int32]] = [np.empty(0, np.int32)]
    code_parts: list[Codes] = [np.empty(0, np.int64)]
    n_texts = 0
    for chunk in _chunks(texts):
        rows, codes = trigrams(chunk)
        row_parts.append((rows + n_texts).astype(np.int32))
        code_parts.append(codes)
        n_texts += len(chunk)
    vocabulary = np.unique(np.concatenate([np.unique(part) for part in code_parts]))
    gram = np.concatenate([np.searchsorted(vocabulary, c).astype(np.int32) for c in code_parts])
    row = np.concatenate(row_parts)
    counts = np.bincount(gram, minlength=len(vocabulary))
    idf = inverse_frequency(counts, n_texts)
    squared = np.bincount(row, weights=idf[gram] ** 2, minlength=n_texts)
    offsets = np.zeros(len(vocabulary) + 1, np.int64)
    np.cumsum(counts, out=offsets[1:])
    rows_column = list_array(offsets, row[np.argsort(gram, kind="stable")])
    return Postings(vocabulary, Ragged(rows_column), np.sqrt(squared).astype(np.float32))


def write_postings(folder: Path, postings: Postings) -> None:
    """Write ``postings.arrow`` and ``norms.arrow`` into a folder."""
    rows = list_array(postings.rows.offsets, postings.rows.values)
    write_table(folder / "postings.arrow", {"gram": pa.array(postings.vocabulary), "rows": rows})
    write_table(folder / "norms.arrow", {"norm": pa.array(postings.norms)})


def open_postings(folder: Path) -> Postings:
    """Memory-map what :func:`write_postings` wrote."""
    table = map_table(folder / "postings.arrow")
    norms = map_table(folder / "norms.arrow").column("norm").to_numpy()
    return Postings(table.column("gram").to_numpy(), Ragged(table.column("rows")), norms)


def inverse_frequency(counts: NDArray[np.integer[Any]], n_texts: int) -> NDArray[np.float64]:
    """:returns: the smoothed inverse document frequency, natural log, at least 1."""
    idf: NDArray[np.float64] = np.log((1 + n_texts) / (1 + counts)) + 1
    return idf


def _chunks(texts: Iterable[str]) -> Iterable[list[str]]:
    chunk: list[str] = []
    for text in texts:
        chunk.append(text)
        if len(chunk) == _CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


class NgramIndex:
    """Search over postings, made in memory or memory-mapped.

    :param postings: from :func:`build_postings` or :func:`open_postings`.

    >>> index = NgramIndex(build_postings(["diabetes mellitus", "diabetes insipidus", "fever"]))
    >>> [hit.row for hit in index.search("diabetes melitus")]
    [0]
    """

    def __init__(self, postings: Postings) -> None:
        self._vocabulary = postings.vocabulary
        self._postings = postings.rows
        self._norms = postings.norms
        self._counts = np.diff(postings.rows.offsets)
        n_texts = len(postings.norms)
        self._idf2 = inverse_frequency(self._counts, n_texts) ** 2
        self._unseen_idf2 = float(inverse_frequency(np.zeros(1, np.int64), n_texts)[0]) ** 2

    def __len__(self) -> int:
        return len(self._norms)

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
        :param min_score: the least cosine; below about 0.2 a search reads most of the index.
        :param allowed: which rows may be found. *Shape*: (rows,).
        :returns: all rows that reach ``min_score``, best first, ties by row; ``k`` at most.
        """
        _, codes = trigrams([text])
        if not len(codes) or not len(self._vocabulary):
            return []
        at = np.minimum(np.searchsorted(self._vocabulary, codes), len(self._vocabulary) - 1)
        known = at[self._vocabulary[at] == codes]
        # A trigram that no name has lowers every cosine: it belongs to the query's norm.
        total = float(self._idf2[known].sum()) + self._unseen_idf2 * (len(codes) - len(known))
        by_count = known[np.argsort(self._counts[known], kind="stable")]
        reach = np.cumsum(self._idf2[by_count][::-1])[::-1]  # what is left from here on
        n_kept = int(np.searchsorted(-reach, -(min_score**2) * total * (1 - 1e-6), side="left"))
        kept, skipped = by_count[:n_kept], by_count[n_kept:]
        if not len(kept):
            return []
        return self._rank(kept, skipped, float(np.sqrt(total)), k, min_score, allowed)

    def _rank(
        self,
        kept: NDArray[np.int64],
        skipped: NDArray[np.int64],
        norm: float,
        k: int,
        min_score: float,
        allowed: NDArray[np.bool_] | None,
    ) -> list[NgramHit]:
        postings = [self._postings[gram] for gram in kept]
        touched = np.concatenate(postings)
        weights = np.repeat(self._idf2[kept], [len(rows) for rows in postings])
        if len(self._norms) < _SMALL or 4 * len(touched) > len(self._norms):
            # A small index, or common trigrams: one pass over all rows is the cheapest.
            sums = np.bincount(touched, weights, minlength=len(self._norms))
            # numpy finds the non-zeros of truth values ten times as fast as those of floats.
            touched = np.flatnonzero(sums > 0)
            scores = sums[touched]
        else:
            touched, place = np.unique(touched, return_inverse=True)
            scores = np.bincount(place, weights)
        norms = self._norms[touched] * norm
        # A name cannot gain more from the skipped trigrams than they weigh.
        possible = (scores + float(self._idf2[skipped].sum())) / norms >= min_score
        if allowed is not None:
            possible &= allowed[touched]
        touched, scores = touched[possible], scores[possible]
        for gram in skipped:
            rows = self._postings[gram]
            found = rows.take(rows.searchsorted(touched), mode="clip") == touched
            scores += found * self._idf2[gram]
        cosines = scores / (self._norms[touched] * norm)
        good = np.flatnonzero(cosines >= min_score)
        best = good[np.lexsort((touched[good], -cosines[good]))][:k]
        return [NgramHit(int(touched[i]), min(float(cosines[i]), 1.0)) for i in best]
