"""The dense linker: the concept whose name has the vector nearest to that of the mention."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from biotk.candidates.dense import DenseHit, open_dense
from biotk.candidates.learned import LearnedNames
from biotk.document import Candidate, Link
from biotk.index.kb_trie import Progress
from biotk.index.kb_vectors import TextEncoder
from biotk.kb import KbSubset, KnowledgeBase
from biotk.linking.answers import answered
from biotk.linking.base import BatchLinker, check_parts
from biotk.linking.homonyms import Homonyms
from biotk.linking.query import Query
from biotk.linking.typed import TypedParts, wanted_type

#: How candidates were found: by names of the KB, and by mentions of a training corpus.
ROUTE, LEARNED_ROUTE = "dense", "training-dense"


@dataclass(frozen=True, slots=True, kw_only=True)
class DenseConfig:
    """How the dense linker searches and decides.

    :param k: how many concepts are ranked, about.
    :param n_kept: how many of them a link keeps.
    :param threshold: a best cosine below this is NIL.
    :param within_type: search only concepts of the mention's type, where it has one that the KB
        knows.
    """

    k: int = 20
    n_kept: int = 20
    threshold: float = 0.5
    within_type: bool = True


class DenseLinker(BatchLinker):
    """Links by vectors alone, over any KB or part of one.

    :param kb: the knowledge base; the vectors of its names are made at first use and kept beside
        it, which may take minutes: see docs/dense.md.
    :param encoder: what makes vectors.
    :param subset: the part of the KB that may be answered; everything outside is NIL.
    :param learned: names from a training corpus.
    :param config: how to search and decide.
    :param progress: told how far making vectors is.
    :raises KbMismatchError: the subset or the learned names belong to another KB.

    >>> linker = DenseLinker(kb, load_encoder())                 # doctest: +SKIP
    >>> linker.link("renal failure").matched                     # doctest: +SKIP
    'Kidney Failure'
    """

    def __init__(
        self,
        kb: KnowledgeBase,
        encoder: TextEncoder,
        *,
        subset: KbSubset | None = None,
        learned: LearnedNames | None = None,
        config: DenseConfig | None = None,
        progress: Progress | None = None,
    ) -> None:
        check_parts(kb, subset, learned)
        self.kb, self.subset, self.learned = kb, subset, learned
        self.config = config or DenseConfig()
        self.search = open_dense(kb, encoder, learned=learned, progress=progress)
        self._parts = TypedParts(kb, subset)
        self._homonyms = Homonyms(kb, learned=learned)

    def link_batch(self, queries: Sequence[Query], *, exhaustive: bool = False) -> list[Link]:
        """Link mentions, all encoded together; see :meth:`biotk.linking.Linker.link_batch`."""
        hits = self.hits(queries)
        return [self._link(query, found) for query, found in zip(queries, hits, strict=True)]

    def hits(self, queries: Sequence[Query]) -> list[list[DenseHit]]:
        """:returns: the names that lie near each mention, the nearest first."""
        by_type: dict[str | None, list[int]] = {}
        for number, query in enumerate(queries):
            wanted = wanted_type(self.kb, query.type) if self.config.within_type else None
            by_type.setdefault(wanted, []).append(number)
        found: list[list[DenseHit]] = [[] for _ in queries]
        for wanted, numbers in by_type.items():
            texts = [queries[number].looked_up for number in numbers]
            # A note says the same thing many times.
            distinct = list(dict.fromkeys(texts))
            hits = self.search.search(distinct, k=self.config.k, subset=self._parts.of(wanted))
            by_text = dict(zip(distinct, hits, strict=True))
            for number, text in zip(numbers, texts):
                found[number] = by_text[text]
        return found

    def _link(self, query: Query, hits: Sequence[DenseHit]) -> Link:
        ranked, homonym = self._homonyms.settle(query, self.ranked(hits))
        kept = ranked[: self.config.n_kept]
        told = Link(None, route="nil", query=query.written_out, candidates=kept)
        if not ranked:
            return replace(told, reasons={"nil": "nothing like it"})
        best = ranked[0]
        reason = self.doubt(best)
        if reason is not None:
            return replace(told, reasons={"nil": reason})
        return answered(told, best, self.kb, homonym=homonym)

    def doubt(self, best: Candidate) -> str | None:
        """:returns: why a candidate would not be answered even as the best; None if it would."""
        if best.score >= self.config.threshold:
            return None
        return f"best score {best.score:.2f} is below {self.config.threshold:.2f}"

    def ranked(self, hits: Sequence[DenseHit]) -> tuple[Candidate, ...]:
        """Make candidates of near names.

        Of homonyms those go first whose preferred name it is; what annotators meant seldom stands
        below what they meant often.

        :returns: best first, each concept once. Ties stand in order of concept ids.
        """
        goodness: dict[int, tuple[float, bool]] = {}
        best: dict[int, DenseHit] = {}
        for hit in hits:
            good = (hit.cosine * (0.8 + 0.2 * hit.share), hit.preferred)
            if hit.concept_idx not in best or good > goodness[hit.concept_idx]:
                goodness[hit.concept_idx], best[hit.concept_idx] = good, hit
        order = sorted(best, key=lambda concept: (-goodness[concept][0], -goodness[concept][1],
                                                  concept))  # fmt: skip
        goods = list(goodness.values())
        return tuple(
            Candidate(
                self.kb.id_of(concept),
                best[concept].name,
                round(goodness[concept][0], 4),
                LEARNED_ROUTE if best[concept].learned else ROUTE,
                tied=goods.count(goodness[concept]) > 1,
            )
            for concept in order[: self.config.k]
        )
