"""What batch annotation runs: documents in, documents out, whatever is behind it.

A worker process makes its own annotator from an :class:`AnnotatorSpec`, so that nothing but plain
values crosses from one process to the other. spaCy stays behind :func:`make_annotator`.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, cast, runtime_checkable

from biotk.document import Document
from biotk.errors import BioTKError

#: Where spaCy may be imported; found by name, so that batch work on anything else stays light.
FACTORY_MODULE = "biotk.components.annotator"


@runtime_checkable
class Annotator(Protocol):
    """Finds and links the mentions of documents."""

    def annotate(self, batch: Sequence[Document]) -> list[Document]:
        """Annotate documents.

        :param batch: documents; what they bring along is kept.
        :returns: as many documents, in the same order, with the same ids.
        """


@dataclass(frozen=True, slots=True)
class AnnotatorSpec:
    """What an annotator is made from: plain values, and a subset of a KB, which is little more.

    :param pipeline: the name of a pipeline, or a folder.
    :param overrides: keyword arguments of the pipeline's factory, such as ``kb``, ``types`` and
        ``subset``.
    """

    pipeline: str
    overrides: Mapping[str, Any] = field(default_factory=dict)


#: Makes an annotator; a function of a module, since worker processes find it by its name.
MakeAnnotator = Callable[[AnnotatorSpec], Annotator]


def make_annotator(spec: AnnotatorSpec) -> Annotator:
    """Load a spaCy pipeline as an annotator.

    :raises UnknownNameError: there is no such pipeline.
    :raises KbError: its KB cannot be opened.
    """
    factory = importlib.import_module(FACTORY_MODULE).make_annotator
    annotator = cast("Annotator", factory(spec.pipeline, **spec.overrides))
    # Components open their KB at the first document: what is wrong with it has to end the run
    # here, and not to fail each of a million notes.
    annotator.annotate([Document("", "A first document.")])
    return annotator


def load(make: MakeAnnotator, spec: AnnotatorSpec) -> Annotator:
    """Make an annotator, and turn whatever goes wrong into an error that tells it in one line.

    :raises BioTKError: it cannot be made. No note has been read, so that any message is safe.
    """
    try:
        return make(spec)
    except BioTKError:
        raise
    except Exception as error:
        raise BioTKError(
            f"cannot load the pipeline {spec.pipeline!r}: {type(error).__name__}: {error}"
        ) from error
