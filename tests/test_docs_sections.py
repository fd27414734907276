"""The picture of a segmented note shows what the embedded model says."""

from __future__ import annotations

from docs_sections import NOTE, PICTURE, draw, sections_of_the_note


def test_picture_of_a_segmented_note_is_what_the_model_says() -> None:
    sections = sections_of_the_note()
    assert PICTURE.read_text("utf-8") == draw(sections), "python tests/docs_sections.py redraws it"
    assert "".join(NOTE[s.start : s.end] for s in sections) == NOTE
    assert "unknown heading" in PICTURE.read_text("utf-8")
