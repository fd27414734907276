"""How well notes are split into sections: lines, boundaries, titles and categories."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from biotk.errors import InputError
from biotk.evaluation.bootstrap import (
    RESAMPLES,
    Counts,
    confidence_intervals,
    precision_recall_f1,
    ratio,
)
from biotk.evaluation.pairs import Interval, Pair, PrecisionRecall, checked, precision_recall
from biotk.evaluation.section_counts import (
    CATEGORIES_ONLY,
    Hits,
    Windows,
    boundaries,
    categories,
    hits,
    line_labels,
    opening_lines,
    text_lines,
    titled,
    unknown_hits,
    window_diff,
)

#: What the category None is called where figures are told by category.
NO_CATEGORY = "none"

_WITH_INTERVALS = (
    "line_accuracy",
    "boundary.precision",
    "boundary.recall",
    "boundary.f1",
    "category.accuracy",
)

_Named = tuple[str | None, str | None]


@dataclass(frozen=True, slots=True)
class Slice:
    """Figures over a part of the headings.

    :param n: gold headings in it.
    :param boundary: their boundaries.
    """

    n: int
    boundary: PrecisionRecall

    def to_dict(self) -> dict[str, float]:
        """:returns: the figures as JSON's types."""
        return {"n": self.n, **self.boundary.to_dict()}


@dataclass(frozen=True, slots=True)
class CategoryScores:
    """Categories of the boundaries that gold and prediction have in common.

    :param n: how many there are.
    :param accuracy: the share whose category is gold's; that there is none counts as one.
    :param macro_f1: the mean F1 over gold's categories.
    :param by_category: gold's categories, each with how often it is there and its figures.
    """

    n: int
    accuracy: float
    macro_f1: float
    by_category: Mapping[str, Slice]


@dataclass(frozen=True, slots=True)
class SectionScores:
    """What :func:`score_sections` found.

    What says where sections begin is None for a corpus that has categories alone.

    :param n_documents: documents.
    :param n_sections: gold sections, preambles included.
    :param n_predicted: predicted ones.
    :param line_accuracy: the share of lines that are taken for what they are: a heading alone, a
        heading and text, or neither.
    :param boundary: exact starts of the sections that have a title.
    :param title: exact spans of the titles.
    :param window_diff: the share of windows that disagree; 0 is perfect.
    :param category: what the sections are about.
    :param by_format: ``boundary`` of the documents of each ``meta["format"]``.
    :param unseen: ``boundary`` of titles that were never seen; None where nobody says which.
    :param ci: 95 % intervals, of ``boundary.f1`` and the like.
    """

    n_documents: int
    n_sections: int
    n_predicted: int
    line_accuracy: float | None
    boundary: PrecisionRecall | None
    title: PrecisionRecall | None
    window_diff: float | None
    category: CategoryScores
    by_format: Mapping[str, Slice]
    unseen: Slice | None
    ci: Mapping[str, Interval]

    def to_dict(self) -> dict[str, object]:
        """:returns: the figures as JSON's types."""
        return {
            "n_documents": self.n_documents,
            "n_sections": self.n_sections,
            "n_predicted": self.n_predicted,
            "line_accuracy": self.line_accuracy,
            "boundary": None if self.boundary is None else self.boundary.to_dict(),
            "title": None if self.title is None else self.title.to_dict(),
            "window_diff": self.window_diff,
            "category": {
                "accuracy": self.category.accuracy,
                "macro_f1": self.category.macro_f1,
            },
            "n_categories_compared": self.category.n,
            "by_category": {k: v.to_dict() for k, v in self.category.by_category.items()},
            "by_format": {name: part.to_dict() for name, part in self.by_format.items()},
            "unseen": None if self.unseen is None else self.unseen.to_dict(),
            "ci": self._nested_ci(),
        }

    def _nested_ci(self) -> dict[str, object]:
        """:returns: the intervals in the places that the figures have."""
        nested: dict[str, Any] = {}
        for name, bounds in self.ci.items():
            group, dot, figure = name.partition(".")
            if dot:
                nested.setdefault(group, {})[figure] = list(bounds)
            else:
                nested[group] = list(bounds)
        return nested


@dataclass(frozen=True, slots=True)
class _Tally:
    """What one document adds to each figure."""

    format: str | None
    only_category: bool
    lines: tuple[int, int]
    boundary: Hits
    title: Hits
    unseen: Hits
    windows: Windows
    named: Sequence[_Named]

    def sums(self) -> list[int]:
        """:returns: lines right and all; boundaries as in :class:`Hits`; categories alike."""
        right = sum(gold == got for gold, got in self.named)
        return [*self.lines, *self.boundary, right, len(self.named)]


