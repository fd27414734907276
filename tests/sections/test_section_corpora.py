from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest

from biotk.document import Section
from biotk.errors import FormatError, InputError, Problems, UnknownNameError
from biotk.io import read_jsonl, write_jsonl
from biotk.sections.corpora import MTS_DIALOG_HEADERS, read_section_corpus, sniff_corpus
from biotk.sections.standoff import StandoffHeading, StandoffReport, text_hash, write_standoff
from biotk.sections.titles import CATEGORIES

FORMATS = Path(__file__).resolve().parents[2] / "docs" / "formats" / "sections.md"

FLAT = "PLAN: , Rest.,EXAM:,SKIN: , Dry."
MTSAMPLES = f'note_id,medical_specialty,transcription\n5, Allergy ,"{FLAT}"\n6,,"Alone."\n8,,\n'
MTS_DIALOG = """\
ID,section_header,section_text,dialogue
0,GENHX,"Pain,
since May.",Doctor: Hi.
1,FAM/SOCHX,Mother: asthma.,x
2,OTHER_HISTORY,Unchanged.,x
"""
NOTE = {
    "id": "n1",
    "text": "PLAN: Rest.",
    "sections": [{"start": 0, "end": 11, "title_start": 0, "title_end": 4, "category": "plan"}],
}


def file(tmp_path, content, name="corpus.csv"):
    path = tmp_path / name
    data = content.encode()
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


@pytest.mark.parametrize("ending", ["", ".gz"])
@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (json.dumps(NOTE) + "\n", "jsonl"),
        ("\ufeff" + MTSAMPLES, "mtsamples"),
        ('"a","transcription"\n1,x\n', "mtsamples"),
        (MTS_DIALOG, "mts-dialog"),
    ],
)
def test_format_is_told_from_the_content(tmp_path, content, kind, ending):
    path = file(tmp_path, content, "corpus.jsonl" + ending)  # whatever its name
    assert sniff_corpus(path) == kind
    assert list(read_section_corpus(path))


@pytest.mark.parametrize("content", ["", "PLAN: Rest.\n", "section_header,text\nCC,x\n"])
def test_other_files_are_refused_with_what_is_allowed(tmp_path, content):
    with pytest.raises(InputError, match=r"JSON Lines.*MTSamples.*MTS-Dialog.*biotk convert"):
        sniff_corpus(file(tmp_path, content))


def test_unknown_format_lists_the_known(tmp_path):
    with pytest.raises(UnknownNameError, match="jsonl, mts-dialog, mtsamples"):
        read_section_corpus(file(tmp_path, MTSAMPLES), format="csv")


def test_jsonl_is_read_as_it_stands(tmp_path):
    nested = {**NOTE, "sections": [NOTE["sections"][0] | {"parent": 0, "source": "model"}]}
    path = file(tmp_path, json.dumps(nested) + "\n")
    (document,) = read_section_corpus(path)
    assert document.sections == (Section(0, 11, 0, 4, "plan", 0, "model"),)


