from __future__ import annotations

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from batch_fakes import FakeAnnotator, make, make_refusing

from biotk.batch import AnnotatorSpec, BatchOptions, DocumentFailedError, annotate_files
from biotk.document import Document
from biotk.errors import InputError
from biotk.io import read_jsonl

SPEC = AnnotatorSpec("fake")


def write_notes(path: Path, texts: Sequence[str]) -> Path:
    rows = [{"id": f"n{i}", "text": text} for i, text in enumerate(texts)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


TEXTS = [f"Note {i} with fever{' and more fever' * (i % 3)}." for i in range(17)]


def test_output_has_one_line_a_document_in_order(tmp_path: Path) -> None:
    notes = write_notes(tmp_path / "notes.jsonl", TEXTS)
    tally = annotate_files([notes], SPEC, out=tmp_path / "out.jsonl", make=make)
    documents = list(read_jsonl(tmp_path / "out.jsonl"))
    assert [d.id for d in documents] == [f"n{i}" for i in range(17)]
    assert [d.text for d in documents] == TEXTS
    assert [len(d.mentions) for d in documents] == [1 + i % 3 for i in range(17)]
    assert documents[0].mentions[0].concept_ids == ("MESH:D005334",)
    assert (tally.documents, tally.failed, tally.skipped) == (17, 0, 0)
    assert tally.words == sum(len(text.split()) for text in TEXTS)
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "notes.jsonl",
        "out.jsonl",
        "out.jsonl.run.json",
    ]


@pytest.mark.parametrize("batch_size", [1, 2, 7, 100])
def test_output_is_the_same_at_any_batch_size(tmp_path: Path, batch_size: int) -> None:
    notes = write_notes(tmp_path / "notes.jsonl", [*TEXTS, "RAISE", "fever"])
    annotate_files([notes], SPEC, out=tmp_path / "a.jsonl", make=make)
    options = BatchOptions(batch_size=batch_size)
    annotate_files([notes], SPEC, out=tmp_path / "b.jsonl", make=make, options=options)
    assert (tmp_path / "a.jsonl").read_bytes() == (tmp_path / "b.jsonl").read_bytes()
    assert (tmp_path / "a.failed.jsonl").read_bytes() == (tmp_path / "b.failed.jsonl").read_bytes()


def test_inputs_of_all_kinds_come_in_order(tmp_path: Path) -> None:
    notes = write_notes(tmp_path / "notes.jsonl", ["one"])
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "b.txt").write_text("two fever", "utf-8")
    (folder / "a.txt").write_text("three", "utf-8")
    (tmp_path / "p.pubtator").write_text("7|t|Title\n7|a|Abstract with fever.\n\n", "utf-8")
    out = tmp_path / "out.jsonl"
    annotate_files([folder, notes, tmp_path / "p.pubtator"], SPEC, out=out, make=make)
    assert [row["text"] for row in lines(out)] == [
        "three",
        "two fever",
        "one",
        "Title Abstract with fever.",
    ]


def test_failed_document_is_told_without_its_text_and_the_rest_goes_on(tmp_path: Path) -> None:
    texts = ["fever", "RAISE secret", "more fever", "REFUSE secret", "NAN fever", "end"]
    notes = write_notes(tmp_path / "notes.jsonl", texts)
    told = []
    tally = annotate_files(
        [notes], SPEC, out=tmp_path / "out.jsonl", make=make, on_failure=told.append
    )
    assert [row["id"] for row in lines(tmp_path / "out.jsonl")] == ["n0", "n2", "n5"]
    failed = lines(tmp_path / "out.failed.jsonl")
    assert failed[:2] == [
        {"index": 1, "id": "n1", "error": "ValueError"},
        {
            "index": 3,
            "id": "n3",
            "error": "InputError: the text is of a kind that is refused",
        },
    ]
    assert failed[2]["index"] == 4
    assert "not finite" in failed[2]["error"]
    assert "secret" not in (tmp_path / "out.failed.jsonl").read_text("utf-8")
    assert [result.index for result in told] == [1, 3, 4]
    assert (tally.documents, tally.failed) == (6, 3)


