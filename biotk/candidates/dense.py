"""Dense neighbours: names whose vectors lie near that of a mention, whatever letters they share."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from biotk.candidates.learned import LearnedNames
from biotk.index.faiss_index import Kind, Progress
from biotk.index.kb_vectors import TextEncoder, open_kb_vectors
from biotk.index.vector_index import ExactIndex, VectorIndex
from biotk.kb import KbSubset, KnowledgeBase

#: Decimals of cosines: what lies beyond depends on which mentions were encoded together.
DECIMALS = 4
#: Of so many times as many names as concepts are wanted, concepts are made.
_NAMES = 4


class DenseHit(NamedTuple):
    """A name near a mention.

    :param concept_idx: its concept.
    :param name: the name; of the KB, or as it stood in a training corpus.
    :param cosine: how near it is.
    :param preferred: whether it is the preferred name of its concept.
    :param share: how often annotators meant this concept by that string; 1 for a name of the KB.
    :param learned: whether it stood in a training corpus.
    """

    concept_idx: int
    name: str
    cosine: float
    preferred: bool = False
    share: float = 1.0
    learned: bool = False


class _Taught(NamedTuple):
    """Names from a training corpus, how often each meant which concept, and their vectors."""

    texts: list[str]
    counts: list[dict[int, int]]
    vectors: ExactIndex


class _Allowed(NamedTuple):
    """The names of a part of a KB.

    :param keys: of the KB. *Shape*: (keys,).
    :param learned: from a training corpus. *Shape*: (learned names,).
    """

    keys: NDArray[np.bool_]
    learned: NDArray[np.bool_]


class DenseSearch:
    """Searches the vectors of a KB's names.

    :param kb: the knowledge base.
    :param encoder: what made the vectors.
    :param index: over the keys of ``kb.keys("plural")``; see :func:`open_dense`.
    :param learned: names from a training corpus, which are searched as well.
    """

    def __init__(
        self,
        kb: KnowledgeBase,
        encoder: TextEncoder,
        index: VectorIndex,
        *,
        learned: LearnedNames | None = None,
    ) -> None:
        self.kb, self.encoder, self.index, self.learned = kb, encoder, index, learned
        self._allowed: dict[str, _Allowed] = {}

    def search(
        self, texts: Sequence[str], *, k: int, subset: KbSubset | None = None
    ) -> list[list[DenseHit]]:
        """Find the names nearest to some strings.

        :param texts: mentions; one of nothing but blanks and punctuation has no neighbours.
        :param k: how many concepts are wanted of each, about: names are sought until a few times
            as many are there, and all concepts of these are told.
        :param subset: the concepts that may be found.
        :returns: for each string names, the nearest first, equals in order of concepts; of each
            concept the nearest name of the KB, and the nearest learned one.
        """
        subset_is_empty = subset is not None and not len(subset)
        asked = [at for at, text in enumerate(texts) if any(map(str.isalnum, text))]
        found: list[list[DenseHit]] = [[] for _ in texts]
        if not asked or subset_is_empty or not len(self.index):
            return found
        vectors = self.encoder.encode([texts[at] for at in asked])
        keys = None if subset is None else self._allowed_in(subset).keys
        nearest = self.index.search(vectors, k=_NAMES * k, allowed=keys)
        taught = self._learned_hits(vectors, k, subset)
        for place, at in enumerate(asked):
            hits = self._hits(nearest.rows[place], nearest.scores[place], subset)
            found[at] = _distinct([*hits, *taught[place]])
        return found

    def _hits(
        self, rows: NDArray[np.int64], scores: NDArray[np.float32], subset: KbSubset | None
    ) -> list[DenseHit]:
        table, kb = self.kb.keys("plural"), self.kb
        hits = []
        for row, score in zip(rows.tolist(), scores.tolist()):
            if row < 0:
                break
            for name_idx in table.rows_of(row).tolist():
                concept = int(kb.name_concepts[name_idx])
                if subset is None or concept in subset:
                    cosine = round(score, DECIMALS)
                    name, first = kb.name(name_idx), kb.is_preferred(name_idx)
                    hits.append(DenseHit(concept, name, cosine, first))
        return hits

    @cached_property
    def _taught(self) -> _Taught:
        learned = self.learned
        texts = [] if learned is None else list(map(learned.text, learned.keys()))
        counts = [] if learned is None else [learned.concepts(text) for text in texts]
        return _Taught(texts, counts, ExactIndex(self.encoder.encode(texts)))

    def _learned_hits(
        self, vectors: NDArray[np.float32], k: int, subset: KbSubset | None
    ) -> list[list[DenseHit]]:
        found: list[list[DenseHit]] = [[] for _ in vectors]
        if self.learned is None or not len(self.learned):
            return found
        texts, counted, taught = self._taught
        # What is outside would take the places of what is inside but farther.
        allowed = None if subset is None else self._allowed_in(subset).learned
        nearest = taught.search(vectors, k=k, allowed=allowed)
        for hits, rows, scores in zip(found, nearest.rows.tolist(), nearest.scores.tolist()):
            for row, score in zip(rows, scores):
                if row < 0:
                    break
                total = sum(counted[row].values())
                for concept, count in counted[row].items():
                    if subset is None or concept in subset:
                        cosine = round(score, DECIMALS)
                        share = count / total
                        hits.append(DenseHit(concept, texts[row], cosine, False, share, True))
        return found

    def _allowed_in(self, subset: KbSubset) -> _Allowed:
        allowed = self._allowed.get(subset.fingerprint)
        if allowed is None:
            keys = self.kb.keys("plural").any_row(subset.mask[self.kb.name_concepts])
            counted = () if self.learned is None else self._taught.counts
            learned = [any(concept in subset for concept in counts) for counts in counted]
            allowed = _Allowed(keys, np.array(learned, bool))
            if len(self._allowed) >= 32:  # a subset per document would otherwise pile up
                self._allowed.clear()
            self._allowed[subset.fingerprint] = allowed
        return allowed


def _distinct(hits: list[DenseHit]) -> list[DenseHit]:
    """:returns: the nearest of each concept, apart for names of the KB and learned ones."""
    hits.sort(key=lambda hit: (-hit.cosine, hit.concept_idx, not hit.preferred, -hit.share))
    found: dict[tuple[int, bool], DenseHit] = {}
    for hit in hits:
        found.setdefault((hit.concept_idx, hit.learned), hit)
    return list(found.values())


def open_dense(
    kb: KnowledgeBase,
    encoder: TextEncoder,
    *,
    learned: LearnedNames | None = None,
    kind: Kind | None = None,
    progress: Progress | None = None,
) -> DenseSearch:
    """Open the vectors of a KB's names, made beside the KB the first time.

    :param kb: the knowledge base.
    :param encoder: what makes vectors.
    :param learned: names from a training corpus, which are searched as well.
    :param kind: of the index; by default one that suits the number of names.
    :param progress: told how far making vectors is.
    :raises KbCorruptError: the vectors that are there are damaged.
    """
    show = progress or (lambda step, done, total: None)
    index = open_kb_vectors(kb, encoder, kind=kind, progress=show)
    return DenseSearch(kb, encoder, index, learned=learned)
