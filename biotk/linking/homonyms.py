"""Homonyms: which concept of a name a mention means, where the name alone leaves a tie.

What stands around the mention is compared with what the KB says of each concept (Lesk, 1986,
"Automatic sense disambiguation using machine readable dictionaries"). Six kinds of evidence count
the same, each about 0 to 1: another name of the concept stands there; words of one do; a parent is
named; its preferred name is like the name that matched; it is wider than another of the concepts;
annotators meant it by other mentions. It depends on the passage alone, and not on which mentions
are linked together.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from biotk.candidates.learned import LearnedNames
from biotk.document import Candidate
from biotk.kb import KnowledgeBase
from biotk.linking.query import Query
from biotk.linking.typed import wanted_type
from biotk.text.normalize import bag_key, plural_key

#: The key in a link's reasons that tells what separated the answer from its homonyms.
HOMONYM = "homonym"
#: So much of a passage is read on either side of a mention, in characters.
_WINDOW = 1000
#: So many names of a concept are sought, the preferred one first; shorter ones mean too much.
_NAMES, _SHORTEST = 32, 4
#: Evidence that differs by less separates nothing: what had more was wrong as often as right.
_LEAST = 0.1


class _Name(NamedTuple):
    """A name of a concept, and its key."""

    name: str
    key: str


class _Known(NamedTuple):
    """What the KB says of a concept."""

    names: tuple[_Name, ...]
    parents: tuple[_Name, ...]
    ancestors: frozenset[int]


class Told(NamedTuple):
    """One kind of evidence for a concept: how much, and in words."""

    weight: float
    reason: str


class Settled(NamedTuple):
    """Candidates in order, and what separated the first from its homonyms; None if nothing did."""

    candidates: tuple[Candidate, ...]
    reason: str | None


class Homonyms:
    """Puts concepts of one name in order by their evidence; those that it does not separate tie.

    :param kb: the knowledge base.
    :param learned: names from a training corpus.
    """

    def __init__(self, kb: KnowledgeBase, *, learned: LearnedNames | None = None) -> None:
        self._kb, self._learned = kb, learned
        self._known = lru_cache(maxsize=512)(self._known_of)

    def settle(self, query: Query, candidates: Sequence[Candidate]) -> Settled:
        """Put those that stand equal with the first candidate, by the same name, in order.

        Equal are those of one score and route whose concepts are, or are not, of the mention's
        type, and whose name is, or is not, the preferred one. What annotators meant by this very
        mention goes first, then what has more evidence, then ids decide, and that is a tie.

        :param query: the mention.
        :param candidates: of a linker, best first.
        """
        ranked = tuple(candidates)
        if len(ranked) < 2 or ranked[0].score != ranked[1].score:
            return Settled(ranked, None)
        equal = self._equal(query, ranked)
        key = bag_key(ranked[0].name)
        group = [at for at in equal if bag_key(ranked[at].name) == key]
        if len(group) < 2:
            return Settled(ranked, None)
        meant = self._meant(query)
        concepts = {at: equal[at] for at in group}
        told = self._evidence(query, {equal[at]: ranked[at].name for at in group})
        goods = {
            at: (meant.get(concept, 0), sum(each.weight for each in told[concept]))
            for at, concept in concepts.items()
        }
        order = _in_order(goods, [ranked[at].concept_id for at in group])
        others = len(equal) > len(group)
        settled = list(ranked)
        for place, at in zip(group, order, strict=True):
            alike = sum(_as_good(goods[at], other) for other in goods.values()) > 1
            settled[place] = replace(ranked[at], tied=alike or (others and ranked[at].tied))
        if settled[group[0]].tied:
            return Settled(tuple(settled), None)
        first, second = order[:2]
        if goods[first][0] != goods[second][0]:
            return Settled(tuple(settled), "annotators meant it by this mention")
        reason = _strongest(told[concepts[first]], told[concepts[second]])
        return Settled(tuple(settled), reason)

    def _equal(self, query: Query, ranked: Sequence[Candidate]) -> dict[int, int]:
        """:returns: the places of the candidates that stand equal with the first one, and which
        concepts these are.
        """
        wanted, equal = wanted_type(self._kb, query.type), dict[int, int]()
        first = None
        for at, each in enumerate(ranked):
            concept = self._kb.index_of(each.concept_id)
            fits = wanted is None or wanted in self._kb.types_of(concept)
            preferred = each.name == self._kb.preferred_name(concept)
            standing = (each.score, each.route, fits, preferred)
            first = first or standing
            if standing != first:
                break
            equal[at] = concept
        return equal

    def _meant(self, query: Query) -> dict[int, int]:
        return {} if self._learned is None else self._learned.concepts(query.looked_up)

    def _evidence(self, query: Query, matched: Mapping[int, str]) -> dict[int, tuple[Told, ...]]:
        """:returns: what speaks for each concept; always the same kinds, in order.

        :param matched: the name of each concept that was found. Mostly they are all the same; of
            names that are the same but for words that stand for one another each is evidence.
        """
        keys = {concept: plural_key(name) for concept, name in matched.items()}
        shared = set(keys.values())
        own = {plural_key(query.text), *(shared if len(shared) == 1 else ())}
        text = _around(query, own)
        words, own_words = set(text.split()), {word for key in own for word in key.split()}
        known = {concept: self._known(concept) for concept in matched}
        above = frozenset[int]().union(*(each.ancestors for each in known.values()))
        counts = {each: 0 if self._learned is None else self._learned.count(each) for each in known}
        total = sum(counts.values()) + 1
        return {
            concept: (
                _named(each.names, own, text),
                _worded(each.names, own_words, words),
                _parent(each.parents, own, text),
                _alike(each.names[0], keys[concept]),
                Told(float(concept in above), "it is wider than another concept of the name"),
                Told(counts[concept] / total, "annotators meant it by other mentions"),
            )
            for concept, each in known.items()
        }

    def _known_of(self, concept_idx: int) -> _Known:
        parents = self._kb.hierarchy.parents(concept_idx)
        return _Known(
            self._names(concept_idx),
            tuple(name for parent in parents for name in self._names(parent)),
            frozenset(self._kb.hierarchy.ancestors(concept_idx).tolist()),
        )

    def _names(self, concept_idx: int) -> tuple[_Name, ...]:
        rows = self._kb.name_range(concept_idx)[:_NAMES]
        return tuple(_Name(name, plural_key(name)) for name in map(self._kb.name, rows))


def _around(query: Query, own: Set[str]) -> str:
    """:returns: the words around a mention, normalised, with a blank before, between and behind.

    The long form of a mention is among them, the names that were looked up are not. No name is
    read across the places where these stood.

    :param own: these names.
    """
    passage, start, end = query.place
    before, behind = passage[max(start - _WINDOW, 0) : start], passage[end : end + _WINDOW]
    parts = map(plural_key, (before, behind, query.written_out or ""))
    # Two blanks between words: with one the second of two equal words would be left.
    text = f" {'  '.join(' | '.join(parts).split())} "
    for key in sorted(filter(None, own), key=len, reverse=True):
        text = text.replace(f" {'  '.join(key.split())} ", " | ")
    return text.replace("  ", " ")


def _named(names: Sequence[_Name], own: Set[str], text: str) -> Told:
    """:returns: whether another name stands in a text."""
    for each in names:
        if len(each.key) >= _SHORTEST and each.key not in own and f" {each.key} " in text:
            return Told(1.0, f"the passage has another of its names: {each.name}")
    return Told(0.0, "")


def _worded(names: Sequence[_Name], own: Set[str], there: Set[str]) -> Told:
    """:returns: how many words of another name stand in a text, by the root of how many it has.

    :param own: words that say nothing: those of what was looked up.
    :param there: the words of the text.
    """
    best = Told(0.0, "")
    for each in names:
        words = each.key.split()
        if there.isdisjoint(words):
            continue
        telling = {word for word in words if len(word) >= _SHORTEST and word not in own}
        share = len(telling & there) / math.sqrt(len(telling) or 1)
        if share > best.weight:
            best = Told(share, f"the passage has words of its name {each.name}")
    return best


def _alike(preferred: _Name, key: str) -> Told:
    """:returns: the share of three-letter pieces that a name and the preferred one have in common.

    What is called PLCE is PLCE1 sooner than PLCL1 that was once called so.
    """
    one, other = _pieces(preferred.key), _pieces(key)
    common = 2 * len(one & other) / max(len(one) + len(other), 1)
    return Told(common, f"its preferred name is most like the name: {preferred.name}")


def _parent(parents: Sequence[_Name], own: Set[str], text: str) -> Told:
    named = _named(parents, own, text)
    return Told(named.weight, named.reason.replace("another of its names", "a name of its parent"))


def _pieces(key: str) -> set[str]:
    text = f" {key.replace(' ', '')} "
    return {text[at : at + 3] for at in range(len(text) - 2)}


_Good = tuple[int, float]


def _as_good(one: _Good, other: _Good) -> bool:
    return one[0] == other[0] and abs(one[1] - other[1]) < _LEAST


def _in_order(goods: dict[int, _Good], concept_ids: Sequence[str]) -> list[int]:
    """:returns: places, the best first; those as good as the best of what is left by their ids."""
    ids = dict(zip(goods, concept_ids, strict=True))
    left, order = set(goods), list[int]()
    while left:
        best = max(goods[at] for at in left)
        tied = sorted((at for at in left if _as_good(goods[at], best)), key=ids.__getitem__)
        order += tied
        left.difference_update(tied)
    return order


def _strongest(first: Sequence[Told], second: Sequence[Told]) -> str:
    """:returns: the reason in which one concept is the farthest ahead of another."""
    ahead = [one.weight - other.weight for one, other in zip(first, second, strict=True)]
    return first[ahead.index(max(ahead))].reason
