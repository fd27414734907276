"""Texts as vectors over their character trigrams: built, written, memory-mapped, compared.

A text's vector has the inverse document frequency of each of its distinct trigrams, a space put
before and behind the text. With the *weight* of a set of trigrams being the sum of their idf²,

    cos(q, d) = weight(q ∩ d) / (|q| |d|),   |d| = sqrt(weight(d)).

The trigrams are numbered from the rarest on. The texts are renumbered by the length of their
vectors, so that "all texts of about this length" is one range. Such a number is a *rank*.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from biotk.kb.arrow import Ragged, list_array, map_table, numbers, write_table

Codes = NDArray[np.int64]
Ranks = NDArray[np.integer[Any]]
#: Texts or ranks that are worked on at once.
BLOCK = 1 << 17
#: Rounding must not lose a text: norms are kept in single precision.
SLACK = 1 - 1e-6
#: Least scores below this one mean the same: what has no trigram in common is not found.
LEAST_SCORE = 1e-9
_CHUNK = 1 << 15  # texts whose trigrams are sorted together
_BITS = 21  # a code point


class TextVectors(NamedTuple):
    """The vectors of some texts.

    :param grams: the trigrams, three code points of 21 bits each, rarest first, ties by code.
        *Shape*: (trigrams,).
    :param counts: how many texts have each. *Shape*: (trigrams,).
    :param texts: the numbers of the trigrams that the text of each rank has.
    :param norms: the length of the vector of each rank, in order. *Shape*: (texts,).
    :param rows: the text that each rank is, counted in the order in which texts came; of equal
        norms the first comes first. *Shape*: (texts,).
    """

    grams: Codes
    counts: NDArray[np.int64]
    texts: Ragged
    norms: NDArray[np.float32]
    rows: NDArray[np.int32]


class Query(NamedTuple):
    """A query's trigrams that some text has, the rarest first.

    :param grams: their numbers.
    :param weights: idf² of each.
    :param left: the weight of each and all that follow.
    :param norm: the length of the query's vector, unknown trigrams counted.
    """

    grams: list[int]
    weights: list[float]
    left: list[float]
    norm: float


class VectorSpace:
    """Makes vectors of queries and compares them with those of the texts.

    :param vectors: from :func:`build_vectors` or :func:`open_vectors`.
    """

    def __init__(self, vectors: TextVectors) -> None:
        self.norms, self.rows = vectors.norms, vectors.rows
        self._texts = vectors.texts
        n_texts = len(vectors.norms)
        self._unseen = float(inverse_frequency(np.zeros(1, np.int64), n_texts)[0]) ** 2
        # A plain list and a dict: a query looks at some twenty of their entries, one by one.
        self._idf2: list[float] = (inverse_frequency(vectors.counts, n_texts) ** 2).tolist()
        self._grams = dict(zip(gram_strings(vectors.grams), range(len(vectors.grams))))
        self._local = threading.local()

    def __len__(self) -> int:
        return len(self.norms)

    def query(self, text: str) -> Query:
        """:returns: the vector of a normalised mention."""
        padded = f" {text} "
        distinct = {padded[at : at + 3] for at in range(len(padded) - 2)} if text else set()
        known = sorted(number for gram in distinct if (number := self._grams.get(gram)) is not None)
        weights = [self._idf2[number] for number in known]
        left, total = [], 0.0
        for weight in reversed(weights):
            total += weight
            left.append(total)
        # A trigram that no text has lowers every cosine: it belongs to the query's norm.
        total += self._unseen * (len(distinct) - len(known))
        return Query(known, weights, left[::-1], total**0.5)

    def between(self, least: float, most: float) -> tuple[int, int]:
        """:returns: the range of ranks whose norms lie between the two."""
        # Without these types searchsorted would first make a copy of everything, in another type.
        first, last = self.norms.searchsorted(np.array((least, most), np.float32))
        return int(first), int(last)

    def cosines(self, query: Query, ranks: Ranks) -> NDArray[np.float64]:
        """:returns: the cosines of some texts with the query. *Shape*: as ``ranks``."""
        if not len(ranks):
            return np.empty(0)
        weights = self.scratch("weights", len(self._idf2), np.float64)
        try:
            weights[query.grams] = query.weights
            found = weights[self._texts.gather(ranks)]
        finally:  # a damaged table, or a user who interrupts, must not spoil the next cosines
            weights[query.grams] = 0
        lengths = self._texts.offsets[ranks + 1] - self._texts.offsets[ranks]
        starts = np.cumsum(lengths) - lengths
        cosines: NDArray[np.float64] = np.add.reduceat(found, starts)
        cosines /= self.norms[ranks].astype(np.float64) * query.norm
        return cosines

    def scratch(self, name: str, size: int, dtype: Any) -> NDArray[Any]:
        """:returns: as many zeros; whoever writes to them makes them zeros again."""
        scratch: NDArray[Any] | None = getattr(self._local, name, None)
        if scratch is None:
            scratch = np.zeros(size, dtype)
            setattr(self._local, name, scratch)  # each thread has its own
        return scratch


def inverse_frequency(counts: NDArray[np.integer[Any]], n_texts: int) -> NDArray[np.float64]:
    """:returns: the smoothed inverse document frequency, natural log, at least 1."""
    idf: NDArray[np.float64] = np.log((1 + n_texts) / (1 + counts)) + 1
    return idf


def trigrams(texts: Sequence[str]) -> tuple[NDArray[np.int64], Codes]:
    """Take the distinct character trigrams of each text, a space put before and behind.

    :returns: row and trigram code of each, in order of both. *Shape*: (total,) each.
    """
    joined = " " + "  ".join(texts) + " "
    points = np.frombuffer(joined.encode("utf-32-le"), np.uint32)
    lengths = np.fromiter(map(len, texts), np.int64, len(texts)) + 2
    row_of = np.repeat(np.arange(len(texts)), lengths)
    inside = row_of[:-2] == row_of[2:]
    letters = np.flatnonzero(np.bincount(points)) if len(points) else np.empty(0, np.int64)
    # Row and trigram are sorted as one number, letters counted by those that occur.
    bits = max(int(len(letters) - 1).bit_length(), 1)
    if 3 * bits + len(texts).bit_length() > 63:
        middle = len(texts) // 2
        first, second = trigrams(texts[:middle]), trigrams(texts[middle:])
        return np.concatenate([first[0], second[0] + middle]), np.concatenate([first[1], second[1]])
    letter = np.searchsorted(letters, points)
    packed = (letter[:-2] << 2 * bits) | (letter[1:-1] << bits) | letter[2:]
    packed = np.sort((row_of[:-2][inside] << 3 * bits) | packed[inside])
    packed = packed[np.concatenate(([True], packed[1:] != packed[:-1]))] if len(packed) else packed
    mask = (1 << bits) - 1
    codes = letters[(packed >> 2 * bits) & mask] << 2 * _BITS
    codes |= letters[(packed >> bits) & mask] << _BITS
    codes |= letters[packed & mask]
    return packed >> 3 * bits, codes


def gram_strings(grams: Codes) -> list[str]:
    """:returns: trigrams as strings of three characters."""
    mask = (1 << _BITS) - 1
    points = np.stack([grams >> 2 * _BITS, (grams >> _BITS) & mask, grams & mask], axis=1)
    joined = points.astype("<u4").tobytes().decode("utf-32-le")
    return [joined[at : at + 3] for at in range(0, len(joined), 3)]


def build_vectors(texts: Iterable[str]) -> TextVectors:
    """Make the vectors of some normalised names.

    Memory: about ten bytes for each trigram of each text, and what a chunk of texts needs.
    """
    forward, lengths, grams, counts = _forward(texts)
    starts = np.concatenate(([0], np.cumsum(lengths)))
    idf2 = inverse_frequency(counts, len(lengths)) ** 2
    norms = np.sqrt(_row_sums(idf2, forward, starts)).astype(np.float32)
    rows = np.argsort(norms, kind="stable").astype(np.int32)
    by_row = Ragged(list_array(starts, forward))
    # Half the size where there are few trigrams, as in all but the largest indexes.
    by_rank = np.empty(len(forward), np.uint16 if len(grams) <= 1 << 16 else np.int32)
    begin = 0
    for first in range(0, len(rows), BLOCK):
        found = by_row.gather(rows[first : first + BLOCK])
        by_rank[begin : begin + len(found)] = found
        begin += len(found)
    offsets = np.concatenate(([0], np.cumsum(lengths[rows])))
    return TextVectors(grams, counts, Ragged(list_array(offsets, by_rank)), norms[rows], rows)


def write_vectors(folder: Path, vectors: TextVectors) -> None:
    """Write ``grams.arrow`` and ``texts.arrow`` into a folder."""
    grams = {"gram": pa.array(vectors.grams), "count": pa.array(vectors.counts)}
    write_table(folder / "grams.arrow", grams)
    write_table(
        folder / "texts.arrow",
        {
            "norm": pa.array(vectors.norms),
            "row": pa.array(vectors.rows),
            "grams": list_array(vectors.texts.offsets, vectors.texts.values),
        },
    )


def open_vectors(folder: Path) -> TextVectors:
    """Memory-map what :func:`write_vectors` wrote.

    :raises KbCorruptError: it cannot be read.
    """
    grams, texts = map_table(folder / "grams.arrow"), map_table(folder / "texts.arrow")
    return TextVectors(
        numbers(grams.column("gram")),
        numbers(grams.column("count")),
        Ragged(texts.column("grams")),
        numbers(texts.column("norm")),
        numbers(texts.column("row")),
    )


def _forward(
    texts: Iterable[str],
) -> tuple[NDArray[np.int32], NDArray[np.int64], Codes, NDArray[np.int64]]:
    """The trigrams of each text, numbered from the rarest on.

    :returns: the trigrams of all texts, one text after the other; how many each text has; the
        codes of the trigrams, and how many texts have each.
    """
    parts: list[NDArray[np.int32]] = []
    local: list[Codes] = []
    local_counts: list[NDArray[np.int64]] = []
    lengths: list[NDArray[np.int64]] = [np.empty(0, np.int64)]
    for chunk in _chunks(texts):
        row, codes = trigrams(chunk)
        distinct, at, n_each = np.unique(codes, return_inverse=True, return_counts=True)
        parts.append(at.astype(np.int32))
        local.append(distinct)
        local_counts.append(n_each)
        lengths.append(np.bincount(row, minlength=len(chunk)))
    if not local:
        none = np.empty(0, np.int64)
        return none.astype(np.int32), none, none, none
    codes, at = np.unique(np.concatenate(local), return_inverse=True)
    counts = np.bincount(at, np.concatenate(local_counts), len(codes)).astype(np.int64)
    by_count = np.argsort(counts, kind="stable")
    number = np.empty(len(codes), np.int32)
    number[by_count] = np.arange(len(codes), dtype=np.int32)
    begin = 0
    for part, distinct in zip(parts, local):
        part[:] = number[at[begin : begin + len(distinct)]][part]
        begin += len(distinct)
    return np.concatenate(parts), np.concatenate(lengths), codes[by_count], counts[by_count]


def _row_sums(
    weights: NDArray[np.float64], forward: NDArray[np.int32], starts: NDArray[np.int64]
) -> NDArray[np.float64]:
    """:returns: the sum of the weights of each row's entries, rows taken in blocks."""
    sums = np.zeros(len(starts) - 1)
    for first in range(0, len(sums), BLOCK):
        block = starts[first : first + BLOCK + 1]
        row = np.repeat(np.arange(len(block) - 1), np.diff(block))
        found = weights[forward[block[0] : block[-1]]]
        sums[first : first + len(block) - 1] = np.bincount(row, found, len(block) - 1)
    return sums


def _chunks(texts: Iterable[str]) -> Iterator[list[str]]:
    chunk: list[str] = []
    for text in texts:
        chunk.append(text)
        if len(chunk) == _CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
