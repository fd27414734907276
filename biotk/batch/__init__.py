"""Batch annotation: any number of documents, in order, with workers, and resumed after a kill."""

from biotk.batch.engine import Annotator, AnnotatorSpec, make_annotator
from biotk.batch.run import BatchOptions, DocumentFailedError, annotate_files

__all__ = [
    "Annotator",
    "AnnotatorSpec",
    "BatchOptions",
    "DocumentFailedError",
    "annotate_files",
    "make_annotator",
]
