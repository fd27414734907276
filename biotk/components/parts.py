"""The mentions of the same documents in one part of a KB after the other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from biotk.components.annotator import make_annotator
from biotk.components.detector import DetectorComponent
from biotk.components.pipelines import pipeline_detector
from biotk.document import Document
from biotk.kb import KbSubset, KnowledgeBase

_DOCUMENTS = 64  # read together


class PartFinder:
    """Finds mentions as a pipeline does, in part after part; loads and reads once what it can.

    What depends on the part are the names that a dictionary seeks, and which of its types a tagger
    does: those that the part has. What a tagger's model makes of a text does not.

    :param pipeline: a pipeline's name or folder. Its own detector is taken for parts too, which
        would else be sought by their names alone.
    :param kb: the KB.
    :param detector: another detector.
    :param tagger: its model.
    """

    def __init__(
        self,
        pipeline: str | Path,
        kb: KnowledgeBase,
        *,
        detector: str | None = None,
        tagger: str | Path | None = None,
    ) -> None:
        self._annotator = make_annotator(
            pipeline,
            linked=False,
            kb=kb.path,
            subset=kb.subset(),
            detector=pipeline_detector(pipeline) if detector is None else detector,
            tagger=tagger,
        )

    def find(self, documents: Sequence[Document], subset: KbSubset) -> list[Document]:
        """:returns: the documents with what is found in a part."""
        for _, pipe in self._annotator.nlp.pipeline:
            if isinstance(pipe, DetectorComponent):
                pipe.restrict(subset)
        return [
            found
            for first in range(0, len(documents), _DOCUMENTS)
            for found in self._annotator.annotate(documents[first : first + _DOCUMENTS])
        ]
