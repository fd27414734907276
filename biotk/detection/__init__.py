"""Mentions: where a text names something."""

from biotk.detection.dictionary import DictionaryDetector
from biotk.detection.guard import NameGuard

__all__ = ["DictionaryDetector", "NameGuard"]
