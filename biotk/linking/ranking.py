"""From the names that a search found to concepts in order, homonyms among them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from biotk.decoding.result import Decoded, DecodedConcept, merge_concepts
from biotk.document import Candidate
from biotk.index.token_trie import TokenTrie
from biotk.index.trie_subset import TrieSubset
from biotk.kb import KnowledgeBase

#: How a candidate of a generator was found.
ROUTE = "generated"
#: Decimals of scores: what lies beyond depends on which mentions were decoded together.
_DECIMALS = 4


class _Homonym(NamedTuple):
    """A concept among those whose best name is the same; the greater, the better."""

    fits: bool
    share: float
    score: float
    preferred: bool


def rank_concepts(
    decoded: Decoded,
    trie: TokenTrie | TrieSubset,
    kb: KnowledgeBase,
    *,
    wanted: str | None = None,
    shares: Mapping[int, float] | None = None,
) -> list[Candidate]:
    """Make candidates of the names that were found for a mention.

    Concepts go by what the model gives all their names. It has no say in which concept of a name
    is meant: of those whose best name is the same, concepts of the right type go first, then those
    that annotators meant by the mention, and of equally likely ones those whose preferred name it
    is; then ids decide, and that is told as a tie.

    :param decoded: what was found.
    :param trie: what it was found in; a subset yields only its own concepts.
    :param kb: the KB of the trie.
    :param wanted: the semantic type that goes first; None for any.
    :param shares: how often annotators meant a concept by this mention, as shares of all.
    :returns: best first, each concept once.
    """
    merged = merge_concepts(decoded.names, trie, normalisation=decoded.normalisation)
    merged.sort(key=lambda each: (-_score(each), each.concept_idx))
    homonyms: dict[int, list[DecodedConcept]] = {}
    for concept in merged:
        homonyms.setdefault(concept.name.node, []).append(concept)
    ranked = {
        node: iter(_in_order(concepts, trie, kb, wanted=wanted, shares=shares or {}))
        for node, concepts in homonyms.items()
    }
    # Homonyms share out among themselves the places that their scores give them.
    return [
        Candidate(
            kb.id_of(concept.concept_idx),
            kb.name(name_idx),
            _score(concept),
            ROUTE,
            tied=tied,
            log_prob=_shown(
                concept.score if decoded.normalisation == "trie" else concept.name.log_prob
            ),
        )
        for concept, name_idx, tied in (next(ranked[place.name.node]) for place in merged)
    ]


def _in_order(
    concepts: Sequence[DecodedConcept],
    trie: TokenTrie | TrieSubset,
    kb: KnowledgeBase,
    *,
    wanted: str | None,
    shares: Mapping[int, float],
) -> list[tuple[DecodedConcept, int, bool]]:
    """Put concepts whose best name is the same in order.

    :param concepts: best first, ties by their index.
    :returns: each with its name in the KB, and whether another one is as good.
    """
    names = _names_of(concepts[0].name.node, trie, kb)
    goods = [
        _Homonym(
            wanted is None or wanted in kb.types_of(each.concept_idx),
            shares.get(each.concept_idx, 0.0),
            _score(each),
            kb.is_preferred(names[each.concept_idx]),
        )
        for each in concepts
    ]
    return [
        (each, names[each.concept_idx], goods.count(good) > 1)
        for each, good in sorted(zip(concepts, goods), key=lambda pair: pair[1], reverse=True)
    ]


def _score(concept: DecodedConcept) -> float:
    return _shown(math.exp(concept.score))


def _names_of(node: int, trie: TokenTrie | TrieSubset, kb: KnowledgeBase) -> dict[int, int]:
    """:returns: for each concept of a node, the first of its names there; preferred ones are."""
    names: dict[int, int] = {}
    for name_idx in sorted(trie.names_at(node).tolist()):
        names.setdefault(int(kb.name_concepts[name_idx]), name_idx)
    return names


def _shown(value: float) -> float:
    return round(value, _DECIMALS)


def nil_score(decoded: Decoded) -> float:
    """:returns: what NIL has for certain, in the scale of the candidates' scores.

    In ``trie`` the lower end of the interval, in ``vocabulary`` the score of the NIL token; 0
    where the model has none.
    """
    interval = decoded.nil_interval
    if interval is not None:
        return _shown(interval[0])
    return 0.0 if decoded.nil_log_prob is None else _shown(math.exp(decoded.nil_log_prob))


def shown_interval(decoded: Decoded) -> tuple[float, float] | None:
    """:returns: the interval of NIL with as many decimals as scores have."""
    interval = decoded.nil_interval
    return None if interval is None else (_shown(interval[0]), _shown(interval[1]))
