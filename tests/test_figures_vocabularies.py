"""The figures that docs/evaluation-vocabularies.md claims, on the reported halves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from biotk.cli import app

pytestmark = pytest.mark.data


def run(*arguments: object) -> str:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


def report(corpus: Path, kb: Path, *options: str) -> dict[str, Any]:
    arguments = ("--corpus", corpus, "--kb", kb, "--half", "reported", "--json")
    options = ("--linker", "lexical", *options)
    got: dict[str, Any] = json.loads(run("evaluate", "linking", *arguments, *options))
    return got


def test_gsc_plus_with_hpo(shared_data: Path, tmp_path: Path) -> None:
    run("kb", "build", *(shared_data / "kb/hpo").glob("*.obo.gz"), "-o", tmp_path / "hpo")
    got = report(shared_data / "corpora/gsc_plus/dev.jsonl", tmp_path / "hpo")
    assert (got["n"], got["n_out_of_kb"]) == (853, 0)
    assert got["in_kb"]["recall_at_1_strict"] >= 0.71
    assert got["in_kb"]["recall_at_20_lenient"] >= 0.87


def test_biored_genes_with_hgnc(shared_data: Path, tmp_path: Path) -> None:
    run("kb", "build", *(shared_data / "kb/hgnc").glob("*.tsv.gz"), "-o", tmp_path / "hgnc")
    corpus = shared_data / "corpora/biored/dev.pubtator"
    got = report(corpus, tmp_path / "hgnc", "--gold-types", "Gene")
    assert got["n"] - got["n_nil"] - got["n_out_of_kb"] == 299
    assert got["in_kb"]["recall_at_1_lenient"] >= 0.82
    assert got["in_kb"]["recall_at_1_strict"] >= 0.79


def test_craft_with_four_ontologies_in_one_kb(shared_data: Path, tmp_path: Path) -> None:
    folders = ("mondo", "cl", "uberon", "go")
    sources = [path for name in folders for path in sorted((shared_data / "kb" / name).iterdir())]
    run("kb", "build", *sources, "-o", tmp_path / "craft")
    types = ("--gold-types", "Anatomy,Cell,Process,CellularComponent")
    got = report(shared_data / "corpora/craft/train.jsonl.gz", tmp_path / "craft", *types)
    assert (got["n"], got["n_out_of_kb"]) == (17329, 139)
    assert got["in_kb"]["recall_at_1_lenient"] >= 0.81
    assert got["in_kb"]["recall_at_1_strict"] >= 0.79
    floors = {"Anatomy": 0.85, "Cell": 0.74, "CellularComponent": 0.90, "Process": 0.76}
    by_type = got["slices"]["by_type"]
    assert by_type.keys() == floors.keys()
    for name, floor in floors.items():
        assert by_type[name]["recall_at_1_lenient"] >= floor, name
