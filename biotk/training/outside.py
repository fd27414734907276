"""Words of a text that mean nothing in a KB, so that a model meets more than mentions.

A model that is only ever asked for mentions of the KB holds that everything is one. Taken are words
between the mentions that the annotators marked, and of those none that is a name of the KB.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence

import numpy as np

from biotk.candidates.names import match_names
from biotk.kb import KnowledgeBase

_WORD = re.compile(r"[A-Za-z][\w'-]*")
_MOST_WORDS = 4
_TRIES = 8

Range = tuple[int, int]


class Outside:
    """Finds words between mentions.

    :param kb: whose names they must not be.
    :param text: of a document.
    :param mentions: where its mentions are.
    """

    def __init__(self, kb: KnowledgeBase, text: str, mentions: Sequence[Range]) -> None:
        self._kb, self._text = kb, text
        taken = sorted(mentions)
        self._words = [
            found.span()
            for found in _WORD.finditer(text)
            if not _overlaps(taken, found.start(), found.end())
        ]

    def draw(self, rng: np.random.Generator) -> Range | None:
        """:returns: where some words stand that are in no entry of the KB; None if none came up."""
        if not self._words:
            return None
        for _ in range(_TRIES):
            first = int(rng.integers(len(self._words)))
            last = min(first + int(rng.integers(_MOST_WORDS)), len(self._words) - 1)
            start, end = self._words[first][0], self._words[last][1]
            if self._stand_together(first, last) and self._is_nothing(start, end):
                return start, end
        return None

    def _stand_together(self, first: int, last: int) -> bool:
        gaps = (
            self._text[one[1] : other[0]]
            for one, other in zip(self._words[first:last], self._words[first + 1 : last + 1])
        )
        ends = (self._words[at][1] - self._words[at][0] for at in (first, last))
        return all(gap == " " for gap in gaps) and all(length > 4 for length in ends)

    def _is_nothing(self, start: int, end: int) -> bool:
        return not match_names(self._kb, self._text[start:end])


def _overlaps(taken: Sequence[Range], start: int, end: int) -> bool:
    at = bisect_left(taken, (end, end))
    # Mentions may be nested: one that begins far before may still reach here.
    return any(other_end > start for _, other_end in taken[max(at - 8, 0) : at])
