"""Two detectors as one: what the first finds, and what the second adds."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate

from biotk.detection.base import Detector
from biotk.document import Abbreviation, Mention

#: Below this score a model is not sure of where a mention begins and ends. Tuned on the tuning
#: halves of BC5CDR and NCBI.
_SURE = 0.8


class BothDetector:
    """Finds what either of two detectors finds.

    Where their mentions overlap, those of the first stay, but for one that it is not sure of within
    a longer one of the same type that the second knows ("heart failure" in "congestive heart
    failure"). With ``overlaps="all"`` all stand there, what both have found once.

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
            first = _without_parts(first, second)
            added = _free(second, first)
        return tuple(sorted((*first, *added), key=lambda m: (m.start, m.end, m.type or "")))


def _without_parts(first: Sequence[Mention], second: Sequence[Mention]) -> list[Mention]:
    """:returns: the first's mentions, but for unsure ones that are a part of one of the second."""
    kept = []
    starts = [mention.start for mention in second]
    for mention in first:
        unsure = mention.score is not None and mention.score < _SURE
        # Mentions of the dictionary do not overlap: of those that begin no later than this one,
        # the last alone can reach it.
        before = bisect_right(starts, mention.start)
        if not (unsure and before and _is_part(mention, second[before - 1])):
            kept.append(mention)
    return kept


def _is_part(mention: Mention, longer: Mention) -> bool:
    inside = longer.start <= mention.start and mention.end <= longer.end
    return (
        inside
        and mention.type == longer.type
        and mention.end - mention.start < longer.end - longer.start
    )


def _free(mentions: Sequence[Mention], taken: Sequence[Mention]) -> list[Mention]:
    """:returns: the mentions that overlap none of those taken.

    :param taken: in order of their start.
    """
    starts = [mention.start for mention in taken]
    reach = [0, *accumulate((mention.end for mention in taken), max)]
    return [m for m in mentions if reach[bisect_left(starts, m.end)] <= m.start]
