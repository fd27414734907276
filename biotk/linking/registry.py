"""Linkers by the names that the command line and configs use."""

from __future__ import annotations

from collections.abc import Callable

from biotk.candidates.learned import LearnedNames
from biotk.errors import UnknownNameError
from biotk.kb import KbSubset, KnowledgeBase
from biotk.linking.lexical import LexicalLinker


def _lexical(
    kb: KnowledgeBase, subset: KbSubset | None, learned: LearnedNames | None
) -> LexicalLinker:
    return LexicalLinker(kb, subset=subset, learned=learned)


#: What makes each linker.
LINKERS: dict[
    str, Callable[[KnowledgeBase, KbSubset | None, LearnedNames | None], LexicalLinker]
] = {"lexical": _lexical}


def make_linker(
    name: str,
    kb: KnowledgeBase,
    *,
    subset: KbSubset | None = None,
    learned: LearnedNames | None = None,
) -> LexicalLinker:
    """Make a linker by its name.

    :param name: a key of :data:`LINKERS`.
    :param kb: the knowledge base.
    :param subset: the part of it that may be answered.
    :param learned: names from a training corpus.
    :raises UnknownNameError: there is none of that name.
    """
    if name not in LINKERS:
        raise UnknownNameError("linker", name, LINKERS)
    return LINKERS[name](kb, subset, learned)
