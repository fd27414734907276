from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from biotk.sections.markdown import markdown_document


def sections(marked):
    made = markdown_document("n", marked)
    return [
        (made.text[s.title_start : s.title_end], made.text[s.start : s.end], s.category, s.parent)
        for s in made.sections
    ]


def test_marks_are_removed_and_sections_kept():
    assert sections("Seen.\n# Plan\nRest.\n# Labs\nNormal.") == [
        ("", "Seen.\n", None, None),
        ("Plan", "Plan\nRest.\n", "plan", None),
        ("Labs", "Labs\nNormal.", "labs", None),
    ]


def test_more_signs_head_parts():
    assert sections("# Exam\n### Skin\nDry.\n## Zorbax\nYes.\n# Plan\nRest.") == [
        ("Exam", "Exam\n", "physical_exam", None),
        ("Skin", "Skin\nDry.\n", "physical_exam", 0),
        ("Zorbax", "Zorbax\nYes.\n", "physical_exam", 0),
        ("Plan", "Plan\nRest.", "plan", None),
    ]


def test_only_deep_headings_open_sections():
    assert [row[3] for row in sections("### Exam\nx\n### Plan\ny")] == [None, None]


def test_one_heading_above_several_is_the_note_s_title():
    marked = "# Visit 3\n## Plan\nRest.\n### Zorbax\nDaily.\n## Whatever\nElse."
    assert [(title, category, parent) for title, _, category, parent in sections(marked)] == [
        ("Visit 3", None, None),
        ("Plan", "plan", None),
        ("Zorbax", "plan", 1),
        ("Whatever", None, None),
    ]


def test_title_is_without_marks_and_colon():
    text = "  ## **Plan**: ##  \r\nRest.\r\n"
    made = markdown_document("n", text)
    assert made.text == "  **Plan**:  \r\nRest.\r\n"
    (section,) = made.sections
    assert (section.start, made.text[section.title_start : section.title_end]) == (0, "Plan")


def test_what_is_no_heading_stays():
    text = "#1 fracture\n####### seven\n#\nA # b\n```\n# code\n```\n"
    made = markdown_document("n", text)
    assert made.text == text
    assert [(s.title_start, s.title_end) for s in made.sections] == [(0, 0)]


def test_fences_end_where_they_are_closed():
    assert [row[0] for row in sections("~~~\n```\n# a\n~~~\n# Plan\nx")] == ["", "Plan"]


@given(st.text(st.sampled_from("#  \n\t\r`aB:*")))
def test_sections_tile_what_is_left_of_any_text(marked):
    made = markdown_document("n", marked)
    assert "".join(made.text[s.start : s.end] for s in made.sections) == made.text
    assert [c for c in marked if c not in "# \t"] == [c for c in made.text if c not in "# \t"]
    for section in made.sections:
        assert section.start <= section.title_start <= section.title_end <= section.end
