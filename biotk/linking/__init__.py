"""Linking: candidates, scores, the decision for a concept or NIL."""

from biotk.linking.base import Linker, link_document
from biotk.linking.lexical import LexicalConfig, LexicalLinker

__all__ = ["LexicalConfig", "LexicalLinker", "Linker", "link_document"]
