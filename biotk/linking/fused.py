"""The fused linker: names that look alike, near vectors and a model that writes names, together.

What a name of the KB answers beyond doubt is answered by it, as in the cascade. For the rest the
candidates of all sides are put in one order by :mod:`biotk.linking.fusion`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from biotk.candidates.learned import LearnedNames
from biotk.document import Candidate, Link
from biotk.index.kb_trie import Progress
from biotk.index.kb_vectors import TextEncoder
from biotk.kb import KbSubset, KnowledgeBase
from biotk.linking.answers import answered
from biotk.linking.context import Contexts
from biotk.linking.dense import DenseConfig, DenseLinker
from biotk.linking.features import Evidence, Weighable, weighable
from biotk.linking.fusion import DEFAULT_WEIGHTS, FusionWeights, Weighed, weigh
from biotk.linking.generative import REFUSED, GenerativeConfig, GenerativeLinker
from biotk.linking.generator import Generator
from biotk.linking.homonyms import Homonyms
from biotk.linking.lexical import LexicalConfig, LexicalLinker
from biotk.linking.names_first import NamesFirst
from biotk.linking.query import Query
from biotk.linking.typed import TypedParts, wanted_type


@dataclass(frozen=True, slots=True, kw_only=True)
class FusedConfig:
    """How the sides share the work.

    :param keep: a lexical answer with this score or more is kept, as in the cascade.
    :param n_kept: how many candidates a link keeps.
    :param least_share: of what the best concept and NIL have together, the concept needs this
        share, or it is NIL.
    :param weights: what each feature counts.
    :param lexical: how names are looked up.
    :param dense: how vectors are searched.
    :param generative: how the model is searched.
    """

    keep: float = 0.97
    n_kept: int = 20
    least_share: float = 0.5
    weights: FusionWeights = DEFAULT_WEIGHTS
    lexical: LexicalConfig = field(default_factory=LexicalConfig)
    dense: DenseConfig = field(default_factory=DenseConfig)
    generative: GenerativeConfig = field(default_factory=GenerativeConfig)


class FusedLinker(NamesFirst):
    """Links by all that is known of a mention's candidates.

    :param kb: the knowledge base.
    :param encoder: what makes vectors.
    :param generator: the model that writes names, or what loads it; None for none.
    :param subset: the part of the KB that may be answered; everything outside is NIL.
    :param learned: names from a training corpus.
    :param config: how the sides share the work.
    :param progress: told how far making vectors and the trie is.
    :param lexical: what looks names up, where there is one of the same KB and part already.
    :raises KbMismatchError: the subset or the learned names belong to another KB.

    >>> linker = FusedLinker(kb, load_encoder(), load_generator("biotk-mini"))   # doctest: +SKIP
    >>> linker.link("attack of the heart").route                                 # doctest: +SKIP
    'generated'
    """

    def __init__(
        self,
        kb: KnowledgeBase,
        encoder: TextEncoder,
        generator: Generator | Callable[[], Generator] | None = None,
        *,
        subset: KbSubset | None = None,
        learned: LearnedNames | None = None,
        config: FusedConfig | None = None,
        progress: Progress | None = None,
        lexical: LexicalLinker | None = None,
    ) -> None:
        self.config = config or FusedConfig()
        super().__init__(
            kb, self.config, subset=subset, learned=learned, progress=progress, lexical=lexical
        )
        self.dense = DenseLinker(
            kb,
            encoder,
            subset=subset,
            learned=learned,
            config=self.config.dense,
            progress=progress,
        )
        self._generator = generator
        self._parts = TypedParts(kb, subset)
        self._contexts = Contexts(kb)
        self._homonyms = Homonyms(kb, learned=learned)
        self.config.weights.warn_if_of_another(encoder.fingerprint)
        self._weights = self.config.weights.vector(asked=generator is not None)

    @cached_property
    def generative(self) -> GenerativeLinker | None:
        """What asks the model, made at first use; None where there is none.

        :raises InputError: the model cannot be loaded, or does not fit.
        """
        return None if self._generator is None else self._made(self._generator)

    def link_batch(self, queries: Sequence[Query], *, exhaustive: bool = False) -> list[Link]:
        """Link mentions; see :meth:`biotk.linking.Linker.link_batch`."""
        looked_up = self.lexical.link_batch(queries, exhaustive=exhaustive)
        kept = [self._keeps(link) for link in looked_up]
        rest = [
            at
            for at, query in enumerate(queries)
            if any(map(str.isalnum, query.looked_up)) and (exhaustive or not kept[at])
        ]
        links = list(looked_up)
        if not rest:
            return links
        weighables, written = self._weighables([queries[at] for at in rest])
        for at, each, generated in zip(rest, weighables, written, strict=True):
            links[at] = self._link(queries[at], looked_up[at], each, generated, kept=kept[at])
        return links

    def weighables(self, queries: Sequence[Query]) -> list[Weighable]:
        """:returns: the candidates of each mention with their features, as weights are fitted to.

        All sides are asked, whatever names answer beyond doubt.
        """
        return self._weighables(queries)[0]

    def _weighables(self, asked: Sequence[Query]) -> tuple[list[Weighable], list[Link | None]]:
        hits = self.dense.hits(asked)
        # Neighbours by n-grams, which the lexical linker leaves out where it is sure to be below
        # its threshold, may be above the rest here.
        lexical = self.lexical.link_batch(asked, exhaustive=True)
        written: list[Link | None] = [None] * len(asked)
        if self.generative is not None:
            written = list(self.generative.link_batch(asked, exhaustive=True))
        found = []
        for number, query in enumerate(asked):
            evidence = self._evidence(query, lexical[number], written[number])
            evidence = replace(evidence, dense=hits[number])
            index_of = self._index_of(lexical[number], written[number])
            found.append(weighable(evidence, index_of, self._contexts))
        return found, written

    def _evidence(self, query: Query, lexical: Link, written: Link | None) -> Evidence:
        wanted = wanted_type(self.kb, query.type)
        typed = None if wanted is None else self._parts.of(wanted)
        refused = written is None or REFUSED in written.reasons
        nil = None if written is None else written.nil_interval
        return Evidence(
            lexical=lexical.candidates,
            dense=(),
            written=None if refused or written is None else written.candidates,
            nil=0.0 if nil is None else nil[0],
            wanted=typed,
            context=self._contexts.of(query),
        )

    def _index_of(self, lexical: Link, written: Link | None) -> dict[str, int]:
        both = (*lexical.candidates, *(() if written is None else written.candidates))
        return {each.concept_id: self.kb.index_of(each.concept_id) for each in both}

    def _link(
        self, query: Query, lexical: Link, each: Weighable, written: Link | None, *, kept: bool
    ) -> Link:
        weighed = weigh(each, self._weights)
        candidates, homonym = self._homonyms.settle(query, self._candidates(each, weighed))
        interval = None if written is None else written.nil_interval
        if kept:
            sure = self._sure(lexical)
            ids = {c.concept_id for c in sure}
            further = [c for c in candidates if c.concept_id not in ids]
            return replace(lexical, candidates=(*sure, *further)[: self.config.n_kept])
        told = Link(
            None,
            route="nil",
            query=query.written_out,
            candidates=candidates[: self.config.n_kept],
            nil_interval=interval,
        )
        reasons = {}
        if written is not None and REFUSED in written.reasons:
            reasons[REFUSED] = written.reasons[REFUSED]
        if not candidates:
            return replace(told, reasons={"nil": "nothing like it", **reasons})
        best = candidates[0]
        if best.score < self.config.least_share * (best.score + weighed.nil):
            reason = f"NIL weighs {weighed.nil:.2f}, and the best concept {best.score:.2f}"
            return replace(told, reasons={"nil": reason, **reasons})
        link = answered(told, best, self.kb, homonym=homonym)
        return replace(link, reasons={**reasons, **link.reasons})

    def _candidates(self, each: Weighable, weighed: Weighed) -> tuple[Candidate, ...]:
        shares = [round(share, 4) for share in weighed.shares.tolist()]
        features = [tuple(row) for row in each.features[:-1].tolist()]
        return tuple(
            replace(
                each.shown[at],
                concept_id=self.kb.id_of(each.concepts[at]),
                score=shares[at],
                tied=features.count(features[at]) > 1,
            )
            for at in weighed.order
        )