def test_note_without_sections_is_reported(tmp_path):
    rows = [NOTE, {"id": "n2", "text": "Rest."}, {"id": "n3", "text": " "}]
    path = file(tmp_path, "".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(FormatError, match='document "n2" left out: it has no sections'):
        list(read_section_corpus(path))
    problems = Problems()
    assert [d.id for d in read_section_corpus(path, problems=problems)] == ["n1", "n3"]
    assert problems.count == 1


def test_mtsamples_gets_its_lines_and_the_rules_sections(tmp_path):
    first, second, empty = read_section_corpus(file(tmp_path, MTSAMPLES))
    assert (first.id, first.meta) == ("5", {"specialty": "Allergy"})
    assert first.text == "PLAN: Rest.\nEXAM:\nSKIN: Dry."
    assert [(s.start, s.end, s.category, s.parent) for s in first.sections] == [
        (0, 12, "plan", None),
        (12, 18, "physical_exam", None),
        (18, 28, "physical_exam", 1),
    ]
    assert second.sections == (Section(0, 6, 0, 0),)
    assert (empty.text, empty.sections) == ("", ())


def annotated(tmp_path, *ids):
    heading = StandoffHeading(14, 18, "heading", category="labs")
    reports = [StandoffReport(name, text_hash(FLAT), (0, 14), (heading,)) for name in ids]
    path = tmp_path / "gold.jsonl"
    write_standoff(reports, path, texts=dict.fromkeys(ids, FLAT))
    return path


def test_reports_annotated_by_hand_are_the_only_ones_read(tmp_path):
    path = file(tmp_path, MTSAMPLES, "m.csv.gz")
    (document,) = read_section_corpus(path, gold=annotated(tmp_path, "5"))
    assert [(s.title_start, s.category) for s in document.sections] == [(0, None), (12, "labs")]


def test_gold_that_is_not_about_the_corpus_is_refused(tmp_path):
    path = file(tmp_path, MTSAMPLES)
    with pytest.raises(InputError, match=r"lacks 1 reports that .*annotates: 99"):
        list(read_section_corpus(path, gold=annotated(tmp_path, "5", "99")))
    with pytest.raises(InputError, match=r"report 6: .*SHA-256"):
        list(read_section_corpus(path, gold=annotated(tmp_path, "6")))
    with pytest.raises(InputError, match="annotates no report"):
        list(read_section_corpus(path, gold=file(tmp_path, "", "none.jsonl")))
    with pytest.raises(InputError, match="this is mts-dialog"):
        read_section_corpus(file(tmp_path, MTS_DIALOG), gold=annotated(tmp_path, "5"))


def test_mts_dialog_rows_are_sections_without_headings(tmp_path):
    first, both, other = read_section_corpus(file(tmp_path, MTS_DIALOG))
    assert first.text == "Pain,\nsince May."
    assert first.sections == (Section(0, 16, 0, 0, "history_of_present_illness"),)
    assert first.meta == {"categories_only": True, "header": "GENHX"}
    assert both.sections[0].category == "family_history"
    assert both.meta["categories"] == ["family_history", "social_history"]
    assert (other.sections[0].category, "categories" in other.meta) == (None, False)


def test_mts_dialog_rows_that_are_wrong_are_reported_without_their_text(tmp_path):
    content = MTS_DIALOG + "3,NOSUCH,secret,x\n4,PLAN, ,x\n5,PLAN\n"
    problems = Problems()
    path = file(tmp_path, content)
    assert len(list(read_section_corpus(path, problems=problems))) == 3
    assert [p.line for p in problems] == [6, 7, 8]
    assert "none of ALLERGY" in problems.kept[0].message
    assert not any("secret" in str(problem) for problem in problems)
    with pytest.raises(FormatError):
        list(read_section_corpus(path))


def test_csv_in_another_encoding_is_refused(tmp_path):
    path = tmp_path / "latin.csv"
    path.write_bytes(MTS_DIALOG.encode() + "6,PLAN,Fièvre,x\n".encode("latin-1"))
    with pytest.raises(InputError, match="not CSV in UTF-8"):
        list(read_section_corpus(path))


def test_headers_are_brought_to_categories_that_there_are():
    assert len(MTS_DIALOG_HEADERS) == 20
    named = {name for accepted in MTS_DIALOG_HEADERS.values() for name in accepted}
    assert named - {None} <= set(CATEGORIES)
    assert [key for key, accepted in MTS_DIALOG_HEADERS.items() if len(accepted) > 1] == [
        "FAM/SOCHX"
    ]


@pytest.mark.parametrize("content", [MTSAMPLES, MTS_DIALOG])
def test_a_corpus_written_as_jsonl_is_the_same_corpus(tmp_path, content):
    documents = list(read_section_corpus(file(tmp_path, content)))
    write_jsonl(documents, tmp_path / "notes.jsonl")
    assert list(read_section_corpus(tmp_path / "notes.jsonl")) == documents


def test_the_page_s_example_and_categories_are_as_it_says(tmp_path):
    page = FORMATS.read_text("utf-8")
    data = json.loads(re.search(r"```json\n(.*?)```", page, re.S)[1])
    (document,) = read_section_corpus(file(tmp_path, json.dumps(data)))
    assert [document.text[s.title_start : s.title_end] for s in document.sections] == [
        "", "PLAN", "Diet",
    ]  # fmt: skip
    assert [s.end for s in document.sections] == [18, 30, len(document.text)]
    assert (document.sections[2].parent, document.meta) == (1, {"format": "markdown"})
    assert re.search(r"```text\n(chief.*?)```", page, re.S)[1].split() == list(CATEGORIES)


@pytest.mark.data
def test_real_corpora_are_read_whole(shared_data, tmp_path):
    notes = shared_data / "notes"
    rows = list(read_section_corpus(notes / "mts_dialog_train.csv.gz"))
    assert len(rows) == 1201
    assert {row.meta["header"] for row in rows} == set(MTS_DIALOG_HEADERS)
    reports = list(read_section_corpus(notes / "mtsamples_train.csv.gz"))
    assert len(reports) == len({report.id for report in reports}) == 1912
    for report in reports:
        assert "".join(report.text[s.start : s.end] for s in report.sections) == report.text
    write_jsonl(reports, tmp_path / "reports.jsonl")
    assert list(read_jsonl(tmp_path / "reports.jsonl")) == reports
