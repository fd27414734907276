"""A pipeline as the batch engine sees it: documents in, documents out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from spacy.language import Language
from spacy.tokens import Doc

from biotk.components.pipelines import load_pipeline, to_document
from biotk.document import Document


class PipelineAnnotator:
    """Runs a spaCy pipeline over batches of documents.

    Each batch runs in a memory zone: spaCy forgets its strings behind it, and memory stays flat
    over any number of notes.

    :param nlp: the pipeline.
    """

    def __init__(self, nlp: Language) -> None:
        self.nlp = nlp

    def annotate(self, batch: Sequence[Document]) -> list[Document]:
        """Annotate documents; what they brought along, but for mentions, is kept."""
        with self.nlp.memory_zone():
            docs = self.nlp.pipe(document.text for document in batch)
            return [_with_findings(document, doc) for document, doc in zip(batch, docs)]


def _with_findings(document: Document, doc: Doc) -> Document:
    found = to_document(doc)
    return replace(
        document,
        mentions=found.mentions,
        abbreviations=found.abbreviations or document.abbreviations,
    )


def make_annotator(
    pipeline: str | Path,
    *,
    kb: str | Path | None = None,
    types: Sequence[str] | None = None,
    ids: Sequence[str] | None = None,
) -> PipelineAnnotator:
    """Load a pipeline for batch work; see :func:`~biotk.components.pipelines.load_pipeline`."""
    return PipelineAnnotator(load_pipeline(pipeline, kb=kb, types=types, ids=ids))
