"""``biotk annotate -``: one text on standard input."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest
from tiny import build_tiny
from typer.testing import CliRunner

from biotk.cli import app
from biotk.errors import Problems
from biotk.io import iter_inputs


def annotate(kb: Path, given: bytes, *arguments: object) -> list[dict[str, object]]:
    done = CliRunner().invoke(app, ["annotate", "-", *map(str, arguments), "--kb", str(kb)], given)
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_stdin_is_one_text(tmp_path: Path) -> None:
    kb = build_tiny(tmp_path)
    text = '{"text": "fever"}\r\nNo heart failure 🤒.\n'
    [document] = annotate(kb, b"\xef\xbb\xbf" + text.encode())
    assert (document["id"], document["text"]) == ("stdin", text)


def test_stdin_stands_beside_files(tmp_path: Path) -> None:
    kb = build_tiny(tmp_path)
    (tmp_path / "note.txt").write_text("a cold", encoding="utf-8")
    documents = annotate(kb, b"fever", tmp_path / "note.txt")
    assert [document["id"] for document in documents] == ["stdin", "note"]


def test_stdin_in_another_encoding_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("café".encode("latin-1"))))
    problems = Problems()
    assert list(iter_inputs(["-"], problems=problems)) == []
    assert "stdin: not UTF-8" in str(problems.kept[0])
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("café".encode("latin-1"))))
    assert [d.text for d in iter_inputs(["-"], encoding="latin-1")] == ["café"]
