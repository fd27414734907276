"""``biotk_detector``: mentions in ``doc.ents`` and, all of them, in ``doc.spans``."""

from __future__ import annotations

from spacy.tokens import Doc, Span
from spacy.util import filter_spans

from biotk.components.kb import KbHandle
from biotk.components.plain import get_abbreviations
from biotk.components.saving import KbComponent
from biotk.components.spans import split_tokens, whole_span
from biotk.detection import DictionaryDetector
from biotk.detection.dictionary import Overlaps
from biotk.text.abbreviations import find_abbreviations


class DetectorComponent(KbComponent):
    """Finds names of a KB.

    ``doc.spans[spans_key]`` gets every mention; ``doc.ents``, which cannot overlap, the longest
    of them.

    :param name: its name in the pipeline.
    :param handle: the KB, and the part of it whose names are sought.
    :param overlaps: whether mentions may overlap.
    :param spans_key: where they stand in ``doc.spans``.
    :param overwrite_ents: whether entities that are there already give way.
    """

    def __init__(
        self,
        name: str,
        handle: KbHandle,
        *,
        overlaps: Overlaps = "longest",
        spans_key: str = "biotk",
        overwrite_ents: bool = False,
    ) -> None:
        super().__init__(name, handle)
        self.overlaps = overlaps
        self.spans_key = spans_key
        self.overwrite_ents = overwrite_ents

    def _forget(self) -> None:
        self._built: DictionaryDetector | None = None

    @property
    def detector(self) -> DictionaryDetector:
        """The detector, made at first use."""
        if self._built is None:
            self._built = DictionaryDetector(
                self.handle.kb, subset=self.handle.subset, overlaps=self.overlaps
            )
        return self._built

    def __call__(self, doc: Doc) -> Doc:
        """Find the mentions of a document."""
        text = doc.text
        abbreviations = get_abbreviations(doc) or find_abbreviations(text)
        mentions = self.detector.detect(text, abbreviations=abbreviations)
        doc = split_tokens(doc, (offset for m in mentions for offset in (m.start, m.end)))
        spans = [whole_span(doc, m.start, m.end, m.type or "Concept") for m in mentions]
        doc.spans[self.spans_key] = spans
        doc.ents = self._entities(doc, spans)
        return doc

    def _entities(self, doc: Doc, spans: list[Span]) -> list[Span]:
        if self.overwrite_ents:
            return filter_spans(spans)
        taken = {token.i for ent in doc.ents for token in ent}
        free = [span for span in spans if not any(token.i in taken for token in span)]
        return [*doc.ents, *filter_spans(free)]
