"""What goes wrong while a KB is written: a full disk, a kill, two builders, a taken place."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from biotk.errors import InputError, KbExistsError, KbWriteError
from biotk.kb import KbBuilder, open_kb, place, tables
from biotk.types import Concept

ROOT = Path(__file__).resolve().parents[2]
PAUSED = Path(__file__).with_name("paused_build.py")
LIMITED = """
import resource, sys
from biotk.errors import KbWriteError
from biotk.kb import KbBuilder
from biotk.types import Concept
builder = KbBuilder("x")
builder.add(Concept(f"A:{n}", f"name number {n}") for n in range(20_000))
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
try:
    builder.write(sys.argv[1])
except KbWriteError as error:
    print(error)
else:
    print("written")
"""


def builder_of(name: str = "one") -> KbBuilder:
    builder = KbBuilder(name)
    builder.add([Concept("A:1", name)])
    return builder


def python(*arguments: object, **options: object) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, *map(str, arguments)], env=environment, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


@contextmanager
def paused_build(out: Path, name: str, *options: str) -> Iterator[subprocess.Popen[str]]:
    """A builder in another process, in the middle of its work."""
    process = python(PAUSED, out, name, *options)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "writing\n", process.communicate()
        yield process
    finally:
        process.kill()
        process.communicate()


def go_on(process: subprocess.Popen[str]) -> tuple[int, str]:
    """:returns: exit code and what the builder said of its error."""
    _, said = process.communicate("\n", timeout=60)
    return process.returncode, said


# A full disk


# The first limit is met by concepts.arrow, the others by the trie of ids and by names.arrow.
@pytest.mark.parametrize("limit", [1_000, 500_000, 1_300_000])
def test_file_that_may_not_grow_ends_the_build_with_what_it_needs(
    tmp_path: Path, limit: int
) -> None:
    out = tmp_path / "kb"
    said, wrong = python("-c", LIMITED, out, limit).communicate(timeout=60)
    assert f"no room for the knowledge base at {out}" in said, (said, wrong)
    assert "needs about" in said
    assert "ulimit -f" in said
    assert "nothing was left there" in said
    assert list(tmp_path.iterdir()) == []


def test_full_disk_ends_the_build_with_what_it_needs_and_what_is_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, columns: object) -> None:
        path.write_bytes(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(tables, "write_table", full)
    with pytest.raises(KbWriteError, match=r"It needs about 0.1 MB, [\d,.]+ MB are free") as caught:
        builder_of().write(tmp_path / "kb")
    assert caught.value.errno == errno.ENOSPC
    assert list(tmp_path.iterdir()) == []


def test_size_that_is_told_is_about_what_is_written(tmp_path: Path) -> None:
    builder = KbBuilder("x")
    builder.add(
        Concept(f"A:{n}", f"disease of kind {n}", (f"disorder {n}",), ("T",), xrefs=(f"B:{n}",))
        for n in range(20_000)
    )
    told: list[int] = []

    @contextmanager
    def remembering(out: Path, *, needed: int) -> Iterator[Path]:
        told.append(needed)
        with place.draft_folder(out, needed=needed) as folder:
            yield folder

    import biotk.kb.build

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(biotk.kb.build, "draft_folder", remembering)
        out = builder.write(tmp_path / "kb")
    written = sum(path.stat().st_size for path in out.iterdir())
    assert 0.7 < told[0] / written < 1.4


def test_place_that_is_under_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(KbWriteError, match="Choose another place"):
        builder_of().write(tmp_path / "file" / "kb")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_place_that_may_not_be_written_to_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(KbWriteError, match=r"Permission denied. Choose another place"):
            builder_of().write(tmp_path / "kb")
    finally:
        tmp_path.chmod(0o700)


# A kill in the middle


def test_killed_build_leaves_no_kb_and_the_next_one_clears_up(tmp_path: Path) -> None:
    out = tmp_path / "kb"
    with paused_build(out, "killed") as process:
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=60)
    assert not out.exists()
    assert [path.suffix for path in tmp_path.iterdir()] == [".tmp"]
    builder_of().write(out)
    assert [path.name for path in tmp_path.iterdir()] == ["kb"]
    assert open_kb(out, verify=True)["A:1"].name == "one"


def test_kill_while_a_kb_is_replaced_leaves_the_old_one(tmp_path: Path) -> None:
    out = builder_of("old").write(tmp_path / "kb")
    with paused_build(out, "killed", "overwrite") as process:
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=60)
    assert open_kb(out, verify=True)["A:1"].name == "old"


def test_kb_that_a_killed_build_had_put_aside_comes_back(tmp_path: Path) -> None:
    out = builder_of("old").write(tmp_path / "kb")
    out.rename(tmp_path / ".kb.123-0123abcd.old")  # killed between the two renames
    place.remove_leftovers(out)
    assert [path.name for path in tmp_path.iterdir()] == ["kb"]
    assert open_kb(out)["A:1"].name == "old"


def test_link_to_a_kb_is_replaced_and_the_kb_is_left_alone(tmp_path: Path) -> None:
    old = builder_of("old").write(tmp_path / "old")
    (tmp_path / "kb").symlink_to(old, target_is_directory=True)
    builder_of().write(tmp_path / "kb", overwrite=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kb", "old"]
    assert open_kb(tmp_path / "kb")["A:1"].name == "one"
    assert open_kb(old)["A:1"].name == "old"
    (tmp_path / ".kb.123-0123abcd.old").symlink_to(old)  # killed between the two renames
    place.remove_leftovers(tmp_path / "kb")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kb", "old"]


def test_only_what_builders_of_this_place_left_is_taken_away(tmp_path: Path) -> None:
    kept = {".kb.tmp", ".kb.old", ".kb2.1-0123abcd.tmp", "kb.1-0123abcd.tmp", ".kb.1-xyz.tmp"}
    for name in (*kept, ".kb.1-0123abcd.tmp"):
        (tmp_path / name).mkdir()
    place.remove_leftovers(tmp_path / "kb")
    assert {path.name for path in tmp_path.iterdir()} == kept


def test_where_nothing_can_be_locked_leftovers_go_after_a_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(place, "fcntl", None)
    left = tmp_path / ".kb.1-0123abcd.tmp"
    left.mkdir()
    place.remove_leftovers(tmp_path / "kb")
    assert left.exists()
    os.utime(left, (0, 0))
    place.remove_leftovers(tmp_path / "kb")
    assert not left.exists()


# Two builders at once


def test_builder_in_the_middle_is_left_in_peace_by_another(tmp_path: Path) -> None:
    out = tmp_path / "kb"
    with paused_build(out, "one") as process:
        assert builder_of("one").write(out) == out
        assert len(list(tmp_path.iterdir())) == 2  # the other's draft is still there
        assert go_on(process) == (0, "")
    assert [path.name for path in tmp_path.iterdir()] == ["kb"]
    assert open_kb(out, verify=True)["A:1"].name == "one"


def test_second_builder_with_another_kb_is_told_that_one_is_there(tmp_path: Path) -> None:
    out = tmp_path / "kb"
    with paused_build(out, "other") as process:
        builder_of("one").write(out)
        code, said = go_on(process)
    assert code == 1
    assert f"{out} holds another knowledge base" in said
    assert "--overwrite" in said
    assert [path.name for path in tmp_path.iterdir()] == ["kb"]
    assert open_kb(out, verify=True)["A:1"].name == "one"


def test_of_two_builders_that_may_overwrite_the_last_one_stays(tmp_path: Path) -> None:
    out = builder_of("zero").write(tmp_path / "kb")
    with paused_build(out, "last", "overwrite") as process:
        builder_of("one").write(out, overwrite=True)
        assert go_on(process) == (0, "")
    assert [path.name for path in tmp_path.iterdir()] == ["kb"]
    assert open_kb(out, verify=True)["A:1"].name == "last"


def test_another_builder_between_the_two_steps_of_replacing_does_no_harm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = builder_of("zero").write(tmp_path / "kb")
    rename, busy = Path.rename, [True]

    def meddling(self: Path, target: Path) -> Path:
        done = rename(self, target)
        if Path(target).suffix == ".old" and busy:
            busy.clear()
            builder_of("meddler").write(out)
        return done

    monkeypatch.setattr(Path, "rename", meddling)
    builder_of("one").write(out, overwrite=True)
    assert [path.name for path in tmp_path.iterdir()] == ["kb"]
    assert open_kb(out)["A:1"].name == "one"


def test_damaged_kb_is_in_the_way_but_may_be_overwritten(tmp_path: Path) -> None:
    out = builder_of().write(tmp_path / "kb")
    (out / "names.arrow").write_bytes(b"")
    with pytest.raises(KbExistsError, match="--overwrite"):
        builder_of().write(out)
    builder_of().write(out, overwrite=True)
    open_kb(out, verify=True)


# Sources that end too early


def test_source_that_could_not_be_read_to_its_end_makes_no_kb(tmp_path: Path) -> None:
    builder = builder_of()
    builder.report.problems.add_unread("big.tsv.gz", 7, "the gzip file is cut off. Fetch it again")
    with pytest.raises(InputError, match=r"big.tsv.gz:7: .* Fetch it again. No knowledge base"):
        builder.write(tmp_path / "kb")
    assert list(tmp_path.iterdir()) == []
