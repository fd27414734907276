"""Fits how likely answers are right, over many parts of a KB, so that it holds for others.

The linker is asked about annotated mentions in each part. What its models have read must not be
among these: fit on the tuning half of a dev set. Thresholds, sets of candidates and the figures
come from models that were fitted to other documents (five folds), the models that are kept from
all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from biotk.document import Document, Link, Mention, Spans
from biotk.errors import InputError
from biotk.evaluation.calibration import CalibrationScores, score_calibration
from biotk.kb import KbSubset, KnowledgeBase
from biotk.linking import Linker
from biotk.linking.additive import AdditiveModel, fit_additive
from biotk.linking.calibration import (
    NIL,
    OTHER,
    RIGHT,
    VIEWS,
    CalibratedView,
    Calibration,
    kinds_of,
)
from biotk.linking.candidate_sets import CoverageTable, fit_coverage
from biotk.linking.long_forms import LongForms
from biotk.linking.nil_evidence import FEATURES, NilEvidence, evidence_of, nil_features
from biotk.linking.query import Query, query_of
from biotk.text.abbreviations import find_abbreviations
from biotk.training.log import Say
from biotk.types import entity_type

#: How many parts documents are put into, so that each is judged by what the others taught.
FOLDS = 5
_DOCUMENTS = 32  # linked together

#: Makes the linker of a part, its own decision about NIL being of no matter; None for the whole.
LinkerOf = Callable[[KbSubset | None], Linker]


class Asked(NamedTuple):
    """A mention whose answer is known.

    :param document: the id of its document.
    :param query: the mention.
    :param gold: the concepts that are right, in the whole KB; none for NIL, and for what is found
        where nobody has annotated anything.
    """

    document: str
    query: Query
    gold: frozenset[int]


class Answers(NamedTuple):
    """What a linker says of some mentions in one part, and what is true.

    :param values: features. *Shape*: (mentions, features).
    :param outcomes: right, other or NIL. *Shape*: (mentions,).
    :param scores: of the best candidates. *Shape*: (mentions,).
    :param n_candidates: of each mention.
    :param places: where the right answer stands among them; their number for NIL, None where it is
        none of them.
    :param documents: whose they are.
    """

    values: NDArray[np.float64]
    outcomes: NDArray[np.int64]
    scores: NDArray[np.float64]
    n_candidates: list[int]
    places: list[int | None]
    documents: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """What :func:`fit_calibration` made.

    :param calibration: to be written.
    :param scores: by view, of models that were fitted to other documents.
    """

    calibration: Calibration
    scores: Mapping[str, CalibrationScores]


def asked_of(
    kb: KnowledgeBase, documents: Iterable[Document], found: Iterable[Document] | None = None
) -> list[Asked]:
    """Gather mentions whose answer is known.

    :param kb: the knowledge base.
    :param documents: with gold links. Mentions that nobody has linked, and those whose ids the KB
        does not have, are left out: nobody knows whether they are NIL or only renumbered.
    :param found: the same documents with the mentions that a detector finds; None for gold alone.
        Mentions of types that the corpus does not annotate are left out.
    """
    gold_documents = list(documents)
    asked = [
        Asked(document.id, query, gold)
        for document in gold_documents
        for query, gold in _gold_queries(kb, document)
    ]
    if found is None:
        return asked
    types = {entity_type(m.type) for d in gold_documents for m in d.mentions if m.type}
    for document, own in zip(gold_documents, found, strict=True):
        forms = LongForms(find_abbreviations(document.text))
        right, unknown = _gold_spans(kb, document)
        asked += [
            Asked(document.id, query_of(document.text, m, forms), right.get(m.spans, frozenset()))
            for m in own.mentions
            if (m.type is None or entity_type(m.type) in types) and m.spans not in unknown
        ]
    return asked


def _gold_queries(kb: KnowledgeBase, document: Document) -> Iterator[tuple[Query, frozenset[int]]]:
    forms = LongForms(find_abbreviations(document.text))
    for mention in document.mentions:
        wanted = gold_of(kb, mention)
        if wanted is not None:
            yield query_of(document.text, mention, forms), wanted


def _gold_spans(
    kb: KnowledgeBase, document: Document
) -> tuple[dict[Spans, frozenset[int]], set[Spans]]:
    right: dict[Spans, frozenset[int]] = {}
    unknown: set[Spans] = set()
    for mention in document.mentions:
        wanted = gold_of(kb, mention)
        if wanted is None:
            unknown.add(mention.spans)
        else:
            right[mention.spans] = right.get(mention.spans, frozenset()) | wanted
    return right, unknown


def gold_of(kb: KnowledgeBase, mention: Mention) -> frozenset[int] | None:
    """:returns: the concepts that are right, none for NIL; None where nobody knows."""
    if not mention.links:
        return None
    found = frozenset(idx for own in mention.concept_ids for idx in kb.resolve(own))
    return None if mention.concept_ids and not found else found


class PartAnswers:
    """Asks a linker about mentions, in one part after the other.

    :param kb: the knowledge base.
    :param asked: the mentions.
    :param linker_of: makes the linker of a part.
    """

    def __init__(self, kb: KnowledgeBase, asked: Sequence[Asked], linker_of: LinkerOf) -> None:
        self._kb, self._asked, self._linker_of = kb, asked, linker_of
        self._whole = self._links(None)

    def of(self, subset: KbSubset | None) -> dict[str, Answers]:
        """:returns: what is known of each mention, by view."""
        if subset is None:
            return {"kb": self._answers(self._evidence(self._whole, None, None), None)}
        inside = self._links(subset)
        return {
            "whole": self._answers(self._evidence(inside, self._whole, subset), subset),
            "part": self._answers(self._evidence(inside, None, subset), subset),
        }

    def _links(self, subset: KbSubset | None) -> list[Link]:
        linker = self._linker_of(subset)
        queries = [each.query for each in self._asked]
        step = _DOCUMENTS * 16
        return [
            link
            for first in range(0, len(queries), step)
            for link in linker.link_batch(queries[first : first + step])
        ]

    def _evidence(
        self, inside: Sequence[Link], whole: Sequence[Link] | None, subset: KbSubset | None
    ) -> list[NilEvidence]:
        return [
            evidence_of(
                each.query,
                inside[at],
                None if whole is None else whole[at],
                subset=subset,
                kb=self._kb,
            )
            for at, each in enumerate(self._asked)
        ]

    def _answers(self, evidence: Sequence[NilEvidence], subset: KbSubset | None) -> Answers:
        places = [
            _place(self._kb, each.inside, asked.gold, subset)
            for each, asked in zip(evidence, self._asked, strict=True)
        ]
        n_candidates = [len(each.inside.candidates) for each in evidence]
        outcomes = [
            NIL if place == n else RIGHT if place == 0 else OTHER
            for place, n in zip(places, n_candidates)
        ]
        values = nil_features(self._kb, evidence)
        scores = values[:, FEATURES.index("score")]
        documents = [each.document for each in self._asked]
        return Answers(values, np.array(outcomes), scores, n_candidates, places, documents)


def _place(
    kb: KnowledgeBase, link: Link, gold: frozenset[int], subset: KbSubset | None
) -> int | None:
    """:returns: where the right answer stands among the candidates; their number for NIL."""
    wanted = gold if subset is None else frozenset(idx for idx in gold if idx in subset)
    if not wanted:
        return len(link.candidates)
    for at, candidate in enumerate(link.candidates):
        if kb.index_of(candidate.concept_id) in wanted:
            return at
    return None


def joined(parts: Sequence[Answers]) -> Answers:
    """:returns: the answers of several parts as one."""
    return Answers(
        np.concatenate([each.values for each in parts]),
        np.concatenate([each.outcomes for each in parts]),
        np.concatenate([each.scores for each in parts]),
        [n for each in parts for n in each.n_candidates],
        [place for each in parts for place in each.places],
        [document for each in parts for document in each.documents],
    )


def fit_calibration(
    answers: Mapping[str, Answers], *, made_with: Mapping[str, Any], say: Say = lambda line: None
) -> Fitted:
    """Fit a calibration.

    :param answers: by view, of all parts together.
    :param made_with: what is told with it.
    :param say: told how good it is.
    :raises InputError: there are too few mentions.
    """
    views, scores = {}, {}
    for name, features in VIEWS.items():
        own = answers[name]
        odds = _out_offold_of(own, features)
        coverage = fit_coverage(odds, own.n_candidates, own.places)
        views[name] = CalibratedView(_models(own, features), coverage)
        scores[name] = score_calibration(*told(odds, own.outcomes))
        say(
            f"{name}: {len(odds):,} answers, ECE {scores[name].ece:.4f}, Brier "
            f"{scores[name].brier:.4f}, AUROC {scores[name].auroc:.4f}, right "
            f"{scores[name].accuracy:.4f}"
        )
    thresholds = {"threshold": best_threshold(answers["part"])}
    figures = {name: each.to_dict() for name, each in scores.items()}
    calibration = Calibration(views, thresholds, {**made_with, "figures": figures})
    return Fitted(calibration=calibration, scores=scores)


def calibration_figures(
    calibration: Calibration, answers: Answers, *, view: str, coverage: float
) -> dict[str, Any]:
    """Measure a calibration.

    :param answers: of mentions that it was not fitted to.
    :param view: which of :data:`~biotk.linking.calibration.VIEWS` they belong to.
    :param coverage: of the sets of candidates that are looked at.
    :returns: ``ece``, ``brier``, ``auroc``, ``accuracy``, ``nil`` and ``link`` with ``precision``,
        ``recall`` and ``f1``, ``coverage_at_95`` (of the sets that have that coverage, how many
        hold what is right) and ``mean_set_size``.
    """
    odds = calibration.probabilities(answers.values, view=view)
    table = calibration.views[view].coverage
    held, sizes = [], []
    for row, n, place in zip(odds.tolist(), answers.n_candidates, answers.places, strict=True):
        inside = [level <= coverage for level in table.levels(row[RIGHT], row[OTHER], row[NIL], n)]
        held.append(place is not None and inside[place])
        sizes.append(sum(inside))
    is_nil, said_nil = answers.outcomes == NIL, odds[:, RIGHT] < odds[:, NIL]
    right = ~said_nil & (answers.outcomes == RIGHT)
    return {
        **score_calibration(*told(odds, answers.outcomes)).to_dict(),
        "nil": _f1((is_nil & said_nil).sum(), said_nil.sum(), is_nil.sum()),
        "link": _f1(right.sum(), (~said_nil).sum(), (~is_nil).sum()),
        f"coverage_at_{round(100 * coverage)}": float(np.mean(held)),
        "mean_set_size": float(np.mean(sizes)),
        "coverage_reached": table.reached,
    }


def _f1(hits: int, said: int, true: int) -> dict[str, float]:
    precision, recall = hits / max(int(said), 1), hits / max(int(true), 1)
    f1 = 2 * hits / max(int(said) + int(true), 1)
    return {"precision": float(precision), "recall": float(recall), "f1": float(f1)}


def told(odds: NDArray[np.float64], outcomes: NDArray[np.int64]) -> tuple[list[float], list[bool]]:
    """:returns: the probability of what is answered, and whether that is right."""
    answers = odds[:, RIGHT] >= odds[:, NIL]
    probability = np.where(answers, odds[:, RIGHT], odds[:, NIL])
    right = np.where(answers, outcomes == RIGHT, outcomes == NIL)
    return probability.tolist(), right.tolist()


def best_threshold(answers: Answers) -> float:
    """:returns: the score below which an answer is NIL, so that F1 of concepts is highest."""
    order = np.argsort(-answers.scores, kind="stable")
    right = np.cumsum(answers.outcomes[order] == RIGHT)
    n_gold = int((answers.outcomes != NIL).sum())
    f1 = 2 * right / (np.arange(1, len(order) + 1) + n_gold)
    # A threshold stands between two scores that differ.
    ordered = answers.scores[order]
    ends = np.append(ordered[1:] < ordered[:-1], True)
    best = int(np.argmax(np.where(ends, f1, -1.0)))
    return round(float(ordered[best]), 4)


def _models(answers: Answers, features: Sequence[str]) -> dict[str, AdditiveModel]:
    found = {}
    for kind, rows in kinds_of(answers.values).items():
        if rows.sum() < 10 * FOLDS:
            raise InputError(
                f"only {int(rows.sum())} annotated mentions are {kind}: too few to calibrate on"
            )
        found[kind] = fit_additive(
            features, answers.values[rows][:, : len(features)], answers.outcomes[rows],
            n_outcomes=NIL + 1,
        )  # fmt: skip
    return found


def _out_offold_of(answers: Answers, features: Sequence[str]) -> NDArray[np.float64]:
    """:returns: odds by models that were fitted to other documents. *Shape*: (mentions, 3)."""
    folds = np.array([fold_of(each) for each in answers.documents])
    odds = np.zeros((len(folds), NIL + 1))
    empty = CoverageTable((), (), 0.0)
    for fold in range(FOLDS):
        rest, own = folds != fold, folds == fold
        if not own.any():
            continue
        models = _models(_rows(answers, rest), features)
        name = next(name for name, known in VIEWS.items() if known == tuple(features))
        calibration = Calibration({name: CalibratedView(models, empty)})
        odds[own] = calibration.probabilities(answers.values[own], view=name)
    return odds


def _rows(answers: Answers, mask: NDArray[np.bool_]) -> Answers:
    chosen = np.flatnonzero(mask).tolist()
    return Answers(
        answers.values[mask],
        answers.outcomes[mask],
        answers.scores[mask],
        [answers.n_candidates[at] for at in chosen],
        [answers.places[at] for at in chosen],
        [answers.documents[at] for at in chosen],
    )


def fold_of(document: str) -> int:
    """:returns: in which of :data:`FOLDS` a document is."""
    digest = hashlib.sha256(f"fold {document}".encode("utf-8", "surrogatepass")).digest()
    return digest[0] % FOLDS
