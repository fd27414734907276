"""Words as rows: those of many bodies at once are those of each."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from biotk.sections import hashing as module
from biotk.sections.hashing import (
    N_PIECES,
    N_WORDS,
    Bags,
    first_words,
    pieces_of,
    slow_first_words,
    title_rows,
)


def rows_of(bags: Bags) -> list[list[int]]:
    if not len(bags.starts):
        return []
    return [rows.tolist() for rows in np.split(bags.rows, bags.starts[1:])]


@given(
    st.lists(
        st.lists(
            st.sampled_from(
                [
                    "lungs",
                    "Clear",
                    "a",
                    " ",
                    "2",
                    "\0",
                    "ΟΔΟΣ",
                    "İx",
                    "_",
                    "\n",
                    "Σ",
                    "ÉTÉ",
                    "½x",
                    "–",
                    "ª",
                    "\x85",
                ]
            ),
            max_size=12,
        ).map("".join),
        max_size=5,
    )
)
def test_first_words_of_many_bodies_are_those_of_each(bodies: list[str]) -> None:
    found = first_words(bodies, 3)
    assert rows_of(found) == [slow_first_words(body, 3) for body in bodies]
    assert found.sizes.tolist() == [len(slow_first_words(body, 3)) for body in bodies]


@given(st.lists(st.text(st.characters(max_codepoint=255, exclude_characters="\0"), max_size=20)))
def test_first_words_of_letters_of_a_byte_are_those_of_each(bodies: list[str]) -> None:
    assert rows_of(first_words(bodies, 4)) == [slow_first_words(body, 4) for body in bodies]


def test_first_words_of_bytes_know_all_letters_of_a_byte() -> None:
    every = [chr(code) * 2 for code in range(1, 256)]
    assert rows_of(first_words(every, 9)) == [slow_first_words(body, 9) for body in every]


def test_first_words_are_the_same_when_too_many_were_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    before = rows_of(first_words(["one two", "two three"], 9))
    monkeypatch.setattr(module, "_MOST_KEPT", 1)
    assert rows_of(first_words(["one two", "two three"], 9)) == before
    assert before[0][2] == before[1][1] != before[0][1]


def test_title_rows_are_those_of_its_words_and_within_the_table() -> None:
    assert title_rows("") == (0,)
    rows = title_rows("Family Hx:")
    assert rows == (0, *pieces_of("family"), *pieces_of("hx"))
    assert all(0 < row < N_PIECES for row in rows[1:])
    assert set(pieces_of("family")) & set(pieces_of("familly"))
    assert all(0 < row < N_WORDS for row in slow_first_words("Family history", 9)[1:])
