from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from biotk.cli import app

ROOT = Path(__file__).resolve().parents[2]

#: The command's work with another annotator: run as a program, so that stdout is a real one.
SCRIPT = """
import sys
from pathlib import Path
from batch_fakes import make
from biotk.batch import AnnotatorSpec, BatchOptions
from biotk.cli.annotate import annotate

if __name__ == "__main__":
    sys.exit(eval(sys.argv[1]))
"""


def run(folder: Path, call: str) -> subprocess.CompletedProcess[str]:
    script = folder / "script.py"
    script.write_text(SCRIPT, "utf-8")
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests" / "batch")])
    return subprocess.run(
        [sys.executable, str(script), call],
        env={**os.environ, "PYTHONPATH": path},
        cwd=folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
    )


CALL = "annotate([Path('in.jsonl')], AnnotatorSpec('fake'), BatchOptions({}), make=make, {})"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    texts = ["no fever 🤒", "RAISE secret", "fever"]
    rows = [json.dumps({"id": f"n{i}", "text": text}) for i, text in enumerate(texts)]
    (tmp_path / "in.jsonl").write_text("\n".join(rows), "utf-8")
    return tmp_path


def told(done: subprocess.CompletedProcess[str]) -> list[str]:
    """:returns: what stands on stderr, without what a slow machine makes it say beside."""
    return [line for line in done.stderr.splitlines() if not line.startswith("annotating: ")]


def test_stdout_has_json_and_stderr_the_rest(folder: Path) -> None:
    done = run(folder, CALL.format("workers=2", ""))
    assert done.returncode == 1
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == ["n0", "n2"]
    failure, summary = told(done)
    assert failure == "input 1 ('n1') failed: ValueError"
    assert summary.startswith("3 documents in ")
    assert "words/s, 1 failed" in summary
    assert "secret" not in done.stdout + done.stderr


def test_output_file_leaves_stdout_empty(folder: Path) -> None:
    done = run(folder, CALL.format("", "out=Path('out.jsonl')"))
    assert (done.returncode, done.stdout) == (1, "")
    assert len((folder / "out.jsonl").read_text("utf-8").splitlines()) == 2
    assert len((folder / "out.failed.jsonl").read_text("utf-8").splitlines()) == 1
    assert len(told(done)) == 1


def test_view_shows_notes_instead_of_json(folder: Path) -> None:
    done = run(folder, CALL.format("limit=1", "view=True"))
    assert done.returncode == 0
    assert "no [fever|MESH:D005334] 🤒" in done.stdout
    assert '{"id"' not in done.stdout


def test_html_is_written(folder: Path) -> None:
    done = run(folder, CALL.format("", "html=Path('page.html')"))
    assert (done.returncode, done.stdout) == (1, "")
    html = (folder / "page.html").read_text("utf-8")
    assert "<title>in.jsonl</title>" in html
    assert html.count("MESH:D005334") == 2


def test_fail_fast_stops_with_a_message(folder: Path) -> None:
    done = run(folder, CALL.format("fail_fast=True", "out=Path('out.jsonl')"))
    assert done.returncode == 1
    assert "input 1 ('n1') failed: ValueError" in done.stderr
    assert "secret" not in done.stderr
    assert len((folder / "out.jsonl").read_text("utf-8").splitlines()) == 1


def test_reader_that_leaves_early_is_no_crash(folder: Path) -> None:
    rows = [json.dumps({"id": f"n{i}", "text": "fever " * 500}) for i in range(300)]
    (folder / "in.jsonl").write_text("\n".join(rows), "utf-8")
    script = folder / "script.py"
    script.write_text(SCRIPT, "utf-8")
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests" / "batch")])
    process = subprocess.Popen(
        [sys.executable, str(script), CALL.format("", "")],
        env={**os.environ, "PYTHONPATH": path},
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    stderr = process.stderr.read()
    process.stderr.close()
    assert process.wait(60) == 1
    assert b"Traceback" not in stderr


def test_place_that_cannot_be_written_is_told(folder: Path) -> None:
    (folder / "file").touch()
    done = run(folder, CALL.format("", "out=Path('file/out.jsonl')"))
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("Error: ")
    assert "Traceback" not in done.stderr


def test_usage_errors_exit_with_2(folder: Path) -> None:
    runner = CliRunner()
    out = folder / "out.jsonl"
    out.touch()
    for arguments in (
        ["annotate"],
        ["annotate", str(folder / "nowhere.txt"), "-o", str(folder / "new.jsonl")],
        ["annotate", str(folder / "in.jsonl"), "-o", str(out)],
        ["annotate", str(folder / "in.jsonl"), "-o", str(out), "--resume", "--overwrite"],
        ["annotate", str(folder / "in.jsonl"), "--workers", "0"],
        ["annotate", str(folder / "in.jsonl"), "--resume"],
    ):
        assert runner.invoke(app, arguments).exit_code == 2, arguments


def test_existing_output_is_told_with_what_to_do(folder: Path) -> None:
    (folder / "out.jsonl").touch()
    arguments = ["annotate", str(folder / "in.jsonl"), "-o", str(folder / "out.jsonl")]
    result = CliRunner().invoke(app, arguments)
    assert "--resume goes on with it, --overwrite begins anew" in result.stderr


@pytest.mark.parametrize("workers", ["1", "2"])
def test_unknown_pipeline_lists_the_known_ones(folder: Path, workers: str) -> None:
    arguments = [
        "annotate",
        str(folder / "in.jsonl"),
        "--pipeline",
        "clinicl",
        "--workers",
        workers,
    ]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 2
    assert "Did you mean 'clinical'?" in result.stderr
    assert "literature" in result.stderr
