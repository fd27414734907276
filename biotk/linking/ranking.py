"""From the names that a search found to concepts in order, homonyms among them."""

from __future__ import annotations

import math
from collections.abc import Mapping
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
    """A concept among those that share a generated name; the greater, the better."""

    fits: bool
    share: float
    preferred: bool
    score: float


def rank_concepts(
    decoded: Decoded,
    trie: TokenTrie | TrieSubset,
    kb: KnowledgeBase,
    *,
    wanted: str | None = None,
    shares: Mapping[int, float] | None = None,
) -> list[Candidate]:
    """Make candidates of the names that were found for a mention.

    Names go by what the model gives them. The model has no say in which concept of a name is
    meant: there concepts of the right type go first, then those that annotators meant by the
    mention, then those whose preferred name it is, then ids decide, and that is told as a tie.

    :param decoded: what was found.
    :param trie: what it was found in; a subset yields only its own concepts.
    :param kb: the KB of the trie.
    :param wanted: the semantic type that goes first; None for any.
    :param shares: how often annotators meant a concept by this mention, as shares of all.
    :returns: best first, each concept once.
    """
    merged = merge_concepts(decoded.names, trie, normalisation=decoded.normalisation)
    by_name: dict[int, list[DecodedConcept]] = {}
    for concept in merged:
        by_name.setdefault(concept.name.node, []).append(concept)
    ranked: list[Candidate] = []
    for node, concepts in by_name.items():
        names = _names_of(node, trie, kb)
        goodness = {
            each.concept_idx: _Homonym(
                wanted is None or wanted in kb.types_of(each.concept_idx),
                0.0 if shares is None else shares.get(each.concept_idx, 0.0),
                kb.is_preferred(names[each.concept_idx]),
                _shown(math.exp(each.score)),
            )
            for each in concepts
        }
        concepts.sort(key=lambda each: each.concept_idx)
        concepts.sort(key=lambda each: goodness[each.concept_idx], reverse=True)
        equals = list(goodness.values())
        for each in concepts:
            own = goodness[each.concept_idx]
            log_prob = each.score if decoded.normalisation == "trie" else each.name.log_prob
            ranked.append(
                Candidate(
                    kb.id_of(each.concept_idx),
                    kb.name(names[each.concept_idx]),
                    own.score,
                    ROUTE,
                    tied=equals.count(own) > 1,
                    log_prob=_shown(log_prob),
                )
            )
    return ranked


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
