"""Sections tile a text."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from biotk.document import Section
from biotk.sections.tiling import Heading, body_span, tile, tile_with_parents

TEXT = "Seen today.\nEXAM:\nHEENT: clear\nLUNGS: clear\nPLAN: rest\n"


def heading(title: str, category: str | None = None, *, part: bool = False) -> Heading:
    at = TEXT.index(title)
    return Heading(at, at, at + len(title), category, part, "model")


HEADINGS = [
    heading("EXAM", "physical_exam"),
    heading("HEENT", "physical_exam", part=True),
    heading("LUNGS", "physical_exam", part=True),
    heading("PLAN", "plan"),
]


def shown(sections: tuple[Section, ...]) -> list[tuple[str, str, int | None]]:
    return [(TEXT[s.title_start : s.title_end], TEXT[s.start : s.end], s.parent) for s in sections]


def test_tile_puts_every_character_in_one_section() -> None:
    assert shown(tile(TEXT, HEADINGS)) == [
        ("", "Seen today.\n", None),
        ("EXAM", "EXAM:\n", None),
        ("HEENT", "HEENT: clear\n", None),
        ("LUNGS", "LUNGS: clear\n", None),
        ("PLAN", "PLAN: rest\n", None),
    ]


def test_tile_nested_reaches_over_parts_which_name_their_parent() -> None:
    nested = shown(tile(TEXT, HEADINGS, nested=True))
    assert nested[1] == ("EXAM", "EXAM:\nHEENT: clear\nLUNGS: clear\n", None)
    assert [row[2] for row in nested] == [None, None, 1, 1, None]
    assert [s.parent for s in tile_with_parents(TEXT, HEADINGS)] == [None, None, 1, 1, None]


def test_tile_of_a_part_without_a_section_before_it_is_a_section() -> None:
    sections = tile(TEXT, [heading("HEENT", part=True)], nested=True)
    assert [s.parent for s in sections] == [None, None]
    assert sections[0].title_end == sections[0].title_start == 0


def test_tile_gives_leading_blanks_to_the_first_section() -> None:
    text = "\n\n PLAN: rest"
    (section,) = tile(text, [Heading(2, 3, 7, "plan")])
    assert (section.start, section.title_start, section.end) == (0, 3, len(text))


def test_tile_of_nothing_and_of_a_text_without_headings() -> None:
    assert tile("", []) == ()
    assert tile("Well.", []) == (Section(0, 5, 0, 0),)


@given(st.lists(st.integers(0, 39), max_size=8), st.booleans())
def test_tile_covers_any_text_without_gap_or_overlap(starts: list[int], nested: bool) -> None:
    text = "x" * 40
    headings = [Heading(s, s, min(40, s + 1), is_part=bool(s % 2)) for s in starts]
    leaves = tile_with_parents(text, headings) if nested else tile(text, headings)
    assert leaves[0].start == 0
    assert leaves[-1].end == 40
    assert all(a.end == b.start for a, b in itertools.pairwise(leaves))


def test_body_span_leaves_marks_and_blanks_out() -> None:
    text = "**PLAN:** - Rest.  \n"
    section = Section(0, len(text), 2, 6, "plan")
    start, end = body_span(text, section)
    assert text[start:end] == "Rest."
    assert body_span("  x ", Section(0, 4, 0, 0)) == (2, 3)
    assert body_span("PLAN:\n", Section(0, 6, 0, 4)) == (6, 6)
