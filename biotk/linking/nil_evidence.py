"""What is known of whether a mention is in a part of a KB, as numbers that a calibration weighs.

A linker is asked twice: what it answers in the part, and what it would answer in the whole KB. That
the best concept of all lies outside the part says more than any score (post-pruning, arXiv
2303.10330, section 4); where only the part is at hand, the scores in it are all there is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from biotk.candidates.learned import LEARNED_ROUTE
from biotk.candidates.names import ROUTE_SCORES
from biotk.document import Candidate, Link
from biotk.kb import KbSubset, KnowledgeBase
from biotk.linking.query import Query
from biotk.linking.typed import wanted_type
from biotk.text.normalize import exact_key

Matrix = NDArray[np.float64]

#: What the answer in the part tells.
PART_FEATURES = (
    "score",  # of the best candidate, in the scale of its route
    "margin",  # its lead over the second
    "name",  # it is a name of the concept but for what normalisation removes
    "learned",  # or a mention that annotators linked to it
    "written",  # a model wrote it
    "log_prob",  # the logarithm of what the model gives it
    "nil_low",  # the least that the model gives to "none of these"
    "nil_high",  # the most
    "similarity",  # the share of letter trigrams that mention and name have in common
    "detector",  # how sure the detector is of the mention
    "type",  # the concept is of the mention's type; 0.5 where the KB does not know that
    "letters",  # the logarithm of how many letters the mention has
    "short",  # it reads like a short form that nobody has explained
    "tied",  # another concept is as good
)
#: What the answer in the whole KB tells beside.
WHOLE_FEATURES = (
    "whole_score",
    "whole_margin",
    "whole_log_prob",
    "whole_name",
    "whole_learned",
    "whole_similarity",
    "same",  # the best candidate of the whole is that of the part
    "whole_inside",  # it is in the part at least
    "outside_share",  # of the scores of the best candidates of the whole, what lies outside
    "lead",  # the score of the best candidate outside, less that of the best one inside
    "similarity_lead",  # the same for how they look
)
FEATURES = PART_FEATURES + WHOLE_FEATURES

_LONGEST_SHORT_FORM = 5
#: How many candidates of the whole share out what is told of them.
_SEEN = 5


@dataclass(frozen=True, slots=True)
class NilEvidence:
    """A mention, and what a linker says of it.

    :param query: the mention.
    :param inside: the link in the part, its candidates best first, whatever a threshold made of it.
    :param whole: the link in the whole KB; None where only the part is at hand.
    :param outside: whether each candidate of ``whole`` is outside the part.
    :param is_part: whether it is a part at all that is linked to.
    """

    query: Query
    inside: Link
    whole: Link | None = None
    outside: tuple[bool, ...] = ()
    is_part: bool = False


def evidence_of(
    query: Query,
    inside: Link,
    whole: Link | None = None,
    *,
    subset: KbSubset | None,
    kb: KnowledgeBase,
) -> NilEvidence:
    """Put together what is known.

    :param query: the mention.
    :param inside: the link in the part.
    :param whole: the link in the whole KB; None where it is not at hand.
    :param subset: the part; None where the linker has all of the KB.
    :param kb: the knowledge base.
    """
    if subset is None:
        return NilEvidence(query, inside)
    candidates = () if whole is None else whole.candidates
    outside = tuple(kb.index_of(each.concept_id) not in subset for each in candidates)
    return NilEvidence(query, inside, whole, outside, is_part=True)


def nil_features(kb: KnowledgeBase, given: Sequence[NilEvidence]) -> Matrix:
    """Make numbers of what is known.

    :param kb: the knowledge base.
    :param given: mentions; with or without the whole KB.
    :returns: NaN where nothing is known. *Shape*: (mentions, features).
    """
    found = np.full((len(given), len(FEATURES)), np.nan)
    for row, each in zip(found, given):
        told = _part(kb, each)
        if each.whole is not None:
            told |= _whole(each)
        for at, name in enumerate(FEATURES):
            row[at] = told.get(name, math.nan)
    return found


def _part(kb: KnowledgeBase, each: NilEvidence) -> dict[str, float]:
    query, link = each.query, each.inside
    low, high = link.nil_interval or (math.nan, math.nan)
    told = {
        "nil_low": low,
        "nil_high": high,
        "detector": math.nan if query.score is None else query.score,
        "letters": math.log(max(sum(map(str.isalnum, query.looked_up)), 1)),
        "short": float(is_short(query)),
    }
    best = link.candidates[0] if link.candidates else None
    if best is None:
        nothing = ("score", "margin", "name", "learned", "written", "similarity")
        return told | dict.fromkeys(nothing, 0.0)
    return told | {
        "score": best.score,
        "margin": _margin(link.candidates),
        "name": float(best.route in ROUTE_SCORES),
        "learned": float(best.route == LEARNED_ROUTE),
        "written": float(best.route == "generated"),
        "log_prob": math.nan if best.log_prob is None else best.log_prob,
        "similarity": similarity(query.looked_up, best.name),
        "type": type_fits(kb, query, best),
        "tied": float(best.tied),
    }


def _whole(each: NilEvidence) -> dict[str, float]:
    candidates = () if each.whole is None else each.whole.candidates
    if not candidates:
        nothing = ("whole_score", "whole_margin", "whole_name", "whole_learned", "outside_share")
        return dict.fromkeys(nothing, 0.0)
    best = candidates[0]
    inside = each.inside.candidates[0] if each.inside.candidates else None
    seen = list(zip(candidates, each.outside))[:_SEEN]
    total = sum(c.score for c, _ in seen)
    looks = similarity(each.query.looked_up, best.name)
    told = {
        "whole_score": best.score,
        "whole_margin": _margin(candidates),
        "whole_log_prob": math.nan if best.log_prob is None else best.log_prob,
        "whole_name": float(best.route in ROUTE_SCORES),
        "whole_learned": float(best.route == LEARNED_ROUTE),
        "whole_similarity": looks,
        "same": float(inside is not None and best.concept_id == inside.concept_id),
        "whole_inside": float(not each.outside[0]),
        "outside_share": sum(c.score for c, out in seen if out) / total if total > 0 else 0.0,
    }
    out = [c for c, is_outside in zip(candidates, each.outside) if is_outside]
    own = 0.0 if inside is None else inside.score
    own_looks = 0.0 if inside is None else similarity(each.query.looked_up, inside.name)
    told["lead"] = (out[0].score if out else 0.0) - own
    told["similarity_lead"] = (
        similarity(each.query.looked_up, out[0].name) if out else 0.0
    ) - own_looks
    return told


def _margin(candidates: Sequence[Candidate]) -> float:
    second = candidates[1].score if len(candidates) > 1 else 0.0
    return candidates[0].score - second


def type_fits(kb: KnowledgeBase, query: Query, best: Candidate) -> float:
    """:returns: 1 if a candidate is of the mention's type, 0.5 where nobody knows."""
    wanted = wanted_type(kb, query.type)
    if wanted is None:
        return 0.5
    return float(wanted in kb.types_of(kb.index_of(best.concept_id)))


def is_short(query: Query) -> bool:
    """:returns: whether a mention reads like a short form: "AF", "HbA1c", but not "gout"."""
    text = query.looked_up
    return len(text) <= _LONGEST_SHORT_FORM and sum(map(str.isupper, text)) >= 2


def similarity(mention: str, name: str) -> float:
    """Compare how two strings look.

    :returns: twice the letter trigrams that they have in common, over those of both (Dice), after
        normalisation: 0 to 1.

    >>> similarity("Tumour of kidney", "tumour of kidney")
    1.0
    """
    first, second = _trigrams(mention), _trigrams(name)
    total = len(first) + len(second)
    return 2 * len(first & second) / total if total else 0.0


def _trigrams(text: str) -> frozenset[str]:
    padded = f" {exact_key(text)} "
    return frozenset(padded[at : at + 3] for at in range(len(padded) - 2))
