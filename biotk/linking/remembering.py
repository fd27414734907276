"""A linker that is asked about a mention once, however often it comes."""

from __future__ import annotations

from collections.abc import Sequence

from biotk.document import Link
from biotk.linking.base import BatchLinker, Linker
from biotk.linking.query import Query


class RememberingLinker(BatchLinker):
    """Keeps every link that it has given, for whoever asks about the same mentions again.

    What the whole KB says of a mention is the same whatever part of it is looked at beside.

    :param linker: what links.
    """

    def __init__(self, linker: Linker) -> None:
        self.kb = linker.kb
        self._linker = linker
        self._known: dict[tuple[Query, bool], Link] = {}

    def link_batch(self, queries: Sequence[Query], *, exhaustive: bool = False) -> list[Link]:
        """Link mentions; see :meth:`biotk.linking.Linker.link_batch`."""
        new = [q for q in dict.fromkeys(queries) if (q, exhaustive) not in self._known]
        if new:
            links = self._linker.link_batch(new, exhaustive=exhaustive)
            self._known.update(((q, exhaustive), link) for q, link in zip(new, links, strict=True))
        return [self._known[query, exhaustive] for query in queries]
