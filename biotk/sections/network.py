"""The two small networks of a section model, in numpy.

The first looks at all lines of a text and says, for each, whether it is body or which of its
candidates is a title: vectors of candidates from hashed words and layout, the best of them and the
line's own layout as the line's vector, two windows over five lines, the mean of the text. The
second looks at the sections in order, title and first words of each, and says what each is about
and whether it is a part of the one before.

:mod:`biotk.training.section_network` is the same in torch; a test holds one to the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import chain

import numpy as np

from biotk.sections.features import (
    N_CANDIDATE,
    N_LINE,
    N_SECTION,
    SectionFeatures,
    TextFeatures,
)
from biotk.sections.hashing import N_PIECES, N_WORDS, Bags, Floats, Ints, pieces_of, title_words
from biotk.sections.rows import Rows
from biotk.sections.titles import CATEGORIES

#: Widths of embeddings, of the vectors of lines and of those of sections.
EMBEDDED, LINE, SECTION = 32, 64, 64
#: Lines and sections to each side that a window reaches to.
LINE_REACH, SECTION_REACH = 2, 3

Weights = Mapping[str, Floats]

_LINEAR = {
    "candidate": (LINE, EMBEDDED + N_CANDIDATE),
    "line": (LINE, LINE + N_LINE),
    "near": (LINE, (2 * LINE_REACH + 1) * LINE),
    "far": (LINE, (2 * LINE_REACH + 1) * LINE),
    "score": (LINE, 3 * LINE),
    "section": (SECTION, 2 * EMBEDDED + N_SECTION),
    "around": (SECTION, (2 * SECTION_REACH + 1) * SECTION),
    "beyond": (SECTION, (2 * SECTION_REACH + 1) * SECTION),
    "about": (len(CATEGORIES) + 1, 2 * SECTION),
}
#: What a model's file holds: linear layers are (out, in), as torch has them.
SHAPES: dict[str, tuple[int, ...]] = {
    "pieces": (N_PIECES, EMBEDDED),
    "titles": (N_PIECES, EMBEDDED),
    "bodies": (N_WORDS, EMBEDDED),
    **{f"{name}.weight": shape for name, shape in _LINEAR.items()},
    **{f"{name}.bias": shape[:1] for name, shape in _LINEAR.items()},
    "body.weight": (LINE,),
    "body.bias": (),
    "title.weight": (LINE,),
    "title.bias": (),
}


def windows(lengths: Sequence[int], reach: int) -> Ints:
    """Find the neighbours of each item of some sequences that stand one behind another.

    :param lengths: of the sequences.
    :returns: *Shape*: (items, 2 · reach + 1): places of neighbours; the number of all items stands
        for what lies beyond an end.
    """
    # A note by itself: its windows are those of every note as long.
    return _windows_of_one(lengths[0], reach) if len(lengths) == 1 else _windows(lengths, reach)


def _windows(lengths: Sequence[int], reach: int) -> Ints:
    sizes = np.asarray(lengths, np.int64)
    stops = np.cumsum(sizes)
    total = int(stops[-1]) if len(stops) else 0
    first = np.repeat(stops - sizes, sizes)[:, None]
    last = np.repeat(stops, sizes)[:, None]
    at = np.arange(total)[:, None] + np.arange(-reach, reach + 1)
    return np.where((at < first) | (at >= last), total, at)


@lru_cache(maxsize=512)
def _windows_of_one(length: int, reach: int) -> Ints:
    return _windows([length], reach)


class Networks:
    """Both networks with their weights.

    :param weights: as :data:`SHAPES` names them, in fp32.
    """

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self._layers = {
            name: (weights[f"{name}.weight"].T, weights[f"{name}.bias"]) for name in _LINEAR
        }
        # What scores a candidate, its line and its text; a section and its text.
        self._score = [weights["score.weight"].T[n : n + LINE] for n in range(0, 3 * LINE, LINE)]
        self._about = [weights["about.weight"].T[n : n + SECTION] for n in (0, SECTION)]
        # Most titles come again.
        self._pieces, self._titles = (TitleVectors(weights[name]) for name in ("pieces", "titles"))

    def line_scores(self, texts: TextFeatures) -> Floats:
        """Score all candidates.

        :returns: the log-odds of each against its line being body. *Shape*: (candidates,).
        """
        weights, at = self.weights, texts.at
        if not len(at):
            return np.zeros(0, np.float32)
        found = self._relu("candidate", self._pieces.of(texts.titles), texts.candidate)
        first = texts.first
        best = np.zeros((len(texts.line), LINE), np.float32)
        best[at[first]] = np.maximum.reduceat(found, first)
        line = self._relu("line", best, texts.line)
        lengths = [n for n in texts.n_lines if n]
        context = self._in_context(line, "near", "far", windows(lengths, LINE_REACH))
        body = context @ weights["body.weight"] + weights["body.bias"]
        # A candidate, its line in context and the mean of its text, multiplied before the latter
        # two are handed out to the candidates of their lines.
        of_found, of_line, of_text = self._score
        around = context @ of_line
        around += np.repeat(_means(line, lengths) @ of_text + weights["score.bias"], lengths, 0)
        hidden = found @ of_found + around[at]
        np.maximum(hidden, 0.0, out=hidden)
        scores: Floats = hidden @ weights["title.weight"] + weights["title.bias"] - body[at]
        return scores

    def section_scores(self, texts: SectionFeatures) -> Floats:
        """Score the sections.

        :returns: logits of the categories, and the log-odds of being a part. *Shape*: (sections,
            categories + 1).
        """
        weights, lengths = self.weights, texts.n_sections
        vectors = self._relu(
            "section",
            self._titles.of(texts.titles),
            _means_of_rows(weights["bodies"], texts.bodies),
            texts.section,
        )
        context = self._in_context(vectors, "around", "beyond", windows(lengths, SECTION_REACH))
        of_section, of_text = self._about
        scores: Floats = context @ of_section
        scores += np.repeat(_means(vectors, lengths) @ of_text, lengths, 0)
        return scores + weights["about.bias"]

    def _relu(self, name: str, *parts: Floats) -> Floats:
        x = parts[0] if len(parts) == 1 else np.concatenate(parts, 1)
        weight, bias = self._layers[name]
        result: Floats = x @ weight
        result += bias
        return np.maximum(result, 0.0, out=result)

    def _in_context(self, items: Floats, first: str, second: str, near: Ints) -> Floats:
        """:returns: what two layers over windows add to some items."""
        context = self._relu(first, _windowed(items, near))
        context += items
        result = self._relu(second, _windowed(context, near))
        result += context
        return result


class TitleVectors:
    """The vectors of titles: the means of their words' rows.

    Words come again in titles that do not: their sums are kept, and so are the titles' means.

    :param table: of hashed pieces of words. *Shape*: (N_PIECES, EMBEDDED).
    """

    def __init__(self, table: Floats) -> None:
        self._table = table
        # The last column counts.
        self._words: Rows[str] = Rows(self._of_words, EMBEDDED + 1)
        self._titles: Rows[str] = Rows(self._of_titles, EMBEDDED)

    def of(self, titles: Sequence[str]) -> Floats:
        """:returns: the vector of each title. *Shape*: (titles, EMBEDDED)."""
        return self._titles.of(titles)

    def _of_titles(self, titles: Sequence[str]) -> Floats:
        if not titles:
            return np.zeros((0, EMBEDDED), np.float32)
        # The empty word stands for row 0, with which every title begins.
        words = [["", *title_words(title)] for title in titles]
        sums = self._words.of(list(chain.from_iterable(words)))
        sizes = np.fromiter(map(len, words), np.int64, len(words))
        whole = np.add.reduceat(sums, np.cumsum(sizes) - sizes)
        return np.divide(whole[:, :EMBEDDED], whole[:, EMBEDDED:], dtype=np.float32)

    def _of_words(self, words: Sequence[str]) -> Floats:
        pieces = Bags.of([pieces_of(word) if word else (0,) for word in words])
        return np.concatenate(
            (_sums(self._table, pieces), pieces.sizes[:, None]), 1, dtype=np.float32
        )


def _sums(table: Floats, bags: Bags) -> Floats:
    """:returns: the sum of each bag's rows. *Shape*: (bags, width)."""
    if not len(bags.starts):
        return np.zeros((0, table.shape[1]), np.float32)
    sums: Floats = np.add.reduceat(table.take(bags.rows, 0), bags.starts)
    return sums


def _means_of_rows(table: Floats, bags: Bags) -> Floats:
    """:returns: the mean of each bag's rows. *Shape*: (bags, width)."""
    return np.divide(_sums(table, bags), bags.sizes[:, None], dtype=np.float32)


def _windowed(items: Floats, near: Ints) -> Floats:
    beyond = np.concatenate([items, np.zeros((1, items.shape[1]), np.float32)])
    return beyond.take(near, 0).reshape(len(items), near.shape[1] * items.shape[1])


def _means(items: Floats, lengths: Sequence[int]) -> Floats:
    """:returns: the mean over each sequence. *Shape*: (sequences, width)."""
    sizes = np.asarray(lengths, np.int64)
    sums = np.add.reduceat(items, np.cumsum(sizes) - sizes, dtype=np.float64)
    return (sums / sizes[:, None]).astype(np.float32)
