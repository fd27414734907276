from __future__ import annotations

import io

import pytest
from rich.console import Console

from biotk.batch.view import annotated_text, print_view
from biotk.document import Candidate, Document, Link, Mention, Section

TEXT = "Chest pain and breast and ovarian cancer. Given Lasix.\r\nQuux \x1b[31m[bold]x[/bold]."


def mention(text: str, type_: str | None, *links: Link) -> Mention:
    start = TEXT.index(text)
    return Mention(((start, start + len(text)),), text, type_, links)


BREAST = TEXT.index("breast")
DOCUMENT = Document(
    "note-1",
    TEXT,
    (
        mention("Chest pain", "Disease", Link("MESH:D002637", "Chest Pain", "x", 1.0, "exact")),
        mention("pain", "Disease", Link("MESH:D010146", "Pain", "pain", 1.0, "exact")),
        Mention(
            ((BREAST, BREAST + 6), (BREAST + 19, BREAST + 25)),
            "breast cancer",
            "Disease",
            (Link("MESH:D001943", "Breast Neoplasms", "x", 0.91, "ngram"),),
        ),
        mention(
            "Lasix",
            "Chemical",
            Link("MESH:D005665", "Furosemide", "Lasix", 1.0, "exact"),
            Link("X:1", "A combination of drugs with quite a long name " * 4, "y", 0.5, "ngram"),
        ),
        mention("Quux", "Gene", Link(None)),
        mention("x[/", None),
    ),
)


def shown(document: Document = DOCUMENT, **options: object) -> str:
    file = io.StringIO()
    print_view(document, Console(file=file, **options))  # type: ignore[arg-type]
    return file.getvalue()


def test_pipe_gets_brackets_with_concept_ids() -> None:
    out = shown()
    assert "[Chest pain|MESH:D002637] and [breast and ovarian cancer|MESH:D001943]." in out
    assert "Given [Lasix|MESH:D005665,X:1].\n[Quux|NIL] " in out
    assert "\x1b" not in out
    assert "\r" not in out


def test_table_has_all_mentions_and_links_unbroken() -> None:
    table = shown().split("preferred name")[1].splitlines()
    rows = [line.split() for line in table if line.strip()]
    assert [row[0] for row in rows[1:]] == [
        "Chest",
        "pain",
        "breast",
        "Lasix",
        "Lasix",
        "Quux",
        "x[/",
    ]
    assert "MESH:D010146" in rows[2]
    assert rows[3][:2] == ["breast", "cancer"]
    assert rows[3][-2:] == ["0.91", "ngram"]
    assert "A combination of drugs with quite a long name " * 4 in shown()
    assert "NIL" in rows[6]


def test_tie_is_told_as_a_tie() -> None:
    tied = (Candidate("X:1", "cold", 0.99, "exact", True), Candidate("X:2", "cold", 0.99, "exact"))
    links = Link("X:1", "Cold", "cold", 0.99, "exact", candidates=tied), Link("X:3", route="plural")
    mentions = [Mention(((0, 4),), "cold", "Disease", (link,)) for link in links]
    rows = [line.rstrip() for line in shown(Document("n", "cold", tuple(mentions))).splitlines()]
    assert [row.endswith("exact, tie") for row in rows].count(True) == 1
    assert [row.endswith("plural") for row in rows].count(True) == 1


def test_terminal_gets_colours_and_ids_behind() -> None:
    out = shown(force_terminal=True, color_system="standard", width=200)
    assert "\x1b[1;31mChest pain\x1b[0m\x1b[2m ⟨MESH:D002637⟩\x1b[0m" in out
    assert "\x1b[1;36mLasix\x1b[0m\x1b[2m ⟨MESH:D005665,X:1⟩\x1b[0m" in out
    assert "⟨NIL⟩" in out


def test_terminal_without_colours_gets_brackets() -> None:
    out = shown(force_terminal=True, no_color=True, width=200)
    assert "[Chest pain|MESH:D002637]" in out


def test_note_cannot_steer_the_terminal() -> None:
    for out in (shown(), shown(force_terminal=True, color_system="standard", width=200)):
        assert "\x1b[31m" not in out
        assert "␛[31m[bold]" in out


def test_long_line_is_not_broken_in_a_pipe() -> None:
    text = "word " * 200 + "end"
    assert text in shown(Document("n", text))


@pytest.mark.parametrize(
    "document",
    [
        Document("empty", ""),
        Document("plain", "nothing here"),
        Document("astral", "🤒 fever \ud83d", (Mention(((2, 7),), "fever", "Disease"),)),
    ],
)
def test_document_without_much_is_shown(document: Document) -> None:
    assert document.id in shown(document)


def test_offsets_count_code_points() -> None:
    document = Document("a", "🤒 fever \ud83d", (Mention(((2, 7),), "fever", "Disease"),))
    assert "🤒 [fever] ?" in shown(document)


NOTE = Document(
    "s",
    "HX: fever\nDOG \x1bBITES: pain\nquux",
    (
        Mention(((4, 9),), "fever", "Disease", (Link("X:1"),)),
        Mention(((22, 26),), "pain", "Disease"),
        Mention(((27, 31),), "quux"),
    ),
    (
        Section(10, 27, 10, 20),
        Section(0, 10, 0, 2, "past_medical_history"),
        Section(27, 31, 27, 27),
    ),
)


def test_terminal_marks_titles_and_tells_what_sections_are_about() -> None:
    out = shown(NOTE, force_terminal=True, color_system="standard", width=200)
    assert "\x1b[1;4mHX\x1b[0m\x1b[2m ⟨past_medical_history⟩\x1b[0m: \x1b[1;31mfever" in out
    assert "\x1b[1;4mDOG ␛BITES\x1b[0m\x1b[2m ⟨unknown⟩\x1b[0m: " in out


def test_title_that_is_a_mention_is_shown_once() -> None:
    for place in (0, 5), (6, 11), (0, 11):
        text = Mention((place,), "x", "Disease")
        note = Document("n", "fever cough: x", (text,), (Section(0, 14, 0, 11, "plan"),))
        plain = annotated_text(note, coloured=True).plain
        assert plain.replace(" ⟨plan⟩", "") == note.text


def test_table_names_the_section_of_each_mention() -> None:
    rows = [line.rstrip() for line in shown(NOTE).splitlines()]
    assert rows[-5].endswith(" section")
    assert [row.split("  ")[-1].strip() for row in rows[-4:-1]] == [
        "past_medical_history",
        "DOG ␛BITES",
        "quux",
    ]


def test_pipe_shows_titles_as_they_stand() -> None:
    assert "HX: [fever|X:1]\nDOG ␛BITES: [pain]" in shown(NOTE)
