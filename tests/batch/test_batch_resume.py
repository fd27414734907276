from __future__ import annotations

import errno
import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from batch_fakes import make

from biotk.batch import AnnotatorSpec, BatchOptions, annotate_files
from biotk.batch.outputs import OutputFiles
from biotk.batch.results import Result
from biotk.document import Document
from biotk.errors import InputError

ROOT = Path(__file__).resolve().parents[2]
SPEC = AnnotatorSpec("fake")
SLOW = AnnotatorSpec("fake", {"sleep": 0.01})
RESUME = BatchOptions(resume=True, batch_size=3)

SCRIPT = """
import sys
from batch_fakes import make
from biotk.batch import AnnotatorSpec, BatchOptions, annotate_files

if __name__ == "__main__":
    notes, out, workers = sys.argv[1:]
    annotate_files(
        [notes],
        AnnotatorSpec("fake", {"sleep": 0.01}),
        out=out,
        options=BatchOptions(workers=int(workers), batch_size=3, resume=True),
        make=make,
    )
"""


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    """60 notes: fine ones, some that fail, some rows that cannot be read."""
    path = tmp_path / "notes.jsonl"
    rows = [json.dumps({"id": f"n{i}", "text": f"fever é {'x' * (i % 9)}"}) for i in range(60)]
    for index in (0, 7, 8, 31, 59):
        rows[index] = json.dumps({"id": f"n{index}", "text": "RAISE"})
    rows[12] = rows[44] = "{"
    path.write_text("\n".join(rows) + "\n", "utf-8")
    return path


def files(folder: Path, name: str) -> tuple[bytes, bytes]:
    failed = folder / f"{name}.failed.jsonl"
    return (folder / f"{name}.jsonl").read_bytes(), failed.read_bytes() if failed.exists() else b""


def whole(notes: Path, spec: AnnotatorSpec = SLOW) -> tuple[bytes, bytes]:
    """What a run that nobody disturbs writes."""
    annotate_files([notes], replace(spec), out=notes.with_name("whole.jsonl"), make=make)
    return files(notes.parent, "whole")


