"""What is cheaply known of a mention before any model is asked, as numbers that a router weighs.

All of it comes from the mention and from what names say of it; with an encoder, from the nearest
vectors too, which cost far less than a model that writes. The passage is not looked at.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from biotk.candidates.names import ROUTE_SCORES
from biotk.document import Candidate, Link
from biotk.kb import KnowledgeBase
from biotk.linking.nil_evidence import is_short, similarity, type_fits
from biotk.linking.query import Query
from biotk.text.normalize import exact_key
from biotk.types import entity_type

Matrix = NDArray[np.float64]

#: What names and the mention tell.
NAME_FEATURES = (
    "nil",  # names say NIL
    "score",  # of the best candidate by names
    "margin",  # its lead over the second
    "rivals",  # how many candidates score within 0.1 of it
    "name",  # it is a name of the KB but for number, order of words or one word
    "learned",  # it is a mention of a training corpus, or near one
    "similarity",  # the share of letter trigrams that mention and name have in common
    "homonyms",  # how many further concepts have that name
    "tied",  # nothing told these apart
    "type",  # the concept is of the mention's type; 0.5 where the KB does not know that
    "gene",  # the mention is a gene
    "chemical",  # … a chemical
    "written_out",  # it is a short form that the document explains
    "short",  # it reads like a short form that nobody has explained
    "words",  # how many words it has
    "letters",  # the logarithm of how many letters and digits
    "digits",  # the share of digits among these
)
#: What the nearest vectors tell, where there is an encoder.
DENSE_FEATURES = (
    "cosine",  # of the nearest concept
    "cosine_margin",  # its lead over the second
    "agree",  # names have the same concept first
)
FEATURES = NAME_FEATURES + DENSE_FEATURES

#: Candidates this near to the best one are its rivals.
_NEAR = 0.1


def route_features(
    kb: KnowledgeBase,
    queries: Sequence[Query],
    named: Sequence[Link],
    near: Sequence[Link] | None = None,
) -> Matrix:
    """Make numbers of what is known.

    :param kb: the knowledge base.
    :param queries: the mentions.
    :param named: what the lexical linker says of each, asked for the answer alone.
    :param near: what the dense linker says of each; None where there is no encoder.
    :returns: NaN where nothing is known. *Shape*: (mentions, features).
    """
    found = np.full((len(queries), len(FEATURES)), np.nan)
    for number, query in enumerate(queries):
        told = _of_mention(query) | _of_names(kb, query, named[number])
        if near is not None:
            told |= _of_vectors(named[number].candidates, near[number].candidates)
        for at, name in enumerate(FEATURES):
            found[number, at] = told.get(name, math.nan)
    return found


def _of_mention(query: Query) -> dict[str, float]:
    text = query.looked_up
    n_letters = sum(map(str.isalnum, text))
    type_ = None if query.type is None else entity_type(query.type)
    return {
        "gene": float(type_ == "Gene"),
        "chemical": float(type_ == "Chemical"),
        "written_out": float(query.written_out is not None),
        "short": float(is_short(query)),
        "words": float(len(text.split())),
        "letters": math.log(max(n_letters, 1)),
        "digits": sum(map(str.isdigit, text)) / max(n_letters, 1),
    }


def _of_names(kb: KnowledgeBase, query: Query, link: Link) -> dict[str, float]:
    told = {"nil": float(link.is_nil), "score": 0.0, "margin": 0.0, "rivals": 0.0}
    if not link.candidates:
        return told | {"name": 0.0, "learned": 0.0, "similarity": 0.0}
    best, *others = link.candidates
    # Others of the same name say how many there are, not how clear it is which name is meant.
    key = exact_key(best.name)
    rivals = [each for each in others if exact_key(each.name) != key]
    return told | {
        "score": best.score,
        "margin": best.score - max([each.score for each in rivals], default=0.0),
        "rivals": math.log1p(sum(each.score > best.score - _NEAR for each in rivals)),
        "name": float(best.route in ROUTE_SCORES),
        "learned": float(best.route.startswith("training")),
        "similarity": similarity(query.looked_up, best.name),
        "homonyms": math.log1p(len(others) - len(rivals)),
        "tied": float(best.tied),
        "type": type_fits(kb, query, best),
    }


def _of_vectors(named: Sequence[Candidate], near: Sequence[Candidate]) -> dict[str, float]:
    if not near:
        return {"cosine": 0.0, "cosine_margin": 0.0, "agree": 0.0}
    second = near[1].score if len(near) > 1 else 0.0
    same = bool(named) and named[0].concept_id == near[0].concept_id
    return {
        "cosine": near[0].score,
        "cosine_margin": near[0].score - second,
        "agree": float(same),
    }
