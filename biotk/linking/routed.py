"""The routed linker: each mention goes the way that it is worth.

Names are looked up first. What names of the KB answer beyond doubt is answered by them, as in the
cascade; for each of the rest a :class:`~biotk.linking.routing.Router` weighs what is cheaply known
of it, and the mention is answered by the linker of the way that is chosen, as that linker would
answer it alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from biotk.candidates.learned import LearnedNames
from biotk.document import Link
from biotk.errors import InputError
from biotk.index.kb_trie import Progress
from biotk.index.kb_vectors import TextEncoder
from biotk.kb import KbSubset, KnowledgeBase
from biotk.linking.base import Linker
from biotk.linking.cascade import CascadeConfig, CascadeLinker
from biotk.linking.dense import DenseLinker
from biotk.linking.fused import FusedConfig, FusedLinker
from biotk.linking.generator import Generator
from biotk.linking.names_first import NamesFirst
from biotk.linking.query import Query
from biotk.linking.route_features import Matrix, route_features
from biotk.linking.routing import DEFAULT_DIAL, NAMES, WITH_ENCODER, Choice, Router

#: The key in a link's reasons that tells the way that it went, and why.
WAY = "way"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutedConfig:
    """How much is asked, and how.

    :param dial: from 0, where names alone answer, to 1, where all is asked that there is.
    :param cascade: the way ``cascade``, and how names are looked up; ``quick`` is the same with a
        narrow search, ``listed`` over short lists.
    :param quick_beams: how many names the search of ``quick`` follows at once.
    :param fused: the way ``fused``, and ``dense``.
    :raises InputError: the dial is out of its range.
    """

    dial: float = DEFAULT_DIAL
    quick_beams: int = 2
    cascade: CascadeConfig = field(default_factory=CascadeConfig)
    fused: FusedConfig = field(default_factory=FusedConfig)

    def __post_init__(self) -> None:
        if not 0 <= self.dial <= 1:
            raise InputError(f"dial must be between 0 and 1, not {self.dial}")


class RoutedLinker(NamesFirst):
    """Links by names where that is enough, and by what costs more where it is worth it.

    :param kb: the knowledge base.
    :param generator: the model that writes names, or what loads it at first use.
    :param router: chooses the way of each mention.
    :param encoder: what makes vectors, for a router that was fitted with one.
    :param subset: the part of the KB that may be answered; everything outside is NIL.
    :param learned: names from a training corpus.
    :param config: how much is asked.
    :param progress: told how far making vectors and the trie is.
    :raises KbMismatchError: the subset or the learned names belong to another KB.
    :raises InputError: the router looks at vectors, and there is no encoder.

    >>> linker = RoutedLinker(kb, load_generator("biotk-mini"), router)      # doctest: +SKIP
    >>> linker.link("heart attacks").reasons["way"]                          # doctest: +SKIP
    'names: right with 0.96; cascade 0.96, not 0.05 more'
    """

    def __init__(
        self,
        kb: KnowledgeBase,
        generator: Generator | Callable[[], Generator],
        router: Router,
        *,
        encoder: TextEncoder | None = None,
        subset: KbSubset | None = None,
        learned: LearnedNames | None = None,
        config: RoutedConfig | None = None,
        progress: Progress | None = None,
    ) -> None:
        self.config, self.router = config or RoutedConfig(), router
        if encoder is None and (router.needs_encoder or {*WITH_ENCODER} & {*router.ways}):
            raise InputError("the router looks at vectors: name the encoder that it was fitted for")
        cascade = self.config.cascade
        super().__init__(kb, cascade, subset=subset, learned=learned, progress=progress)
        self._generator, self._encoder = generator, encoder
        self._made_ways: dict[str, Linker] = {NAMES: self.lexical}

    def way(self, name: str) -> Linker:
        """:returns: the linker of a way, made at first use.

        :param name: ``names``, or a key of :data:`~biotk.linking.routing.COSTS`.
        :raises InputError: a model cannot be loaded, or there is no encoder.
        """
        if name not in self._made_ways:
            makers = {"dense": self._dense, "fused": self._fused}
            self._made_ways[name] = makers.get(name, lambda: self._cascade(name))()
        return self._made_ways[name]

    def link_batch(self, queries: Sequence[Query], *, exhaustive: bool = False) -> list[Link]:
        """Link mentions, those of one way together; see :meth:`biotk.linking.Linker.link_batch`.

        The way does not depend on whether it is ``exhaustive``.
        """
        named, rest = self.looked_up(queries)
        ways = dict.fromkeys(range(len(queries)), NAMES)
        told = dict[int, str]()
        if rest:
            values = self.values([queries[at] for at in rest], [named[at] for at in rest])
            for at, choice in zip(rest, self.router.choose(values, dial=self.config.dial)):
                ways[at], told[at] = choice.way, in_short(choice)
        by_way: dict[str, list[int]] = {}
        for at, way in ways.items():
            by_way.setdefault(way, []).append(at)
        links = list(named)
        for way, places in by_way.items():
            if way == NAMES and not exhaustive:
                continue
            asked = [queries[at] for at in places]
            found = self.way(way).link_batch(asked, exhaustive=exhaustive)
            for at, link in zip(places, found, strict=True):
                links[at] = link
        for at, why in told.items():
            links[at] = replace(links[at], reasons={**links[at].reasons, WAY: why})
        return links

    def looked_up(self, queries: Sequence[Query]) -> tuple[list[Link], list[int]]:
        """:returns: what names answer, and the places of the mentions that this leaves open."""
        named = self.lexical.link_batch(queries)
        return named, [
            at
            for at, (query, link) in enumerate(zip(queries, named, strict=True))
            if query.looked_up.strip() and not self._keeps(link)
        ]

    def values(self, queries: Sequence[Query], named: Sequence[Link]) -> Matrix:
        """:returns: what the router looks at. *Shape*: (mentions, features).

        :param queries: mentions.
        :param named: what names say of each.
        """
        near = None
        if self.router.needs_encoder and 0 < self.config.dial < 1:
            near = self.way("dense").link_batch(queries)
        return route_features(self.kb, queries, named, near)

    def _cascade(self, name: str) -> CascadeLinker:
        config, beams = self.config.cascade, self.config.quick_beams
        changes: dict[str, dict[str, Any]] = {
            "quick": {"beams": beams, "n_best": min(config.generative.n_best or beams, beams)},
            "listed": {"shortlist": "trie"},
        }
        if name in changes:
            config = replace(config, generative=replace(config.generative, **changes[name]))
        return CascadeLinker(
            self.kb,
            self._generator,
            subset=self.subset,
            learned=self.learned,
            config=config,
            progress=self._progress,
            lexical=self.lexical,
        )

    @cached_property
    def _fused_linker(self) -> FusedLinker:
        if self._encoder is None:
            raise InputError("there is no encoder: name one")
        return FusedLinker(
            self.kb,
            self._encoder,
            self._generator,
            subset=self.subset,
            learned=self.learned,
            config=self.config.fused,
            progress=self._progress,
            lexical=self.lexical,
        )

    def _fused(self) -> Linker:
        return self._fused_linker

    def _dense(self) -> DenseLinker:
        return self._fused_linker.dense


def in_short(choice: Choice) -> str:
    """:returns: a choice in a line, for a link's reasons."""
    named = choice.right[NAMES]
    others = [f"{way} {right:.2f}" for way, right in choice.right.items() if way != NAMES]
    told = f"{choice.way}: names are right with {named:.2f}, {', '.join(others)}"
    return told if choice.way == NAMES else f"{told}; {choice.least:.2f} more is enough"
