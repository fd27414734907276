"""The names of a KB as training needs them: pieces, leaves of the trie, and which is most alike."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from biotk.index.kb_trie import NameEncoder, open_kb_trie
from biotk.kb import KnowledgeBase
from biotk.text.cleaning import cleaner
from biotk.text.normalize import plural_key

Ints = NDArray[np.int64]


class KbNames:
    """The names of one KB, each with its place in the KB's token trie.

    :param kb: the KB.
    :param encoder: makes pieces of names.
    :param cleaning: how names are cleaned first.
    """

    def __init__(
        self, kb: KnowledgeBase, encoder: NameEncoder, *, cleaning: str = "spaces"
    ) -> None:
        self.kb = kb
        self.trie = open_kb_trie(kb, encoder, cleaning=cleaning)
        self._encoder, self._clean = encoder, cleaner(cleaning)
        arrays = self.trie.arrays
        order = np.argsort(arrays.concepts, kind="stable")
        self._by_concept = order
        self._bounds = np.searchsorted(arrays.concepts[order], np.arange(len(kb) + 1))
        self._concepts = np.flatnonzero(np.diff(self._bounds))
        self.pieces = lru_cache(maxsize=1 << 18)(self._pieces)

    @property
    def concepts(self) -> Ints:
        """``concept_idx`` of all concepts that have a name in the trie."""
        return self._concepts

    def ranks(self, concept_idx: int) -> list[int]:
        """:returns: the ranks of a concept's names, in order."""
        begin, end = self._bounds[concept_idx : concept_idx + 2]
        ranks: list[int] = self._by_concept[begin:end].tolist()
        return ranks

    def text(self, rank: int) -> str:
        """:returns: the name with a rank, as the trie has it."""
        return self._clean(self.kb.name(int(self.trie.arrays.names[rank])))

    def _pieces(self, rank: int) -> tuple[int, ...]:
        return tuple(self.trie.sequence_of(rank))

    def leaf(self, rank: int) -> tuple[int, ...]:
        """:returns: the ranks of all names of the same pieces, this one among them."""
        first, end = self.trie.rank_ranges_at([self.trie.find(self.pieces(rank))])
        return tuple(range(int(first[0]), int(end[0])))


def trigrams(text: str) -> frozenset[str]:
    """:returns: the letter trigrams of a string, plurals and punctuation told apart from nothing.

    >>> sorted(trigrams("tumors"))
    ['#tu', 'mor', 'or#', 'tum', 'umo']
    """
    key = f"#{plural_key(text)}#"
    return frozenset(key[at : at + 3] for at in range(max(len(key) - 2, 1)))


def most_alike(text: str, names: Sequence[str]) -> list[int]:
    """Order names by how much they are like a string; ties by length.

    Dice's coefficient of letter trigrams stands in for the cosine of TF-IDF (arXiv 2204.05164,
    section 3.3): within the names of one concept, rare trigrams decide little.

    :returns: places in ``names``, the most alike first.
    """
    own = trigrams(text)
    scores = []
    for name in names:
        theirs = trigrams(name)
        scores.append(2 * len(own & theirs) / (len(own) + len(theirs)))
    return sorted(range(len(names)), key=lambda at: (-scores[at], len(names[at]), names[at]))
