"""A pipeline as the batch engine sees it: documents in, documents out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc

from biotk.components.linker import LinkerComponent
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
        """Annotate documents.

        What they brought along is kept, but for mentions, and but for sections and abbreviations
        where the pipeline finds some.
        """
        with self.nlp.memory_zone():
            docs = self.nlp.pipe(document.text for document in batch)
            return [_with_findings(document, doc) for document, doc in zip(batch, docs)]


def _with_findings(document: Document, doc: Doc) -> Document:
    found = to_document(doc)
    return replace(
        document,
        mentions=found.mentions,
        sections=found.sections or document.sections,
        abbreviations=found.abbreviations or document.abbreviations,
    )


def make_annotator(
    pipeline: str | Path, *, linked: bool = True, **options: Any
) -> PipelineAnnotator:
    """Load a pipeline for batch work.

    :param linked: whether its mentions are linked; without that only found.
    :param options: as :func:`~biotk.components.pipelines.load_pipeline` takes them.
    """
    nlp = load_pipeline(pipeline, **options)
    if not linked:
        for name in [name for name, pipe in nlp.pipeline if isinstance(pipe, LinkerComponent)]:
            nlp.remove_pipe(name)
    return PipelineAnnotator(nlp)
