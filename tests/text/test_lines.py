"""Lines of a text."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from biotk.text.lines import split_lines


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", []),
        ("a", ["a"]),
        ("a\n", ["a"]),
        ("a\r\nb\rc\fd", ["a", "b", "c", "d"]),
        ("\n\n", ["", ""]),
        (" \t \n  a b  \n", ["", "a b"]),
        ("心电图：\n正常", ["心电图：", "正常"]),
    ],
)
def test_split_lines_knows_all_ends_and_leaves_blanks_out(text: str, lines: list[str]) -> None:
    assert [text[line.start : line.end] for line in split_lines(text)] == lines


def slow_lines(text: str) -> list[tuple[int, int, int]]:
    """Lines by a loop over characters."""
    lines, outer, at = [], 0, 0
    while at < len(text):
        if text[at] not in "\r\n\f\x85\u2028\u2029":
            at += 1
        if at == len(text) or text[at] in "\r\n\f\x85\u2028\u2029":
            places = [n for n in range(outer, at) if not text[n].isspace()]
            inner = (places[0], places[-1] + 1) if places else (outer, outer)
            lines.append((*inner, outer))
            at += 2 if text[at : at + 2] == "\r\n" else 1
            outer = at
    return lines


@given(st.text(alphabet="ab \t\r\n\f\x85\u2028\x0b\x1c\u3000é", max_size=30))
def test_split_lines_are_those_of_a_loop_over_characters(text: str) -> None:
    assert split_lines(text) == slow_lines(text)


@given(st.text(alphabet="ab \t\r\n\f\u2028", max_size=60))
def test_split_lines_loses_no_character_that_is_not_blank(text: str) -> None:
    lines = split_lines(text)
    assert "".join(
        text[line.start : line.end].replace(" ", "").replace("\t", "") for line in lines
    ) == "".join(text.split())
    assert all(line.outer <= line.start <= line.end for line in lines)
    assert all(a.end <= b.outer for a, b in itertools.pairwise(lines))
