"""A mention's link, where the best of its candidates is good enough to be answered."""

from __future__ import annotations

from dataclasses import replace

from biotk.document import Candidate, Link
from biotk.kb import KnowledgeBase


def answered(told: Link, best: Candidate, kb: KnowledgeBase) -> Link:
    """Make a link of what would be NIL.

    :param told: the link to NIL, with its candidates.
    :param best: what is answered.
    :param kb: the KB of the candidate.
    :returns: the link to the concept; a tie stands among its reasons.
    """
    return replace(
        told,
        concept_id=best.concept_id,
        name=kb.preferred_name(kb.index_of(best.concept_id)),
        matched=best.name,
        score=best.score,
        route=best.route,
        reasons={"tie": "another concept was as good"} if best.tied else {},
        log_prob=best.log_prob,
    )
