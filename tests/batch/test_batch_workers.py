from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from batch_fakes import (
    make,
    make_broken,
    make_building,
    make_dying,
    make_refusing,
    make_warning,
    make_warning_and_broken,
)

from biotk.batch import AnnotatorSpec, BatchOptions, annotate_files
from biotk.batch.pool import WINDOW, WorkerPool
from biotk.batch.results import Item, Want
from biotk.document import Document
from biotk.errors import BioTKError, InputError

ROOT = Path(__file__).resolve().parents[2]
SPEC = AnnotatorSpec("fake")
TWO = BatchOptions(workers=2, batch_size=4)


def write_notes(path: Path, texts: Sequence[str]) -> Path:
    rows = [{"id": f"n{i}", "text": text} for i, text in enumerate(texts)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def ids(path: Path) -> list[str]:
    return [json.loads(line)["id"] for line in path.read_bytes().splitlines()]


@pytest.mark.parametrize(("workers", "batch_size"), [(2, 1), (2, 5), (3, 100)])
def test_workers_write_the_same_bytes(tmp_path: Path, workers: int, batch_size: int) -> None:
    texts = [f"fever {i} {'long ' * (i % 5)}" for i in range(40)]
    texts[3] = texts[20] = "RAISE"
    notes = write_notes(tmp_path / "notes.jsonl", texts)
    annotate_files([notes], SPEC, out=tmp_path / "a.jsonl", make=make)
    options = BatchOptions(workers=workers, batch_size=batch_size)
    annotate_files([notes], SPEC, out=tmp_path / "b.jsonl", make=make, options=options)
    assert (tmp_path / "a.jsonl").read_bytes() == (tmp_path / "b.jsonl").read_bytes()
    assert (tmp_path / "a.failed.jsonl").read_bytes() == (tmp_path / "b.failed.jsonl").read_bytes()


def test_document_that_kills_workers_fails_alone(tmp_path: Path) -> None:
    texts = [f"fever {i}" for i in range(14)]
    texts[5] = "DIE secret"
    notes = write_notes(tmp_path / "notes.jsonl", texts)
    out = tmp_path / "out.jsonl"
    tally = annotate_files([notes], SPEC, out=out, make=make, options=TWO)
    assert ids(out) == [f"n{i}" for i in range(14) if i != 5]
    (line,) = (tmp_path / "out.failed.jsonl").read_text("utf-8").splitlines()
    assert json.loads(line) == {
        "index": 5,
        "id": "n5",
        "error": "WorkerDied: a worker ended with exit code 9, 2 times",
    }
    assert (tally.documents, tally.failed) == (14, 1)


def test_batch_of_a_worker_that_dies_by_chance_is_not_lost(tmp_path: Path) -> None:
    texts = [f"fever {i}" for i in range(14)]
    texts[6] = f"fever ONCE:{tmp_path / 'flag'}"
    notes = write_notes(tmp_path / "notes.jsonl", texts)
    out = tmp_path / "out.jsonl"
    annotate_files([notes], SPEC, out=out, make=make, options=TWO)
    assert (tmp_path / "flag").exists()
    assert ids(out) == [f"n{i}" for i in range(14)]
    assert not (tmp_path / "out.failed.jsonl").exists()


def test_annotator_that_cannot_be_made_ends_the_run(tmp_path: Path) -> None:
    notes = write_notes(tmp_path / "notes.jsonl", ["fever"] * 9)
    out = tmp_path / "out.jsonl"
    with pytest.raises(InputError, match="unknown pipeline 'fake'"):
        annotate_files([notes], SPEC, out=out, make=make_refusing, options=TWO)
    with pytest.raises(BioTKError, match="OSError: no such library"):
        annotate_files([notes], SPEC, out=out, make=make_broken, options=TWO)
    with pytest.raises(BioTKError, match="exit code 7, before they had annotated anything"):
        annotate_files([notes], SPEC, out=out, make=make_dying, options=TWO)
    assert not out.exists()


def test_workers_have_one_thread_each_and_leave_stdout_alone(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    notes = write_notes(tmp_path / "notes.jsonl", ["THREADS", "CHAT"])
    out = tmp_path / "out.jsonl"
    before = dict(os.environ)
    annotate_files([notes], SPEC, out=out, make=make, options=TWO)
    assert json.loads(out.read_bytes().splitlines()[0])["meta"] == {"threads": "1"}
    captured = capfd.readouterr()
    assert captured.out == ""
    assert "a library that prints" in captured.err
    assert dict(os.environ) == before


@pytest.mark.parametrize(
    "conduct",
    [
        {},
        *({"ends": n, "dies": False, "silent": silent} for n in (0, 1) for silent in (True, False)),
        *({"ends": n, "dies": True, "silent": silent} for n in (0, 1) for silent in (True, False)),
    ],
    ids=str,
)
def test_warning_of_a_pipeline_is_given_once_whoever_is_first(
    tmp_path: Path, conduct: dict, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "workers").mkdir()
    notes = write_notes(tmp_path / "notes.jsonl", ["a fever"] * 4)
    spec = AnnotatorSpec("fake", {"folder": str(tmp_path / "workers"), **conduct})
    options = BatchOptions(workers=2, batch_size=1)
    tally = annotate_files(
        [notes], spec, out=tmp_path / "out.jsonl", make=make_warning, options=options
    )
    assert tally.documents == 4
    found = [(each.name, each.levelname, each.getMessage()) for each in caplog.records]
    assert found == [("biotk.components", "WARNING", "this KB lacks something")]


def test_what_one_worker_alone_warns_of_is_not_lost(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    notes = write_notes(tmp_path / "notes.jsonl", ["a fever"] * 4)
    spec = AnnotatorSpec("fake", {"folder": str(tmp_path)})
    options = BatchOptions(workers=2, batch_size=1)
    annotate_files([notes], spec, out=tmp_path / "out.jsonl", make=make_building, options=options)
    assert [each.getMessage() for each in caplog.records] == ["built, with something left out"]


def test_warning_comes_before_the_error_that_ends_the_run(
    caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    notes = write_notes(tmp_path / "notes.jsonl", ["a fever"])
    with pytest.raises(BioTKError, match="OSError: no such library"):
        annotate_files(
            [notes], SPEC, out=tmp_path / "out.jsonl", make=make_warning_and_broken, options=TWO
        )
    assert [each.getMessage() for each in caplog.records] == ["this is about to go wrong"]


def test_pool_reads_only_some_batches_ahead() -> None:
    read = 0

    def batches() -> Iterator[list[Item]]:
        nonlocal read
        for index in range(60):
            read += 1
            yield [Item(index, Document(f"n{index}", "fever"))]

    ahead = []
    with WorkerPool(make, SPEC, workers=2, want=Want()) as pool:
        for done, results in enumerate(pool.run(batches())):
            assert [result.index for result in results] == [done]
            ahead.append(read - done)
    assert read == 60
    assert max(ahead) <= 2 * WINDOW


def test_workers_end_when_their_parent_is_gone_or_done(tmp_path: Path) -> None:
    with WorkerPool(make, SPEC, workers=2, want=Want()) as pool:
        batches = [[Item(i, Document(str(i), "fever"))] for i in range(8)]
        list(pool.run(batches))
        processes = [worker.process for worker in pool._workers]
        pids = [process.pid for process in processes]
    assert pids
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


SCRIPT = """
import signal
import sys
from batch_fakes import make
from biotk.batch import AnnotatorSpec, BatchOptions, annotate_files

if __name__ == "__main__":
    # What a shell starts in the background ignores it, and so does all that it starts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    notes, out, workers = sys.argv[1:]
    options = BatchOptions(workers=int(workers), batch_size=2)
    spec = AnnotatorSpec("fake", {"sleep": 0.05})
    try:
        print("started", flush=True)
        annotate_files([notes], spec, out=out, options=options, make=make)
    except KeyboardInterrupt:
        sys.exit(130)
"""


def start(script: Path, notes: Path, out: Path, workers: int) -> subprocess.Popen[bytes]:
    script.write_text(SCRIPT, "utf-8")
    path = os.pathsep.join([str(ROOT), str(Path(__file__).parent)])
    return subprocess.Popen(
        [sys.executable, str(script), str(notes), str(out), str(workers)],
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


@pytest.mark.parametrize("workers", [1, 2])
def test_interrupt_ends_at_once_with_what_is_done_written(tmp_path: Path, workers: int) -> None:
    notes = write_notes(tmp_path / "notes.jsonl", [f"fever {i}" for i in range(2000)])
    out = tmp_path / "out.jsonl"
    process = start(tmp_path / "script.py", notes, out, workers)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (out.exists() and out.stat().st_size > 500):
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)  # as Ctrl-C at a terminal does: to the workers too
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    assert stderr == b""
    assert out.read_bytes().endswith(b"\n")
    assert ids(out) == [f"n{i}" for i in range(len(ids(out)))]
    assert_gone(process.pid)


def test_interrupt_while_workers_start_is_quiet(tmp_path: Path) -> None:
    notes = write_notes(tmp_path / "notes.jsonl", [f"fever {i}" for i in range(2000)])
    process = start(tmp_path / "script.py", notes, tmp_path / "out.jsonl", 2)
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(0.12)  # most of what a worker needs to import its modules
    os.killpg(process.pid, signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    assert stderr == b""
    assert_gone(process.pid)


def assert_gone(group: int) -> None:
    """Nobody of a process group is left; the last, multiprocessing's own helper, takes a moment."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.02)
    pytest.fail(f"processes of group {group} are left")
