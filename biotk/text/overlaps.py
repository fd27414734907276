"""Choosing among stretches of text that overlap, for views that can show only one of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TypeVar


class Stretch(Protocol):
    """Anything with a place in a text."""

    @property
    def start(self) -> int:
        """Where it starts."""

    @property
    def end(self) -> int:
        """Where it ends."""


S = TypeVar("S", bound=Stretch)


def without_overlaps(stretches: Iterable[S]) -> list[S]:
    """Keep the longest of those that overlap; of equally long ones the first.

    :returns: what is kept, in order of the start.
    """
    kept: list[S] = []
    for stretch in sorted(stretches, key=lambda s: (s.start - s.end, s.start)):
        if all(stretch.end <= other.start or other.end <= stretch.start for other in kept):
            kept.append(stretch)
    return sorted(kept, key=lambda s: s.start)