def n_lines(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0


def run_and_kill(notes: Path, out: Path, *, workers: int, after: int) -> None:
    """Run in a process of its own, and kill that once there are so many lines more."""
    script = notes.with_name("script.py")
    script.write_text(SCRIPT, "utf-8")
    path = os.pathsep.join([str(ROOT), str(Path(__file__).parent)])
    process = subprocess.Popen(
        [sys.executable, str(script), str(notes), str(out), str(workers)],
        env={**os.environ, "PYTHONPATH": path},
    )
    goal = n_lines(out) + after
    deadline = time.monotonic() + 60
    while process.poll() is None and n_lines(out) < goal and time.monotonic() < deadline:
        time.sleep(0.001)
    assert process.poll() is None, "it ended before it could be killed"
    process.send_signal(signal.SIGKILL)
    process.wait()


@pytest.mark.parametrize("workers", [1, 2])
def test_killed_run_goes_on_exactly(notes: Path, workers: int) -> None:
    expected = whole(notes)
    out = notes.with_name("out.jsonl")
    chance = random.Random(workers)
    for after in (1, 9, 17):
        run_and_kill(notes, out, workers=workers, after=after)
        assert n_lines(out) < expected[0].count(b"\n")
        # A kill within a write leaves half a line; that cannot be timed, so it is made.
        if chance.random() < 0.7:
            with out.open("ab") as file:
                file.write(b'{"id": "n')
    assert n_lines(out) >= 27
    annotate_files([notes], SLOW, out=out, make=make, options=replace(RESUME, workers=workers))
    assert files(notes.parent, "out") == expected


def test_output_cut_at_any_byte_goes_on_exactly(tmp_path: Path) -> None:
    notes, out = tmp_path / "notes.jsonl", tmp_path / "out.jsonl"
    texts = ["fever é", "RAISE", "RAISE", "x", "fever", "RAISE"]
    rows = [json.dumps({"id": f"n{i}", "text": text}) for i, text in enumerate(texts)]
    notes.write_text("\n".join([*rows[:3], "{", *rows[3:]]), "utf-8")
    expected = whole(notes, SPEC)
    annotate_files([notes], SPEC, out=out, make=make)
    failed = tmp_path / "out.failed.jsonl"
    for size in range(len(expected[0]) + 1):
        out.write_bytes(expected[0][:size])
        annotate_files([notes], SPEC, out=out, make=make, options=RESUME)
        assert files(tmp_path, "out") == expected, size
    # Failures of a batch are written first: its output may be missing from any of them on.
    n_done = expected[0].index(b"\n") + 1
    for size in range(expected[1].index(b"\n"), len(expected[1]) + 1):
        out.write_bytes(expected[0][:n_done])
        failed.write_bytes(expected[1][:size])
        annotate_files([notes], SPEC, out=out, make=make, options=RESUME)
        assert files(tmp_path, "out") == expected, size


def test_failures_of_a_batch_are_written_before_its_output(tmp_path: Path) -> None:
    class FullDisk(BytesIO):
        def write(self, data: object) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    outputs = OutputFiles(tmp_path / "out.jsonl")
    outputs._out = FullDisk()
    with pytest.raises(OSError, match="No space"):
        outputs.write([Result(0, "a", b"{}\n"), Result(1, "b", error="ValueError")])
    outputs.close()
    assert n_lines(tmp_path / "out.failed.jsonl") == 1


def test_finished_run_resumed_loads_nothing_and_changes_nothing(notes: Path) -> None:
    expected = whole(notes)

    def fail(spec: AnnotatorSpec) -> None:
        raise AssertionError("nothing was left to do")

    out = notes.with_name("whole.jsonl")
    tally = annotate_files([notes], SLOW, out=out, make=fail, options=RESUME)  # type: ignore
    assert files(notes.parent, "whole") == expected
    assert (tally.documents, tally.skipped) == (0, 60)


def test_resume_without_an_output_begins(notes: Path) -> None:
    expected = whole(notes)
    annotate_files([notes], SLOW, out=notes.with_name("out.jsonl"), make=make, options=RESUME)
    assert files(notes.parent, "out") == expected


def test_resume_shows_the_documents_of_before_too(notes: Path) -> None:
    out, shown, again = notes.with_name("out.jsonl"), list[Document](), list[Document]()
    annotate_files(
        [notes],
        SPEC,
        out=out,
        make=make,
        on_document=shown.append,
        options=BatchOptions(text=False),
    )
    out.write_bytes(b"".join(out.read_bytes().splitlines(keepends=True)[:20]))
    annotate_files(
        [notes],
        SPEC,
        out=out,
        make=make,
        on_document=again.append,
        options=replace(RESUME, text=False),
    )
    assert len(shown) == 53
    assert again == shown


@pytest.mark.parametrize(
    ("spec", "options", "told"),
    [
        (AnnotatorSpec("other"), RESUME, '"fake", now is "other"'),
        (AnnotatorSpec("fake", {"sleep": 0.001}), RESUME, "overrides was"),
        (SPEC, replace(RESUME, text=False), "text was true, now is false"),
        (SPEC, replace(RESUME, encoding="latin-1"), 'encoding was "utf-8", now is "latin-1"'),
    ],
)
def test_resume_as_another_run_is_refused(
    notes: Path, spec: AnnotatorSpec, options: BatchOptions, told: str
) -> None:
    whole(notes, SPEC)
    out = notes.with_name("whole.jsonl")
    out.write_bytes(out.read_bytes()[:500])
    before = files(notes.parent, "whole")
    with pytest.raises(InputError, match=told):
        annotate_files([notes], spec, out=out, make=make, options=options)
    assert files(notes.parent, "whole") == before


def test_resume_with_another_kb_is_refused(tmp_path: Path) -> None:
    from tiny import MESH

    from biotk.kb import KbBuilder

    notes = tmp_path / "n.txt"
    notes.write_text("fever", "utf-8")
    out = tmp_path / "out.jsonl"

    def make_any(spec: AnnotatorSpec):  # type: ignore[no-untyped-def]
        return make(AnnotatorSpec("fake"))

    for n_concepts in (3, 4):
        kb = tmp_path / "kb"
        if kb.exists():
            kb.rename(tmp_path / "before")
        builder = KbBuilder("tiny")
        builder.add(MESH[:n_concepts])
        builder.write(kb)
        spec = AnnotatorSpec("fake", {"kb": str(kb)})
        if n_concepts == 3:
            annotate_files([notes], spec, out=out, make=make_any)
            annotate_files([notes], spec, out=out, make=make_any, options=RESUME)
        else:
            with pytest.raises(InputError, match=r"another run began this output.* kb was"):
                annotate_files([notes], spec, out=out, make=make_any, options=RESUME)


def test_resume_without_its_record_is_refused(notes: Path) -> None:
    whole(notes, SPEC)
    out = notes.with_name("whole.jsonl")
    record = notes.with_name("whole.jsonl.run.json")
    record.write_text("{", "utf-8")
    with pytest.raises(InputError, match="damaged"):
        annotate_files([notes], SPEC, out=out, make=make, options=RESUME)
    record.unlink()
    with pytest.raises(InputError, match="is missing"):
        annotate_files([notes], SPEC, out=out, make=make, options=RESUME)


@pytest.mark.parametrize("change", ["id", "text", "fewer", "reordered"])
def test_resume_with_other_inputs_is_refused(notes: Path, change: str) -> None:
    whole(notes, SPEC)
    before = files(notes.parent, "whole")
    rows = notes.read_text("utf-8").splitlines()
    if change == "id":
        rows[20] = rows[20].replace("n20", "m20")
    elif change == "text":
        rows[20] = rows[20].replace("fever", "Fever")
    elif change == "fewer":
        rows = rows[:50]
    else:
        rows[20], rows[21] = rows[21], rows[20]
    notes.write_text("\n".join(rows), "utf-8")
    with pytest.raises(InputError, match="cannot resume"):
        annotate_files([notes], SPEC, out=notes.with_name("whole.jsonl"), make=make, options=RESUME)
    assert files(notes.parent, "whole") == before


def test_resume_with_more_inputs_goes_on(notes: Path) -> None:
    whole(notes, SPEC)
    with notes.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"id": "new", "text": "fever"}) + "\n")
    out = notes.with_name("whole.jsonl")
    tally = annotate_files([notes], SPEC, out=out, make=make, options=RESUME)
    assert (tally.documents, tally.skipped) == (1, 60)
    assert json.loads(out.read_bytes().splitlines()[-1])["id"] == "new"


def test_damaged_output_is_refused(notes: Path) -> None:
    whole(notes, SPEC)
    out = notes.with_name("whole.jsonl")
    rows = out.read_bytes().splitlines(keepends=True)
    out.write_bytes(b"".join([*rows[:5], b"\0\0\0\n", *rows[6:]]))
    with pytest.raises(InputError, match=r"whole\.jsonl:6: not a line that biotk annotate writes"):
        annotate_files([notes], SPEC, out=out, make=make, options=RESUME)


def test_two_runs_into_one_output_are_refused(notes: Path) -> None:
    pytest.importorskip("fcntl")
    out = notes.with_name("whole.jsonl")
    whole(notes, SPEC)
    out.write_bytes(out.read_bytes()[:500])

    def make_and_run_again(spec: AnnotatorSpec):  # type: ignore[no-untyped-def]
        with pytest.raises(InputError, match="another run is writing"):
            annotate_files([notes], SPEC, out=out, make=make, options=RESUME)
        return make(spec)

    annotate_files([notes], SPEC, out=out, make=make_and_run_again, options=RESUME)
    assert out.read_bytes().count(b"\n") == 53
