"""What the passage of a mention says of a concept: by another name, or in the words that define it.

It depends on the passage alone, and not on which other mentions are linked together with this one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from biotk.kb import KnowledgeBase
from biotk.linking.query import Query

_WORD = re.compile(r"\w+")
#: So many names of a concept are sought, the preferred one first; shorter ones mean too much.
_NAMES, _SHORTEST = 16, 4
#: Shorter words of a definition say nothing.
_LEAST = 5


@dataclass(frozen=True, slots=True)
class Context:
    """A passage without the mention.

    :param text: its words in lower case, with a blank before, between and behind them.
    :param words: those of some length.
    """

    text: str
    words: frozenset[str]


class Contexts:
    """Compares passages with concepts of a KB.

    :param kb: the knowledge base.
    """

    def __init__(self, kb: KnowledgeBase) -> None:
        self._kb = kb
        self._names = lru_cache(maxsize=1 << 14)(self._names_of)
        self._definition = lru_cache(maxsize=1 << 14)(self._definition_of)
        self._folded = lru_cache(maxsize=64)(_folded)

    def of(self, query: Query) -> Context | None:
        """:returns: the context of a mention; None where it stands alone."""
        passage, start, end = query.place
        if end - start >= len(passage.strip()):
            return None
        text = self._folded(passage)
        # The mention may be repeated; that says nothing more.
        for own in {_folded(passage[start:end]), _folded(query.looked_up)}:
            if own.strip():
                text = text.replace(own, " ")
        words = frozenset(word for word in text.split() if len(word) >= _LEAST)
        return Context(text, words)

    def is_named(self, context: Context | None, concept_idx: int) -> bool:
        """:returns: whether another name of a concept stands in the passage."""
        if context is None:
            return False
        return any(name in context.text for name in self._names(concept_idx))

    def is_defined(self, context: Context | None, concept_idx: int) -> float:
        """:returns: the share of the words of a concept's definition that stand in the passage."""
        if context is None:
            return 0.0
        words = self._definition(concept_idx)
        return len(words & context.words) / len(words) if words else 0.0

    def _names_of(self, concept_idx: int) -> tuple[str, ...]:
        rows = self._kb.name_range(concept_idx)[:_NAMES]
        folded = dict.fromkeys(_folded(self._kb.name(row)) for row in rows)
        return tuple(name for name in folded if len(name.strip()) >= _SHORTEST)

    def _definition_of(self, concept_idx: int) -> frozenset[str]:
        text = self._kb.concept(concept_idx).definition or ""
        return frozenset(word for word in _folded(text).split() if len(word) >= _LEAST)


def _folded(text: str) -> str:
    """:returns: words in lower case, with a blank before, between and behind them.

    >>> _folded("Type-2 Diabetes")
    ' type 2 diabetes '
    """
    return f" {' '.join(_WORD.findall(text.lower()))} "
