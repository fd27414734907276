"""Two detectors as one: what the first finds, and what the second adds."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate

from biotk.detection.base import Detector
from biotk.document import Abbreviation, Mention


class BothDetector:
    """Finds what either of two detectors finds.

    Where their mentions overlap, those of the first stay, unless ``overlaps`` is ``all``: then only
    what both have found stands there once.

    :param first: as a rule the tagger, which reads mentions in their context.
    :param second: as a rule the dictionary, which knows names that the tagger never saw.
    :param overlaps: ``best`` or ``all``.
    """

    def __init__(self, first: Detector, second: Detector, *, overlaps: str = "best") -> None:
        self.first, self.second, self.overlaps = first, second, overlaps

    def detect(
        self, text: str, *, abbreviations: Sequence[Abbreviation] = ()
    ) -> tuple[Mention, ...]:
        """Find the mentions of a text; see :class:`biotk.detection.base.Detector`."""
        return self.detect_batch([text], abbreviations=[abbreviations])[0]

    def detect_batch(
        self, texts: Sequence[str], *, abbreviations: Sequence[Sequence[Abbreviation]] | None = None
    ) -> list[tuple[Mention, ...]]:
        """Find the mentions of texts."""
        pairs = zip(
            self.first.detect_batch(texts, abbreviations=abbreviations),
            self.second.detect_batch(texts, abbreviations=abbreviations),
            strict=True,
        )
        return [self._joined(first, second) for first, second in pairs]

    def _joined(self, first: Sequence[Mention], second: Sequence[Mention]) -> tuple[Mention, ...]:
        if self.overlaps == "all":
            there = {(m.spans, m.type) for m in first}
            added = [m for m in second if (m.spans, m.type) not in there]
        else:
            added = _free(second, first)
        return tuple(sorted((*first, *added), key=lambda m: (m.start, m.end, m.type or "")))


def _free(mentions: Sequence[Mention], taken: Sequence[Mention]) -> list[Mention]:
    """:returns: the mentions that overlap none of those taken.

    :param taken: in order of their start.
    """
    starts = [mention.start for mention in taken]
    reach = [0, *accumulate((mention.end for mention in taken), max)]
    return [m for m in mentions if reach[bisect_left(starts, m.end)] <= m.start]
