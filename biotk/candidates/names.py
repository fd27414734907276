"""Exact matches: names of the KB that equal a string after normalisation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from biotk.kb import KnowledgeBase
from biotk.text.normalize import bag_of, exact_key, plural_key
from biotk.text.rewording import rewordings

#: How good a match is, by what had to be changed; the n-gram route stays below all.
ROUTE_SCORES = {
    "identical": 1.0,  # the same string
    "case": 0.99,  # but for case
    "exact": 0.98,  # but for punctuation, accents, the possessive
    "plural": 0.96,  # but for number and spelling
    "word-order": 0.92,  # but for the order of words and words that names use for one another
    "reworded": 0.91,  # but for one word: its form, a space, another word for it
}


@dataclass(frozen=True, slots=True)
class NameMatch:
    """A name of the KB that matched.

    :param name_idx: the name.
    :param concept_idx: its concept.
    :param route: a key of :data:`ROUTE_SCORES`.
    """

    name_idx: int
    concept_idx: int
    route: str


def match_names(
    kb: KnowledgeBase, text: str, *, allowed: NDArray[np.bool_] | None = None
) -> list[NameMatch]:
    """Find the names that equal a string, at the first of :data:`ROUTE_SCORES` that has any.

    :param kb: the knowledge base.
    :param text: a mention.
    :param allowed: which concepts may be found. *Shape*: (concepts,).
    :returns: matches in order of (route, name_idx), the closest route first.
    """
    plural = plural_key(text)
    if not plural:
        return []
    matches = [
        NameMatch(name_idx, concept_idx, route_of(kb.name(name_idx), text))
        for name_idx, concept_idx in _rows(kb, "plural", plural, allowed)
    ]
    if matches:
        matches.sort(key=lambda match: -ROUTE_SCORES[match.route])
        return matches
    bag = bag_of(plural.split())
    if rows := _rows(kb, "bag", bag, allowed):
        return [NameMatch(*row, "word-order") for row in rows]
    for other in rewordings(plural):
        rows = _rows(kb, "plural", other, allowed)
        rows = rows or _rows(kb, "bag", bag_of(other.split()), allowed)
        if rows:
            return [NameMatch(*row, "reworded") for row in rows]
    return []


def route_of(name: str, text: str) -> str:
    """:returns: what had to be normalised away for two strings of one ``plural`` key."""
    if name == text:
        return "identical"
    if name.lower() == text.lower():
        return "case"
    return "exact" if exact_key(name) == exact_key(text) else "plural"


def _rows(
    kb: KnowledgeBase, level: str, key: str, allowed: NDArray[np.bool_] | None
) -> list[tuple[int, int]]:
    names = kb.keys("plural" if level == "plural" else "bag").rows(key)
    if not len(names):  # most rewordings are no name
        return []
    concepts = kb.name_concepts[names]
    if allowed is not None:
        inside = allowed[concepts]
        names, concepts = names[inside], concepts[inside]
    return list(zip(names.tolist(), concepts.tolist()))
