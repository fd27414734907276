"""Decoding over the names of a mention's candidates alone, in place of all names of the KB.

Either over a small trie of their own, where the candidates share all probability; or over the
trie of the KB with all else cut off, where what the model puts elsewhere counts for NIL. Each
mention has a search of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from biotk.decoding.options import SearchOptions
from biotk.decoding.result import Decoded
from biotk.document import Candidate, Link
from biotk.index.token_trie import TokenTrie
from biotk.index.trie_subset import TrieSubset
from biotk.kb import KnowledgeBase
from biotk.linking.generator import Generator, Search
from biotk.linking.query import Query
from biotk.text.cleaning import cleaner

#: How the candidates' names are searched: a small trie of them, or a part of the KB's trie.
Shortlist = Literal["trie", "subset"]
SHORTLISTS: tuple[Shortlist, ...] = ("trie", "subset")

#: What was found for a mention, and the names among which.
Found = tuple[Decoded, TokenTrie | TrieSubset]

_NOTHING = Decoded(
    names=(), nil_log_prob=None, mass_in=0.0, mass_out=0.0, normalisation="vocabulary"
)


class Lister(Protocol):
    """Gives candidates, as every linker does."""

    def link_batch(self, queries: Sequence[Query], *, exhaustive: bool = False) -> list[Link]:
        """:returns: a link each, whose candidates are meant."""


class JoinedLists:
    """The candidates of several linkers in turn: the first of each, then the second of each.

    :param listers: the linkers, all over one KB.
    :param size: how many candidates are kept.
    """

    def __init__(self, listers: Sequence[Lister], *, size: int) -> None:
        self._listers, self._size = listers, size

    def link_batch(self, queries: Sequence[Query], *, exhaustive: bool = False) -> list[Link]:
        """:returns: for each mention NIL, with the candidates of all."""
        lists = [each.link_batch(queries, exhaustive=exhaustive) for each in self._listers]
        return [self._joined(links) for links in zip(*lists, strict=True)]

    def _joined(self, links: Sequence[Link]) -> Link:
        found: dict[str, Candidate] = {}
        for rank in zip_longest(*(link.candidates for link in links)):
            for each in rank:
                if each is not None:
                    found.setdefault(each.concept_id, each)
        return Link(None, route="nil", candidates=tuple(found.values())[: self._size])


class ShortlistSearch(Protocol):
    """Decodes one mention over the names of some concepts."""

    def search(
        self, each: Any, concepts: Sequence[int], *, among: TrieSubset | None = None
    ) -> Found:
        """:returns: what was found.

        :param each: the input for the mention.
        :param concepts: ``concept_idx`` of those whose names may be found.
        :param among: names of the KB's trie that come into question at all.
        """


class SmallTries:
    """A trie for each mention.

    :param kb: the knowledge base.
    :param generator: the generator.
    :param options: how to search.
    """

    def __init__(self, kb: KnowledgeBase, generator: Generator, options: SearchOptions) -> None:
        self._kb, self._generator, self._options = kb, generator, options
        self._clean = cleaner(generator.cleaning)

    def search(
        self, each: Any, concepts: Sequence[int], *, among: TrieSubset | None = None
    ) -> Found:
        """Decode a mention; see :meth:`ShortlistSearch.search`."""
        names = [idx for concept in concepts for idx in self._kb.name_range(concept)]
        texts = [self._clean(self._kb.name(name_idx)) for name_idx in names]
        encoded = self._generator.form.encode_batch(texts)
        # As in the trie of the KB: a name that has no tokens, or too many, is in none.
        longest = self._generator.longest_name
        kept = [at for at, tokens in enumerate(encoded) if 0 < len(tokens) <= longest]
        rows = np.array([names[at] for at in kept], np.int64)
        trie = TokenTrie.from_sequences(
            [encoded[at] for at in kept],
            names=rows,
            concepts=self._kb.name_concepts[rows],
            kb_fingerprint=self._kb.fingerprint,
        )
        if not len(trie):
            return _NOTHING, trie
        search = self._generator.make_search(trie, self._options)
        return search.search([each])[0], trie


class TrieParts:
    """A part of the KB's trie for each mention.

    :param trie: the trie of the KB.
    :param search: what decodes over it.
    """

    def __init__(self, trie: TokenTrie, search: Search) -> None:
        self._trie, self._search = trie, search
        concepts = trie.arrays.concepts
        self._ranks = np.argsort(concepts, kind="stable")
        self._sorted = concepts[self._ranks]

    def search(
        self, each: Any, concepts: Sequence[int], *, among: TrieSubset | None = None
    ) -> Found:
        """Decode a mention; see :meth:`ShortlistSearch.search`."""
        allowed = np.zeros(len(self._trie), bool)
        for concept in concepts:
            allowed[self._ranks_of(concept)] = True
        part = TrieSubset(self._trie, allowed)
        if not len(part):
            return _NOTHING, part
        return self._search.search([each], subset=part, among=among)[0], part

    def _ranks_of(self, concept: int) -> NDArray[np.int64]:
        limits = np.searchsorted(self._sorted, np.array([concept, concept + 1], np.int32))
        ranks: NDArray[np.int64] = self._ranks[slice(*limits.tolist())]
        return ranks
