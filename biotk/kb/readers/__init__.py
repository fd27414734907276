"""Streaming readers of vocabularies: a path in, concepts out.

>>> from pathlib import Path
>>> from biotk.kb.readers import read_concepts
>>> for concept in read_concepts(Path("hp.obo")):  # doctest: +SKIP
...     print(concept.concept_id, concept.name)
"""

from biotk.kb.readers.base import DEFAULT_OPTIONS, Reader, ReaderOptions, SourceFormat
from biotk.kb.readers.formats import FORMATS, read_concepts, sniff_format

__all__ = [
    "DEFAULT_OPTIONS",
    "FORMATS",
    "Reader",
    "ReaderOptions",
    "SourceFormat",
    "read_concepts",
    "sniff_format",
]
