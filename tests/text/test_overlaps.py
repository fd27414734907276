from __future__ import annotations

from itertools import combinations
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from biotk.text.overlaps import without_overlaps


class Range(NamedTuple):
    start: int
    end: int


def overlap(one: Range, other: Range) -> bool:
    return one.start < other.end and other.start < one.end


ranges = st.lists(st.builds(lambda s, n: Range(s, s + n), st.integers(0, 30), st.integers(1, 9)))


def test_longest_wins_and_the_first_of_equals() -> None:
    nested, outer, equal = Range(4, 6), Range(2, 9), Range(8, 15)
    assert without_overlaps([nested, outer, equal]) == [outer]
    assert without_overlaps([Range(7, 9), Range(5, 8), Range(3, 6)]) == [(3, 6), (7, 9)]
    assert without_overlaps([Range(5, 7), Range(0, 2), Range(2, 5)]) == [(0, 2), (2, 5), (5, 7)]


@given(ranges)
def test_what_is_kept_never_overlaps_and_what_is_left_out_does(given_ranges: list[Range]) -> None:
    kept = without_overlaps(given_ranges)
    assert kept == sorted(kept)
    assert not any(overlap(one, other) for one, other in combinations(kept, 2))
    for left_out in set(given_ranges) - set(kept):
        rivals = [r for r in kept if overlap(r, left_out)]
        assert max(r.end - r.start for r in rivals) >= left_out.end - left_out.start
