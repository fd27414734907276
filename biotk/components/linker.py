"""``biotk_linker``: a concept, or NIL, for each entity."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Self

from spacy.tokens import Doc, Span

from biotk.candidates.learned import LearnedNames
from biotk.components.extensions import add_getter
from biotk.components.kb import KbHandle
from biotk.components.plain import get_abbreviations, get_link, set_link
from biotk.components.saving import KbComponent
from biotk.document import Abbreviation
from biotk.kb import KnowledgeBase
from biotk.linking import LexicalConfig, LexicalLinker
from biotk.linking.base import LongForms
from biotk.text.abbreviations import find_abbreviations
from biotk.types import NIL

_KB_ENTS_SHOWN = 5
_LEARNED = "learned_names.tsv"


class LinkerComponent(KbComponent):
    """Sets ``ent.kb_id_`` (``"NIL"`` for none), ``ent._.link`` and ``ent._.kb_ents``.

    Spans of ``doc.spans[spans_key]`` are linked too.

    :param name: its name in the pipeline.
    :param handle: the KB, and the part of it that may be answered.
    :param labels: entity labels that are linked; without them all are.
    :param learned_names: a table of training mentions, see
        :meth:`~biotk.candidates.learned.LearnedNames.write`; it is saved with the component.
    :param k: how many candidates are considered.
    :param threshold: a best score below this is NIL.
    :param resolve_abbreviations: whether short forms are looked up by their long form.
    :param max_entities_per_mention: how many candidates a link keeps.
    :param spans_key: spans that are linked beside the entities.
    """

    def __init__(
        self,
        name: str,
        handle: KbHandle,
        *,
        labels: Sequence[str] | None = None,
        learned_names: str | None = None,
        k: int = 20,
        threshold: float = 0.65,
        resolve_abbreviations: bool = True,
        max_entities_per_mention: int = _KB_ENTS_SHOWN,
        spans_key: str = "biotk",
    ) -> None:
        super().__init__(name, handle)
        self.config = LexicalConfig(k=k, threshold=threshold, n_kept=max_entities_per_mention)
        self.linked_labels = None if labels is None else frozenset(labels)
        self.learned_names = learned_names
        self.resolve_abbreviations = resolve_abbreviations
        self.spans_key = spans_key
        _add_getters()

    def __setstate__(self, state: dict[str, object]) -> None:
        super().__setstate__(state)
        # A process that was spawned has not seen the constructor.
        _add_getters()

    def _forget(self) -> None:
        self._built: LexicalLinker | None = None

    @property
    def kb(self) -> KnowledgeBase:
        """The KB that is linked to; ``linker.kb[ent.kb_id_]`` is a concept."""
        return self.handle.kb

    @property
    def linker(self) -> LexicalLinker:
        """The linker, made at first use."""
        if self._built is None:
            learned = self.learned_names and LearnedNames.read(self.kb, self.learned_names)
            self._built = LexicalLinker(
                self.kb, subset=self.handle.subset, learned=learned or None, config=self.config
            )
        return self._built

    def to_disk(self, path: Path | str, *, exclude: Iterable[str] = ()) -> None:
        """Save into a folder, the training mentions too."""
        super().to_disk(path, exclude=exclude)
        if self.learned_names is not None:
            shutil.copyfile(self.learned_names, Path(path) / _LEARNED)

    def from_disk(self, path: Path | str, *, exclude: Iterable[str] = ()) -> Self:
        """Load what :meth:`to_disk` saved."""
        if (Path(path) / _LEARNED).is_file():
            self.learned_names = str(Path(path) / _LEARNED)
        return super().from_disk(path, exclude=exclude)

    def __call__(self, doc: Doc) -> Doc:
        """Link the entities of a document."""
        found: tuple[Abbreviation, ...] = ()
        if self.resolve_abbreviations:
            found = get_abbreviations(doc) or find_abbreviations(doc.text)
        forms = LongForms(found) if found else None
        linker, strings = self.linker, doc.vocab.strings
        entities = doc.ents
        for at, span in enumerate((*entities, *self._other_spans(doc, entities))):
            if self.linked_labels is not None and span.label_ not in self.linked_labels:
                continue
            text = span.text  # made of its tokens anew each time
            long_form = forms.of(text, span.start_char, span.end_char) if forms else None
            link = linker.link(text, type=span.label_ or None, long_form=long_form)
            set_link(span, link)
            if at < len(entities):
                # spaCy keeps an entity's id in its tokens; setting it there leaves the rest alone.
                kb_id = strings.add(link.concept_id or NIL)
                for token in span:
                    token.ent_kb_id = kb_id
        return doc

    def _other_spans(self, doc: Doc, entities: Sequence[Span]) -> Iterator[Span]:
        places = {(ent.start, ent.end, ent.label) for ent in entities}
        for span in doc.spans.get(self.spans_key, ()):
            if (span.start, span.end, span.label) not in places:
                yield span


def kb_entities(span: Span) -> list[tuple[str, float]]:
    """:returns: candidates as scispaCy has them, ``[(id, score)]``, best first; empty for NIL."""
    link = get_link(span)
    if link is None or link.is_nil:
        return []
    return [(candidate.concept_id, candidate.score) for candidate in link.candidates]


def _add_getters() -> None:
    add_getter(Span, "link", get_link)
    add_getter(Span, "kb_ents", kb_entities)
