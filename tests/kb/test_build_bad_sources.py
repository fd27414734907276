"""``biotk kb build`` over sources that are damaged or wrong: what is said, and what is built."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from biotk.cli import app
from biotk.kb import KnowledgeBase, open_kb

GOOD = "id\tname\tsynonyms\nX:1\tFever\tPyrexia|High temperature\nX:2\tCough\t\n"


def build(source: Path, *options: str) -> Result:
    arguments = ["kb", "build", str(source), "-o", str(source.parent / "kb"), *options]
    return CliRunner().invoke(app, arguments)


def failed(source: Path, *options: str) -> str:
    """:returns: what was said; nothing may be left."""
    before = {path.name for path in source.parent.iterdir()}
    done = build(source, *options)
    assert done.exit_code != 0, done.output
    assert "Traceback" not in done.output
    assert {path.name for path in source.parent.iterdir()} == before
    return done.stderr


def built(source: Path, *options: str) -> tuple[KnowledgeBase, str]:
    """:returns: the KB and what was said."""
    done = build(source, *options)
    assert done.exit_code == 0, done.output
    assert "Traceback" not in done.output
    return open_kb(source.parent / "kb", verify=True), done.stderr


def write(folder: Path, content: str | bytes, name: str = "source.tsv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


# What no KB is built from


@pytest.mark.parametrize("strict", [(), ("--strict",)])
def test_gzip_that_is_cut_off_builds_nothing(tmp_path: Path, strict: tuple[str, ...]) -> None:
    numbers = random.Random(0)
    rows = "".join(f"X:{n}\tname {numbers.random()}\t\n" for n in range(20_000))
    packed = gzip.compress((GOOD + rows).encode())
    said = failed(write(tmp_path, packed[: len(packed) // 2], "source.tsv.gz"), *strict)
    assert "source.tsv.gz:" in said
    assert "the gzip file is cut off" in said
    assert "Fetch it again" in said


def test_gzip_with_a_flipped_byte_builds_nothing(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(GOOD.encode()))
    packed[-6] ^= 1  # in the checksum
    said = failed(write(tmp_path, bytes(packed), "source.tsv.gz"))
    assert "damaged" in said
    assert "Fetch it again" in said


@pytest.mark.parametrize("name", ["source.json", "source.xml"])
def test_json_or_xml_that_ends_too_early_builds_nothing(tmp_path: Path, name: str) -> None:
    content = {
        "source.json": json.dumps({f"X:{n}": [f"name {n}"] for n in range(9)}),
        "source.xml": "<?xml version='1.0'?><DescriptorRecordSet LanguageCode='eng'>"
        "<DescriptorRecord DescriptorClass='1'><DescriptorUI>D000001</DescriptorUI>"
        "<DescriptorName><String>Fever</String></DescriptorName></DescriptorRecord>"
        "<DescriptorRecord DescriptorClass='1'><DescriptorUI>D000002</DescriptorUI>",
    }[name]
    said = failed(write(tmp_path, content[:-20], name))
    assert "ends too early" in said


def test_file_of_another_encoding_throughout_builds_nothing(tmp_path: Path) -> None:
    said = failed(write(tmp_path, GOOD.encode("utf-16")))
    assert "source.tsv" in said


def test_name_longer_than_any_name_alone_builds_nothing(tmp_path: Path) -> None:
    said = failed(write(tmp_path, f"id\tname\nX:1\t{'x' * 10_001}\n"))
    assert "the name has 10001 characters, more than 10000" in said
    assert len(said) < 2000  # not the whole name


# What is reported, the rest being built


def test_bytes_of_another_encoding_leave_their_row_out(tmp_path: Path) -> None:
    source = write(tmp_path, GOOD.encode() + "X:3\tSjögren\t\n".encode("latin-1"))
    kb, said = built(source)
    assert [c.concept_id for c in kb] == ["X:1", "X:2"]
    assert f"{source}:4: byte 0xf6 is not UTF-8" in said
    assert "iconv" in said


def test_row_with_a_wrong_number_of_columns_is_left_out(tmp_path: Path) -> None:
    source = write(tmp_path, GOOD + "X:3\tno third column\nX:4\ta\tb\tc\td\n")
    kb, said = built(source)
    assert f"{source}:4: 2 columns, expected 3" in said
    assert f"{source}:5: 5 columns, expected 3" in said
    assert len(kb) == 2


def test_strict_build_stops_at_a_wrong_row_and_leaves_nothing(tmp_path: Path) -> None:
    source = write(tmp_path, GOOD + "X:3\tno third column\n")
    assert f"{source}:4: 2 columns, expected 3" in failed(source, "--strict")


def test_id_given_twice_joins_names_and_tells_of_two_preferred_ones(tmp_path: Path) -> None:
    kb, said = built(write(tmp_path, GOOD + "X:1\tFebris\t\nX:2\tCough\tTussis\n"))
    assert "X:1" in said
    assert "'Fever' stays, 'Febris' is a synonym" in said
    assert said.count("given twice") == 2
    assert kb["X:1"].synonyms == ("Pyrexia", "High temperature", "Febris")
    assert kb["X:2"].synonyms == ("Tussis",)


def test_row_with_an_empty_name_is_left_out(tmp_path: Path) -> None:
    source = write(tmp_path, GOOD + "X:3\t \tsynonym\n")
    kb, said = built(source)
    assert f"{source}:4: the name is empty" in said
    assert len(kb) == 2


def test_name_of_ten_thousand_characters_is_kept_and_a_longer_one_left_out(tmp_path: Path) -> None:
    longest = "word " * 1999 + "words"
    kb, said = built(write(tmp_path, f"{GOOD}X:3\t{longest}\t\nX:4\t{longest}x\t\n"))
    assert kb["X:3"].name == longest
    assert len(longest) == 10_000
    assert ":5: the name has 10001 characters" in said
    assert "X:4" not in kb
    assert len(said) < 2000


def test_half_a_surrogate_pair_from_json_is_left_out(tmp_path: Path) -> None:
    lines = [
        '{"concept_id": "X:1", "canonical_name": "Fever",'
        ' "aliases": ["\\ud83e", "\\ud83e\\udd27"]}',
        '{"concept_id": "X:2", "canonical_name": "\\ud83e"}',
    ]
    kb, said = built(write(tmp_path, "\n".join(lines), "source.jsonl"))
    assert [(c.concept_id, c.synonyms) for c in kb] == [("X:1", ("🤧",))]
    assert said.count("half a surrogate pair") == 2


def test_cycle_is_told_with_the_ids_of_one(tmp_path: Path) -> None:
    rows = ["id\tname\tparents", "X:1\tone\tX:2", "X:2\ttwo\tX:1", "X:3\tthree\tX:1"]
    kb, said = built(write(tmp_path, "\n".join(rows)))
    assert "the hierarchy has cycles, 2 concepts are in one" in said
    assert "X:1, X:2" in said
    assert [kb.id_of(i) for i in kb.hierarchy.descendants(kb.index_of("X:2")).tolist()] == [
        "X:1",
        "X:3",
    ]


def test_merge_option_joins_twins_and_counts_them(tmp_path: Path) -> None:
    rows = ["id\tname\txrefs", "MONDO:1\tfever\tMESH:D1", "MESH:D1\tFever\t", "MESH:D2\tCough\t"]
    source = write(tmp_path, "\n".join(rows))
    assert "two different prefixes" in failed(source, "--merge", "MESH")
    done = build(source, "--merge", "MONDO, MESH")
    assert done.exit_code == 0, done.output
    assert "1  merged" in done.stdout
    assert open_kb(tmp_path / "kb")["MESH:D1"].concept_id == "MONDO:1"
