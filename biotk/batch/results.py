"""Inputs and results as they travel between the processes, and the work on one batch."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from biotk.batch.engine import Annotator
from biotk.document import Document
from biotk.errors import BioTKError, InputError
from biotk.io import document_to_dict


@dataclass(frozen=True, slots=True)
class Item:
    """One input: a document, or a row that could not be read.

    :param index: its place among all inputs, from 0.
    :param document: the document; None for a row that could not be read.
    :param error: what is wrong with the row, without its text.
    """

    index: int
    document: Document | None = None
    error: str = ""

    @property
    def id(self) -> str | None:
        """The document's id; None for a row that could not be read."""
        return None if self.document is None else self.document.id


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one input.

    :param index: the index of the input.
    :param id: the document's id; None for a row that could not be read.
    :param line: its line of JSON with the line end; empty where it failed.
    :param error: why it failed, without the note's text.
    :param words: how many words it has.
    :param document: the annotated document, where somebody wants to see it.
    """

    index: int
    id: str | None
    line: bytes = b""
    error: str = ""
    words: int = 0
    document: Document | None = None

    @property
    def failed(self) -> bool:
        """Whether there is nothing to write for this input."""
        return not self.line


@dataclass(frozen=True, slots=True)
class Want:
    """What the caller wants of each document.

    :param text: the text in the line of JSON.
    :param document: the document itself, for a view.
    """

    text: bool = True
    document: bool = False


def annotate_batch(annotator: Annotator, items: Sequence[Item], want: Want) -> list[Result]:
    """Annotate a batch; when that fails, its documents one by one.

    :returns: one result for each item, in their order.
    """
    documents = [item.document for item in items if item.document is not None]
    try:
        annotated = iter(_annotate(annotator, documents))
        return [
            _failure(item, item.error)
            if item.document is None
            else _line(item, next(annotated), want)
            for item in items
        ]
    except Exception as error:
        if len(items) > 1:
            return [result for item in items for result in annotate_batch(annotator, [item], want)]
        return [_failure(items[0], describe_error(error))]


def describe_error(error: Exception) -> str:
    """:returns: the kind of an error; its message only where that is ours, since the messages of
    others may quote the note.
    """
    kind = type(error).__name__
    return f"{kind}: {error}" if isinstance(error, BioTKError) else kind


def encode_line(values: object) -> bytes:
    """:returns: one line of JSON in UTF-8, with its line end.

    :raises InputError: a value is none of JSON's.
    """
    try:
        return (json.dumps(values, ensure_ascii=False, allow_nan=False) + "\n").encode()
    except UnicodeEncodeError:  # a lone surrogate has no UTF-8, but it has an escape in JSON
        return (json.dumps(values, allow_nan=False) + "\n").encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError(
            f"cannot be written as JSON: a value is not finite, or of a class that JSON does not"
            f" have ({type(error).__name__})"
        ) from error


def _annotate(annotator: Annotator, documents: list[Document]) -> list[Document]:
    if not documents:
        return []
    annotated = annotator.annotate(documents)
    if [document.id for document in annotated] != [document.id for document in documents]:
        raise BioTKError(
            f"the annotator returned other documents than the {len(documents)} that it was given"
        )
    return annotated


def _line(item: Item, document: Document, want: Want) -> Result:
    values = document_to_dict(document)
    if not want.text:
        values.pop("text", None)
    return Result(
        item.index,
        document.id,
        encode_line(values),
        words=len(document.text.split()),
        document=document if want.document else None,
    )


def _failure(item: Item, error: str) -> Result:
    return Result(item.index, item.id, error=error)
