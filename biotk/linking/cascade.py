"""The cascade: what a name of the KB answers is answered by it, and a model is asked for the rest.

Most mentions are names of the KB but for case and number. That is looked up in microseconds and
nearly always right, where a model takes milliseconds. For the rest, what the model writes and the
neighbours by n-grams are put in one order; see :mod:`biotk.linking.combining`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from biotk.candidates.learned import LearnedNames
from biotk.document import Candidate, Link
from biotk.index.kb_trie import Progress
from biotk.kb import KbSubset, KnowledgeBase
from biotk.linking.answers import answered
from biotk.linking.combining import Combined, CombiningConfig, combine
from biotk.linking.generative import REFUSED, GenerativeConfig, GenerativeLinker
from biotk.linking.generator import Generator
from biotk.linking.homonyms import Homonyms
from biotk.linking.lexical import LexicalConfig, LexicalLinker
from biotk.linking.names_first import NamesFirst
from biotk.linking.query import Query


@dataclass(frozen=True, slots=True, kw_only=True)
class CascadeConfig:
    """How the two linkers share the work.

    :param keep: a lexical answer with this score or more is kept. Names that are the same but for
        case, punctuation and accents score 0.98 and more, those but for number or the order of
        words 0.91 to 0.96, mentions of a training corpus 0.9 to 1, by how often they were seen;
        see ``docs/glossary.md``.
    :param n_kept: how many candidates a link keeps, those of both linkers.
    :param combining: how much each linker counts where none is sure.
    :param lexical: how names are looked up.
    :param generative: how the model is searched.
    """

    keep: float = 0.97
    n_kept: int = 20
    combining: CombiningConfig = field(default_factory=CombiningConfig)
    lexical: LexicalConfig = field(default_factory=LexicalConfig)
    generative: GenerativeConfig = field(default_factory=GenerativeConfig)


class CascadeLinker(NamesFirst):
    """Looks names up first, and asks a model for all mentions of a batch that are left.

    :param kb: the knowledge base.
    :param generator: the model and all that belongs to it, or what loads it: it is asked for the
        first time that names do not answer.
    :param subset: the part of the KB that may be answered; everything outside is NIL.
    :param learned: names from a training corpus.
    :param config: how the two share the work.
    :param progress: told how far making the trie is.
    :param lexical: what looks names up, where there is one of the same KB and part already.
    :raises KbMismatchError: the subset or the learned names belong to another KB.

    >>> linker = CascadeLinker(kb, load_generator("models/linker"))          # doctest: +SKIP
    >>> [linker.link(text).route for text in ("heart attacks", "cardiac arrest of the old")]
    ['plural', 'generated']
    """

    def __init__(
        self,
        kb: KnowledgeBase,
        generator: Generator | Callable[[], Generator],
        *,
        subset: KbSubset | None = None,
        learned: LearnedNames | None = None,
        config: CascadeConfig | None = None,
        progress: Progress | None = None,
        lexical: LexicalLinker | None = None,
    ) -> None:
        self.config = config or CascadeConfig()
        super().__init__(
            kb, self.config, subset=subset, learned=learned, progress=progress, lexical=lexical
        )
        self._generator = generator
        self._homonyms = Homonyms(kb, learned=learned)

    @cached_property
    def generative(self) -> GenerativeLinker:
        """What asks the model. Made at first use: where names answer, none is loaded.

        :raises InputError: the model cannot be loaded, or does not fit.
        """
        return self._made(self._generator)

    def link_batch(self, queries: Sequence[Query], *, exhaustive: bool = False) -> list[Link]:
        """Link mentions; see :meth:`biotk.linking.Linker.link_batch`.

        Where the model cannot be given a mention, what the lexical linker says of it stands.
        """
        looked_up = self.lexical.link_batch(queries, exhaustive=exhaustive)
        rest = [
            at
            for at, (query, link) in enumerate(zip(queries, looked_up, strict=True))
            if query.looked_up.strip() and (exhaustive or not self._keeps(link))
        ]
        links = list(looked_up)
        if not rest:
            return links
        written = self.generative.link_batch([queries[at] for at in rest], exhaustive=exhaustive)
        for at, generated in zip(rest, written, strict=True):
            links[at] = self._joined(queries[at], looked_up[at], generated)
        return links

    def _joined(self, query: Query, lexical: Link, generated: Link) -> Link:
        if self._keeps(lexical):
            candidates = self._merged(self._sure(lexical), generated.candidates, lexical.candidates)
            return replace(lexical, candidates=candidates)
        if REFUSED in generated.reasons:
            refused = {REFUSED: generated.reasons[REFUSED]}
            return replace(lexical, reasons={**lexical.reasons, **refused})
        # Probabilities have such an interval, and means over tokens have none.
        interval = generated.nil_interval
        found = combine(
            lexical.candidates,
            generated.candidates,
            0.0 if interval is None else interval[0],
            self.config.combining,
            exclusive=interval is not None,
        )
        candidates, homonym = self._homonyms.settle(query, found.candidates)
        told = Link(
            None,
            route="nil",
            query=generated.query,
            candidates=candidates[: self.config.n_kept],
            nil_interval=generated.nil_interval,
        )
        reason = self._doubt(found)
        if reason is not None:
            reasons = {"nil": reason, "model": _why_not(generated), "lexical": _why_not(lexical)}
            return replace(told, reasons=reasons)
        return answered(told, candidates[0], self.kb, homonym=homonym)

    def _doubt(self, found: Combined) -> str | None:
        """:returns: why the best candidate is not answered; None if it is."""
        if not found.candidates:
            return "there is no candidate"
        best, config = found.candidates[0].score, self.config.generative
        if best < config.threshold:
            return f"the best share {best:.2f} is below {config.threshold:.2f}"
        if best < config.least_share * (best + found.nil):
            return f"NIL has a share of {found.nil:.2f}, and the best concept {best:.2f}"
        return None

    def _merged(self, *groups: Sequence[Candidate]) -> tuple[Candidate, ...]:
        """:returns: candidates of several linkers, one group after the other, each concept once."""
        found: dict[str, Candidate] = {}
        for group in groups:
            for candidate in group:
                found.setdefault(candidate.concept_id, candidate)
        return tuple(found.values())[: self.config.n_kept]


def _why_not(link: Link) -> str:
    """:returns: what one of the linkers said."""
    if link.is_nil:
        return link.reasons["nil"]
    return f"{link.concept_id} with a score of {link.score:.2f}"
