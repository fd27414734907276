"""Lines and candidates that are found in all texts at once are those of one text and one line."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from biotk.sections.candidates import candidates, is_rule
from biotk.sections.layout import Layout
from biotk.sections.reading import candidates_of, lines_of
from biotk.text.lines import split_lines

Row = tuple[int, int, int, int, int, bool]


def slow_lines(text: str) -> list[Row]:
    """Number, start, end and outer of each line, how many there are, and whether one is between."""
    rows: list[Row] = []
    between = False
    for start, end, outer in split_lines(text):
        if start == end or is_rule(text, start, end):
            between = True
            continue
        rows.append((len(rows), start, end, outer, 0, between and bool(rows)))
        between = False
    return [(*row[:4], len(rows), row[5]) for row in rows]


@given(
    st.lists(st.text(alphabet="aB: \t\r\n\f\x85\u2028\x0b\x1c\u3000é-=Я", max_size=24), max_size=4)
)
def test_lines_of_texts_are_those_of_each_text(texts: list[str]) -> None:
    layout = Layout(texts)
    found = lines_of(layout)
    rows, at = [], 0
    for begin, n in zip(layout.begins.tolist(), found.n.tolist()):
        of_text = slice(at, at + n)
        places = (found.start, found.end, found.outer)
        some = (found.number, *(place - begin for place in places))
        for row, blank in zip(zip(*(x[of_text].tolist() for x in some)), found.after_blank[at:]):
            rows.append((*row, n, bool(blank)))
        at += n
    assert rows == [row for text in texts for row in slow_lines(text)]
    assert at == len(found.start)


@given(
    st.lists(
        st.lists(
            st.sampled_from(["Ab", "PL", "was", "1. ", "x", ".", " ", ": ", "**", "\n", "\u3000Я"]),
            max_size=20,
        ).map("".join),
        max_size=3,
    )
)
def test_candidates_of_texts_are_those_of_each_line(texts: list[str]) -> None:
    layout = Layout(texts)
    lines = lines_of(layout)
    found = candidates_of(layout, lines)
    expected = []
    line_number = 0
    for begin, text in zip(layout.begins.tolist(), texts):
        for _, start, end, *_ in slow_lines(text):
            for c in candidates(text, start, end):
                joined = len((text[c.end : c.end + 3].split() or [""])[0])
                if c.end == len(text) or text[c.end].isspace():
                    joined = 0
                key = text[c.start : c.end], joined
                expected.append((line_number, begin + c.start, begin + c.end, begin + c.body, key))
            line_number += 1
    places = (found.at, found.start, found.end, found.body)
    keys = [(title, joined) for title, joined, _ in found.keys]
    assert [*zip(*(x.tolist() for x in places), keys)] == expected
    assert found.n.sum() == len(expected)
    assert found.first.tolist() == [n for n, at in enumerate(found.at) if at not in found.at[:n]]
