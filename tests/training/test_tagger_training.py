"""Whole trainings of a tagger, tiny: they learn, and go on after a kill as if nothing had been."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
import torch
from tiny_tagger import RECIPE, WordModel, tiny_tagger_form, write_tagger_training
from typer.testing import CliRunner

from biotk.cli import app
from biotk.detection import TaggerDetector
from biotk.errors import InputError, UnknownNameError
from biotk.evaluation.split import tuning_half
from biotk.io import read_documents, write_documents
from biotk.nn.tensor_files import read_tensors
from biotk.training.run import RunOptions
from biotk.training.tagger_material import TaggerMaterial
from biotk.training.tagger_recipe import read_tagger_recipe
from biotk.training.tagger_run import train_tagger


def weights_of(run):
    return read_tensors(run / "train" / "checkpoint.safetensors").tensors


def same(first, second) -> bool:
    return first.keys() == second.keys() and all(torch.equal(first[k], second[k]) for k in first)


def test_training_by_the_command_learns_and_makes_a_model(tmp_path) -> None:
    recipe = write_tagger_training(tmp_path, steps=128)
    out = tmp_path / "run"
    done = CliRunner().invoke(app, ["train", "tagger", str(recipe), "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert done.stdout.strip() == str(out / "model")
    assert "the weights of step" in done.stderr and "F1 on the tuning halves: dev" in done.stderr
    ElementTree.parse(out / "train" / "curves.svg")
    facts = json.loads((out / "metrics.json").read_text())
    assert facts["tuning_half"]["dev f1"] > 0.6
    assert facts["held"]["held-drugs f1"] > 0.5
    assert facts["data"]["notes"]["trained_on"] == 40
    assert len(facts["data"]["notes"]["sha256"]["train.jsonl"]) == 64
    # Drugs alone are annotated there, and diseases are found there all the same.
    detector = TaggerDetector.load(out / "model")
    right = [
        any(m.type == "Disease" for m in detector.detect(document.text))
        for document in read_documents(tmp_path / "drugs.jsonl")
    ]
    assert sum(right) > 0.7 * len(right)
    assert (out / "model" / "recipe.toml").read_bytes() == recipe.read_bytes()


def test_figures_are_those_of_the_model_that_is_stored(tmp_path, monkeypatch) -> None:
    loaded: list[Path] = []

    def load(folder):
        loaded.append(Path(folder))
        assert (Path(folder) / "weights.safetensors").is_file()
        return WordModel(Chemical={"aspirin": 0.9})

    recipe = read_tagger_recipe(write_tagger_training(tmp_path, steps=16))
    monkeypatch.setattr("biotk.training.tagger_run.load_tagger", load)
    train_tagger(recipe, tmp_path / "run", RunOptions())
    facts = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert facts["held"]["held-drugs precision"] == 1
    assert 0 < facts["held"]["held-drugs recall"] < 1
    assert (facts["tuning_half"]["dev precision"], facts["tuning_half"]["dev Disease"]) == (1, 0)
    assert loaded and not loaded[0].exists()


def test_run_that_was_stopped_comes_to_the_same_end(tmp_path) -> None:
    recipe = read_tagger_recipe(write_tagger_training(tmp_path, steps=48))
    assert train_tagger(recipe, tmp_path / "whole", RunOptions())
    stopped = tmp_path / "stopped"
    rounds = 0
    while not train_tagger(recipe, stopped, RunOptions(minutes=0)):
        rounds += 1
    assert rounds >= 2
    assert same(weights_of(tmp_path / "whole"), weights_of(stopped))
    names = ("config.json", "weights.safetensors")
    assert all(
        (stopped / "model" / name).read_bytes()
        == (tmp_path / "whole" / "model" / name).read_bytes()
        for name in names
    )


def test_two_processes_train_one_model(tmp_path) -> None:
    recipe = read_tagger_recipe(write_tagger_training(tmp_path, steps=16))
    assert train_tagger(recipe, tmp_path / "two", RunOptions(processes=2))
    assert train_tagger(recipe, tmp_path / "one", RunOptions())
    assert not same(weights_of(tmp_path / "one"), weights_of(tmp_path / "two"))


def test_changed_recipe_is_told_and_fresh_begins_anew(tmp_path) -> None:
    path = write_tagger_training(tmp_path, steps=16)
    out = tmp_path / "run"
    train_tagger(read_tagger_recipe(path), out, RunOptions())
    path.write_text(path.read_text().replace("seed = 5", "seed = 6"))
    with pytest.raises(InputError, match="recipe has changed"):
        train_tagger(read_tagger_recipe(path), out, RunOptions())
    command = ["train", "tagger", str(path), "--out", str(out), "--fresh"]
    assert CliRunner().invoke(app, command).exit_code == 0


def test_mean_of_the_weights_is_what_is_saved(tmp_path) -> None:
    recipe = read_tagger_recipe(write_tagger_training(tmp_path, steps=16))
    train_tagger(recipe, tmp_path / "run", RunOptions())
    kept = weights_of(tmp_path / "run")
    own, mean = kept["network.network.labels.bias"], kept["network.average.labels.bias"]
    saved = read_tensors(tmp_path / "run" / "model" / "weights.safetensors").tensors["labels.bias"]
    assert not torch.equal(own, mean)
    assert torch.equal(saved, mean)


def test_held_documents_are_not_trained_on(tmp_path) -> None:
    path = write_tagger_training(tmp_path)
    path.write_text(path.read_text().replace('"train.jsonl"]', '"train.jsonl", "dev.jsonl"]'))
    told: list[str] = []
    material = TaggerMaterial(read_tagger_recipe(path), tiny_tagger_form(), say=told.append)
    assert material.facts["notes"]["overlap"] == 24 and material.facts["notes"]["trained_on"] == 40
    held = material.held["held-drugs"]
    assert not held.tunes and held.types == {"Chemical"}
    assert 0 < len(held.documents) == 30 - material.facts["drugs"]["trained_on"]
    assert any("notes: 40 documents, 24 left out that are held" in line for line in told)
    assert material.held["dev"].tunes and len(material.held["dev"].documents) < 24


def test_what_a_corpus_holds_is_not_trained_on_through_another(tmp_path) -> None:
    path = write_tagger_training(tmp_path)
    text = path.read_text()
    path.write_text(text.replace('"train.jsonl"]', '"train.jsonl", "drugs.jsonl"]', 1))
    material = TaggerMaterial(read_tagger_recipe(path), tiny_tagger_form())
    n_held = len(material.held["held-drugs"].documents)
    assert n_held > 0
    notes, drugs = material.facts["notes"], material.facts["drugs"]
    # Drugs are those of notes too; what they hold comes after the notes in the recipe.
    assert (notes["overlap"], notes["trained_on"]) == (n_held, 70 - n_held)
    assert (drugs["overlap"], drugs["trained_on"]) == (0, 30 - n_held)


def test_held_set_has_the_types_of_all_its_documents(tmp_path) -> None:
    path = write_tagger_training(tmp_path)
    dev = list(read_documents(tmp_path / "dev.jsonl"))
    # The half that tunes lacks one type, and then has no document at all.
    bare = [replace(d, mentions=d.mentions[:1]) if tuning_half(d.id) else d for d in dev]
    write_documents(bare, tmp_path / "dev.jsonl")
    material = TaggerMaterial(read_tagger_recipe(path), tiny_tagger_form())
    assert material.held["dev"].types == {"Disease", "Chemical"}
    write_documents([d for d in dev if not tuning_half(d.id)], tmp_path / "dev.jsonl")
    told: list[str] = []
    material = TaggerMaterial(read_tagger_recipe(path), tiny_tagger_form(), say=told.append)
    assert "dev" not in material.held
    assert any("held dev: 0 documents of the tuning half, and no mention" in t for t in told)


def test_pool_takes_corpora_by_their_weights_and_parts_by_length(tmp_path) -> None:
    recipe = read_tagger_recipe(write_tagger_training(tmp_path))
    material = TaggerMaterial(recipe, tiny_tagger_form())
    pool = material.pool((1, 2), batch=8)
    assert [len(batch) for batch in pool] == [8] * 16
    lengths = [[sample.piece.length for sample in batch] for batch in pool]
    ranges = sorted((min(each), max(each)) for each in lengths)
    assert all(a[1] <= b[0] for a, b in pairwise(ranges))
    annotated = sum(bool((s.labels[:, 0] >= 0).any()) for batch in pool for s in batch)
    assert 128 * 0.5 < annotated < 128 * 0.85  # two of three windows are of notes


@pytest.mark.parametrize(
    ("old", "new", "error", "message"),
    [
        ("seed = 5", "seed = -1", InputError, "seed is -1"),
        ("seed = 5", 'colour = "red"', UnknownNameError, "colour"),
        ("weight = 2.0", "weight = 0", InputError, "weight is 0"),
        ('paths = ["dev.jsonl"]', 'paths = ["gone.jsonl"]', InputError, "--data takes another"),
        ('Drug = "Chemical"', 'Drug = "Gene"', UnknownNameError, "Gene"),
        ("batch = 4", "batch = 0", InputError, "batch is 0"),
        ("lr = 1e-2", 'lr = "high"', InputError, "expected a number"),
        ("average = 0.9", "average = 1.0", InputError, "average is 1.0"),
        ('name = "drugs"', 'name = "notes"', InputError, "two [[corpus]]"),
        ("window = 36", "window = 4", InputError, "recipe.toml: [model]: a window of 4 pieces"),
        ('paths = ["drugs.jsonl"]', "paths = []", InputError, "[[corpus]] drugs: paths is empty"),
        ('types = ["Disease", "Chemical"]', "types = []", InputError, "[model]: types is []"),
        (
            'types = ["Disease", "Chemical"]',
            'types = ["Chemical", "Disease", "Disease"]',
            InputError,
            "expected one or more, each once",
        ),
        ('name = "drugs"', "", InputError, "[[corpus]] 2: 'name' is missing"),
        ('name = "tiny"', "", InputError, "'name' is missing"),
        ('types = ["Disease", "Chemical"]', 'types = ["Gene"]', UnknownNameError, "Chemical"),
    ],
)
def test_wrong_recipe_is_told(tmp_path, old, new, error, message) -> None:
    assert old in RECIPE
    path = write_tagger_training(tmp_path, recipe=RECIPE.replace(old, new, 1))
    with pytest.raises(error) as told:
        train_tagger(read_tagger_recipe(path), tmp_path / "run", RunOptions())
    assert message in str(told.value)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("{ Drug =", "{ Durg =", "[[corpus]] drugs: 'Durg'. Did you mean 'Drug'?"),
        (
            'paths = ["dev.jsonl"]',
            'paths = ["dev.jsonl"]\ntypes = { Disease = "Disease", Chem = "Chemical" }',
            "[[held]] dev: 'Chem'. Did you mean 'Chemical'? Known: Chemical, Disease.",
        ),
    ],
)
def test_type_that_a_corpus_does_not_have_is_told(tmp_path, old, new, message) -> None:
    path = write_tagger_training(tmp_path, recipe=RECIPE.replace(old, new))
    with pytest.raises(UnknownNameError) as told:
        TaggerMaterial(read_tagger_recipe(path), tiny_tagger_form())
    assert message in str(told.value)
    assert str(path) in str(told.value)


def test_corpus_of_other_types_is_told(tmp_path) -> None:
    path = write_tagger_training(tmp_path)
    path.write_text(path.read_text().replace('types = { Drug = "Chemical" }\nheld = 0.2', ""))
    # By its common name a drug is a chemical.
    TaggerMaterial(read_tagger_recipe(path), tiny_tagger_form())
    text = (tmp_path / "drugs.jsonl").read_text()
    (tmp_path / "drugs.jsonl").write_text(text.replace('"Drug"', '"Widget"'))
    with pytest.raises(InputError, match="none of its types \\(Widget\\) is one of the tagger's"):
        TaggerMaterial(read_tagger_recipe(path), tiny_tagger_form())
    (tmp_path / "drugs.jsonl").write_text(text.replace('"Drug"', '"Widget"', 1))
    told: list[str] = []
    TaggerMaterial(read_tagger_recipe(path), tiny_tagger_form(), say=told.append)
    assert any("drugs: left out, since the tagger has no such type: Widget" in t for t in told)
    bare = [replace(d, mentions=()) for d in read_documents(tmp_path / "drugs.jsonl")]
    write_documents(bare, tmp_path / "drugs.jsonl")
    with pytest.raises(InputError, match=r"\[\[corpus\]\] drugs: no mention has one of the tagger"):
        TaggerMaterial(read_tagger_recipe(path), tiny_tagger_form())
