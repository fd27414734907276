"""The figures of :func:`biotk.evaluation.linking.score_linking`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from biotk.evaluation.bootstrap import ratio
from biotk.evaluation.pairs import Interval

#: The figures, in the order of the columns that count them.
FIGURES = (
    "recall_at_1_lenient",
    "recall_at_1_strict",
    "recall_at_5_lenient",
    "recall_at_20_lenient",
)


@dataclass(frozen=True, slots=True)
class Recalls:
    """Recall@1, lenient and strict, @5 and @20 over ``n`` mentions; 0 where ``n`` is."""

    n: int
    recall_at_1_lenient: float
    recall_at_1_strict: float
    recall_at_5_lenient: float
    recall_at_20_lenient: float

    def to_dict(self) -> dict[str, float]:
        """:returns: the four figures, without ``n``."""
        return {name: getattr(self, name) for name in FIGURES}


@dataclass(frozen=True, slots=True)
class NilScores:
    """The NIL decision, over mentions whose gold is NIL or in the KB.

    :param n_nil: mentions whose gold is NIL.
    :param n_nil_predicted: those of them that were decided to be NIL.
    :param n_in_kb: mentions with a gold id in the KB.
    :param n_in_kb_predicted: those of them that were decided to be NIL, wrongly.
    :param n_out_of_kb_predicted: of the mentions with gold ids of which the KB has none, those
        decided to be NIL; they are in no figure, for most are renumbered rather than missing.
    """

    n_nil: int
    n_nil_predicted: int
    n_in_kb: int
    n_in_kb_predicted: int
    n_out_of_kb_predicted: int

    def to_dict(self) -> dict[str, float]:
        """:returns: the counts with precision, recall and F1; 0 where there is nothing to count."""
        predicted = self.n_nil_predicted + self.n_in_kb_predicted
        right = self.n_nil_predicted
        return {
            "n_nil": self.n_nil,
            "n_nil_predicted": self.n_nil_predicted,
            "n_in_kb": self.n_in_kb,
            "n_in_kb_predicted": self.n_in_kb_predicted,
            "n_out_of_kb_predicted": self.n_out_of_kb_predicted,
            "precision": float(ratio(right, predicted)),
            "recall": float(ratio(right, self.n_nil)),
            "f1": float(ratio(2 * right, predicted + self.n_nil)),
        }


@dataclass(frozen=True, slots=True)
class LinkingScores:
    """What :func:`score_linking` found.

    :param n: gold mentions that somebody linked, NIL ones included.
    :param n_unlinked: gold mentions without any link, which nothing counts.
    :param n_nil: those of ``n`` whose gold is NIL.
    :param n_out_of_kb: those with gold ids of which the KB has none.
    :param in_kb: over mentions with a gold id in the KB.
    :param everything: over all but NIL; an id outside the KB is an error.
    :param nil: the NIL decision.
    :param ci: 95 % intervals of ``in_kb`` and ``all``.
    :param by_type: ``in_kb`` for each entity type.
    :param slices: ``in_kb`` for ``unseen``, ``homonyms`` and ``abbreviations``.
    """

    n: int
    n_unlinked: int
    n_nil: int
    n_out_of_kb: int
    in_kb: Recalls
    everything: Recalls
    nil: NilScores
    ci: Mapping[str, Mapping[str, Interval]] = field(default_factory=dict)
    by_type: Mapping[str, Recalls] = field(default_factory=dict)
    slices: Mapping[str, Recalls] = field(default_factory=dict)

    def to_dict(self) -> dict[str, object]:
        """:returns: the figures as JSON's types, ``everything`` under the key ``all``."""

        def sliced(recalls: Recalls) -> dict[str, float]:
            return {"n": recalls.n, **recalls.to_dict()}

        return {
            "n": self.n,
            "n_unlinked": self.n_unlinked,
            "n_nil": self.n_nil,
            "n_out_of_kb": self.n_out_of_kb,
            "in_kb": self.in_kb.to_dict(),
            "all": self.everything.to_dict(),
            "nil": self.nil.to_dict(),
            "ci": {
                group: {name: list(bounds) for name, bounds in figures.items()}
                for group, figures in self.ci.items()
            },
            "slices": {
                "by_type": {name: sliced(recalls) for name, recalls in self.by_type.items()},
                **{name: sliced(recalls) for name, recalls in self.slices.items()},
            },
        }
