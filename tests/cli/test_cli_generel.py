from __future__ import annotations

import json
from pathlib import Path

import pytest
from tiny_space import WordEncoder, associations, write_material
from typer.testing import CliRunner

import biotk.genomics.evaluate_space
import biotk.nn.node2vec
import biotk.nn.synonym_files
import biotk.training.generel
from biotk.cli import app
from biotk.genomics.associations import write_associations


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("generel")


@pytest.fixture(autouse=True)
def words(monkeypatch):
    """The sentence encoder is not needed to see whether commands do what they say."""
    for module in (biotk.nn.synonym_files, biotk.training.generel):
        monkeypatch.setattr(module, "untuned_encoder", lambda **options: WordEncoder())


def run(*args: object):
    return CliRunner().invoke(app, [str(each) for each in args])


@pytest.fixture
def model(folder) -> Path:
    place = folder / "run/model"
    if not place.is_dir():
        recipe = write_material(folder)
        found = run("train", "generel", recipe, "--out", folder / "run")
        assert found.exit_code == 0, found.output
        assert found.stdout.strip() == str(place)
    return place


def test_training_that_is_stopped_goes_on(tmp_path):
    recipe = write_material(tmp_path)
    stopped = run("train", "generel", recipe, "--out", tmp_path / "run", "--minutes", 0)
    assert stopped.exit_code == 0
    assert stopped.stdout == ""
    assert not (tmp_path / "run/model").exists()
    again = run("train", "generel", recipe, "--out", tmp_path / "run")
    assert again.stdout.strip().endswith("model")


def test_nearest_as_json(model):
    found = run(
        "snp", "nearest", "heart disease", "--kind", "snp", "-k", 3, "--space", model, "--json"
    )
    assert found.exit_code == 0, found.output
    told = json.loads(found.stdout)
    assert told["query"] == "heart disease"
    assert [each["kind"] for each in told["neighbours"]] == ["snp"] * 3
    assert {each["status"] for each in told["neighbours"]} <= {"known", "predicted"}


@pytest.mark.parametrize("name", ["map.svg", "map.html"])
def test_a_map_of_a_neighbourhood(model, tmp_path, name):
    out = tmp_path / name
    found = run("snp", "map", "heart disease", "-k", 4, "--space", model, "--out", out)
    assert found.exit_code == 0, found.output
    assert found.stdout.strip() == str(out)
    assert "Research use only" in found.stderr
    assert "heart disease" in out.read_text(encoding="utf-8")


def test_a_map_of_another_kind_is_refused_at_once(tmp_path):
    found = run("snp", "map", "heart disease", "--space", tmp_path, "--out", tmp_path / "map.png")
    assert found.exit_code != 0
    assert "a picture, .svg, or a page, .html" in " ".join(found.output.split())


def test_nearest_as_a_table_warns(model):
    found = run("snp", "nearest", "rs1003", "LUNG1", "--space", model)
    assert found.exit_code == 0, found.output
    assert "rs1003" in found.stdout
    assert "Research use only" in found.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["rs99999999"], "Known ones like it"),
        (["heart disease", "--kind", "snps"], "Did you mean"),
        (["heart disease", "--max-p", "3"], "max_p is 3"),
    ],
)
def test_nearest_tells_what_is_wrong(model, arguments, told):
    found = run("snp", "nearest", *arguments, "--space", model)
    assert found.exit_code != 0
    assert told in found.output.replace("\n", " ")


def test_evaluation_keeps_its_contract(model, tmp_path):
    path = tmp_path / "pairs.parquet"
    write_associations(path, associations(80, seed=5))
    found = run("evaluate", "generel", "--pairs", path, "--space", model, "--seed", 3, "--json")
    assert found.exit_code == 0, found.output
    told = json.loads(found.stdout)
    assert told["n"] > 0
    assert told["n_unknown_snps"] >= 0
    for report in (told, *told["baselines"].values()):
        assert {"auc", "auprc", "recall_at_10", "recall_at_100"} <= report["snp_trait"].keys()
    assert {"value", "low", "high"} == told["spearman_effect"].keys()
    again = run("evaluate", "generel", "--pairs", path, "--space", model, "--seed", 3, "--json")
    assert json.loads(again.stdout) == told


def test_node2vec_that_is_not_there_is_told(model, tmp_path, monkeypatch):
    for module in (biotk.nn.node2vec, biotk.genomics.evaluate_space):
        monkeypatch.setattr(module, "has_node2vec", lambda: False)
    path = tmp_path / "pairs.parquet"
    write_associations(path, associations(80, seed=5))
    found = run("evaluate", "generel", "--pairs", path, "--space", model, "--json")
    assert "pip install 'biotk[baselines]'" in " ".join(found.stderr.split())
    told = json.loads(found.stdout)
    assert told["left_out_baselines"] == ["node2vec"]
    assert "node2vec" not in told["baselines"]
