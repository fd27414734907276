"""A mention's link, where the best of its candidates is good enough to be answered."""

from __future__ import annotations

from dataclasses import replace

from biotk.document import Candidate, Link
from biotk.kb import KnowledgeBase
from biotk.linking.homonyms import HOMONYM


def answered(told: Link, best: Candidate, kb: KnowledgeBase, *, homonym: str | None = None) -> Link:
    """Make a link of what would be NIL.

    :param told: the link to NIL, with its candidates.
    :param best: what is answered.
    :param kb: the KB of the candidate.
    :param homonym: what separated it from other concepts of the name; None if nothing had to.
    :returns: the link to the concept; that, or a tie, stands among its reasons.
    """
    tie = {"tie": "another concept was as good"} if best.tied else {}
    apart = {} if homonym is None else {HOMONYM: homonym}
    return replace(
        told,
        concept_id=best.concept_id,
        name=kb.preferred_name(kb.index_of(best.concept_id)),
        matched=best.name,
        score=best.score,
        route=best.route,
        reasons={**tie, **apart},
        log_prob=best.log_prob,
    )
