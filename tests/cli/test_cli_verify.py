"""``biotk kb verify``: whole, damaged, of another version, with derived indexes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny import build_tiny
from typer.testing import CliRunner, Result

from biotk.candidates.neighbours import open_neighbours
from biotk.cli import app
from biotk.errors import KbCorruptError
from biotk.kb import open_kb
from biotk.kb.verify import iter_checks


def verify(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["kb", "verify", *map(str, arguments)])


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = build_tiny(tmp_path_factory.mktemp("kb"))
    open_neighbours(open_kb(path))
    return path


@pytest.fixture
def kb(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built, tmp_path / "kb"))


def flip(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


def edit_manifest(kb: Path, **changes: object) -> None:
    path = kb / "manifest.json"
    raw = json.loads(path.read_text(encoding="utf-8")) | changes
    raw["extra"].pop("checksum")  # else that would be what is wrong
    path.write_text(json.dumps(raw), encoding="utf-8")


def test_whole_kb_is_told_in_one_line_and_file_by_file_if_asked(kb: Path) -> None:
    done = verify(kb)
    assert done.exit_code == 0
    assert done.stdout.count("\n") == 1
    loud = verify(kb, "--verbose").stdout
    files = open_kb(kb).manifest.files
    assert all(f"ok       {name}" in loud for name in files)
    assert "derived/" in loud


def test_all_that_is_damaged_is_told_at_once_with_the_remedy(kb: Path) -> None:
    flip(kb / "names.arrow", 300)
    (kb / "ids.marisa").unlink()
    (kb / "bag.arrow").write_bytes(b"")
    done = verify(kb)
    assert done.exit_code == 1
    assert "damaged  names.arrow  its checksum is not" in done.stdout
    assert "missing  ids.marisa" in done.stdout
    assert "damaged  bag.arrow  has 0 bytes" in done.stdout
    assert "plural.arrow" not in done.stdout
    assert f"biotk kb build SOURCE... -o {kb} --overwrite" in done.stderr


@settings(max_examples=30)
@given(data=st.data())
def test_any_flipped_byte_of_any_file_is_noticed(built: Path, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(open_kb(built).manifest.files)))
    path = built / name
    place = data.draw(st.integers(0, path.stat().st_size - 1))
    flip(path, place)
    try:
        assert [check.name for check in iter_checks(built) if check.bad] == [name]
    finally:
        flip(path, place)


def test_changed_vocabulary_of_the_manifest_is_noticed(kb: Path) -> None:
    edit_manifest(kb, types=["Chemical", "Gene", "Disease"])
    done = verify(kb)
    assert done.exit_code == 1
    assert "damaged  manifest.json  its fingerprint" in done.stdout


def test_newer_kb_is_checked_and_said_to_be_newer(kb: Path) -> None:
    edit_manifest(kb, format_version=99, something_new={"a": 1})
    done = verify(kb)
    assert done.exit_code == 0
    assert "newer BioTK (format 99" in done.stderr
    assert "update BioTK" in done.stderr
    flip(kb / "names.arrow", 300)
    assert verify(kb).exit_code == 1


def test_damaged_index_is_told_with_its_own_remedy(kb: Path) -> None:
    table = next((kb / "derived").rglob("*.arrow"))
    table.write_bytes(table.read_bytes()[:100])
    done = verify(kb)
    assert done.exit_code == 1
    assert table.name in done.stdout
    assert f"Remove {kb / 'derived'}" in done.stderr


def test_one_flipped_bit_of_an_index_is_told(kb: Path) -> None:
    table = next((kb / "derived").rglob("*.arrow"))
    flip(table, table.stat().st_size // 2)
    done = verify(kb)
    assert done.exit_code == 1
    assert f"damaged  derived/{table.parent.name}/{table.name}" in done.stdout


def test_what_does_not_belong_is_told_and_is_no_damage(kb: Path) -> None:
    (kb / "derived" / "ngram-1-0123456789abcdef").mkdir()
    (kb / "derived" / ".ngram-1-x.tmp").mkdir()
    (kb / "notes.txt").write_text("x")
    done = verify(kb)
    assert done.exit_code == 0
    assert "stale    derived/ngram-1-0123456789abcdef" in done.stdout
    assert "stale    derived/.ngram-1-x.tmp" in done.stdout
    assert "unknown  notes.txt" in done.stdout


def test_manifest_that_names_a_file_elsewhere_is_not_followed(kb: Path) -> None:
    outside = kb.parent / "outside"
    outside.write_text("x")
    files = json.loads((kb / "manifest.json").read_text(encoding="utf-8"))["files"]
    files["../outside"] = {"bytes": 1, "sha256": "0" * 64}
    edit_manifest(kb, files=files)
    assert "names a file outside the KB" in verify(kb).stdout


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "{}", '{"format": "biotk-kb"}', '{"format": "x"}']
)
def test_manifest_that_cannot_be_read_is_one_clear_error(kb: Path, content: str) -> None:
    (kb / "manifest.json").write_text(content)
    done = verify(kb)
    assert (done.exit_code, done.stderr.count("\n")) == (1, 1)
    with pytest.raises(KbCorruptError):
        list(iter_checks(kb))


def test_no_kb_exits_with_2(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "nowhere"):
        done = verify(place)
        assert (done.exit_code, "no knowledge base at" in done.stderr) == (2, True)


def test_embedded_kb_is_found_by_its_name() -> None:
    done = verify("open")
    assert done.exit_code == 0, done.output
    assert "all as they should be" in done.stdout


def test_progress_ends_at_the_size_of_all_files(kb: Path) -> None:
    shown: list[tuple[int, int]] = []
    list(iter_checks(kb, progress=lambda done, total: shown.append((done, total))))
    total = sum(info.bytes for info in open_kb(kb).manifest.files.values())
    assert shown[-1] == (total, total)
    assert [done for done, _ in shown] == sorted(done for done, _ in shown)


def test_help_has_examples() -> None:
    done = verify("-h")
    assert done.exit_code == 0
    assert "biotk kb verify my-kb" in done.stdout
