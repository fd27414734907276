"""Pairs of strings that mean one thing: two names of a concept, or a mention and a name.

Each pair carries keys of all names of its concept, by which a batch is kept free of two pairs that
mean the same: vocabularies have many concepts in common, and such a pair would be a false negative.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple, Protocol
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from biotk.document import Document
from biotk.errors import InputError
from biotk.kb import KnowledgeBase
from biotk.text.abbreviations import find_abbreviations
from biotk.training.alterations import altered
from biotk.training.names import most_alike

Keys = frozenset[int]
#: So many names of a concept are looked at; a few have hundreds, all alike.
_MOST_NAMES = 48


class Pair(NamedTuple):
    """Two strings of one meaning.

    :param keys: of all names of the concept.
    """

    anchor: str
    positive: str
    keys: Keys


class PairSource(Protocol):
    """Something that pairs are drawn from."""

    def draw(self, rng: np.random.Generator) -> Pair | None:
        """:returns: a pair; None where the concept drawn has none."""


def key_of(text: str) -> int:
    """:returns: a number that strings share that are the same but for case and punctuation."""
    return crc32("".join(filter(str.isalnum, text.lower())).encode("utf-8", "surrogatepass"))


def is_held(concept_id: str, every: int) -> bool:
    """Whether a concept is one of those that no pair is made of; the same in every run."""
    digest = hashlib.sha256(concept_id.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:4], "big") % every == 0


def held_concepts(kb: KnowledgeBase, every: int) -> NDArray[np.int64]:
    """:returns: the concepts of a KB that are held, by ``concept_idx``."""
    return np.array([n for n, each in enumerate(kb.concept_ids) if is_held(each, every)], np.int64)


def keys_of(kb: KnowledgeBase, concepts: Iterable[int]) -> Keys:
    """:returns: the keys of all names of some concepts."""
    return frozenset(key_of(name) for concept in concepts for name in _some_names(kb, concept))


def _some_names(kb: KnowledgeBase, concept_idx: int) -> list[str]:
    return [kb.name(name_idx) for name_idx in kb.name_range(concept_idx)[:_MOST_NAMES]]


class KbPairs:
    """Two names of one concept, all concepts of a KB with as many being drawn alike.

    :param kb: the KB.
    :param held: keys of names that no concept of a pair may have.
    :param share_altered: how often one of the two is written otherwise.
    :param shares: how often concepts are drawn whose id begins in a certain way, of several
        beginnings the longest counts; by default once.
    :raises InputError: no concept has two names.
    """

    def __init__(
        self,
        kb: KnowledgeBase,
        *,
        held: Keys = frozenset(),
        share_altered: float = 0.0,
        shares: Mapping[str, float] | None = None,
    ) -> None:
        self._kb, self._held, self._share_altered = kb, held, share_altered
        counts = np.bincount(kb.name_concepts, minlength=len(kb))
        self._concepts = np.flatnonzero(counts > 1)
        weights = _weights(kb, self._concepts, shares or {})
        if not weights.sum():
            raise InputError(f"KB {kb.path}: no concept has two names to learn from")
        self._cumulative = np.cumsum(weights) / weights.sum()
        self._names = lru_cache(maxsize=1 << 16)(self._distinct)

    def draw(self, rng: np.random.Generator) -> Pair | None:
        """Draw a pair; see :meth:`PairSource.draw`."""
        at = int(np.searchsorted(self._cumulative, rng.random()))
        names, keys = self._names(int(self._concepts[min(at, len(self._concepts) - 1)]))
        if len(names) < 2 or not keys.isdisjoint(self._held):
            return None
        first, second = rng.permutation(len(names))[:2].tolist()
        anchor = names[first]
        if rng.random() < self._share_altered:
            anchor = altered(anchor, rng)
        return Pair(anchor, names[second], keys)

    def _distinct(self, concept_idx: int) -> tuple[list[str], Keys]:
        by_key: dict[int, str] = {}
        for name in _some_names(self._kb, concept_idx):
            by_key.setdefault(key_of(name), name)
        return list(by_key.values()), frozenset(by_key)


def _weights(
    kb: KnowledgeBase, concepts: NDArray[np.int64], shares: Mapping[str, float]
) -> NDArray[np.float64]:
    if not shares:
        return np.ones(len(concepts))
    prefixes = sorted(shares, key=len, reverse=True)
    ids = kb.ids_of(concepts)
    return np.array(
        [next((shares[each] for each in prefixes if name.startswith(each)), 1.0) for name in ids]
    )


class CorpusPairs:
    """A mention, short forms written out, and a name of its concept.

    :param kb: where the ids are looked up.
    :param documents: with gold links.
    :param held: keys of names that no concept of a pair may have.
    :param types: entity types of the mentions that count; by default all.
    """

    def __init__(
        self,
        kb: KnowledgeBase,
        documents: Iterable[Document],
        *,
        held: Keys = frozenset(),
        types: Collection[str] | None = None,
    ) -> None:
        self._kb, self._held = kb, held
        #: Mentions that teach nothing, by the reason.
        self.left_out: Counter[str] = Counter()
        self._mentions = [
            (text, found)
            for text, found in gold_mentions(kb, documents, types=types, left_out=self.left_out)
        ]
        self._keys = lru_cache(maxsize=1 << 14)(lambda concept: keys_of(kb, [concept]))

    def __len__(self) -> int:
        return len(self._mentions)

    def draw(self, rng: np.random.Generator) -> Pair | None:
        """Draw a pair; see :meth:`PairSource.draw`."""
        text, concept = self._mentions[int(rng.integers(len(self._mentions)))]
        keys = self._keys(concept)
        if not keys.isdisjoint(self._held):
            return None
        names = _some_names(self._kb, concept)
        # Half of the time the name most like it, which teaches spelling; else any, which teaches
        # meaning. A name that is the mention itself teaches nothing.
        others = [name for name in names if key_of(name) != key_of(text)]
        if not others:
            return None
        if rng.random() < 0.5:
            return Pair(text, others[most_alike(text, others)[0]], keys)
        return Pair(text, others[int(rng.integers(len(others)))], keys)


def gold_mentions(
    kb: KnowledgeBase,
    documents: Iterable[Document],
    *,
    types: Collection[str] | None = None,
    left_out: Counter[str] | None = None,
) -> list[tuple[str, int]]:
    """List the mentions of documents whose one concept is in a KB, short forms written out.

    :param left_out: counts the others, by the reason.
    :returns: strings, and ``concept_idx`` of each.
    """
    counts: Counter[str] = Counter() if left_out is None else left_out
    found: list[tuple[str, int]] = []
    for document in documents:
        long_forms = {(use.start, use.end): use.long for use in find_abbreviations(document.text)}
        for mention in document.mentions:
            if types is not None and mention.type not in types:
                continue
            if len(mention.links) != 1 or not mention.concept_ids or not mention.text.strip():
                counts["composite, NIL or not linked"] += 1
                continue
            concepts = kb.resolve(mention.concept_ids[0])
            if len(concepts) == 1:
                text = long_forms.get((mention.start, mention.end), mention.text)
                found.append((text, concepts[0]))
            else:
                counts["id of several concepts" if concepts else "id not in the KB"] += 1
    return found


def draw_pairs(
    sources: Sequence[PairSource], weights: Sequence[float], n: int, rng: np.random.Generator
) -> list[Pair]:
    """Draw pairs of several sources.

    :param sources: where they come from.
    :param weights: the share that each gives.
    :param n: how many.
    :raises InputError: hardly any concept has a pair.
    """
    cumulative = np.cumsum(np.asarray(weights, float)) / sum(weights)
    pairs: list[Pair] = []
    for _ in range(20 * n + 100):
        if len(pairs) == n:
            return pairs
        at = int(np.searchsorted(cumulative, rng.random(), side="right"))
        pair = sources[min(at, len(sources) - 1)].draw(rng)
        if pair is not None and pair.anchor.strip() and pair.positive.strip():
            pairs.append(pair)
    raise InputError("hardly any concept of the recipe's KBs has two names that differ")
