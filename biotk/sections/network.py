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
from itertools import accumulate

import numpy as np

from biotk.sections.features import (
    N_CANDIDATE,
    N_LINE,
    N_PIECES,
    N_SECTION,
    N_WORDS,
    Bags,
    Floats,
    Ints,
    SectionFeatures,
    TextFeatures,
    title_rows,
)
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
    total = sum(lengths)
    owner = np.repeat(np.arange(len(lengths)), lengths)
    first = np.repeat(np.array([0, *accumulate(lengths)][:-1], np.int64), lengths)
    last = first + np.asarray(lengths, np.int64)[owner]
    at = np.arange(total)[:, None] + np.arange(-reach, reach + 1)[None, :]
    beyond = (at < first[:, None]) | (at >= last[:, None])
    return np.where(beyond, total, at)


class TitleVectors:
    """The mean of the rows of titles, kept for those that come again: most of them do.

    :param table: rows of pieces. *Shape*: (N_PIECES, EMBEDDED).
    """

    _MOST = 50_000

    def __init__(self, table: Floats) -> None:
        self._table = table
        self._known: dict[str, Floats] = {}

    def of(self, titles: Sequence[str]) -> Floats:
        """:returns: *Shape*: (titles, EMBEDDED)."""
        if len(self._known) > self._MOST:
            self._known.clear()
        known = self._known
        missing = [title for title in dict.fromkeys(titles) if title not in known]
        if missing:
            known.update(zip(missing, _bag(self._table, [title_rows(each) for each in missing])))
        if not titles:
            return np.zeros((0, EMBEDDED), np.float32)
        return np.stack([known[title] for title in titles])


class Networks:
    """Both networks with their weights.

    :param weights: as :data:`SHAPES` names them, in fp32.
    """

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self._pieces, self._titles = (TitleVectors(weights[name]) for name in ("pieces", "titles"))

    def line_scores(self, texts: TextFeatures) -> Floats:
        """Score all candidates.

        :returns: the log-odds of each against its line being body. *Shape*: (candidates,).
        """
        weights, at = self.weights, texts.at
        if not len(at):
            return np.zeros(0, np.float32)
        found = _relu(weights, "candidate", self._pieces.of(texts.titles), texts.candidate)
        best = np.zeros((len(texts.lines), LINE), np.float32)
        first = np.flatnonzero(np.r_[True, at[1:] != at[:-1]])
        best[at[first]] = np.maximum.reduceat(found, first)
        line = _relu(weights, "line", best, texts.line)
        near = windows(texts.n_lines, LINE_REACH)
        context = line + _relu(weights, "near", _windowed(line, near))
        context = context + _relu(weights, "far", _windowed(context, near))
        whole = _means(line, texts.n_lines)
        body = context @ weights["body.weight"] + weights["body.bias"]
        hidden = _relu(weights, "score", found, context[at], whole[at])
        scores = hidden @ weights["title.weight"] + weights["title.bias"] - body[at]
        return scores.astype(np.float32)

    def section_scores(self, texts: SectionFeatures) -> Floats:
        """Score the sections.

        :returns: logits of the categories, and the log-odds of being a part. *Shape*: (sections,
            categories + 1).
        """
        weights, lengths = self.weights, texts.n_sections
        vectors = _relu(
            weights,
            "section",
            self._titles.of(texts.titles),
            _bag(weights["bodies"], texts.bodies),
            texts.section,
        )
        near = windows(lengths, SECTION_REACH)
        context = vectors + _relu(weights, "around", _windowed(vectors, near))
        context = context + _relu(weights, "beyond", _windowed(context, near))
        both = np.concatenate([context, _means(vectors, lengths)], 1)
        scores = both @ weights["about.weight"].T + weights["about.bias"]
        return scores.astype(np.float32)


def _relu(weights: Weights, name: str, *parts: Floats) -> Floats:
    x = parts[0] if len(parts) == 1 else np.concatenate(parts, 1)
    result: Floats = np.maximum(x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"], 0.0)
    return result


def _bag(table: Floats, bags: Sequence[Sequence[int]]) -> Floats:
    """:returns: the mean of each bag's rows."""
    some = Bags.of(bags)
    if not len(some.starts):
        return np.zeros((0, table.shape[1]), np.float32)
    sums = np.add.reduceat(table[some.rows], some.starts)
    counts = np.diff(np.append(some.starts, len(some.rows)))
    means: Floats = (sums / counts[:, None]).astype(np.float32)
    return means


def _windowed(items: Floats, near: Ints) -> Floats:
    beyond = np.concatenate([items, np.zeros((1, items.shape[1]), np.float32)])
    return beyond[near].reshape(len(items), near.shape[1] * items.shape[1])


def _means(items: Floats, lengths: Sequence[int]) -> Floats:
    """:returns: for each item the mean over its sequence."""
    ends = list(accumulate(lengths))
    sums = np.zeros((len(items) + 1, items.shape[1]))
    np.cumsum(items, 0, out=sums[1:])
    counts = np.maximum(np.asarray(lengths), 1)[:, None]
    means = (sums[ends] - sums[[0, *ends][:-1]]) / counts
    result: Floats = np.repeat(means, lengths, axis=0).astype(np.float32)
    return result
