"""Linkers of several parts of a KB, which share what does not depend on the part."""

from __future__ import annotations

from dataclasses import replace

from biotk.candidates.learned import LearnedNames
from biotk.kb import KbSubset, KnowledgeBase
from biotk.linking.base import Linker
from biotk.linking.nil import NilLinker
from biotk.linking.registry import LinkerOptions, learned_of, make_linker, sharing
from biotk.linking.remembering import RememberingLinker


class LinkersOfParts:
    """Makes linkers of parts: models are loaded once, and there is one linker of the whole KB.

    :param name: a key of :data:`~biotk.linking.registry.LINKERS`.
    :param kb: the knowledge base.
    :param options: what the linkers are told.
    :param learned: names from a training corpus; those of the options where there are none.
    :param remember: whether the linker of the whole KB keeps every link that it gives, for whoever
        asks about the same mentions in part after part.
    :raises UnknownNameError: there is no linker of that name.
    :raises InputError: it has no use for what it is given.
    """

    def __init__(
        self,
        name: str,
        kb: KnowledgeBase,
        *,
        options: LinkerOptions,
        learned: LearnedNames | None = None,
        remember: bool = False,
    ) -> None:
        self._name, self._kb = name, kb
        plain = sharing(name, options)
        learned = learned_of(kb, plain) if learned is None else learned
        self._learned = learned
        self._options = replace(options, model=plain.model, encoder=plain.encoder)
        self._whole: Linker | None = None
        if remember:
            self._whole = RememberingLinker(make_linker(name, kb, learned=learned, options=plain))

    def of(self, subset: KbSubset | None) -> Linker:
        """:returns: the linker of a part; of the whole KB for None."""
        made = make_linker(
            self._name,
            self._kb,
            subset=subset,
            learned=self._learned,
            options=self._options,
            whole=self._whole,
        )
        if self._whole is None and isinstance(made, NilLinker):
            self._whole = made.whole
        return made
