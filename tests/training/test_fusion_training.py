"""Weights of the fused linker, fitted on annotated mentions."""

from __future__ import annotations

import json

import pytest
from tiny import build_tiny
from tiny_encoder import write_synonym_encoder
from tiny_training import note, notes
from tiny_vectors import LetterEncoder
from typer.testing import CliRunner

from biotk.cli import app
from biotk.document import Candidate
from biotk.errors import InputError, UnknownNameError
from biotk.io import write_documents
from biotk.kb import open_kb
from biotk.kb.manifest import sha256_file
from biotk.linking import FusedConfig, FusedLinker, load_encoder
from biotk.linking.features import FEATURES
from biotk.linking.fusion import FusionWeights, fit_weights
from biotk.training.fusion import fit_fusion, judge, read_fusion_recipe, share_right


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("fusion")
    build_tiny(made)
    for split, n in (("train", 20), ("dev", 60)):
        write_documents(notes(made, n, split=split, seed=n), made / f"{split}.jsonl")
    write_synonym_encoder(made / "encoder")
    recipe = 'encoder = "{}"\nmodel = "none"\n\n[[set]]\nname = "dev"\ncorpus = "dev.jsonl"\n'
    recipe = recipe.format(made / "encoder") + 'kb = "tiny"\nlearn = ["train.jsonl"]\n'
    (made / "recipe.toml").write_text(recipe)
    return made


def test_right_places_are_those_of_the_gold_concepts(folder) -> None:
    kb = open_kb(folder / "tiny")
    linker = FusedLinker(kb, LetterEncoder())
    documents = [
        note(0, "Pyrexia", "MESH:D005334", split="a"),
        note(1, "Pyrexia", None, split="a"),
        note(2, "Pyrexia", "MESH:D404040", split="a"),
    ]
    found = list(judge(linker, documents))
    assert len(found) == 2
    gold, nil = found
    assert [gold.mention.concepts[at] for at in gold.right] == [kb.index_of("MESH:D005334")]
    assert nil.right == (len(nil.mention.concepts),)
    (hidden, _) = judge(linker, documents, hidden=1.0)
    assert hidden.right == (len(hidden.mention.concepts),)
    assert kb.index_of("MESH:D005334") not in hidden.mention.concepts
    assert hidden.mention.features.shape == (len(hidden.mention.concepts) + 1, len(FEATURES))
    assert all(isinstance(each, Candidate) for each in hidden.mention.shown)
    assert list(judge(linker, documents, types=["Chemical"])) == []


def test_fitted_weights_put_more_in_the_right_place(folder) -> None:
    kb = open_kb(folder / "tiny")
    judged = list(judge(FusedLinker(kb, LetterEncoder()), notes(folder, 60, split="x", seed=1)))
    weights = fit_weights(judged)
    assert share_right(judged, weights) > max(0.8, share_right(judged, 0 * weights))


def test_fusion_is_fitted_by_the_command_and_used(folder, tmp_path) -> None:
    out = tmp_path / "weights.json"
    done = CliRunner().invoke(
        app, ["train", "fusion", str(folder / "recipe.toml"), "--out", str(out)]
    )
    assert done.exit_code == 0, done.output
    assert done.stdout.strip() == str(out)
    assert "with what is right among their candidates, without a model" in done.stderr
    weights = FusionWeights.read(out)
    assert weights.alone["nil_name"] != 0
    encoder = load_encoder(folder / "encoder")
    assert weights.made_with == {
        "model": "none",
        "encoder": encoder.fingerprint,
        "sets": {
            "dev": {
                "kb": open_kb(folder / "tiny").fingerprint,
                "sha256": {f: sha256_file(folder / f) for f in ("dev.jsonl", "train.jsonl")},
            }
        },
    }
    arguments = ["evaluate", "linking", "--corpus", str(folder / "dev.jsonl"), "--json"]
    arguments += ["--kb", str(folder / "tiny"), "--linker", "fused", "--model", "none"]
    arguments += ["--encoder", str(folder / "encoder"), "--fusion", str(out)]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    assert report["encoder"]["dim"] == 8
    assert "model" not in report


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("[[set]]", "[[sets]]", UnknownNameError),
        ('kb = "tiny"', "kb = 3", InputError),
        ('model = "none"', "hidden = 2.0", InputError),
        ('name = "dev"', "", InputError),
    ],
)
def test_fusion_recipe_that_makes_no_sense_is_refused(folder, tmp_path, old, new, error) -> None:
    path = tmp_path / "recipe.toml"
    path.write_text((folder / "recipe.toml").read_text().replace(old, new))
    with pytest.raises(error):
        read_fusion_recipe(path)


def test_weights_of_another_encoder_are_told(folder, caplog) -> None:
    kb = open_kb(folder / "tiny")
    weights = FusionWeights(asked={}, alone={}, made_with={"encoder": "letters"})
    FusedLinker(kb, LetterEncoder(), config=FusedConfig(weights=weights))
    assert not caplog.records
    FusedLinker(kb, LetterEncoder(fingerprint="others"), config=FusedConfig(weights=weights))
    assert "fitted with the encoder letters, not with others: fit them anew" in caplog.text


@pytest.mark.parametrize(
    ("alone", "message"),
    [
        ('{"nil": NaN}', "w.json: nil is nan, expected a finite number"),
        ('{"nihil": 1}', "unknown feature in .*w.json: 'nihil'. Did you mean 'nil'"),
        ("3", "cannot be read"),
    ],
)
def test_weights_that_make_no_sense_are_refused(tmp_path, alone, message) -> None:
    text = '{"format": "biotk-fusion", "version": 1, "asked": {}, "alone": %s}'
    (tmp_path / "w.json").write_text(text % alone)
    with pytest.raises((InputError, UnknownNameError), match=message):
        FusionWeights.read(tmp_path / "w.json")


def test_what_is_wrong_with_a_set_is_told_with_its_place(folder, tmp_path) -> None:
    text = (folder / "recipe.toml").read_text()
    bad = (folder / "dev.jsonl").read_text().splitlines()
    (folder / "bad.jsonl").write_text("\n".join([*bad, "{"]) + "\n")
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(text.replace("dev.jsonl", "bad.jsonl"))
    told: list[str] = []
    fit_fusion(read_fusion_recipe(recipe, data=folder), say=told.append)
    assert sum(line.startswith("dev: 1 problems, the first: ") for line in told) == 1
    recipe.write_text(text.replace("dev.jsonl", "gone.jsonl"))
    with pytest.raises(InputError, match=r"recipe\.toml: \[\[set\]\] dev: .*gone\.jsonl"):
        fit_fusion(read_fusion_recipe(recipe, data=folder))
