"""Damage to a KB on disk: it is noticed, told all at once, and never takes the process down."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny import build_tiny

from biotk.errors import KbCorruptError, KbError, KbVersionError
from biotk.kb import open_kb
from biotk.kb.manifest import FILES, MANIFEST
from biotk.kb.verify import iter_checks

ROOT = Path(__file__).resolve().parents[2]
NAMES = sorted(FILES | {MANIFEST})

#: Opens copies of a KB that are damaged one bit at a time, and uses all of each.
USE_DAMAGED = """
import sys
from pathlib import Path
import numpy as np
from biotk.errors import KbError
from biotk.kb import open_kb

def use(kb):
    list(kb), list(kb.iter_names()), kb.positions(["MESH:D005334"]), kb.concept_ids
    for level in ("plural", "bag"):
        table = kb.keys(level)
        for key in table.iter_keys():
            table.rows(key)
        table.any_row(np.ones(kb.n_names, bool))
    kb.resolve("D005334"), kb.resolve("OMIM:999001"), kb.resolve("none")
    kb.subset(types="Disease", sources="MeSH", branch="D006331")
    kb.hierarchy.cycles()

folder, step = Path(sys.argv[1]), int(sys.argv[2])
told = 0
for path in sorted(path for path in folder.iterdir() if path.suffix != ".json"):
    whole = path.read_bytes()
    for at in range(0, len(whole), step):
        damaged = bytearray(whole)
        damaged[at] ^= 1 << at // step % 8
        path.write_bytes(damaged)
        try:
            use(open_kb(folder))
        except KbError:
            told += 1
        except (LookupError, ValueError, TypeError):
            pass  # numbers that mean nothing: wrong, but no crash
    path.write_bytes(whole)
