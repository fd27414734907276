"""Words between mentions that are no names."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny import open_tiny

from biotk.training.outside import Outside, _overlaps

TEXT = "The patients with heart failure drank green water, had fever and never coughed again."


@pytest.fixture(scope="module")
def kb(tmp_path_factory):
    return open_tiny(tmp_path_factory.mktemp("kb"))


def drawn(kb, mentions, n=300):
    outside, rng = Outside(kb, TEXT, mentions), np.random.default_rng(0)
    places = [outside.draw(rng) for _ in range(n)]
    return {TEXT[slice(*place)] for place in places if place is not None}


def test_words_between_mentions_are_drawn_and_no_names(kb) -> None:
    start = TEXT.index("heart failure")
    found = drawn(kb, [(start, start + len("heart failure"))])
    assert {"patients", "drank green water", "never", "again"} <= found
    assert "patients with" not in found  # its last word is too short to mean something
    assert not any("heart" in each or "failure" in each for each in found)
    # No annotator has marked it, but it is a name.
    assert "fever" not in found
    assert not any("," in each for each in found)


def test_nothing_is_drawn_where_everything_is_marked(kb) -> None:
    assert drawn(kb, [(0, len(TEXT))]) == set()
    assert Outside(kb, "", []).draw(np.random.default_rng(0)) is None


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 9)), max_size=7), st.integers(0, 30))
def test_overlaps_are_those_of_a_loop(ranges, start) -> None:
    taken = sorted((at, at + length) for at, length in ranges)
    slow = any(one < start + 4 and other > start for one, other in taken)
    assert _overlaps(taken, start, start + 4) == slow
