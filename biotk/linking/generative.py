"""The generative linker: a model writes the name of a concept, and nothing but names of the KB."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from biotk.candidates.learned import LearnedNames
from biotk.document import Candidate, Link
from biotk.errors import InputError, UnknownNameError
from biotk.index.kb_trie import Progress, open_kb_trie
from biotk.index.trie_subset import TrieSubset
from biotk.kb import KbSubset, KnowledgeBase
from biotk.linking.answers import answered
from biotk.linking.asking import Asking
from biotk.linking.base import BatchLinker, check_parts
from biotk.linking.generator import Generator
from biotk.linking.homonyms import Homonyms
from biotk.linking.lexical import LexicalConfig, LexicalLinker
from biotk.linking.query import Query
from biotk.linking.ranking import nil_score, rank_concepts, shown_interval
from biotk.linking.shortlist import (
    SHORTLISTS,
    Found,
    Lister,
    Shortlist,
    SmallTries,
    TrieParts,
)
from biotk.linking.typed import wanted_type

#: The key in a link's reasons by which mentions are told that the model could not be given.
REFUSED = "refused"
_NO_MEMORY = "there is no memory for it"


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerativeConfig:
    """How the generative linker searches and decides.

    :param n_best: among how many names the winner is sought, and how many are reported; the search
        is at least as wide. 0 goes on to the end.
    :param beams: how many names are followed at once; by default as many as the generator says.
    :param n_kept: how many candidates a link keeps.
    :param within_type: search only concepts of the mention's type, where it has one that the KB
        knows, as if there were no others. Else those merely go first among homonyms.
    :param threshold: a best score below this is NIL.
    :param least_share: of what the best concept and NIL have together, the concept needs this
        share, or it is NIL. 0.5 takes whichever the model holds more likely.
    :param shortlist: search the names of some candidates alone: ``trie``, a small trie of them,
        or ``subset``, a part of the KB's trie. None searches all names.
    :param shortlist_size: how many candidates those are.
    :raises UnknownNameError: there is no such shortlist.
    :raises InputError: a number is out of its range.
    """

    n_best: int = 5
    beams: int | None = None
    n_kept: int = 20
    within_type: bool = True
    threshold: float = 0.0
    least_share: float = 0.5
    shortlist: Shortlist | None = None
    shortlist_size: int = 20

    def __post_init__(self) -> None:
        if self.shortlist is not None and self.shortlist not in SHORTLISTS:
            raise UnknownNameError("shortlist", self.shortlist, SHORTLISTS)
        for name, least in (("n_best", 0), ("beams", 1), ("n_kept", 1), ("shortlist_size", 1)):
            value = getattr(self, name)
            if value is not None and value < least:
                raise InputError(f"{name} must be at least {least}, not {value}")
        for name in ("threshold", "least_share"):
            if not 0 <= getattr(self, name) <= 1:
                raise InputError(f"{name} must be between 0 and 1, not {getattr(self, name)}")


class _Names(NamedTuple):
    """The names that may be found for a mention; None: all.

    :param allowed: those that may be answered.
    :param typed: those of the mention's type, in the subset of the KB or not.
    """

    allowed: TrieSubset | None
    typed: TrieSubset | None


class GenerativeLinker(BatchLinker):
    """Links by what a model writes, over any KB or part of one.

    :param kb: the knowledge base; the trie of its names is made at first use and kept beside it.
    :param generator: the model and all that belongs to it, or what loads it.
    :param subset: the part of the KB that may be answered; everything outside is NIL.
    :param learned: names from a training corpus: of concepts that share a name, the one goes first
        that annotators meant by the mention.
    :param config: how to search and decide.
    :param progress: told how far making the trie is.
    :param lister: whose candidates a shortlist is made of; by default the lexical linker.
    :raises KbMismatchError: the subset or the learned names belong to another KB.
    :raises InputError: the model does not know all tokens of its tokenizer.

    >>> linker = GenerativeLinker(kb, load_generator("models/linker"))       # doctest: +SKIP
    >>> linker.link("heart attack").matched                                  # doctest: +SKIP
    'Myocardial Infarction'
    """

    def __init__(
        self,
        kb: KnowledgeBase,
        generator: Generator | Callable[[], Generator],
        *,
        subset: KbSubset | None = None,
        learned: LearnedNames | None = None,
        config: GenerativeConfig | None = None,
        progress: Progress | None = None,
        lister: Lister | None = None,
    ) -> None:
        check_parts(kb, subset, learned)
        self._given_lister = lister
        generator = generator if isinstance(generator, Generator) else generator()
        self.kb, self.generator = kb, generator
        self.subset, self.learned = subset, learned
        self.config = config or GenerativeConfig()
        n_best, beams = self.config.n_best, self.config.beams or generator.options.beams
        self.options = dataclasses.replace(
            generator.options, n_best=n_best, beams=max(beams, n_best)
        )
        self._trie = open_kb_trie(
            kb,
            generator.form,
            cleaning=generator.cleaning,
            unknown_id=generator.unknown_id,
            longest=generator.longest_name,
            progress=progress,
        )
        try:
            self._search = generator.make_search(self._trie, self.options)
        except InputError as error:
            raise InputError(
                f"the model {generator.name} does not fit the names of the KB: {error}. Take model "
                "and tokenizer from one place"
            ) from error
        self._asking = Asking(generator, self._search)
        self._part = None if subset is None else self._trie.subset(subset)
        self._types: dict[str, _Names] = {}
        self._homonyms = Homonyms(kb, learned=learned)

    def link_batch(self, queries: Sequence[Query], *, exhaustive: bool = False) -> list[Link]:
        """Link mentions, all in one search; see :meth:`biotk.linking.Linker.link_batch`.

        A mention that cannot be given to the model, blank, too long or beyond the memory, is NIL
        and says so.
        """
        inputs: dict[int, Any] = {}
        links: dict[int, Link] = {}
        for number, (each, problem) in enumerate(self._asking.inputs(queries)):
            if problem is None:
                inputs[number] = each
            else:
                links[number] = refused(queries[number], problem)
        found = self._decode([queries[number] for number in inputs], list(inputs.values()))
        for number, result in zip(inputs, found, strict=True):
            query = queries[number]
            links[number] = self._link(query, result) if result else refused(query, _NO_MEMORY)
        return [links[number] for number in range(len(queries))]

    def _decode(self, queries: Sequence[Query], inputs: Sequence[Any]) -> list[Found | None]:
        """:returns: what was found for each mention; None where there was no memory for it."""
        if self.config.shortlist is not None:
            return self._decode_listed(queries, inputs)
        by_type: dict[str | None, list[int]] = {}
        for number, query in enumerate(queries):
            by_type.setdefault(self._wanted(query), []).append(number)
        found: dict[int, Found | None] = {}
        for wanted, numbers in by_type.items():
            names = self._names(wanted)
            results = self._searched([inputs[number] for number in numbers], names)
            found.update(zip(numbers, results, strict=True))
        return [found[number] for number in range(len(queries))]

    def _searched(self, inputs: Sequence[Any], names: _Names) -> list[Found | None]:
        whole = self._trie if names.allowed is None else names.allowed
        try:
            found = self._search.search(inputs, subset=names.allowed, among=names.typed)
            return [(each, whole) for each in found]
        except MemoryError:
            if len(inputs) == 1:
                return [None]
        # There is none for one of them, and what was found for others went with it: each alone.
        return [found for each in inputs for found in self._searched([each], names)]

    def _decode_listed(self, queries: Sequence[Query], inputs: Sequence[Any]) -> list[Found | None]:
        found: list[Found | None] = []
        listed = self._lister.link_batch(queries, exhaustive=True)
        for query, each, link in zip(queries, inputs, listed, strict=True):
            wanted = self._wanted(query) if self.config.within_type else None
            concepts = [self.kb.index_of(each.concept_id) for each in link.candidates]
            if wanted is not None:
                concepts = [each for each in concepts if wanted in self.kb.types_of(each)]
            among = self._names(wanted).typed
            try:
                found.append(self._shortlist.search(each, concepts, among=among))
            except MemoryError:
                found.append(None)
        return found

    def _wanted(self, query: Query) -> str | None:
        """:returns: the type of a mention, if the KB knows it."""
        return wanted_type(self.kb, query.type)

    def _names(self, wanted: str | None) -> _Names:
        """:returns: what may be found for mentions of a type."""
        if wanted is None or not self.config.within_type:
            return _Names(self._part, None)
        if wanted not in self._types:
            typed = self._trie.subset(self.kb.subset(types=[wanted]))
            allowed = typed if self._part is None else typed & self._part
            self._types[wanted] = _Names(allowed, typed)
        return self._types[wanted]

    @cached_property
    def _lister(self) -> Lister:
        if self._given_lister is not None:
            return self._given_lister
        size = self.config.shortlist_size
        config = LexicalConfig(k=size, n_kept=size)
        return LexicalLinker(self.kb, subset=self.subset, learned=self.learned, config=config)

    @cached_property
    def _shortlist(self) -> SmallTries | TrieParts:
        if self.config.shortlist == "subset":
            return TrieParts(self._trie, self._search)
        return SmallTries(self.kb, self.generator, self.options)

    def _link(self, query: Query, found: Found) -> Link:
        decoded, among = found
        found_concepts = rank_concepts(
            decoded, among, self.kb, wanted=self._wanted(query), shares=self._shares(query)
        )
        ranked, homonym = self._homonyms.settle(query, found_concepts)
        told = Link(
            None,
            route="nil",
            query=query.written_out,
            candidates=ranked[: self.config.n_kept],
            nil_interval=shown_interval(decoded),
        )
        reason = self._doubt(ranked, nil_score(decoded))
        if reason is not None:
            return dataclasses.replace(told, reasons={"nil": reason})
        return answered(told, ranked[0], self.kb, homonym=homonym)

    def _doubt(self, ranked: Sequence[Candidate], nil: float) -> str | None:
        """:returns: why the best candidate is not answered; None if it is."""
        if not ranked:
            return "the model found no name that may be answered"
        best, config = ranked[0].score, self.config
        if best < config.threshold:
            return f"the model's best score {best:.2f} is below {config.threshold:.2f}"
        if best < config.least_share * (best + nil):
            return f"the model gives NIL at least {nil:.2f}, and the best concept {best:.2f}"
        return None

    def _shares(self, query: Query) -> dict[int, float]:
        counts = {} if self.learned is None else self.learned.concepts(query.looked_up)
        total = sum(counts.values())
        return {concept: count / total for concept, count in counts.items()}


def refused(query: Query, problem: str) -> Link:
    """:returns: NIL for a mention that the model was not given."""
    return Link(
        None,
        route="nil",
        query=query.written_out,
        reasons={"nil": f"the model was not asked: {problem}", REFUSED: problem},
    )
