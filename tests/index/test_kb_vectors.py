"""Vectors of a KB's names: kept beside it, bound to it and to the encoder, refused elsewhere."""

from __future__ import annotations

import json
import logging
import shutil

import numpy as np
import pytest
from tiny import open_tiny
from tiny_vectors import LetterEncoder

from biotk.errors import (
    InputError,
    KbCorruptError,
    KbMismatchError,
    KbNotFoundError,
    UnknownNameError,
)
from biotk.index import kb_vectors
from biotk.index.kb_vectors import (
    TextEncoder,
    has_vectors,
    open_kb_vectors,
    open_vectors,
    vectors_name,
    verify_vectors,
)
from biotk.kb import KbBuilder, open_kb
from biotk.kb.derived import derived_folder
from biotk.kb.manifest import SourceInfo
from biotk.types import Concept


def folder_of(kb, encoder, kind="exact"):
    return derived_folder(kb, vectors_name(encoder, kind))


@pytest.mark.parametrize("kind", ["exact", "flat", "sq8", "ivf"])
def test_vectors_are_those_of_the_first_name_of_each_key(tmp_path, kind) -> None:
    kb, encoder = open_tiny(tmp_path), LetterEncoder()
    assert isinstance(encoder, TextEncoder)
    told: list[tuple[str, int, int]] = []
    index = open_kb_vectors(kb, encoder, kind=kind, progress=lambda *each: told.append(each))
    keys = kb.keys("plural")
    assert len(index) == len(keys)
    assert ("encoding names", len(keys), len(keys)) in told
    for key_idx in range(len(keys)):
        name = kb.name(int(keys.rows_of(key_idx)[0]))
        found = index.search(encoder.encode([name]), k=1)
        assert found.scores[0, 0] == pytest.approx(1, abs=2e-3)
    assert has_vectors(kb, encoder, kind=kind)
    again = open_kb_vectors(kb, LetterEncoder(may_encode=False), kind=kind)
    query = encoder.encode(["cardiac failure"])
    np.testing.assert_array_equal(again.search(query, k=4).rows, index.search(query, k=4).rows)
    verify_vectors(folder_of(kb, encoder, kind))


def test_other_encoder_gets_other_vectors_and_theirs_are_refused(tmp_path) -> None:
    kb, encoder, other = open_tiny(tmp_path), LetterEncoder(), LetterEncoder(fingerprint="other")
    open_kb_vectors(kb, encoder, kind="exact")
    assert not has_vectors(kb, other, kind="exact")
    folder = folder_of(kb, encoder)
    with pytest.raises(KbMismatchError, match=r"are of encoder letters, not of other: make them"):
        open_vectors(folder, kb=kb, encoder=other)
    builder = KbBuilder("other")
    source = SourceInfo(name="X", file="", format="memory", sha256="")
    builder.add([Concept("X:1", "one")], source)
    another = open_kb(builder.write(tmp_path / "another"))
    with pytest.raises(KbMismatchError, match=f"are of KB {kb.fingerprint}"):
        open_vectors(folder, kb=another)
    with pytest.raises(KbNotFoundError, match="no vectors at"):
        open_vectors(tmp_path / "nowhere")


def test_damaged_vectors_are_told(tmp_path) -> None:
    kb, encoder = open_tiny(tmp_path), LetterEncoder()
    open_kb_vectors(kb, encoder, kind="exact")
    folder = folder_of(kb, encoder)
    path = folder / "vectors.npy"
    whole = path.read_bytes()
    path.write_bytes(whole[:-2])
    with pytest.raises(KbCorruptError, match=r"another size.*Remove that folder"):
        open_kb_vectors(kb, encoder, kind="exact")
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 255]))
    open_kb_vectors(kb, encoder, kind="exact")
    with pytest.raises(KbCorruptError, match=r"the checksum of vectors\.npy is another"):
        verify_vectors(folder)
    info = json.loads((folder / "info.json").read_text())
    text = json.dumps(info | {"kind": "what?"})
    (folder / "info.json").write_text(text)
    with pytest.raises(KbCorruptError, match="damaged"):
        open_kb_vectors(kb, encoder, kind="exact")


def test_kb_that_cannot_be_written_to_keeps_vectors_for_the_process(tmp_path, monkeypatch) -> None:
    kb, encoder = open_tiny(tmp_path), LetterEncoder()
    monkeypatch.setattr(kb_vectors, "write_derived", lambda kb, name, write: None)
    index = open_kb_vectors(kb, encoder, kind="flat")
    best = index.search(encoder.encode(["Cough"]), k=1).rows[0, 0]
    assert kb.keys("plural").key(int(best)) == "cough"
    assert not has_vectors(kb, encoder, kind="flat")


