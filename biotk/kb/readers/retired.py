"""Retired ids: each goes to the live concept that replaces it, however long the chain."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Mapping, Sequence

from biotk.kb.readers.base import ignore_retired

NO_REPLACEMENT = "retired ids without a replacement"
SEVERAL = "retired ids with several replacements"
ELSEWHERE = "retired ids whose replacement is not in this file"
NOWHERE = "retired ids that lead to no concept"
CIRCLE = "retired ids that replace one another"


def follow_retired(
    replacements: Mapping[str, Sequence[str]],
    live: Container[str],
    *,
    elsewhere: Callable[[str, str], None],
) -> tuple[dict[str, list[str]], Counter[str]]:
    """Find the live concept behind every retired id.

    An id that was split over several concepts is left out: as an alternative id of one of them
    it would be wrong half the time.

    :param replacements: retired id → what its source names in its place.
    :param live: the ids that are in use.
    :param elsewhere: told the retired id and the one that replaces it where that one is none of
        the source's own, as :attr:`~biotk.kb.readers.base.ReaderOptions.retired` takes it. Who is
        told counts what leads nowhere in the end; with ``ignore_retired`` it is left out here.
    :returns: live id → the retired ids that mean it, in order; and why others were left out.
    """
    retired: dict[str, list[str]] = {}
    left_out: Counter[str] = Counter()
    for start in replacements:
        seen, at = {start}, start
        while True:
            following = replacements[at]
            if len(set(following)) != 1:  # one that is named twice is one
                left_out[SEVERAL if following else NO_REPLACEMENT] += 1
                break
            at = following[0]
            if at in live:
                retired.setdefault(at, []).append(start)
                break
            if at in seen:
                left_out[CIRCLE] += 1
                break
            if at not in replacements:
                if elsewhere is ignore_retired:
                    left_out[ELSEWHERE] += 1
                elsewhere(start, at)
                break
            seen.add(at)
    return retired, left_out
