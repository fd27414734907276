"""Finding and linking together, under a KB or a subset of it (arXiv 2303.10330)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from biotk.document import Mention, Spans
from biotk.evaluation.bootstrap import (
    Counts,
    confidence_intervals,
    precision_recall_f1,
    ratio,
)
from biotk.evaluation.pairs import Interval, Pair, checked
from biotk.evaluation.resolve import Resolve, resolved
from biotk.types import entity_type

_FIGURES = ("precision", "recall", "f1", "mention_f1", "accuracy_on_found")

# Gold concepts of each span: for a concept all the ids that are right for it.
_Gold = dict[Spans, set[frozenset[str]]]


@dataclass(frozen=True, slots=True)
class EndToEndScores:
    """What :func:`score_end_to_end` found.

    :param n_gold: gold (document, spans, concept) in the KB and the subset.
    :param n_predicted: predicted (document, spans, concept).
    :param n_gold_mentions: the spans among the gold ones.
    :param n_found: those of them that were predicted, with whatever concept.
    :param precision: right among predicted.
    :param recall: right among gold.
    :param f1: their harmonic mean.
    :param mention_f1: the same for the spans alone.
    :param accuracy_on_found: of the found spans, those with all their concepts and no other.
    :param ci: 95 % intervals of the five figures.
    """

    n_gold: int
    n_predicted: int
    n_gold_mentions: int
    n_found: int
    precision: float
    recall: float
    f1: float
    mention_f1: float
    accuracy_on_found: float
    ci: Mapping[str, Interval]

    def to_dict(self) -> dict[str, object]:
        """:returns: the figures as JSON's types."""
        return {
            "n_gold": self.n_gold,
            "n_predicted": self.n_predicted,
            "n_gold_mentions": self.n_gold_mentions,
            "n_found": self.n_found,
            **{name: getattr(self, name) for name in _FIGURES},
            "ci": {name: list(bounds) for name, bounds in self.ci.items()},
        }


def score_end_to_end(
    pairs: Iterable[Pair],
    *,
    resolve: Resolve,
    allowed_ids: Collection[str] | None = None,
    resamples: int = 1000,
) -> EndToEndScores:
    """Compare predicted (document, spans, concept) with gold ones, micro averaged.

    Gold is what is in the KB, and in the subset if one is given; every other gold mention is NIL
    and whoever links it is wrong. A composite counts once for each of its concepts. Predictions
    of types that the corpus does not annotate are left out.

    :param pairs: each document as annotated and as predicted.
    :param resolve: the KB's ids of a gold id.
    :param allowed_ids: the KB's ids in the subset.
    :param resamples: for the confidence intervals.
    """
    allowed = None if allowed_ids is None else frozenset(allowed_ids)
    given = list(checked(pairs))
    types = {entity_type(m.type) for gold, _ in given for m in gold.mentions if m.type}
    rows = [
        _document_counts(
            _gold(gold.mentions, resolve, allowed), _predicted(predicted.mentions, types)
        )
        for gold, predicted in given
    ]
    counts = np.array(rows, dtype=np.float64).reshape(-1, 8)
    sums = counts.sum(axis=0)
    figures = dict(zip(_FIGURES, _figures(sums[None, :])[0].tolist(), strict=True))
    ci: dict[str, Interval] = {}
    if rows:
        bounds = confidence_intervals(counts, _figures, resamples=resamples).tolist()
        ci = {name: (low, high) for name, (low, high) in zip(_FIGURES, bounds, strict=True)}
    return EndToEndScores(
        n_gold=int(sums[2]),
        n_predicted=int(sums[1]),
        n_gold_mentions=int(sums[5]),
        n_found=int(sums[7]),
        ci=ci,
        **figures,
    )


def _figures(sums: Counts) -> npt.NDArray[np.float64]:
    """*Shape: (rows, 8) → (rows, 5)*, columns as in :func:`_document_counts`."""
    return np.column_stack(
        [
            precision_recall_f1(sums[:, :3]),
            precision_recall_f1(sums[:, 3:6])[:, 2],
            ratio(sums[:, 6], sums[:, 7]),
        ]
    )


def _document_counts(gold: _Gold, predicted: dict[Spans, set[str]]) -> list[int]:
    """:returns: right, predicted, gold, the same for spans, found and all right, found."""
    right = right_spans = 0
    found = gold.keys() & predicted.keys()
    for spans in found:
        matched = count_matched(gold[spans], predicted[spans])
        right += matched
        right_spans += matched == len(gold[spans]) == len(predicted[spans])
    return [
        right,
        sum(map(len, predicted.values())),
        sum(map(len, gold.values())),
        len(found),
        len(predicted),
        len(gold),
        right_spans,
        len(found),
    ]


def _gold(mentions: Iterable[Mention], resolve: Resolve, allowed: frozenset[str] | None) -> _Gold:
    gold: _Gold = {}
    for mention in mentions:
        for group in resolved(mention, resolve):
            kept = group if allowed is None else group & allowed
            if kept:
                gold.setdefault(mention.spans, set()).add(kept)
    return gold


def _predicted(mentions: Iterable[Mention], types: Collection[str]) -> dict[Spans, set[str]]:
    """Predictions of a type that the corpus does not annotate cannot be judged."""
    predicted: dict[Spans, set[str]] = {}
    for mention in mentions:
        judged = mention.type is None or not types or entity_type(mention.type) in types
        if mention.concept_ids and judged:
            predicted.setdefault(mention.spans, set()).update(mention.concept_ids)
    return predicted


def count_matched(groups: Collection[frozenset[str]], ids: Collection[str]) -> int:
    """:returns: how many gold concepts and predicted ids can be paired, each used once.

    A gold id may stand for several ids of the KB; without pairing, two guesses at one concept
    would count as two right ones.
    """
    by_id: dict[str, frozenset[str]] = {}

    def place(group: frozenset[str], tried: set[str]) -> bool:
        for concept_id in sorted(group.intersection(ids) - tried):
            tried.add(concept_id)
            if concept_id not in by_id or place(by_id[concept_id], tried):
                by_id[concept_id] = group
                return True
        return False

    return sum(place(group, set()) for group in groups)
