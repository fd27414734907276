"""Mentions: where a text names something."""

from biotk.detection.base import Detector
from biotk.detection.both import BothDetector
from biotk.detection.dictionary import DictionaryDetector
from biotk.detection.guard import NameGuard
from biotk.detection.tagger import TaggerDetector

__all__ = ["BothDetector", "Detector", "DictionaryDetector", "NameGuard", "TaggerDetector"]
