"""What all detectors can do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from biotk.document import Abbreviation, Mention


@runtime_checkable
class Detector(Protocol):
    """Finds mentions in texts."""

    def detect(
        self, text: str, *, abbreviations: Sequence[Abbreviation] = ()
    ) -> tuple[Mention, ...]:
        """Find the mentions of a text.

        :param text: the text.
        :param abbreviations: its short forms; see :func:`biotk.text.find_abbreviations`.
        :returns: mentions in order of (start, end).
        """

    def detect_batch(
        self, texts: Sequence[str], *, abbreviations: Sequence[Sequence[Abbreviation]] | None = None
    ) -> list[tuple[Mention, ...]]:
        """Find the mentions of texts, each as if it were alone.

        :param abbreviations: the short forms of each.
        :returns: the mentions of each.
        """
