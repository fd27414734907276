"""Headings by strict rules."""

from __future__ import annotations

import pytest

from biotk.sections.strict import strict_headings, strict_sections

NOTE = """\
CHIEF COMPLAINT: Cough.
REVIEW OF SYSTEMS:
GENERAL: No fever.
HEENT: No headache.
PHYSICAL EXAMINATION:
VITAL SIGNS: Normal.
BP: 120/80
HEENT: Clear.
Lungs: Clear.
WHAT THE DOG SAW: Nothing.
ASSESSMENT AND PLAN
1. Cough: rest.
At 10:30 he left.
"""


def test_strict_headings_take_capitals_and_what_is_known() -> None:
    found = [
        (NOTE[h.title_start : h.title_end], h.category, h.is_part) for h in strict_headings(NOTE)
    ]
    assert found == [
        ("CHIEF COMPLAINT", "chief_complaint", False),
        ("REVIEW OF SYSTEMS", "review_of_systems", False),
        ("GENERAL", "review_of_systems", True),
        ("HEENT", "review_of_systems", True),
        ("PHYSICAL EXAMINATION", "physical_exam", False),
        ("VITAL SIGNS", "vital_signs", False),
        ("HEENT", "physical_exam", True),
        ("Lungs", "physical_exam", True),
        ("WHAT THE DOG SAW", None, False),
        ("ASSESSMENT AND PLAN", "assessment_and_plan", False),
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n", "\n    "])
def test_strict_headings_do_not_hang_on_line_ends(end: str) -> None:
    text = NOTE.replace("\n", end)
    assert [text[h.title_start : h.title_end] for h in strict_headings(text)] == [
        NOTE[h.title_start : h.title_end] for h in strict_headings(NOTE)
    ]


def test_strict_headings_name_an_exam_of_a_report_after_the_procedure() -> None:
    text = "EXAM: CT head.\nHISTORY: Fall.\nFINDINGS: None.\nIMPRESSION: Normal.\n"
    assert [h.category for h in strict_headings(text)] == [
        "procedure", "indication", "findings", "assessment",
    ]  # fmt: skip


def test_strict_sections_tile_a_text_without_headings() -> None:
    assert [(s.start, s.end) for s in strict_sections("He is well.")] == [(0, 11)]
    assert strict_sections("") == ()
