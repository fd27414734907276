"""From texts to sections: what finds headings, the user's rules on top, and the tiling."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from biotk.document import Section
from biotk.sections.strict import strict_headings
from biotk.sections.tiling import Heading, tile


class HeadingFinder(Protocol):
    """Finds the headings of texts: a trained model or rules."""

    def headings(self, texts: Sequence[str]) -> list[list[Heading]]:
        """:returns: the headings of each text, in order, at most one a line."""
        ...


class HeadingRules(Protocol):
    """Rules of the user, which have the last word about a line."""

    def amend(self, text: str, headings: list[Heading]) -> list[Heading]:
        """:returns: the headings with those of the rules in the place of what stood there."""
        ...


class StrictFinder:
    """Headings by the strict rules of :mod:`biotk.sections.strict`."""

    def headings(self, texts: Sequence[str]) -> list[list[Heading]]:
        """:returns: the headings of each text, in order."""
        return [strict_headings(text) for text in texts]


class SectionSegmenter:
    """Splits texts into sections.

    :param finder: finds headings.
    :param rules: the user's rules; None for none.
    :param nested: let a section reach over its parts, which name it as their parent.
    """

    def __init__(
        self, finder: HeadingFinder, *, rules: HeadingRules | None = None, nested: bool = False
    ) -> None:
        self.finder, self.rules, self.nested = finder, rules, nested

    def segment(self, text: str) -> tuple[Section, ...]:
        """:returns: the sections of a text, which tile it, in order."""
        return self.segment_batch([text])[0]

    def segment_batch(self, texts: Sequence[str]) -> list[tuple[Section, ...]]:
        """:returns: the sections of each text."""
        found = self.finder.headings(texts)
        if self.rules is not None:
            found = [self.rules.amend(text, some) for text, some in zip(texts, found)]
        return [tile(text, some, nested=self.nested) for text, some in zip(texts, found)]
