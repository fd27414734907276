from __future__ import annotations

import gzip
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from biotk.document import Section
from biotk.errors import FormatError, InputError, Problems
from biotk.io.mtsamples import Report
from biotk.sections.standoff import (
    StandoffHeading,
    StandoffReport,
    read_standoff,
    section_document,
    text_hash,
    write_standoff,
)

FORMATS = Path(__file__).resolve().parents[2] / "docs" / "formats" / "sections.md"

FLAT = "Seen, alone.,PLAN: , Rest, water.,EXAM:,1. Skin: Dry. Eyes: Clear."


def heading(title, kind, category=None, *, part=False):
    start = FLAT.index(title)
    return StandoffHeading(start, start + len(title), kind, part, category)


ANNOTATED = StandoffReport(
    "7",
    text_hash(FLAT),
    (0, FLAT.index("PLAN"), FLAT.index("EXAM"), FLAT.index("1. Skin")),
    (
        heading("PLAN", "inline", "plan"),
        heading("EXAM", "heading", "physical_exam"),
        heading("Skin", "inline", "physical_exam", part=True),
        heading("Eyes", "run_in", "physical_exam", part=True),
    ),
)


def written(tmp_path, *reports):
    path = tmp_path / "gold.jsonl"
    path.write_text("".join(json.dumps(report) + "\n" for report in reports))
    return path


def plain(**changes):
    headings = [
        {"start": h.start, "end": h.end, "kind": h.kind, "part": h.part, "category": h.category}
        for h in ANNOTATED.headings
    ]
    report = {"id": "7", "sha256": ANNOTATED.sha256, "starts": list(ANNOTATED.starts)}
    return {**report, "headings": headings, **changes}


def test_annotated_report_becomes_sections_that_tile_the_restored_text():
    document = section_document(ANNOTATED, Report("7", "Dermatology", FLAT))
    assert document.text == "Seen, alone.\nPLAN: Rest, water.\nEXAM:\n1. Skin: Dry. Eyes: Clear."
    assert document.meta == {"specialty": "Dermatology"}
    assert [
        (document.text[s.start : s.end], document.text[s.title_start : s.title_end], s.category)
        for s in document.sections
    ] == [
        ("Seen, alone.\n", "", None),
        ("PLAN: Rest, water.\n", "PLAN", "plan"),
        ("EXAM:\n", "EXAM", "physical_exam"),
        ("1. Skin: Dry. Eyes: Clear.", "Skin", "physical_exam"),
    ]
    assert [s.parent for s in document.sections] == [None, None, None, 2]


def test_what_was_written_reads_back(tmp_path):
    for name in ("gold.jsonl", "gold.jsonl.gz"):
        path = tmp_path / name
        assert write_standoff([ANNOTATED], path, texts={"7": FLAT}) == 1
        assert read_standoff(path) == {"7": ANNOTATED}
    assert path.read_bytes()[:2] == b"\x1f\x8b"
    assert json.loads(gzip.decompress(path.read_bytes())) == plain()


def test_text_that_was_not_annotated_is_refused_without_being_shown(tmp_path):
    with pytest.raises(InputError, match=r"report 7: .*SHA-256.*take the corpus") as error:
        section_document(ANNOTATED, Report("7", "", FLAT + " "))
    assert "Rest" not in str(error.value)
    path = tmp_path / "gold.jsonl"
    with pytest.raises(InputError, match=r"report 7: .*SHA-256"):
        write_standoff([ANNOTATED], path, texts={"7": FLAT.lower()})
    with pytest.raises(InputError, match="report 7: there is no text"):
        write_standoff([ANNOTATED], path, texts={})
    assert not path.exists()


def test_places_outside_the_text_are_refused():
    beyond = replace(ANNOTATED, starts=(*ANNOTATED.starts, len(FLAT) + 1))
    with pytest.raises(InputError, match="report 7: 67 lies outside its 66 characters"):
        section_document(beyond, Report("7", "", FLAT))


def changed(index, **values):
    headings = plain()["headings"]
    headings[index] |= values
    return {"headings": headings}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"id": 7}, "id is not a string"),
        ({"sha256": "abc"}, "64 hexadecimal"),
        ({"starts": [1, 5]}, "ascending from 0"),
        ({"starts": [0, 9, 9]}, "ascending from 0"),
        ({"starts": []}, "ascending from 0"),
        ({"starts": [0, 14, 34]}, "goes on over the end"),  # within PLAN
        (changed(0, end=13), "overlap"),
        (changed(0, start=-1), "overlap"),
        (changed(1, kind="bold"), "none of heading, inline, run_in"),
        (changed(1, part=1), "neither true nor false"),
        (changed(1, category="skin"), "category that there is not"),
        (changed(3, kind="inline"), "second that opens a section"),
        ({"starts": None}, "TypeError"),
        ({"headings": [{"start": 1}]}, "KeyError"),
    ],
)
def test_unsound_annotation_is_refused(tmp_path, changes, message):
    path = written(tmp_path, plain(**changes))
    with pytest.raises(FormatError, match=message) as error:
        read_standoff(path)
    assert error.value.problem.line == 1


def test_damaged_lines_are_reported_and_the_rest_is_read(tmp_path):
    path = written(tmp_path, plain(), plain(), [1])
    path.write_bytes(path.read_bytes() + b"\n{\n\xff\n")
    problems = Problems()
    assert read_standoff(path, problems=problems) == {"7": ANNOTATED}
    assert [(p.line, p.message.partition(":")[0]) for p in problems] == [
        (2, "not an annotated report"),
        (3, "not an annotated report"),
        (5, "not JSON"),
        (6, "not UTF-8 at byte 0"),
    ]
    assert "twice" in problems.kept[0].message


def test_the_page_s_example_is_as_it_says(tmp_path):
    text = FORMATS.read_text("utf-8").split("## A stand-off file")[1]
    flat = re.search(r"```text\n(.*)\n```", text)[1]
    path = written(tmp_path, json.loads(re.search(r"```json\n(.*?)```", text, re.S)[1]))
    document = section_document(read_standoff(path)["14"], Report("14", "", flat))
    assert document.text == "PLAN: Rest well.\nExamination:\nSkin: Dry. Eyes: Clear."
    assert document.sections == (
        Section(0, 17, 0, 4, "plan"),
        Section(17, 30, 17, 28, "physical_exam"),
        Section(30, 53, 30, 34, "physical_exam", 1),
    )
