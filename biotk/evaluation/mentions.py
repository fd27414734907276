"""How well mentions are found: exact spans, with and without their types."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from biotk.document import Mention, Spans
from biotk.errors import InputError
from biotk.evaluation.bootstrap import confidence_intervals, precision_recall_f1
from biotk.evaluation.pairs import (
    Interval,
    Pair,
    PrecisionRecall,
    checked,
    precision_recall,
)
from biotk.types import entity_type

#: What a mention without a type is counted under.
NO_TYPE = "none"

_Key = tuple[Spans, str]


@dataclass(frozen=True, slots=True)
class MentionScores:
    """What :func:`score_mentions` found.

    :param n_gold: gold mentions, duplicates counted once.
    :param n_predicted: predicted mentions of the types that the corpus annotates.
    :param n_left_out: predicted mentions of other types, which nothing counts.
    :param exact: right if all spans and the type agree.
    :param untyped: right if all spans agree.
    :param by_type: ``exact`` for each type of the corpus.
    :param counts_by_type: gold and predicted mentions of each type.
    :param ci: 95 % intervals of ``exact`` and ``untyped``.
    """

    n_gold: int
    n_predicted: int
    n_left_out: int
    exact: PrecisionRecall
    untyped: PrecisionRecall
    by_type: Mapping[str, PrecisionRecall]
    counts_by_type: Mapping[str, tuple[int, int]]
    ci: Mapping[str, Mapping[str, Interval]]

    def to_dict(self) -> dict[str, object]:
        """:returns: the figures as JSON's types."""
        return {
            "n_gold": self.n_gold,
            "n_predicted": self.n_predicted,
            "n_left_out": self.n_left_out,
            "exact": self.exact.to_dict(),
            "untyped": self.untyped.to_dict(),
            "by_type": {
                name: {
                    "n_gold": self.counts_by_type[name][0],
                    "n_predicted": self.counts_by_type[name][1],
                    **figures.to_dict(),
                }
                for name, figures in self.by_type.items()
            },
            "ci": {
                group: {name: list(bounds) for name, bounds in figures.items()}
                for group, figures in self.ci.items()
            },
        }


def _keys(mentions: Iterable[Mention]) -> set[_Key]:
    return {(m.spans, NO_TYPE if m.type is None else entity_type(m.type)) for m in mentions}


def score_mentions(pairs: Iterable[Pair], *, resamples: int = 1000) -> MentionScores:
    """Compare predicted mentions with gold ones.

    A mention is its document, all its spans and its type, brought to the common name by
    :func:`biotk.types.entity_type`. Predictions of types that the corpus does not annotate are
    left out of everything.

    :param pairs: each document as annotated and as predicted.
    :param resamples: for the confidence intervals.
    :raises InputError: if no document has a gold mention.
    """
    keys = [(_keys(gold.mentions), _keys(pred.mentions)) for gold, pred in checked(pairs)]
    types = sorted({type_ for gold, _ in keys for _, type_ in gold})
    if not types:
        raise InputError("the corpus has no gold mention")
    kept = [(gold, {key for key in pred if key[1] in types}) for gold, pred in keys]
    exact = np.array([_counts(gold, pred) for gold, pred in kept], dtype=np.float64)
    untyped = np.array(
        [_counts({k[0] for k in gold}, {k[0] for k in pred}) for gold, pred in kept],
        dtype=np.float64,
    )
    of_type = {
        name: np.array(
            [_counts(*({k for k in side if k[1] == name} for side in pair)) for pair in kept],
            dtype=np.float64,
        ).sum(axis=0)
        for name in types
    }
    names = ("precision", "recall", "f1")
    ci = {}
    for group, counts in (("exact", exact), ("untyped", untyped)):
        bounds = confidence_intervals(counts, precision_recall_f1, resamples=resamples)
        ci[group] = {
            name: (low, high) for name, (low, high) in zip(names, bounds.tolist(), strict=True)
        }
    return MentionScores(
        n_gold=sum(len(gold) for gold, _ in kept),
        n_predicted=sum(len(pred) for _, pred in kept),
        n_left_out=sum(len(pred) for _, pred in keys) - sum(len(pred) for _, pred in kept),
        exact=precision_recall(exact.sum(axis=0)),
        untyped=precision_recall(untyped.sum(axis=0)),
        by_type={name: precision_recall(sums) for name, sums in of_type.items()},
        counts_by_type={name: (int(sums[2]), int(sums[1])) for name, sums in of_type.items()},
        ci=ci,
    )


def _counts(gold: set[_Key] | set[Spans], predicted: set[_Key] | set[Spans]) -> list[int]:
    """:returns: right, predicted, gold."""
    return [len(gold & predicted), len(predicted), len(gold)]
