"""The lexical linker: exact matches, training mentions, n-gram neighbours, head words; or NIL."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

from biotk.candidates.learned import LEARNED_ROUTE, LearnedNames
from biotk.candidates.names import ROUTE_SCORES, match_names
from biotk.candidates.neighbours import NeighbourSearch, open_neighbours, similarity
from biotk.document import Candidate, Link
from biotk.index.ngram import NgramIndex, build_postings
from biotk.kb import KbSubset, KnowledgeBase
from biotk.linking.answers import answered
from biotk.linking.base import BatchLinker, check_parts
from biotk.linking.homonyms import Homonyms
from biotk.linking.query import Query
from biotk.linking.typed import TypedParts, wanted_type
from biotk.text.normalize import bag_words, plural_key

# "CT" and "BMI" share their trigrams with many names and mean none of them.
_LEAST_FOR_NEIGHBOURS = 5
_SHOWN_COSINE = 0.45
# What a fitting type adds to a score before the order is decided. A word-for-word match of another
# type stands above a vague neighbour of the right one, and below a close one. Tuned as the
# threshold below, and on the first half of CRAFT.
_TYPE_FITS = 0.3
# A training mention that annotators linked m times, n of them to the concept, scores
# _SEEN + _SEEN_OFTEN * n / (m + 1), at most 1: once of once is just above a plural, four times of
# four is the string itself. Tuned on the first half of BC5CDR's and NCBI's dev sets.
_SEEN, _SEEN_OFTEN = 0.9, 0.13


@dataclass(frozen=True, slots=True)
class LexicalConfig:
    """How the lexical linker searches and decides.

    :param k: how many candidates are ranked at most.
    :param n_kept: how many of them a link keeps.
    :param min_cosine: the least trigram cosine of a neighbour.
    :param threshold: a best score below this is NIL. Tuned on the first half of BC5CDR's and
        NCBI's dev sets: the neighbours above it are as often right as wrong.
    :param neighbour_weight: what a neighbour's similarity is multiplied with, so that every exact
        match stands above it.
    """

    k: int = 20
    n_kept: int = 20
    min_cosine: float = 0.35
    threshold: float = 0.65
    neighbour_weight: float = 0.9


class _Scored(NamedTuple):
    """A concept found on some route, before the order among equals is decided.

    :param standing: among equals: 2 for what annotators meant, 1 for a preferred name, else 0.
    """

    concept_idx: int
    name: str
    score: float
    route: str
    type_fits: bool
    standing: int = 0


class LexicalLinker(BatchLinker):
    """Links by names alone: fast, without a model, over any KB or part of one.

    :param kb: the knowledge base.
    :param subset: the part of it that may be answered; everything outside is NIL.
    :param learned: names from a training corpus.
    :param config: how to search and decide.
    :raises KbMismatchError: the subset or the learned names belong to another KB.

    >>> linker = LexicalLinker(kb)                               # doctest: +SKIP
    >>> linker.link("tumours of the kidney").concept_id
    'MESH:D007680'
    """

    def __init__(
        self,
        kb: KnowledgeBase,
        *,
        subset: KbSubset | None = None,
        learned: LearnedNames | None = None,
        config: LexicalConfig | None = None,
    ) -> None:
        check_parts(kb, subset, learned)
        self.kb = kb
        self.subset = subset
        self.learned = learned
        self.config = config or LexicalConfig()
        self._neighbours: NeighbourSearch = open_neighbours(kb)
        self._learned_keys: list[str] = [] if learned is None else list(learned.keys())
        self._learned_index = NgramIndex(build_postings(self._learned_keys))
        self._allowed = None if subset is None else subset.mask
        self._parts = TypedParts(kb, subset)
        self._homonyms = Homonyms(kb, learned=learned)
        # Notes repeat themselves; what names say depends on these three strings alone, and not on
        # the passage. That decides only among concepts that stand equal by their names.
        self._cached = lru_cache(maxsize=1 << 16)(self._looked_up)

    def link_batch(self, queries: Sequence[Query], *, exhaustive: bool = False) -> list[Link]:
        """Link mentions; see :meth:`biotk.linking.Linker.link_batch`."""
        return [self._link(query, exhaustive) for query in queries]

    def link(
        self,
        text: str,
        *,
        type: str | None = None,
        long_form: str | None = None,
    ) -> Link:
        """Link one mention; see :meth:`biotk.linking.Linker.link`."""
        return self._link(Query(text, type, long_form), False)

    def _link(self, query: Query, exhaustive: bool) -> Link:
        link, ranked = self._cached(query.text, query.type, query.long_form, exhaustive)
        if not ranked or not ranked[0].tied:
            return link
        return self._answer(query, *self._homonyms.settle(query, ranked))

    def _looked_up(
        self, text: str, type_: str | None, long_form: str | None, exhaustive: bool
    ) -> tuple[Link, tuple[Candidate, ...]]:
        """:returns: what names alone answer, and all candidates."""
        ranked = self._candidates(text, type_, long_form, exhaustive=exhaustive)
        return self._answer(Query(text, type_, long_form), ranked, None), ranked

    def _answer(self, query: Query, ranked: tuple[Candidate, ...], homonym: str | None) -> Link:
        kept = ranked[: self.config.n_kept]
        told = Link(None, route="nil", query=query.written_out, candidates=kept)
        if not ranked:
            return replace(told, reasons={"nil": "nothing like it"})
        best = ranked[0]
        reason = self.doubt(best, query.looked_up or query.text)
        if reason is not None:
            return replace(told, reasons={"nil": reason})
        return answered(told, best, self.kb, homonym=homonym)

    def doubt(self, best: Candidate, query: str) -> str | None:
        """Say why a candidate would not be answered, even if it is the best.

        :param best: the candidate.
        :param query: what was looked up.
        :returns: the reason; None if it is good enough.
        """
        if best.score < self.config.threshold:
            return f"best score {best.score:.2f} is below {self.config.threshold:.2f}"
        if best.route.endswith("ngram") and sum(map(str.isalnum, query)) < _LEAST_FOR_NEIGHBOURS:
            return "too short for anything but an exact match"
        return None

    def candidates(
        self,
        text: str,
        *,
        type: str | None = None,
        long_form: str | None = None,
    ) -> tuple[Candidate, ...]:
        """Rank the concepts that a mention may mean.

        :param text: the mention.
        :param type: its entity type.
        :param long_form: the mention written out.
        :returns: best first, each concept once, ``config.k`` at most. Ties stand in order of
            concept ids.
        """
        ranked = self._candidates(text, type, long_form, exhaustive=True)
        return self._homonyms.settle(Query(text, type, long_form), ranked).candidates

    def _candidates(
        self, text: str, type_: str | None, long_form: str | None, *, exhaustive: bool
    ) -> tuple[Candidate, ...]:
        """Without ``exhaustive``, stop where nothing that is left can come first.

        Most mentions have an exact match, and the neighbours, a hundred times as dear, all stand
        below it.
        """
        wanted = wanted_type(self.kb, type_)
        queries = [text] if long_form is None or long_form == text else [long_form, text]
        found: list[_Scored] = []
        for rank, query in enumerate(queries):
            # What the document says a short form means outweighs what it could mean elsewhere.
            penalty = 0.2 * rank
            named = list(self._exact(query, wanted))
            found.extend(_lowered(named, penalty))
            found.extend(_lowered(self._learned_exact(query, wanted, named), penalty))
            if not exhaustive and any(
                item.type_fits and item.score > self.config.neighbour_weight for item in found
            ):
                break
            found.extend(_lowered(self._learned_neighbours(query, wanted), penalty))
            found.extend(_lowered(self._kb_neighbours(query, wanted, exhaustive), penalty))
        return self._ranked(found)

    def _exact(self, query: str, wanted: str | None) -> Iterator[_Scored]:
        matches = match_names(self.kb, query, allowed=self._allowed)
        typed = self._parts.of(wanted)
        # "Olfactory", the name of a symptom, must not hide that it is olfaction, a process.
        if matches and typed is not None and not any(m.concept_idx in typed for m in matches):
            matches += match_names(self.kb, query, allowed=typed.mask)
        for match in matches:
            yield _Scored(
                match.concept_idx,
                self.kb.name(match.name_idx),
                ROUTE_SCORES[match.route],
                match.route,
                self._fits(match.concept_idx, wanted),
                int(self.kb.is_preferred(match.name_idx)),
            )

    def _learned_exact(
        self, query: str, wanted: str | None, named: Sequence[_Scored]
    ) -> Iterator[_Scored]:
        """:param named: the concepts that have the string for a name."""
        (only,) = named if len({item.concept_idx for item in named}) == len(named) == 1 else (None,)
        for concept_idx, count, total in self._counts(query):
            # Seen once, it stands below what is a name of the KB; seen four times, above it:
            # what annotators mean by "hepatitis" is in some corpora that of drugs.
            score = min(_SEEN + _SEEN_OFTEN * count / (total + 1), 1.0)
            fits = self._fits(concept_idx, wanted)
            if only is not None and only.concept_idx == concept_idx:
                # What it is called in the KB tells more than that annotators agree.
                yield only._replace(score=max(score, only.score), standing=2)
            else:
                yield _Scored(concept_idx, query, score, LEARNED_ROUTE, fits, standing=2)

    def _learned_neighbours(self, query: str, wanted: str | None) -> Iterator[_Scored]:
        if not self._learned_keys:
            return
        key = plural_key(query)
        words = frozenset(bag_words(key.split()))
        for hit in self._learned_index.search(key, k=10, min_score=0.5):
            near = self._learned_keys[hit.row]
            near_words = frozenset(bag_words(near.split()))
            score = similarity(words, near_words, cosine=hit.score)
            for concept_idx, count, total in self._counts(near):
                yield _Scored(
                    concept_idx,
                    near,
                    self.config.neighbour_weight * score * (0.8 + 0.2 * count / total),
                    "training-ngram",
                    self._fits(concept_idx, wanted),
                )

    def _counts(self, text: str) -> list[tuple[int, int, int]]:
        """How often annotators meant which concept by a string, and how often any."""
        counts = self.learned.concepts(text) if self.learned is not None else {}
        total = sum(counts.values())
        return [
            (concept_idx, count, total)
            for concept_idx, count in counts.items()
            if self._allowed is None or self._allowed[concept_idx]
        ]

    def _kb_neighbours(self, query: str, wanted: str | None, exhaustive: bool) -> Iterator[_Scored]:
        config = self.config
        subset = self._parts.of(wanted)
        key = plural_key(query)
        # A similarity is at most (cosine + 1) / 2: below this cosine none reaches the threshold.
        # A little below it there is something to show for a NIL.
        needed = min(2 * config.threshold / config.neighbour_weight - 1, _SHOWN_COSINE)
        least = config.min_cosine if exhaustive else max(config.min_cosine, needed)
        # No more than a link keeps, but all that tie with the last of these.
        n_best = None if exhaustive else max(config.n_kept, 1)
        hits = self._neighbours.search(
            key, k=config.k, min_score=least, subset=subset, n_best=n_best
        )
        for hit in hits:
            if n_best is not None and hit.score < hits[min(n_best, len(hits)) - 1].score:
                break
            names = self.kb.keys("plural").rows_of(hit.key_idx)
            for name_idx in names.tolist():
                concept_idx = int(self.kb.name_concepts[name_idx])
                if subset is None or concept_idx in subset:
                    yield _Scored(
                        concept_idx,
                        self.kb.name(name_idx),
                        config.neighbour_weight * hit.score,
                        "ngram",
                        type_fits=True,
                        standing=int(self.kb.is_preferred(name_idx)),
                    )

    def _fits(self, concept_idx: int, wanted: str | None) -> bool:
        return wanted is None or wanted in self.kb.types_of(concept_idx)

    def _ranked(self, found: list[_Scored]) -> tuple[Candidate, ...]:
        # Concepts are in order of their ids, so that ties stand in order of these.
        keyed = sorted(
            (
                (item.score + (_TYPE_FITS if item.type_fits else 0.0), item.standing),
                -item.concept_idx,
                -at,
            )
            for at, item in enumerate(found)
        )
        best: dict[int, tuple[float, int]] = {}
        items: list[_Scored] = []
        for goodness, concept_idx, at in reversed(keyed):
            if concept_idx not in best:
                best[concept_idx] = goodness
                items.append(found[-at])
        goods = list(best.values())[: self.config.k]
        return tuple(
            Candidate(
                self.kb.id_of(item.concept_idx),
                item.name,
                round(item.score, 6),
                item.route,
                tied=goods.count(goods[at]) > 1,
            )
            for at, item in enumerate(items[: self.config.k])
        )


def _lowered(found: Iterable[_Scored], penalty: float) -> Iterable[_Scored]:
    return (item._replace(score=item.score - penalty) for item in found) if penalty else found
