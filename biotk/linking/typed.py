"""The part of a KB that a mention of some entity type is looked for in."""

from __future__ import annotations

from biotk.kb import KbSubset, KnowledgeBase
from biotk.types import entity_type


def wanted_type(kb: KnowledgeBase, type: str | None) -> str | None:
    """:returns: the semantic type of a mention of some entity type, if the KB knows it."""
    wanted = None if type is None else entity_type(type)
    return wanted if wanted in kb.manifest.types else None


class TypedParts:
    """A linker's part of its KB, narrowed to the types of mentions.

    :param kb: the knowledge base.
    :param subset: the part that may be answered; None for all.
    """

    def __init__(self, kb: KnowledgeBase, subset: KbSubset | None) -> None:
        self._kb, self._subset = kb, subset
        self._by_type: dict[str, KbSubset] = {}

    def of(self, wanted: str | None) -> KbSubset | None:
        """:returns: what may be answered to a mention of a type; None for all."""
        if wanted is None:
            return self._subset
        if wanted not in self._by_type:
            typed = self._kb.subset(types=[wanted])
            self._by_type[wanted] = typed if self._subset is None else typed & self._subset
        return self._by_type[wanted]
