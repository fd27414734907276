"""N-gram neighbours: names that share rare trigrams with a mention, scored by their words too."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from biotk.errors import KbCorruptError
from biotk.index.ngram import NgramIndex, build_postings, open_postings, write_postings
from biotk.index.words import WordIndex, WordPostings, build_words, open_words, write_words
from biotk.kb import KbSubset, KnowledgeBase
from biotk.kb.derived import derived_folder, write_derived
from biotk.text.normalize import bag_words

#: Raised when what is indexed changes.
_NGRAM_INDEX, _WORD_INDEX = "ngram-2", "words-1"
#: With more keys, going through trigrams takes milliseconds, and going through words does not.
_MANY_KEYS = 1_000_000


class Neighbour(NamedTuple):
    """A key of the KB near a mention, and how near: 0 to 1."""

    key_idx: int
    score: float


class NeighbourSearch:
    """N-gram search over the ``plural`` keys of a KB.

    :param kb: the knowledge base.
    :param index: the index over its keys, row by row; see :func:`open_neighbours`.
    """

    def __init__(self, kb: KnowledgeBase, index: NgramIndex | WordIndex) -> None:
        self._keys = kb.keys("plural")
        self._kb = kb
        self._index = index
        self._allowed: dict[str, NDArray[np.bool_]] = {}
        # The neighbours of different mentions are often the same names.
        self._words = lru_cache(maxsize=1 << 16)(self._words_of)

    def search(
        self,
        key: str,
        *,
        k: int,
        min_score: float,
        subset: KbSubset | None = None,
        n_best: int | None = None,
    ) -> list[Neighbour]:
        """Find the keys nearest to a ``plural`` key.

        :param key: the normalised mention.
        :param k: how many are compared at most.
        :param min_score: the least trigram cosine of what is considered.
        :param subset: the concepts that may be found.
        :param n_best: how many are wanted; None for all. Some more may come.
        :returns: neighbours, best first; the score is :func:`similarity`. All that tie with the
            last one wanted are among them.
        """
        allowed = None if subset is None else self._allowed_keys(subset)
        hits = self._index.search(key, k=k, min_score=min_score, allowed=allowed)
        words = frozenset(bag_words(key.split()))
        scored: list[Neighbour] = []
        least = 0.0
        for at, hit in enumerate(hits):
            if (hit.score + 1) / 2 < least:
                break  # however many words the rest have in common
            score = similarity(words, self._words(hit.row), cosine=hit.score)
            scored.append(Neighbour(hit.row, score))
            if n_best is not None and at + 1 >= n_best and score > least:
                least = sorted((near.score for near in scored), reverse=True)[n_best - 1]
        scored.sort(key=lambda neighbour: (-neighbour.score, neighbour.key_idx))
        return scored

    def _words_of(self, key_idx: int) -> frozenset[str]:
        return frozenset(bag_words(self._keys.key(key_idx).split()))

    def _allowed_keys(self, subset: KbSubset) -> NDArray[np.bool_]:
        allowed = self._allowed.get(subset.fingerprint)
        if allowed is None:
            allowed = self._keys.any_row(subset.mask[self._kb.name_concepts])
            if len(self._allowed) >= 32:  # a subset per document would otherwise pile up
                self._allowed.clear()
            self._allowed[subset.fingerprint] = allowed
        return allowed


def similarity(query: frozenset[str], name: frozenset[str], *, cosine: float) -> float:
    """Mix the trigram cosine with the share of words that two names have in common.

    Words of the name that the mention lacks weigh four times those of the mention that the name
    lacks: a wider concept ("asthma" for "brittle asthma") is right more often than a narrower one
    ("diabetic coma" for "diabetic").

    :param query: the words of the mention's ``bag`` key.
    :param name: those of the name's.
    :param cosine: their trigram cosine.
    :returns: 0 to 1.
    """
    common = len(query & name)
    if not common:
        return 0.8 * cosine
    covered = 0.8 * common / len(name) + 0.2 * common / len(query)
    return (cosine + covered) / 2


def open_neighbours(kb: KnowledgeBase) -> NeighbourSearch:
    """Open the n-gram index of a KB, building it beside the KB the first time.

    Where the KB's folder cannot be written to, the index is made in memory.

    :param kb: the knowledge base.
    :raises KbCorruptError: the index that is there cannot be read.
    """
    keys = kb.keys("plural")
    many = len(keys) > _MANY_KEYS
    name = _WORD_INDEX if many else _NGRAM_INDEX
    folder = derived_folder(kb, name)
    if not folder.is_dir():
        texts = (keys.key(idx) for idx in range(len(keys)))
        made = build_words(texts) if many else build_postings(texts)
        if isinstance(made, WordPostings):
            written = write_derived(kb, name, partial(write_words, postings=made))
        else:
            written = write_derived(kb, name, partial(write_postings, postings=made))
        if written is None:
            memory = WordIndex(made) if isinstance(made, WordPostings) else NgramIndex(made)
            return NeighbourSearch(kb, memory)
    try:
        index = WordIndex(open_words(folder)) if many else NgramIndex(open_postings(folder))
    except (KbCorruptError, ValueError, IndexError) as error:
        raise KbCorruptError(
            f"the index at {folder} is damaged: remove that folder, it is made again"
        ) from error
    return NeighbourSearch(kb, index)
