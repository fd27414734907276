"""Linking: candidates, scores, the decision for a concept or NIL."""

from biotk.linking.base import Linker, link_document, link_documents
from biotk.linking.cascade import CascadeConfig, CascadeLinker
from biotk.linking.dense import DenseConfig, DenseLinker
from biotk.linking.encoders import load_encoder
from biotk.linking.fused import FusedConfig, FusedLinker
from biotk.linking.generative import GenerativeConfig, GenerativeLinker
from biotk.linking.generator import Generator, load_generator
from biotk.linking.lexical import LexicalConfig, LexicalLinker
from biotk.linking.query import Query
from biotk.linking.routed import RoutedConfig, RoutedLinker

__all__ = [
    "CascadeConfig",
    "CascadeLinker",
    "DenseConfig",
    "DenseLinker",
    "FusedConfig",
    "FusedLinker",
    "GenerativeConfig",
    "GenerativeLinker",
    "Generator",
    "LexicalConfig",
    "LexicalLinker",
    "Linker",
    "Query",
    "RoutedConfig",
    "RoutedLinker",
    "link_document",
    "link_documents",
    "load_encoder",
    "load_generator",
]