def score_sections(
    pairs: Iterable[Pair],
    *,
    is_known: Callable[[str], bool] | None = None,
    resamples: int = RESAMPLES,
) -> SectionScores:
    """Compare predicted sections with gold ones.

    Boundaries are those of sections with a title, compared by the first character that is no
    blank: the preamble's is given. Documents with ``categories_only`` in their ``meta`` count for
    categories alone.

    :param pairs: each document as annotated and as predicted.
    :param is_known: whether a title, as it stands in the text, was seen before; for ``unseen``.
    :param resamples: for the confidence intervals.
    :raises InputError: if there are no documents.
    """
    n_sections = n_predicted = 0
    tallies: list[_Tally] = []
    for gold, predicted in checked(pairs):
        n_sections += len(gold.sections)
        n_predicted += len(predicted.sections)
        tallies.append(_tally((gold, predicted), is_known))
    if not tallies:
        raise InputError("the corpus has no documents")
    whole = [tally for tally in tallies if not tally.only_category]
    windows = _sum(tally.windows for tally in whole)
    lines = _sum(tally.lines for tally in whole)
    formats = sorted({tally.format for tally in whole if tally.format is not None})
    return SectionScores(
        n_documents=len(tallies),
        n_sections=n_sections,
        n_predicted=n_predicted,
        line_accuracy=float(ratio(lines[0], lines[1])) if whole else None,
        boundary=_micro(tally.boundary for tally in whole).boundary if whole else None,
        title=_micro(tally.title for tally in whole).boundary if whole else None,
        window_diff=float(ratio(windows[0], windows[1])) if whole else None,
        category=_score_categories([pair for tally in tallies for pair in tally.named]),
        by_format={
            name: _micro(tally.boundary for tally in whole if tally.format == name)
            for name in formats
        },
        unseen=_micro(t.unseen for t in whole) if whole and is_known is not None else None,
        ci=_intervals(tallies, resamples, only_categories=not whole),
    )


def _tally(pair: Pair, is_known: Callable[[str], bool] | None) -> _Tally:
    gold, predicted = pair
    gold_at, predicted_at = boundaries(gold), boundaries(predicted)
    named = categories(gold, predicted, gold_at, predicted_at)
    nothing = Hits(0, 0, 0)
    if gold.meta.get(CATEGORIES_ONLY):
        return _Tally(None, True, (0, 0), nothing, nothing, nothing, Windows(0, 0), named)
    lines = text_lines(gold.text)
    labels = [line_labels(document, lines) for document in pair]
    spans = [{(s.title_start, s.title_end) for s in titled(d.sections)} for d in pair]
    format = gold.meta.get("format")  # noqa: A001
    return _Tally(
        format=format if isinstance(format, str) else None,
        only_category=False,
        lines=(sum(map(str.__eq__, *labels)), len(lines)),
        boundary=hits(set(gold_at), set(predicted_at)),
        title=hits(set(spans[0]), set(spans[1])),
        unseen=(
            nothing
            if is_known is None
            else unknown_hits(gold, predicted, gold_at, predicted_at, is_known)
        ),
        windows=window_diff(opening_lines(gold, lines), opening_lines(predicted, lines)),
        named=named,
    )


def _sum(counts: Iterable[Sequence[int]]) -> list[int]:
    return [sum(column) for column in zip(*counts)] or [0, 0]


def _micro(counted: Iterable[Hits]) -> Slice:
    sums = np.array(list(counted), dtype=np.float64).reshape(-1, 3).sum(axis=0)
    return Slice(int(sums[2]), precision_recall(sums))


def _score_categories(named: Sequence[_Named]) -> CategoryScores:
    right = Counter(gold for gold, got in named if gold == got)
    wanted = Counter(gold for gold, _ in named)
    given = Counter(got for _, got in named)
    by_category = {
        NO_CATEGORY if name is None else name: _micro([Hits(right[name], given[name], count)])
        for name, count in wanted.most_common()
    }
    macro = sum(part.boundary.f1 for part in by_category.values())
    return CategoryScores(
        n=len(named),
        accuracy=float(ratio(right.total(), len(named))),
        macro_f1=float(ratio(macro, len(by_category))),
        by_category=by_category,
    )


def _intervals(
    tallies: Sequence[_Tally], resamples: int, *, only_categories: bool
) -> dict[str, Interval]:
    counts = np.array([tally.sums() for tally in tallies], dtype=np.float64)
    bounds = confidence_intervals(counts, _figures, resamples=resamples).tolist()
    named = zip(_WITH_INTERVALS, bounds, strict=True)
    return {
        name: (low, high)
        for name, (low, high) in named
        if name.startswith("category") or not only_categories
    }


def _figures(sums: Counts) -> Counts:
    """:returns: what :data:`_WITH_INTERVALS` names. *Shape: (rows, 7) → (rows, 5)*"""
    lines = ratio(sums[:, 0], sums[:, 1])
    named = ratio(sums[:, 5], sums[:, 6])
    return np.column_stack([lines, precision_recall_f1(sums[:, 2:5]), named])