def test_row_that_cannot_be_read_is_a_failed_input(tmp_path: Path) -> None:
    notes = tmp_path / "notes.jsonl"
    notes.write_bytes(
        b'{"id": "a", "text": "fever"}\nsecret {\n{"id": "b"}\n\xff\xfe secret\n'
        b'{"id": "c", "text": "x"}\n{"id": "d", "secret"\n'
    )
    (tmp_path / "bad.pubtator").write_text("1|t|Title\n2|a|secret\n", "utf-8")
    (tmp_path / "bad.txt").write_bytes(b"secret \xff")
    inputs = [notes, tmp_path / "bad.pubtator", tmp_path / "bad.txt"]
    annotate_files(inputs, SPEC, out=tmp_path / "out.jsonl", make=make)
    assert [row["id"] for row in lines(tmp_path / "out.jsonl")] == ["a", "c"]
    failed = lines(tmp_path / "out.failed.jsonl")
    assert [row["index"] for row in failed] == [1, 2, 3, 5, 6, 7]
    assert {row["id"] for row in failed} == {None}
    assert f"{notes}:2: not JSON" in failed[0]["error"]
    assert "secret" not in (tmp_path / "out.failed.jsonl").read_text("utf-8")


def test_fault_in_an_inputs_own_annotations_fails_nothing(tmp_path: Path) -> None:
    corpus = tmp_path / "gold.pubtator"
    corpus.write_text(
        "1|t|A title\n1|a|An abstract.\n"
        "1\t2\t7\tother\tDisease\tD1\n1\t2\t700\ttitle\tDisease\tD1\n2\t0\t1\tA\tDisease\tD1\n"
        "1\tx\n\n",
        "utf-8",
    )
    notes = tmp_path / "notes.jsonl"
    mention = {"start": 0, "end": 99}
    rows = [{"id": "a", "text": "b", "mentions": [mention], "sections": 1, "abbreviations": [{}]}]
    notes.write_text(json.dumps(rows[0]) + "\n", "utf-8")
    tally = annotate_files([corpus, notes], SPEC, out=tmp_path / "out.jsonl", make=make)
    assert len(lines(tmp_path / "out.jsonl")) == 2
    assert (tally.documents, tally.failed, tally.faults) == (2, 0, 7)
    assert "7 faults" in tally.summary()


def test_limit_stops_reading(tmp_path: Path) -> None:
    notes = write_notes(tmp_path / "notes.jsonl", TEXTS)
    for limit in (0, 3):
        out = tmp_path / f"out{limit}.jsonl"
        annotate_files([notes], SPEC, out=out, make=make, options=BatchOptions(limit=limit))
        assert [row["id"] for row in lines(out)] == ["n0", "n1", "n2"][:limit]


def test_limit_counts_failed_rows(tmp_path: Path) -> None:
    notes = tmp_path / "notes.jsonl"
    notes.write_text('{\n{\n{\n{"id": "a", "text": "b"}\n', "utf-8")
    out = tmp_path / "out.jsonl"
    tally = annotate_files([notes], SPEC, out=out, make=make, options=BatchOptions(limit=2))
    assert (tally.documents, tally.failed, lines(out)) == (2, 2, [])


def test_text_is_left_out_on_request(tmp_path: Path) -> None:
    notes = write_notes(tmp_path / "notes.jsonl", ["some fever here"])
    out = tmp_path / "out.jsonl"
    annotate_files([notes], SPEC, out=out, make=make, options=BatchOptions(text=False))
    (row,) = lines(out)
    assert "text" not in row
    assert row["mentions"][0]["text"] == "fever"


def test_half_a_surrogate_pair_comes_out_as_it_went_in(tmp_path: Path) -> None:
    notes = write_notes(tmp_path / "notes.jsonl", ["fever \ud83d 🤒", "é"])
    out = tmp_path / "out.jsonl"
    annotate_files([notes], SPEC, out=out, make=make)
    assert [row["text"] for row in lines(out)] == ["fever \ud83d 🤒", "é"]
    assert "é" in out.read_text("utf-8")


def test_stream_takes_lines_and_no_files_are_made(tmp_path: Path) -> None:
    notes = write_notes(tmp_path / "notes.jsonl", ["fever", "RAISE"])
    stream = io.BytesIO()
    annotate_files([notes], SPEC, out=stream, make=make)
    assert [json.loads(line)["id"] for line in stream.getvalue().splitlines()] == ["n0"]
    assert [p.name for p in tmp_path.iterdir()] == ["notes.jsonl"]


def test_documents_are_shown_in_order(tmp_path: Path) -> None:
    notes = write_notes(tmp_path / "notes.jsonl", TEXTS)
    seen: list[Document] = []
    annotate_files([notes], SPEC, make=make, on_document=seen.append)
    assert [d.id for d in seen] == [f"n{i}" for i in range(17)]
    assert all(d.mentions for d in seen)


def test_existing_output_is_not_touched(tmp_path: Path) -> None:
    notes = write_notes(tmp_path / "notes.jsonl", ["fever"])
    out = tmp_path / "out.jsonl"
    out.write_text("precious\n", "utf-8")
    with pytest.raises(InputError, match="--resume goes on with it, --overwrite begins anew"):
        annotate_files([notes], SPEC, out=out, make=make)
    assert out.read_text("utf-8") == "precious\n"
    annotate_files([notes], SPEC, out=out, make=make, options=BatchOptions(overwrite=True))
    assert [row["id"] for row in lines(out)] == ["n0"]


