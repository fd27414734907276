"""A damaged KB on the command line: one line that says what to do, and no traceback."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path

import numpy as np
import pytest
from tiny import build_tiny
from typer.testing import CliRunner, Result

from biotk.cli import app
from biotk.errors import KbCorruptError
from biotk.kb import open_kb
from biotk.kb.homonyms import find_homonyms

COMMANDS = ["info", "report", "search fever", "show D005334", "tree", "export -o {out} --format "
            "jsonl", "diff {whole}", "subset --types Disease -o {out}"]  # fmt: skip


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_tiny(tmp_path_factory.mktemp("whole"))


def biotk(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def change(path: Path, old: np.ndarray, new: np.ndarray) -> None:  # type: ignore[type-arg]
    content = path.read_bytes()
    assert content.count(old.tobytes()) == 1
    path.write_bytes(content.replace(old.tobytes(), new.tobytes()))


@pytest.fixture
def damaged(whole: Path, tmp_path: Path) -> Path:
    """A KB one name of which belongs to a concept that there is not."""
    kb = Path(shutil.copytree(whole, tmp_path / "kb", ignore=shutil.ignore_patterns("derived")))
    concepts = np.array(open_kb(kb).name_concepts)
    wrong = concepts.copy()
    wrong[:] = 17_664
    change(kb / "names.arrow", concepts, wrong)
    return kb


@pytest.mark.parametrize("seed", range(12))
def test_no_command_ends_in_a_traceback(whole: Path, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    kb = shutil.copytree(whole, tmp_path / "kb", ignore=shutil.ignore_patterns("derived"))
    tables = sorted(kb.glob("*.arrow"))
    for path in tables if seed % 2 else [chance.choice(tables)]:
        content = bytearray(path.read_bytes())
        for _ in range((1, 5, 200)[seed % 3]):
            content[chance.randrange(len(content))] = chance.randrange(256)
        path.write_bytes(content)
    for command in COMMANDS:
        name, *rest = command.format(whole=whole, out=tmp_path / "out").split()
        done = biotk("kb", name, kb, *rest)
        assert done.exception is None or isinstance(done.exception, SystemExit), (command, done)


@pytest.mark.parametrize("command", ["report", "search fever", "diff {whole}"])
def test_number_that_leads_nowhere_is_told_with_the_remedy(
    damaged: Path, whole: Path, command: str
) -> None:
    name, *rest = command.format(whole=whole).split()
    done = biotk("kb", name, damaged, *rest)
    assert done.exit_code == 1
    assert "names.arrow is damaged: its concept lead to rows 17664 to 17664" in done.stderr
    assert f"biotk kb verify {damaged}" in done.stderr
    assert done.stderr.count("\n") == 1


def test_annotate_blames_the_kb_for_documents_that_fail(damaged: Path, tmp_path: Path) -> None:
    note = tmp_path / "note.txt"
    note.write_text("He has a fever.", encoding="utf-8")
    done = biotk("annotate", note, "--kb", damaged)
    assert done.exit_code == 1
    assert f"biotk kb verify {damaged}" in done.stderr


def test_python_is_told_as_well(damaged: Path, whole: Path) -> None:
    with pytest.raises(KbCorruptError, match="biotk kb verify"):
        find_homonyms(open_kb(damaged))
    open_kb(whole).check_tables()


def test_error_that_is_no_damage_is_not_hidden(
    whole: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(*_: object, **__: object) -> None:
        raise IndexError("a mistake of ours")

    monkeypatch.setattr(json, "dumps", wrong)
    done = biotk("kb", "info", whole, "--json")
    assert isinstance(done.exception, IndexError)


def test_damaged_index_is_told_with_its_folder(whole: Path, tmp_path: Path) -> None:
    kb = shutil.copytree(whole, tmp_path / "kb", ignore=shutil.ignore_patterns("derived"))
    assert biotk("kb", "search", kb, "fever").exit_code == 0
    [folder] = (kb / "derived").iterdir()
    (folder / "postings.arrow").write_bytes(b"ARROW1" * 40)
    done = biotk("kb", "search", kb, "fevers")
    assert done.exit_code == 1
    assert f"{folder} is damaged: remove that folder, it is made again" in done.stderr
    assert "Build the KB again" not in done.stderr
