"""``biotk link``, ``evaluate linking`` and ``kb search`` with vectors."""

from __future__ import annotations

import json

import pytest
from tiny import build_tiny
from tiny_encoder import write_synonym_encoder
from tiny_training import notes
from typer.testing import CliRunner

from biotk.cli import app
from biotk.io import write_documents
from biotk.kb import KbBuilder, open_kb
from biotk.linking import DenseLinker, load_encoder
from biotk.types import Concept


@pytest.fixture(scope="module")
def kb(tmp_path_factory):
    return str(build_tiny(tmp_path_factory.mktemp("kb")))


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    return str(write_synonym_encoder(tmp_path_factory.mktemp("models") / "encoder"))


def run(*arguments):
    return CliRunner().invoke(app, list(arguments))


def test_search_by_vectors_is_that_of_the_dense_linker(kb, encoder):
    result = run("kb", "search", kb, "heart failing", "--encoder", encoder, "-k", "4", "--json")
    assert result.exit_code == 0, result.output
    rows = json.loads(result.stdout)
    wanted = DenseLinker(open_kb(kb), load_encoder(encoder)).candidates("heart failing")[:4]
    assert [(r["concept_id"], r["score"], r["route"]) for r in rows] == [
        (c.concept_id, c.score, "dense") for c in wanted
    ]
    part = run("kb", "search", kb, "heart", "--dense", "--encoder", encoder, "--types", "Gene")
    assert "HGNC:" in part.stdout
    assert "MESH:" not in part.stdout
    by_id = run("kb", "search", kb, "MESH:D005334", "--encoder", encoder, "-k", "1", "--json")
    assert json.loads(by_id.stdout)[0]["route"] == "id"


def test_search_by_vectors_of_punctuation_finds_nothing(kb, encoder):
    result = run("kb", "search", kb, "?!", "--encoder", encoder)
    assert result.exit_code == 0
    assert "nothing like '?!' in tiny" in result.stderr


@pytest.mark.parametrize("linker", [("dense",), ("fused", "--model", "none")])
def test_candidates_are_shown_with_scores(kb, encoder, linker):
    arguments = ("--kb", kb, "--encoder", encoder, "--linker", *linker)
    result = run("link", "heart failing", "?!", *arguments)
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0].startswith("heart failing → ")
    header = next(line for line in lines if "matched" in line)
    assert header.split() == ["id", "name", "matched", "route", "score"]
    assert sum("dense" in line for line in lines) >= 3
    assert any(line.startswith("?! → NIL: ") for line in lines)
    file = run("link", "heart failing", *arguments, "--json")
    link = json.loads(file.stdout)
    assert len(link["candidates"]) == 5


def test_figures_of_a_linker_with_vectors_say_which_encoder(kb, encoder, tmp_path):
    write_documents(notes(open_kb(kb).path.parent, 20, split="dev", seed=1), tmp_path / "dev.jsonl")
    report = {}
    for linker in ("dense", "fused"):
        arguments = ["--linker", linker, "--encoder", encoder, "--kb", kb, "--json"]
        arguments += ["--model", "none"] if linker == "fused" else []
        result = run("evaluate", "linking", "--corpus", str(tmp_path / "dev.jsonl"), *arguments)
        assert result.exit_code == 0, result.output
        report[linker] = json.loads(result.stdout)
    assert report["dense"]["encoder"] == report["fused"]["encoder"]
    assert report["dense"]["encoder"]["dim"] == 8
    assert "model" not in report["fused"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--linker", "lexical", "--encoder", "x"), "the lexical linker has no encoder"),
        (("--linker", "dense", "--encoder", "nonesuch"), "no model 'nonesuch'"),
        (("--linker", "dense", "--model", "biotk-mini"), "the dense linker has no model"),
        (("--linker", "fused", "--encoder", "biotk-mini"), "is not that of a biotk-encoder"),
    ],
)
def test_wrong_encoder_is_one_line_and_exit_code_2(kb, arguments, told):
    result = run("link", "fever", "--kb", kb, *arguments)
    assert result.exit_code == 2
    assert told in result.stderr
    assert "Traceback" not in result.stderr


def test_pipelines_of_commands_take_a_linker_with_vectors(kb, encoder, tmp_path):
    note, corpus = tmp_path / "note.txt", tmp_path / "dev.jsonl"
    note.write_text("He had a fever.")
    write_documents(notes(open_kb(kb).path.parent, 6, split="dev", seed=1), corpus)
    how = ("--pipeline", "literature", "--kb", kb, "--linker", "dense", "--encoder", encoder)
    # The table of training mentions knows fever as well, and then tells its own route.
    result = run("annotate", str(note), *how, "--learned-names", "none")
    assert result.exit_code == 0, result.output
    (mention,) = json.loads(result.stdout)["mentions"]
    assert mention["links"][0]["route"] == "dense"
    result = run("evaluate", "end-to-end", "--corpus", str(corpus), *how, "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["encoder"] == encoder


def test_search_by_vectors_finds_as_many_as_are_wanted(encoder, tmp_path):
    builder = KbBuilder("many")
    words = [
        f"{first} {second}"
        for first in "abcdef"
        for second in "fever pain cough itch gout rash".split()
    ]
    builder.add([Concept(f"X:{n}", name) for n, name in enumerate(words)])
    many = str(builder.write(tmp_path / "many"))
    result = run("kb", "search", many, "pain", "--encoder", encoder, "-k", "33", "--json")
    assert result.exit_code == 0, result.output
    assert len({row["concept_id"] for row in json.loads(result.stdout)}) == 33
