"""Notes in other formats."""

from __future__ import annotations

from random import Random

import pytest

from biotk.document import Document
from biotk.sections.formats import (
    AS_IS,
    FORMATS,
    Block,
    Layout,
    blocks_of,
    misspelt,
    render,
    sentence_case,
    title_case,
)
from biotk.sections.strict import strict_headings
from biotk.sections.tiling import tile_with_parents

TEXT = """\
Seen today.
HISTORY OF PRESENT ILLNESS: A man.
He coughs.
PHYSICAL EXAMINATION:
HEENT: Clear.
PLAN: Rest.
"""
NOTE = Document("n", TEXT, sections=tile_with_parents(TEXT, strict_headings(TEXT)))


def test_blocks_of_takes_a_note_apart() -> None:
    assert blocks_of(NOTE) == (
        Block("", ("Seen today.",)),
        Block("HISTORY OF PRESENT ILLNESS", ("A man.", "He coughs."),
              "history_of_present_illness", False, True),
        Block("PHYSICAL EXAMINATION", (), "physical_exam"),
        Block("HEENT", ("Clear.",), "physical_exam", True, True),
        Block("PLAN", ("Rest.",), "plan", False, True),
    )  # fmt: skip


def test_render_as_is_is_the_note_itself() -> None:
    again = render("n", blocks_of(NOTE), AS_IS, rng=Random(0))
    assert again.text == TEXT
    assert [(s.start, s.end, s.title_end, s.category, s.parent) for s in again.sections] == [
        (s.start, s.end, s.title_end, s.category, s.parent) for s in NOTE.sections
    ]


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("layout", [Layout(), Layout("every", 20, 2, "\r\n"), Layout("after")])
def test_render_keeps_what_sections_say_and_tiles(name: str, layout: Layout) -> None:
    again = render("n", blocks_of(NOTE), name, rng=Random(3), layout=layout)
    assert again.meta == {"format": name}
    assert [s.category for s in again.sections] == [s.category for s in NOTE.sections]
    assert [s.parent for s in again.sections] == [s.parent for s in NOTE.sections]
    assert again.sections[0].start == 0
    assert again.sections[-1].end == len(again.text)
    assert all(a.end == b.start for a, b in zip(again.sections, again.sections[1:]))
    words = again.text.split()
    assert all(word in words for word in "Seen today. A man. He coughs. Clear. Rest.".split())


def test_render_draws_one_manner_for_a_note_and_several_of_several_formats() -> None:
    for seed in range(8):
        text = render("n", blocks_of(NOTE), "bold", rng=Random(seed)).text
        assert sum(mark in text for mark in ("**", "__", "<b>")) == 1
    mixed = {
        render("n", blocks_of(NOTE), ("markdown", "capitals"), rng=Random(seed)).text
        for seed in range(8)
    }
    assert any("#" in text and "PLAN:" in text for text in mixed)


def test_cases_keep_abbreviations() -> None:
    assert title_case("HISTORY OF PRESENT ILLNESS") == "History of Present Illness"
    assert title_case("ASSESSMENT/PLAN") == "Assessment/Plan"
    assert sentence_case("HEENT AND NECK") == "HEENT and neck"


def test_misspelt_changes_a_title_by_one_slip() -> None:
    for seed in range(30):
        assert abs(len(misspelt("ALLERGIES", Random(seed))) - 9) <= 1
    assert misspelt("A", Random(0)) == "A"