def test_overwriting_removes_the_failures_of_before(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    notes = write_notes(tmp_path / "notes.jsonl", ["RAISE"])
    annotate_files([notes], SPEC, out=out, make=make)
    write_notes(notes, ["fever"])
    annotate_files([notes], SPEC, out=out, make=make, options=BatchOptions(overwrite=True))
    assert not (tmp_path / "out.failed.jsonl").exists()


def test_pipeline_that_cannot_be_made_leaves_no_files_and_costs_none(tmp_path: Path) -> None:
    notes = write_notes(tmp_path / "notes.jsonl", ["fever"])
    out = tmp_path / "out.jsonl"
    with pytest.raises(InputError, match="unknown pipeline"):
        annotate_files([notes], SPEC, out=out, make=make_refusing)
    assert [p.name for p in tmp_path.iterdir()] == ["notes.jsonl"]
    out.write_text("precious\n", "utf-8")
    overwrite = BatchOptions(overwrite=True)
    with pytest.raises(InputError, match="unknown pipeline"):
        annotate_files([notes], SPEC, out=out, make=make_refusing, options=overwrite)
    assert out.read_text("utf-8") == "precious\n"


def test_output_among_the_inputs_is_refused(tmp_path: Path) -> None:
    notes = write_notes(tmp_path / "notes.jsonl", ["fever"])
    before = notes.read_bytes()
    overwrite = BatchOptions(overwrite=True)
    with pytest.raises(InputError, match="both an input and written to"):
        annotate_files([notes], SPEC, out=notes, make=make, options=overwrite)
    with pytest.raises(InputError, match="lies within the input"):
        annotate_files([tmp_path], SPEC, out=tmp_path / "sub" / "out.jsonl", make=make)
    assert notes.read_bytes() == before


def test_missing_input_is_told_before_anything_is_made(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file or folder"):
        annotate_files([tmp_path / "nowhere"], SPEC, out=tmp_path / "out.jsonl", make=make)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["out.jsonl.gz", "folder"])
def test_output_that_cannot_be_resumed_is_refused(tmp_path: Path, name: str) -> None:
    notes = write_notes(tmp_path / "notes.jsonl", ["fever"])
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match=r"leave the .gz off|is a folder"):
        annotate_files([notes], SPEC, out=tmp_path / name, make=make)


@pytest.mark.parametrize(
    "options",
    [
        BatchOptions(workers=0),
        BatchOptions(batch_size=0),
        BatchOptions(limit=-1),
        BatchOptions(resume=True, overwrite=True),
        BatchOptions(resume=True),  # there is no file to resume
    ],
)
def test_options_without_sense_are_refused(tmp_path: Path, options: BatchOptions) -> None:
    notes = write_notes(tmp_path / "notes.jsonl", ["fever"])
    with pytest.raises(InputError):
        annotate_files([notes], SPEC, out=io.BytesIO(), make=make, options=options)


def test_fail_fast_stops_before_the_failed_document(tmp_path: Path) -> None:
    notes = write_notes(tmp_path / "notes.jsonl", ["a", "b", "RAISE secret", "d"])
    out = tmp_path / "out.jsonl"
    with pytest.raises(DocumentFailedError, match=r"input 2 \('n2'\) failed: ValueError$"):
        annotate_files([notes], SPEC, out=out, make=make, options=BatchOptions(fail_fast=True))
    assert [row["id"] for row in lines(out)] == ["n0", "n1"]
    assert not (tmp_path / "out.failed.jsonl").exists()
    annotate_files([notes], SPEC, out=out, make=make, options=BatchOptions(resume=True))
    assert [row["id"] for row in lines(out)] == ["n0", "n1", "n3"]
    assert [row["index"] for row in lines(tmp_path / "out.failed.jsonl")] == [2]


class Losing(FakeAnnotator):
    def annotate(self, batch: Sequence[Document]) -> list[Document]:
        return super().annotate(batch)[: 0 if len(batch) == 1 else len(batch) - 1]


def test_annotator_that_loses_documents_is_caught(tmp_path: Path) -> None:
    notes = write_notes(tmp_path / "notes.jsonl", ["a", "b"])
    out = tmp_path / "out.jsonl"
    annotate_files([notes], SPEC, out=out, make=lambda spec: Losing())
    assert lines(out) == []
    failed = lines(tmp_path / "out.failed.jsonl")
    assert [row["index"] for row in failed] == [0, 1]
    assert "other documents" in failed[0]["error"]
