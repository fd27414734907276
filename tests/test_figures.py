"""The figures that README and docs claim for linking, on the reported half of dev."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from biotk.cli import app

pytestmark = pytest.mark.data

#: What the docs call the model alone.
ALONE = ("--learned-names", "none")


def build(folder, name, *sources):
    path = str(folder / name)
    result = CliRunner().invoke(app, ["kb", "build", *map(str, sources), "-o", path])
    assert result.exit_code == 0, result.output
    return path


@pytest.fixture(scope="module")
def mesh(shared_data, tmp_path_factory):
    sources = (shared_data / "kb/mesh").glob("*.tsv.gz")
    return build(tmp_path_factory.mktemp("kb"), "mesh", *sorted(sources))


@pytest.fixture(scope="module")
def medic(shared_data, tmp_path_factory):
    (source,) = (shared_data / "kb/medic").glob("medic_*.txt.gz")
    return build(tmp_path_factory.mktemp("kb"), "medic", source)


def report(corpus, kb, *options, linker="lexical"):
    arguments = ["linking", "--corpus", str(corpus), "--kb", kb, "--half", "reported", "--json"]
    result = CliRunner().invoke(app, ["evaluate", *arguments, "--linker", linker, *options])
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["n_out_of_kb"] < 0.05 * found["n"]
    return found


def recall(corpus, kb, *options, linker="lexical"):
    return report(corpus, kb, *options, linker=linker)["in_kb"]["recall_at_1_lenient"]


def test_bc5cdr_with_mesh(shared_data, mesh):
    corpus = shared_data / "corpora/bc5cdr"
    assert recall(corpus / "dev.pubtator.gz", mesh) >= 0.80
    train = str(corpus / "train.pubtator.gz")
    assert recall(corpus / "dev.pubtator.gz", mesh, "--train", train) >= 0.87


def test_ncbi_with_medic(shared_data, medic):
    corpus = shared_data / "corpora/ncbi_disease"
    assert recall(corpus / "dev.pubtator", medic) >= 0.78
    train = str(corpus / "train.pubtator.gz")
    assert recall(corpus / "dev.pubtator", medic, "--train", train) >= 0.81


def test_biotk_mini_on_mentions_of_medic(shared_data, medic):
    corpus = shared_data / "corpora/ncbi_disease"
    assert recall(corpus / "dev.pubtator", medic, *ALONE, linker="generative") >= 0.80
    train = str(corpus / "train.pubtator.gz")
    assert recall(corpus / "dev.pubtator", medic, "--train", train, linker="cascade") >= 0.83


def test_biotk_encoder_on_mentions_of_medic(shared_data, medic):
    corpus = shared_data / "corpora/ncbi_disease"
    train = str(corpus / "train.pubtator.gz")
    fused = report(corpus / "dev.pubtator", medic, "--train", train, linker="fused")["in_kb"]
    assert fused["recall_at_1_lenient"] >= 0.87
    assert fused["recall_at_20_lenient"] >= 0.96


def test_biotk_mini_on_mentions_of_mesh(shared_data, mesh):
    corpus = shared_data / "corpora/bc5cdr"
    alone = recall(corpus / "dev.pubtator.gz", mesh, *ALONE, linker="generative")
    assert alone >= 0.86
    train = str(corpus / "train.pubtator.gz")
    assert recall(corpus / "dev.pubtator.gz", mesh, "--train", train, linker="cascade") >= 0.89
