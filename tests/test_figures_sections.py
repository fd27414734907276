"""The figures that README and docs claim for sections, on the notes annotated by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from biotk.cli import app

pytestmark = pytest.mark.data

GOLD = Path(__file__).resolve().parents[1] / "models" / "biotk-sections" / "gold.jsonl"


def scores(shared_data: Path, *options: str) -> dict:
    corpus = str(shared_data / "notes" / "mtsamples_train.csv.gz")
    arguments = ["evaluate", "sections", "--corpus", corpus, "--gold", str(GOLD), "--json"]
    result = CliRunner().invoke(app, [*arguments, *options])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_biotk_sections_on_notes_annotated_by_hand(shared_data: Path) -> None:
    model = scores(shared_data)
    rules = scores(shared_data, "--segmenter", "rules")
    assert model["n_documents"] == 100
    assert model["line_accuracy"] >= 0.985
    assert model["boundary"]["f1"] >= 0.985 > rules["boundary"]["f1"]
    assert model["category"]["accuracy"] >= 0.92 > rules["category"]["accuracy"]


def test_biotk_sections_on_every_format(shared_data: Path) -> None:
    report = scores(shared_data, "--rewritten")
    assert len(report["by_format"]) == 17
    assert min(each["f1"] for each in report["by_format"].values()) >= 0.98
    assert report["line_accuracy"] >= 0.985
