"""Vectors of a KB's names: kept beside it, bound to it and to the encoder, refused elsewhere."""

from __future__ import annotations

import json
import logging

import numpy as np
import pytest
from tiny import open_tiny
from tiny_vectors import LetterEncoder

from biotk.errors import KbCorruptError, KbMismatchError, KbNotFoundError, UnknownNameError
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


def test_unknown_kind_is_refused(tmp_path) -> None:
    with pytest.raises(UnknownNameError, match="kind of index"):
        open_kb_vectors(open_tiny(tmp_path), LetterEncoder(), kind="annoy")  # type: ignore[arg-type]
