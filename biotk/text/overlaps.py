"""Choosing among stretches of text that overlap, where only one of them can stand."""

from __future__ import annotations

from bisect import bisect_left
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
    starts: list[int] = []
    kept: list[S] = []  # in order of the start, side by side with ``starts``
    for stretch in sorted(stretches, key=lambda s: (s.start - s.end, s.start)):
        at = bisect_left(starts, stretch.end)
        # Those kept do not overlap, so that only the last to start before its end can reach it.
        if at and kept[at - 1].end > stretch.start:
            continue
        starts.insert(at, stretch.start)
        kept.insert(at, stretch)
    return kept
