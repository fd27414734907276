"""The cascade: what a name of the KB answers is answered by it, and a model is asked for the rest.

Most mentions are names of the KB but for case, number or the order of words. That is looked up in
microseconds and nearly always right, where a model takes milliseconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from biotk.candidates.learned import LearnedNames
from biotk.document import Candidate, Link
from biotk.index.kb_trie import Progress
from biotk.kb import KbSubset, KnowledgeBase
from biotk.linking.base import BatchLinker
from biotk.linking.generative import REFUSED, GenerativeConfig, GenerativeLinker
from biotk.linking.generator import Generator
from biotk.linking.lexical import LexicalConfig, LexicalLinker
from biotk.linking.query import Query


@dataclass(frozen=True, slots=True, kw_only=True)
class CascadeConfig:
    """How the two linkers share the work.

    :param keep: a lexical answer with this score or more is kept. Names that are the same but for
        what normalisation removes, and mentions of a training corpus, score 0.91 and more,
        neighbours by n-grams 0.9 and less; see ``docs/glossary.md``.
    :param n_kept: how many candidates a link keeps, those of both linkers.
    :param lexical: how names are looked up.
    :param generative: how the model is searched.
    """

    keep: float = 0.91
    n_kept: int = 20
    lexical: LexicalConfig = field(default_factory=LexicalConfig)
    generative: GenerativeConfig = field(default_factory=GenerativeConfig)


class CascadeLinker(BatchLinker):
    """Looks names up first, and asks a model for all mentions of a batch that are left.

    :param kb: the knowledge base.
    :param generator: the model and all that belongs to it.
    :param subset: the part of the KB that may be answered; everything outside is NIL.
    :param learned: names from a training corpus.
    :param config: how the two share the work.
    :param progress: told how far making the trie is.
    :raises KbMismatchError: the subset or the learned names belong to another KB.
    :raises InputError: the model does not know all tokens of its tokenizer.

    >>> linker = CascadeLinker(kb, load_generator("models/linker"))          # doctest: +SKIP
    >>> [linker.link(text).route for text in ("heart attacks", "cardiac arrest of the old")]
    ['plural', 'generated']
    """

    def __init__(
        self,
        kb: KnowledgeBase,
        generator: Generator,
        *,
        subset: KbSubset | None = None,
        learned: LearnedNames | None = None,
        config: CascadeConfig | None = None,
        progress: Progress | None = None,
    ) -> None:
        self.kb, self.subset, self.learned = kb, subset, learned
        self.config = config or CascadeConfig()
        self.lexical = LexicalLinker(kb, subset=subset, learned=learned, config=self.config.lexical)
        self.generative = GenerativeLinker(
            kb,
            generator,
            subset=subset,
            learned=learned,
            config=self.config.generative,
            progress=progress,
        )

    def link_batch(self, queries: Sequence[Query], *, exhaustive: bool = False) -> list[Link]:
        """Link mentions; see :meth:`biotk.linking.Linker.link_batch`.

        Where the model cannot be given a mention, what the lexical linker says of it stands.
        """
        looked_up = self.lexical.link_batch(queries, exhaustive=exhaustive)
        rest = [at for at, link in enumerate(looked_up) if exhaustive or not self._keeps(link)]
        written = self.generative.link_batch([queries[at] for at in rest], exhaustive=exhaustive)
        links = list(looked_up)
        for at, generated in zip(rest, written, strict=True):
            links[at] = self._joined(looked_up[at], generated)
        return links

    def _keeps(self, link: Link) -> bool:
        return not link.is_nil and link.score >= self.config.keep

    def _joined(self, lexical: Link, generated: Link) -> Link:
        if self._keeps(lexical):
            sure = [each for each in lexical.candidates if each.score >= self.config.keep]
            candidates = self._merged(sure, generated.candidates, lexical.candidates)
            return replace(lexical, candidates=candidates)
        if REFUSED in generated.reasons:
            told = {REFUSED: generated.reasons[REFUSED]}
            return replace(lexical, reasons={**lexical.reasons, **told})
        candidates = self._merged(generated.candidates, lexical.candidates)
        if not generated.is_nil:
            return replace(generated, candidates=candidates)
        reasons = {**generated.reasons, "lexical": self._why_not(lexical)}
        return replace(generated, candidates=candidates, reasons=reasons)

    def _why_not(self, lexical: Link) -> str:
        if lexical.is_nil:
            return lexical.reasons["nil"]
        return f"best score {lexical.score:.2f} is below {self.config.keep:.2f}"

    def _merged(self, *groups: Sequence[Candidate]) -> tuple[Candidate, ...]:
        """:returns: candidates of several linkers, one group after the other, each concept once."""
        found: dict[str, Candidate] = {}
        for group in groups:
            for candidate in group:
                found.setdefault(candidate.concept_id, candidate)
        return tuple(found.values())[: self.config.n_kept]
