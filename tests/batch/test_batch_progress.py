from __future__ import annotations

import gzip
import io
import os
import threading
import time
from pathlib import Path

import pytest
from batch_fakes import make, make_refusing
from rich.console import Console

from biotk.batch import AnnotatorSpec, BatchOptions, annotate_files
from biotk.batch.count import count_inputs
from biotk.batch.progress import ConsoleReporter, Tally
from biotk.errors import InputError
from biotk.io import iter_inputs


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "notes"
    (folder / "sub").mkdir(parents=True)
    (folder / "a.txt").write_text("fever\n\nfever", "utf-8")
    (folder / "sub" / "b.txt.gz").write_bytes(gzip.compress(b"fever"))
    (folder / "c.jsonl").write_text('{"id": "1", "text": "x"}\n\n{"id": "2", "text": "y"}', "utf-8")
    (folder / "d.pubtator").write_text(
        "7|t|T\n7|a|A\n7\t0\t1\tT\tGene\t1\n\n8|t|T\n8|a|A\n", "utf-8"
    )
    return folder


def test_count_is_what_is_read(folder: Path) -> None:
    assert count_inputs([folder]) == len(list(iter_inputs([folder]))) == 6
    several = [folder / "c.jsonl", folder / "sub", folder / "a.txt"]
    assert count_inputs(several) == 4


def test_count_does_not_stumble_over_bad_files(folder: Path) -> None:
    (folder / "e.jsonl.gz").write_bytes(gzip.compress(b'{"id": "3"' * 9999)[:-20])
    (folder / "readme.md").write_text("not counted", "utf-8")
    assert count_inputs([folder]) == 7


def test_count_takes_nothing_out_of_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert count_inputs([pipe]) is None


def test_bar_shows_how_far_and_how_many_failed(folder: Path) -> None:
    file = io.StringIO()
    (folder / "f.txt").write_text("RAISE secret", "utf-8")
    reporter = ConsoleReporter(Console(file=file, force_terminal=True, width=200))
    annotate_files([folder], AnnotatorSpec("fake"), make=make, reporter=reporter)
    shown = file.getvalue()
    assert "/7" in shown
    assert "1 failed" in shown
    assert "ETA" in shown
    assert "secret" not in shown


def test_summary_is_all_that_a_pipe_gets(folder: Path) -> None:
    file = io.StringIO()
    reporter = ConsoleReporter(Console(file=file))
    annotate_files([folder], AnnotatorSpec("fake"), make=make, reporter=reporter)
    (line,) = file.getvalue().splitlines()
    assert line.startswith("6 documents in ")


def test_summary_tells_rates_and_what_was_done_before() -> None:
    tally = Tally(documents=3000, words=90_000, failed=2, skipped=5, faults=1, seconds=1.5)
    assert tally.summary() == (
        "3,000 documents in 1.5 s, 2,000.0 documents/s, 60,000 words/s, 2 failed,"
        " 5 were done before, 1 faults in the inputs' own annotations"
    )
    assert "0.0 documents/s" in Tally().summary()


def test_summary_counts_loading_by_itself() -> None:
    tally = Tally(documents=1, words=100, seconds=6.0, loading=4.0)
    assert tally.summary() == (
        "1 document in 2.0 s after 4.0 s of loading, 0.5 documents/s, 50 words/s, 0 failed"
    )


@pytest.mark.parametrize("workers", [1, 2])
def test_loading_is_told_before_the_first_document_and_no_longer(
    folder: Path, workers: int
) -> None:
    seen: list[tuple[int, float]] = []

    class Watching:
        def start(self, inputs, limit):
            pass

        def update(self, tally):
            seen.append((tally.documents, tally.loading))

        def stop(self, tally):
            pass

    tally = annotate_files(
        [folder],
        AnnotatorSpec("fake", {"sleep": 0.001}),
        make=make,
        reporter=Watching(),
        options=BatchOptions(workers=workers, batch_size=2),
    )
    assert [documents for documents, _ in seen] == [0, 2, 4, 6]
    assert 0 < tally.loading < tally.seconds
    assert {loading for _, loading in seen} == {tally.loading}


def test_long_run_without_a_bar_says_now_and_then_that_it_goes_on(folder: Path) -> None:
    file = io.StringIO()
    told = threading.Event()

    class Listened(Console):
        def print(self, *objects, **options):
            super().print(*objects, **options)
            told.set()

    def make_patient(spec):
        assert told.wait(60)  # until the line stands there
        return make(spec)

    reporter = ConsoleReporter(Listened(file=file), first_word=0.05)
    annotate_files([folder], AnnotatorSpec("fake"), make=make_patient, reporter=reporter)
    lines = file.getvalue().splitlines()
    assert lines[0] == "annotating: loading the pipeline after 0 s"
    assert lines[-1].startswith("6 documents in ")
    before = len(lines)
    time.sleep(0.3)
    assert len(file.getvalue().splitlines()) == before, "nothing is said after the end"


def test_long_document_without_a_bar_is_told_to_be_under_way(folder: Path) -> None:
    file, told = io.StringIO(), threading.Event()

    class Listened(Console):
        def print(self, *objects, **options):
            super().print(*objects, **options)
            if "documents done" in objects[0]:
                told.set()

    class Patient:
        def annotate(self, batch):
            assert told.wait(60)
            return make(AnnotatorSpec("fake")).annotate(batch)

    reporter = ConsoleReporter(Listened(file=file), first_word=0.05)
    spec = AnnotatorSpec("fake")
    annotate_files([folder], spec, make=lambda spec: Patient(), reporter=reporter)
    assert any(
        line.startswith("annotating: 0 documents done") for line in file.getvalue().split("\n")
    )


def test_run_that_never_began_has_no_summary(folder: Path) -> None:
    file = io.StringIO()
    reporter = ConsoleReporter(Console(file=file))
    with pytest.raises(InputError):
        annotate_files([folder], AnnotatorSpec("x"), make=make_refusing, reporter=reporter)
    assert file.getvalue() == ""
