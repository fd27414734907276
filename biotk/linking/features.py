"""What is known of a candidate of a mention, as numbers that a linear model weighs.

Candidates come from names that look alike, from near vectors, and from a model that writes names;
each side is silent about some of them, which is a feature of its own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from biotk.candidates.dense import DenseHit
from biotk.candidates.learned import LEARNED_ROUTE
from biotk.candidates.names import ROUTE_SCORES
from biotk.document import Candidate
from biotk.linking.context import Context, Contexts

#: The features, in their order. Those of NIL begin with ``nil``; a candidate has 0 there.
FEATURES = (
    "name",  # score of the lexical linker; 0 where it is silent
    "name_exact",  # of these, those of names that are the same but for what normalisation removes
    "name_learned",  # and those of mentions of a training corpus
    "no_name",  # the lexical linker is silent
    "cosine",  # of the nearest name of the KB
    "cosine_learned",  # of the nearest mention of a training corpus, times its share
    "no_cosine",  # no name of the KB is near
    "nearest",  # its vector is the nearest of all
    "written",  # logarithm of the probability that the model gives it
    "preferred",  # the name that matched is the preferred one
    "type",  # the concept is of the mention's type
    "elsewhere",  # another name of the concept stands in the passage
    "defined",  # the share of the words of its definition that stand in the passage
    "nil",  # 1 for NIL
    "nil_name",  # the best score of the lexical linker, for NIL
    "nil_cosine",  # the highest cosine, for NIL
    "nil_written",  # logarithm of the probability that the model gives NIL
)
_AT = {name: number for number, name in enumerate(FEATURES)}

#: The least probability that counts, as what a model did not write has one too.
FLOOR = 0.003
#: What a silent side would have said, about.
_NO_NAME, _NO_COSINE = 0.4, 0.4

Matrix = NDArray[np.float64]


class Concepts(Protocol):
    """Some concepts, as a :class:`~biotk.kb.KbSubset` or a set of ``concept_idx``."""

    def __contains__(self, concept_idx: int, /) -> bool: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that was found for one mention.

    :param lexical: candidates of the lexical linker.
    :param dense: near names.
    :param written: candidates of the generative linker; None where no model was asked.
    :param nil: the probability that the model gives NIL.
    :param wanted: the concepts of the mention's type; None where it has none that the KB knows.
    :param context: the passage; None where the mention stands alone.
    """

    lexical: Sequence[Candidate]
    dense: Sequence[DenseHit]
    written: Sequence[Candidate] | None = None
    nil: float = 0.0
    wanted: Concepts | None = None
    context: Context | None = None


@dataclass(frozen=True, slots=True)
class Weighable:
    """A mention's candidates with their features.

    :param concepts: ``concept_idx`` of each, in an order that depends on nothing else.
    :param shown: what is told of each: the name that matched, and the route.
    :param features: the last line is that of NIL. *Shape*: (concepts + 1, features).
    """

    concepts: tuple[int, ...]
    shown: tuple[Candidate, ...]
    features: Matrix


def weighable(evidence: Evidence, index_of: Mapping[str, int], contexts: Contexts) -> Weighable:
    """Put all candidates of a mention together.

    :param evidence: what was found.
    :param contexts: compares passages with concepts.
    :param index_of: ``concept_idx`` of the ids of candidates.
    """
    lexical = {index_of[each.concept_id]: each for each in reversed(evidence.lexical)}
    named: dict[int, DenseHit] = {}
    learned: dict[int, DenseHit] = {}
    for hit in evidence.dense:
        (learned if hit.learned else named).setdefault(hit.concept_idx, hit)
    written = {index_of[each.concept_id]: each for each in reversed(evidence.written or ())}
    concepts = tuple(sorted({*lexical, *named, *learned, *written}))
    features = np.zeros((len(concepts) + 1, len(FEATURES)))
    top = max([hit.cosine for hit in evidence.dense], default=0.0)
    for row, concept in zip(features, concepts):
        _names(row, lexical.get(concept))
        _vectors(row, named.get(concept), learned.get(concept), top)
        if evidence.written is not None:
            row[_AT["written"]] = _log(written.get(concept))
        row[_AT["type"]] = evidence.wanted is None or concept in evidence.wanted
        row[_AT["elsewhere"]] = contexts.is_named(evidence.context, concept)
        row[_AT["defined"]] = contexts.is_defined(evidence.context, concept)
    nil = features[-1]
    nil[_AT["nil"]] = 1
    nil[_AT["nil_name"]] = max([each.score for each in evidence.lexical], default=_NO_NAME)
    nil[_AT["nil_cosine"]] = top or _NO_COSINE
    if evidence.written is not None:
        nil[_AT["nil_written"]] = math.log(max(evidence.nil, FLOOR))
    shown = tuple(
        _shown(lexical.get(each), written.get(each), learned.get(each), named.get(each))
        for each in concepts
    )
    return Weighable(concepts, shown, features)


def _names(row: NDArray[np.float64], candidate: Candidate | None) -> None:
    if candidate is None:
        row[_AT["name"]], row[_AT["no_name"]] = _NO_NAME, 1
        return
    row[_AT["name"]] = candidate.score
    row[_AT["name_exact"]] = candidate.route in ROUTE_SCORES
    row[_AT["name_learned"]] = candidate.route == LEARNED_ROUTE


def _vectors(
    row: NDArray[np.float64], named: DenseHit | None, learned: DenseHit | None, top: float
) -> None:
    row[_AT["cosine"]] = _NO_COSINE if named is None else named.cosine
    row[_AT["no_cosine"]] = named is None
    row[_AT["cosine_learned"]] = _NO_COSINE if learned is None else learned.cosine * learned.share
    row[_AT["nearest"]] = any(hit is not None and hit.cosine >= top for hit in (named, learned))
    row[_AT["preferred"]] = named is not None and named.preferred


def _log(candidate: Candidate | None) -> float:
    told = None if candidate is None else candidate.log_prob
    floor = math.log(FLOOR)
    return floor if told is None else max(told, floor)


def _shown(
    lexical: Candidate | None,
    written: Candidate | None,
    learned: DenseHit | None,
    named: DenseHit | None,
) -> Candidate:
    """:returns: what is told of a candidate: the closest match by name, else what wrote it, else
    what lies near; ids are filled in by the caller.
    """
    if lexical is not None and (lexical.route in ROUTE_SCORES or lexical.route == LEARNED_ROUTE):
        return lexical if written is None else replace(lexical, log_prob=written.log_prob)
    if written is not None:
        return written
    near = [hit for hit in (named, learned) if hit is not None]
    if not near and lexical is not None:
        return lexical
    hit = max(near, key=lambda each: each.cosine)
    return Candidate("", hit.name, 0.0, "training-dense" if hit.learned else "dense")
