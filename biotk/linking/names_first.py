"""What is the same in linkers that look names up first and ask others for the rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from biotk.candidates.learned import LearnedNames
from biotk.document import Candidate, Link
from biotk.index.kb_trie import Progress
from biotk.kb import KbSubset, KnowledgeBase
from biotk.linking.base import BatchLinker
from biotk.linking.generative import GenerativeConfig, GenerativeLinker
from biotk.linking.generator import Generator
from biotk.linking.lexical import LexicalConfig, LexicalLinker


class NamesFirstConfig(Protocol):
    """What the configurations of such linkers have in common."""

    @property
    def keep(self) -> float:
        """A lexical answer with this score or more is kept."""

    @property
    def lexical(self) -> LexicalConfig:
        """How names are looked up."""

    @property
    def generative(self) -> GenerativeConfig:
        """How the model is searched."""


class NamesFirst(BatchLinker):
    """Looks names up.

    :param kb: the knowledge base.
    :param config: how the linkers share the work.
    :param subset: the part of the KB that may be answered; everything outside is NIL.
    :param learned: names from a training corpus.
    :param progress: told how far making the trie is.
    :param lexical: what looks names up, where there is one of the same KB and part already.
    :raises KbMismatchError: the subset or the learned names belong to another KB.
    """

    def __init__(
        self,
        kb: KnowledgeBase,
        config: NamesFirstConfig,
        *,
        subset: KbSubset | None,
        learned: LearnedNames | None,
        progress: Progress | None,
        lexical: LexicalLinker | None = None,
    ) -> None:
        self.kb, self.subset, self.learned = kb, subset, learned
        self.lexical = lexical or LexicalLinker(
            kb, subset=subset, learned=learned, config=config.lexical
        )
        self._shared, self._progress = config, progress

    def _made(self, generator: Generator | Callable[[], Generator]) -> GenerativeLinker:
        """:returns: the linker that asks the model, over the same part of the KB."""
        return GenerativeLinker(
            self.kb,
            generator,
            subset=self.subset,
            learned=self.learned,
            config=self._shared.generative,
            progress=self._progress,
        )

    def _keeps(self, link: Link) -> bool:
        """:returns: whether what names answer stands."""
        return not link.is_nil and link.score >= self._shared.keep

    def _sure(self, link: Link) -> list[Candidate]:
        """:returns: the candidates that names would answer as well."""
        return [each for each in link.candidates if each.score >= self._shared.keep]