def test_file_of_vectors_is_never_longer_than_what_was_written(tmp_path, monkeypatch) -> None:
    # A full disk is then an error; in a mapped file with holes it would end the process.
    kb = open_tiny(tmp_path)
    monkeypatch.setattr(kb_vectors, "_BLOCK", 8)
    sizes: list[int] = []

    class Watching(LetterEncoder):
        def encode(self, texts, *, fast=False):
            sizes.extend(path.stat().st_size for path in kb.path.rglob("vectors.npy"))
            return super().encode(texts, fast=fast)

    open_kb_vectors(kb, Watching(), kind="exact")
    assert len(sizes) == len(kb.keys("plural")) // 8 + 1
    assert sizes[0] <= 128
    assert sizes == sorted(sizes)


def test_full_disk_is_told(tmp_path, caplog) -> None:
    resource = pytest.importorskip("resource", reason="files have no greatest length here")
    kb, before = open_tiny(tmp_path), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(InputError, match=r"cannot be kept beside it, nor in .*TMPDIR names"):
            open_kb_vectors(kb, LetterEncoder(), kind="exact")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not list(kb.path.rglob("vectors.npy"))
    assert len(open_kb_vectors(kb, LetterEncoder(), kind="exact")) == len(kb.keys("plural"))


@pytest.mark.parametrize("linked", [True, False])
def test_index_of_another_kind_takes_the_vectors_that_are_there(
    tmp_path, monkeypatch, linked
) -> None:
    if not linked:

        def refuse(*paths: object) -> None:
            raise OSError("no links here")

        monkeypatch.setattr("os.link", refuse)
    kb, encoder = open_tiny(tmp_path), LetterEncoder()
    first = open_kb_vectors(kb, encoder, kind="exact")
    second = open_kb_vectors(kb, LetterEncoder(may_encode=False), kind="flat")
    query = encoder.encode(["cardiac failure"])
    np.testing.assert_array_equal(second.search(query, k=9).rows, first.search(query, k=9).rows)
    shutil.rmtree(folder_of(kb, encoder))
    verify_vectors(folder_of(kb, encoder, "flat"))
    # Damaged ones are not taken.
    path = folder_of(kb, encoder, "flat") / "vectors.npy"
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    again = open_kb_vectors(kb, encoder, kind="exact")
    np.testing.assert_array_equal(again.search(query, k=9).rows, first.search(query, k=9).rows)


@pytest.mark.parametrize("kind", ["exact", "flat", "sq8", "ivf"])
def test_kb_without_names_has_an_index_of_any_kind(tmp_path, kind) -> None:
    builder = KbBuilder("bare")
    source = SourceInfo(name="X", file="", format="memory", sha256="")
    builder.add([Concept("X:1", "!?")], source)
    kb = open_kb(builder.write(tmp_path / "bare"))
    assert len(open_kb_vectors(kb, LetterEncoder(), kind=kind)) == 0
    assert has_vectors(kb, LetterEncoder(), kind=kind)


def test_kb_without_names_has_no_vectors(tmp_path) -> None:
    builder = KbBuilder("bare")
    source = SourceInfo(name="X", file="", format="memory", sha256="")
    builder.add([Concept("X:1", "!?")], source)
    kb = open_kb(builder.write(tmp_path / "bare"))
    assert not len(kb.keys("plural"))
    index = open_kb_vectors(kb, LetterEncoder())
    assert len(index) == 0
    assert open_kb_vectors(kb, LetterEncoder()).search(np.ones((1, 26), np.float32), k=2).rows[
        0
    ].tolist() == [-1, -1]


def test_long_build_says_how_long_before_it_starts(tmp_path, monkeypatch, caplog) -> None:
    kb = open_tiny(tmp_path)
    monkeypatch.setattr(kb_vectors, "_BLOCK", 8)
    with caplog.at_level(logging.WARNING):
        open_kb_vectors(kb, LetterEncoder(), kind="exact")
    assert not caplog.records  # it does not take long
    monkeypatch.setattr(kb_vectors, "_LONG", 0.0)
    started: list[str] = []
    with caplog.at_level(logging.WARNING):
        open_kb_vectors(
            kb,
            LetterEncoder(fingerprint="b"),
            kind="exact",
            progress=lambda step, done, total: started.append(caplog.text),
        )
    assert "takes about 1 minutes" in started[0]
    assert str(len(kb.keys("plural"))) in started[0]
    assert "once; the vectors are kept beside the KB" in started[0]
    caplog.clear()
    monkeypatch.setattr("os.access", lambda *given: False)
    with caplog.at_level(logging.WARNING):
        open_kb_vectors(kb, LetterEncoder(fingerprint="c"), kind="exact")
    assert "each time: the KB's folder cannot be written to" in caplog.text


def test_unknown_kind_is_refused(tmp_path) -> None:
    with pytest.raises(UnknownNameError, match="kind of index"):
        open_kb_vectors(open_tiny(tmp_path), LetterEncoder(), kind="annoy")  # type: ignore[arg-type]
