"""BioTK finds biomedical concepts in text and links them to a knowledge base of the user's own.

Importing this package is light; each name below is imported when it is first used.

>>> import biotk
>>> nlp = biotk.load("clinical")                                 # doctest: +SKIP
>>> [(ent.text, ent.kb_id_) for ent in nlp("No fever.").ents]    # doctest: +SKIP
[('fever', 'MESH:D005334')]
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from biotk.components.pipelines import load_pipeline as load
    from biotk.components.pipelines import to_document
    from biotk.detection import DictionaryDetector, TaggerDetector
    from biotk.document import Candidate, Document, Link, Mention, Section
    from biotk.errors import BioTKError
    from biotk.genomics import Variant, find_variants, parse_variant
    from biotk.io import read_documents, write_documents
    from biotk.kb import KbBuilder, KbSubset, KnowledgeBase
    from biotk.kb.default import resolve_kb as open_kb
    from biotk.linking import (
        CascadeLinker,
        DenseLinker,
        FusedLinker,
        GenerativeLinker,
        LexicalLinker,
        Query,
        RoutedLinker,
        link_document,
        load_encoder,
        load_generator,
    )
    from biotk.types import Concept

__version__ = "0.1.0.dev0"

__all__ = [
    "BioTKError",
    "Candidate",
    "CascadeLinker",
    "Concept",
    "DenseLinker",
    "DictionaryDetector",
    "Document",
    "FusedLinker",
    "GenerativeLinker",
    "KbBuilder",
    "KbSubset",
    "KnowledgeBase",
    "LexicalLinker",
    "Link",
    "Mention",
    "Query",
    "RoutedLinker",
    "Section",
    "TaggerDetector",
    "Variant",
    "__version__",
    "find_variants",
    "link_document",
    "load",
    "load_encoder",
    "load_generator",
    "open_kb",
    "parse_variant",
    "read_documents",
    "to_document",
    "write_documents",
]

_PLACES = {
    "BioTKError": "biotk.errors",
    "Candidate": "biotk.document",
    "CascadeLinker": "biotk.linking",
    "Concept": "biotk.types",
    "DenseLinker": "biotk.linking",
    "DictionaryDetector": "biotk.detection",
    "Document": "biotk.document",
    "FusedLinker": "biotk.linking",
    "GenerativeLinker": "biotk.linking",
    "KbBuilder": "biotk.kb",
    "KbSubset": "biotk.kb",
    "KnowledgeBase": "biotk.kb",
    "LexicalLinker": "biotk.linking",
    "Link": "biotk.document",
    "Mention": "biotk.document",
    "Query": "biotk.linking",
    "RoutedLinker": "biotk.linking",
    "Section": "biotk.document",
    "TaggerDetector": "biotk.detection",
    "Variant": "biotk.genomics",
    "find_variants": "biotk.genomics",
    "link_document": "biotk.linking",
    "load": "biotk.components.pipelines:load_pipeline",
    "load_encoder": "biotk.linking",
    "load_generator": "biotk.linking",
    "open_kb": "biotk.kb.default:resolve_kb",
    "parse_variant": "biotk.genomics",
    "read_documents": "biotk.io",
    "to_document": "biotk.components.pipelines",
    "write_documents": "biotk.io",
}


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'biotk' has no attribute {name!r}")
    module, _, attribute = _PLACES[name].partition(":")
    value = getattr(import_module(module), attribute or name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