print("told", told)
"""


@pytest.fixture
def kb(tmp_path: Path) -> Path:
    return build_tiny(tmp_path)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_tiny(tmp_path_factory.mktemp("whole"))


def damages(size: int) -> st.SearchStrategy[Callable[[bytes], bytes]]:
    """Flips, cuts, additions, and pieces of other bytes."""

    def replace(at: int, new: bytes) -> Callable[[bytes], bytes]:
        return lambda data: data[:at] + new + data[at + len(new) :]

    flips = st.tuples(st.integers(0, size - 1), st.integers(1, 255)).map(
        lambda f: lambda data: data[: f[0]] + bytes([data[f[0]] ^ f[1]]) + data[f[0] + 1 :]
    )
    cuts = st.integers(0, size - 1).map(lambda end: lambda data: data[:end])
    longer = st.binary(min_size=1, max_size=40).map(lambda more: lambda data: data + more)
    pieces = st.builds(replace, st.integers(0, size - 1), st.binary(min_size=1, max_size=16))
    return flips | cuts | longer | pieces


@given(st.data())
@settings(max_examples=300)
def test_verify_notices_any_damage_to_any_file(whole: Path, data: st.DataObject) -> None:
    path = whole / data.draw(st.sampled_from(NAMES))
    before = path.read_bytes()
    after = data.draw(damages(len(before)))(before)
    if after == before:
        return
    path.write_bytes(after)
    try:
        with pytest.raises(KbError):
            open_kb(whole, verify=True)
        try:
            bad = [check.name for check in iter_checks(whole) if check.bad]
        except KbCorruptError:  # the manifest cannot be read
            assert path.name == MANIFEST
        else:
            assert path.name in bad
            assert path.name == MANIFEST or bad == [path.name]
        try:
            open_kb(whole)
        except KbError as error:
            assert str(whole) in str(error)
    finally:
        path.write_bytes(before)
    open_kb(whole, verify=True)


def test_damaged_kb_does_not_take_the_process_down(kb: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", USE_DAMAGED, str(kb), "17"], capture_output=True, text=True,
        cwd=ROOT, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, (done.returncode, done.stderr[-2000:])
    assert int(done.stdout.split()[1]) > 500


def test_verify_tells_all_that_is_damaged_at_once(kb: Path) -> None:
    for name in ("names.arrow", "plural.marisa"):
        content = bytearray((kb / name).read_bytes())
        content[len(content) // 2] ^= 255
        (kb / name).write_bytes(content)
    (kb / "bag.arrow").write_bytes(b"")
    (kb / "ids.arrow").unlink()
    with pytest.raises(KbCorruptError) as caught:
        open_kb(kb, verify=True)
    for name in ("names.arrow", "plural.marisa", "bag.arrow", "ids.arrow"):
        assert name in str(caught.value)
    assert "concepts.arrow" not in str(caught.value)
    assert "Build the KB again" in str(caught.value)


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith(".marisa")])
def test_damaged_trie_is_told_before_it_is_walked(kb: Path, name: str) -> None:
    content = bytearray((kb / name).read_bytes())
    content[-20] ^= 1
    (kb / name).write_bytes(content)
    with pytest.raises(KbCorruptError, match=name):
        open_kb(kb).resolve("D005334")


def test_offset_that_leads_out_of_the_file_is_told_when_it_is_read(kb: Path) -> None:
    path = kb / "names.arrow"
    opened = open_kb(kb)
    n = opened.n_names
    size = len("".join(opened.iter_names()).encode())
    del opened
    content = path.read_bytes()
    last = size.to_bytes(8, "little")
    at = content.rindex(last)  # the last offset
    path.write_bytes(content[: at - 8] + b"\xff" * 7 + b"\x7f" + content[at:])
    damaged = open_kb(kb)
    with pytest.raises(KbCorruptError, match=r"names.arrow is damaged"):
        damaged.name(n - 1)
    with pytest.raises(KbCorruptError, match=r"names.arrow is damaged"):
        list(damaged.iter_names())


@pytest.mark.parametrize("name", sorted(FILES))
def test_missing_file_is_told_with_the_remedy(kb: Path, name: str) -> None:
    (kb / name).unlink()
    with pytest.raises(KbCorruptError, match=rf"{name} is missing. Build the KB again"):
        open_kb(kb)


@pytest.mark.parametrize("name", sorted(FILES))
def test_table_of_another_kind_in_its_place_is_told(kb: Path, name: str) -> None:
    """Sizes and checksums may be right where somebody has changed the manifest as well."""
    other = "names.arrow" if name != "names.arrow" else "ids.arrow"
    shutil.copy(kb / other, kb / name)
    manifest = json.loads((kb / MANIFEST).read_text())
    manifest["files"][name] = manifest["files"][other]
    del manifest["extra"]["checksum"]
    (kb / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(KbCorruptError, match=name):
        open_kb(kb).resolve("D005334")


def test_changed_manifest_is_refused(kb: Path) -> None:
    text = (kb / MANIFEST).read_text()
    (kb / MANIFEST).write_text(text.replace('"Disease"', '"Disaese"', 1))
    with pytest.raises(KbCorruptError, match=r"manifest.json is damaged or was changed"):
        open_kb(kb)


def test_manifest_that_lacks_a_file_is_refused(kb: Path) -> None:
    manifest = json.loads((kb / MANIFEST).read_text())
    del manifest["files"]["names.arrow"], manifest["extra"]["checksum"]
    (kb / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(KbCorruptError, match=r"does not name names.arrow"):
        open_kb(kb)


def test_keys_that_a_later_release_adds_to_the_manifest_are_no_trouble(kb: Path) -> None:
    manifest = json.loads((kb / MANIFEST).read_text())
    del manifest["extra"]["checksum"]
    manifest["added_later"] = 1
    manifest["sources"][0]["added_later"] = 2
    (kb / MANIFEST).write_text(json.dumps(manifest))
    assert open_kb(kb)["D005334"].name == "Fever"


def test_newer_format_asks_for_an_update_whatever_else_it_holds(kb: Path) -> None:
    (kb / MANIFEST).write_text(
        '{"format": "biotk-kb", "format_version": 99, "normalizer_version": 1, "files": {}}'
    )
    with pytest.raises(KbVersionError, match=r"has format 99 .* Update BioTK"):
        open_kb(kb)


@pytest.fixture(autouse=True)
def _nothing_is_left_behind(tmp_path: Path) -> Iterator[None]:
    yield
    assert {path.name for path in tmp_path.iterdir()} <= {"tiny"}
