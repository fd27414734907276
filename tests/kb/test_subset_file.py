from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny import HGNC, MESH, open_tiny

from biotk.errors import (
    ConceptNotFoundError,
    FormatError,
    InputError,
    KbCorruptError,
    KbMismatchError,
    KbVersionError,
    Problems,
)
from biotk.kb import KbBuilder, KbSubset, open_kb, read_subset, write_subset
from biotk.types import Concept


@pytest.fixture(scope="module")
def kb(tmp_path_factory):
    return open_tiny(tmp_path_factory.mktemp("kb"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("subsets")


@pytest.fixture
def written(kb, tmp_path):
    return write_subset(kb, kb.subset(types=["Chemical"]), tmp_path / "x.subset", made_by="a\nb")


def test_file_says_what_it_is_and_lists_sorted_ids(kb, written):
    header, *ids = written.read_text().splitlines()
    subset = kb.subset(types=["Chemical"])
    assert header == (
        f"# biotk-subset 1 kb={kb.fingerprint} subset={subset.fingerprint} concepts=4 made-by=a b"
    )
    assert ids == sorted(ids) == ["MESH:D001241", "MESH:D003080", "MESH:D005665", "MESH:D016643"]


masks = st.lists(st.booleans(), min_size=len(MESH) + len(HGNC), max_size=len(MESH) + len(HGNC))


@given(masks)
@settings(max_examples=30)
def test_round_trip_gives_the_same_subset(kb, folder, flags):
    subset = KbSubset(kb.fingerprint, np.array(flags))
    assert read_subset(kb, write_subset(kb, subset, folder / "x")) == subset


@given(masks, masks)
@settings(max_examples=30)
def test_algebra_of_files_is_algebra_of_sets(kb, folder, one, other):
    for name, flags in (("a", one), ("b", other)):
        write_subset(kb, KbSubset(kb.fingerprint, np.array(flags)), folder / name)
    a, b = (read_subset(kb, folder / name) for name in "ab")
    ids_a, ids_b = (set((folder / name).read_text().splitlines()[1:]) for name in "ab")

    def ids(subset):
        return set(kb.ids_of(subset.indices))

    assert ids(a & b) == ids_a & ids_b
    assert ids(a | b) == ids_a | ids_b
    assert ids(a - b) == ids_a - ids_b
    assert ids(~a) == set(kb.concept_ids) - ids_a
    assert (a <= b) == (ids_a <= ids_b)


def test_gzip_crlf_and_byte_order_mark_read_the_same(kb, written, tmp_path):
    subset = read_subset(kb, written)
    packed = write_subset(kb, subset, tmp_path / "x.gz", made_by="a b")
    assert gzip.decompress(packed.read_bytes()) == written.read_bytes()
    assert packed.read_bytes() == write_subset(kb, subset, packed, made_by="a b").read_bytes()
    windows = tmp_path / "windows"
    windows.write_bytes(b"\xef\xbb\xbf" + written.read_bytes().replace(b"\n", b"\r\n"))
    assert read_subset(kb, packed) == read_subset(kb, windows) == subset


@given(st.data())
@settings(max_examples=60)
def test_damaged_byte_is_noticed(kb, folder, data):
    path = write_subset(kb, kb.subset(types=["Disease"]), folder / "damaged", made_by="x")
    raw = bytearray(path.read_bytes())
    told = raw.index(b"made-by=x") + len(b"made-by=")  # for people, and free to change
    place = data.draw(st.integers(0, len(raw) - 1).filter(lambda place: place != told))
    raw[place] = data.draw(st.integers(33, 126).filter(lambda byte: byte != raw[place]))
    path.write_bytes(raw)
    with pytest.raises((KbCorruptError, KbMismatchError, KbVersionError, InputError)):
        read_subset(kb, path)


@pytest.mark.parametrize("cut", [1, 30, -20, -3])
def test_cut_off_file_is_noticed(kb, written, cut):
    written.write_bytes(written.read_bytes()[:cut])
    with pytest.raises((KbCorruptError, InputError)):
        read_subset(kb, written)


def test_line_too_many_is_noticed_with_the_remedy(kb, written):
    with written.open("a") as file:
        file.write("MESH:D003920\n")
    with pytest.raises(KbCorruptError, match=r"5 ids, .* says 4.*biotk kb subset.*--ids FILE"):
        read_subset(kb, written)


def test_subset_of_another_kb_is_refused_with_the_remedy(kb, written, tmp_path):
    builder = KbBuilder("other")
    builder.add([Concept("MESH:D001241", "Aspirin")])
    other = open_kb(builder.write(tmp_path / "other"))
    with pytest.raises(KbMismatchError, match=r"subset of KB .*biotk kb subset.*match_ids=True"):
        read_subset(other, written)
    problems = Problems()
    subset = read_subset(other, written, match_ids=True, problems=problems)
    assert other.ids_of(subset.indices) == ["MESH:D001241"]
    assert [(p.line, p.text) for p in problems] == [
        (3, "MESH:D003080"),
        (4, "MESH:D005665"),
        (5, "MESH:D016643"),
    ]
    with pytest.raises(FormatError, match=r"x\.subset:3: not in the KB 'other'"):
        read_subset(other, written, match_ids=True)
    with pytest.raises(KbMismatchError, match="make it from this KB"):
        write_subset(other, kb.subset(), tmp_path / "y")


@pytest.mark.parametrize(
    "text",
    [
        "D001241\nOMIM:999001 D999999\n",
        "# my list\nMESH:D001241\tAspirin\nMESH:D006333\r\n\nD003924",
        '["D001241", "MESH:D006333", "D003924"]',
        '{"D001241": ["x"], "D006333": [], "D003924": []}',
    ],
)
def test_any_list_of_ids_is_taken_if_asked_for(kb, tmp_path, text):
    path = tmp_path / "ids.txt"
    path.write_bytes(text.encode())
    subset = read_subset(kb, path, match_ids=True)
    assert kb.ids_of(subset.indices) == ["MESH:D001241", "MESH:D003924", "MESH:D006333"]
    with pytest.raises(InputError, match=r"no subset file.*--ids FILE"):
        read_subset(kb, path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("X:1\nX:2\n", r"none of its 2 ids is in the KB 'tiny', whose ids start with HGNC, MESH"),
        ("", "none of its 0 ids"),
        ('{"a": ', "neither JSON"),
    ],
)
def test_list_without_a_known_id_is_refused(kb, tmp_path, text, message):
    (tmp_path / "ids.txt").write_text(text)
    with pytest.raises(InputError, match=message):
        read_subset(kb, tmp_path / "ids.txt", match_ids=True, problems=Problems())


def test_newer_format_is_refused(kb, written):
    text = written.read_text().replace("biotk-subset 1", "biotk-subset 2")
    written.write_text(text)
    with pytest.raises(KbVersionError, match=r"format 2; this BioTK reads 1\. Update BioTK"):
        read_subset(kb, written)


def test_missing_file_and_place_that_cannot_be_written_are_told(kb, tmp_path):
    with pytest.raises(InputError, match=r"none\.subset: cannot be read"):
        read_subset(kb, tmp_path / "none.subset")
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot be written"):
        write_subset(kb, kb.subset(), tmp_path / "file" / "x")
    for folder in (Path(), tmp_path):
        with pytest.raises(InputError, match="is a directory"):
            write_subset(kb, kb.subset(), folder)


def test_write_that_fails_leaves_the_earlier_file(kb, written, monkeypatch):
    before = written.read_bytes()
    monkeypatch.setattr(type(kb), "ids_of", lambda kb, indices: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        write_subset(kb, kb.subset(), written)
    assert written.read_bytes() == before
    assert list(written.parent.iterdir()) == [written]


def test_positions_are_those_of_own_ids_alone(kb):
    asked = ["MESH:D003924", "D003924", "MESH:D999999", "HGNC:1516", ""]
    assert kb.positions(asked).tolist() == [
        kb.concept_ids.index("MESH:D003924"), -1, -1, 0, -1,
    ]  # fmt: skip
    assert kb.positions([]).tolist() == []


def test_json_ids_need_no_line(kb, tmp_path):
    (tmp_path / "ids.json").write_text(json.dumps(["D001241", 77]))
    problems = Problems()
    read_subset(kb, tmp_path / "ids.json", match_ids=True, problems=problems)
    assert [(p.line, p.text) for p in problems] == [(0, "77")]


def test_many_ids_give_the_subset_that_few_at_a_time_give(kb, monkeypatch):
    ids = ["D001241", "MESH:D003924", "MESH:D999999", "OMIM:999001", "HGNC:1516"]
    few = kb.subset(ids=ids)
    monkeypatch.setattr("biotk.kb.knowledge_base._MANY_IDS", 1)
    assert kb.subset(ids=ids) == few
    with pytest.raises(ConceptNotFoundError, match="Did you mean"):
        kb.subset(ids=[*ids, "MESH:D00392X"])
