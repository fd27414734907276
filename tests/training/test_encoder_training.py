"""Whole trainings of a tiny synonym encoder: they learn, and go on as if nothing had happened."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from tiny_encoder import tiny_synonym_network, write_encoder_training
from tiny_mini import tiny_pieces
from tiny_vectors import LetterEncoder
from typer.testing import CliRunner

from biotk.cli import app
from biotk.errors import InputError, UnknownNameError
from biotk.kb import open_kb
from biotk.kb.manifest import sha256_file
from biotk.nn.mini_format import MiniFormat
from biotk.nn.synonym_files import load_synonym_encoder
from biotk.nn.tensor_files import read_tensors
from biotk.training.encoder import EncoderTraining
from biotk.training.encoder_figures import answer
from biotk.training.encoder_recipe import read_encoder_recipe
from biotk.training.synonym_pairs import Pair, held_concepts

pytest.importorskip("accelerate", reason="the extra `train` is not installed")
pytest.importorskip("datasets", reason="the extra `train` is not installed")

from biotk.training.pair_trainer import _Module


def log_of(folder) -> list[dict]:
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


def weights_of(run):
    return read_tensors(run / "pairs" / "checkpoint.safetensors").tensors


def test_encoder_training_by_the_command_learns_and_makes_a_model(tmp_path) -> None:
    recipe = write_encoder_training(tmp_path, steps=64)
    out = tmp_path / "run"
    done = CliRunner().invoke(app, ["train", "encoder", str(recipe), "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert done.stdout.strip() == str(out / "model")
    assert "tiny: 15 concepts, 33 names" in done.stderr.splitlines()
    figures = log_of(out / "pairs")
    losses = [line["nll"] for line in figures if "nll" in line]
    assert losses[-1] < 0.8 * losses[0]
    asked = [line["dev right"] for line in figures if "dev right" in line]
    assert len(asked) == 5
    assert asked[-1] > 0.9
    ElementTree.parse(out / "pairs" / "curves.svg")
    facts = json.loads((out / "metrics.json").read_text())
    assert facts["steps"] == 64
    assert facts["data"]["kbs"]["tiny"]["fingerprint"] == open_kb(tmp_path / "tiny").fingerprint
    assert json.loads((out / "model" / "metrics.json").read_text()) == facts
    assert (out / "model" / "recipe.toml").read_bytes() == recipe.read_bytes()
    kb, held = open_kb(tmp_path / "tiny"), held_concepts(open_kb(tmp_path / "tiny"), 7)
    names = [at for at in range(kb.n_names) if kb.name_concepts[at] not in held]
    encoder = load_synonym_encoder(out / "model")
    vectors, concepts = encoder.encode(list(map(kb.name, names))), kb.name_concepts[names]
    cosines, same = vectors @ vectors.T, concepts == concepts[:, None]
    others = cosines[same & ~np.eye(len(names), dtype=bool)]
    assert 1 - others.mean() < 0.3 * (1 - cosines[~same].mean())
    np.testing.assert_allclose(*encoder.encode(["Fever", "fever"]), atol=1e-6)


def test_strings_of_like_length_are_read_together_without_a_difference(tmp_path) -> None:
    network = tiny_synonym_network(tmp_path / "net").train(False)
    module = _Module(network, MiniFormat(tiny_pieces()), max_pieces=24, bf16=False)
    strings = ["a fever", "x", "kidney cancer of the long and winding kind", "", "colds", "a b c"]
    for names in (strings * 3, strings[:2], strings[:1]):
        features = module.preprocess(names)
        grouped = module(dict(features))["sentence_embedding"]
        plain = network(features["input_ids"], features["attention_mask"])
        assert torch.allclose(grouped, plain, atol=1e-5)


def test_encoder_training_that_was_stopped_comes_to_the_same_weights(tmp_path) -> None:
    recipe = read_encoder_recipe(write_encoder_training(tmp_path, steps=16))
    EncoderTraining(recipe, tmp_path / "whole").run()
    assert not EncoderTraining(recipe, tmp_path / "parts").run(until=0.0)
    assert EncoderTraining(recipe, tmp_path / "parts").run()
    whole, parts = weights_of(tmp_path / "whole"), weights_of(tmp_path / "parts")
    assert whole.keys() == parts.keys()
    assert all(torch.equal(whole[name], parts[name]) for name in whole)
    steps = [line["step"] for line in log_of(tmp_path / "parts" / "pairs")]
    assert steps == [0, 8, 16]


def test_finished_training_keeps_what_is_told_of_its_data(tmp_path) -> None:
    recipe = read_encoder_recipe(write_encoder_training(tmp_path, steps=16))
    out = tmp_path / "run"
    EncoderTraining(recipe, out).run()
    before = (out / "metrics.json").read_bytes()
    facts = json.loads(before)["data"]
    assert facts["sha256"] == {
        name: sha256_file(tmp_path / name) for name in ("train.jsonl", "dev.jsonl")
    }
    assert facts["corpora"]["notes for tiny"]["mentions"] > 0
    told: list[str] = []
    assert EncoderTraining(recipe, out, say=told.append).run()
    assert (out / "metrics.json").read_bytes() == before
    assert any("is finished; --fresh begins anew" in line for line in told)
    # Killed after the last step and before the model was written: all is told again.
    shutil.rmtree(out / "model")
    (out / "metrics.json").unlink()
    assert EncoderTraining(recipe, out).run()
    assert json.loads((out / "metrics.json").read_bytes())["data"] == facts
    assert (out / "model" / "metrics.json").is_file()


def test_figures_are_those_of_the_encoder_that_is_stored(tmp_path, monkeypatch) -> None:
    def load(folder):
        assert (Path(folder) / "weights.safetensors").is_file()
        return LetterEncoder()

    recipe = read_encoder_recipe(write_encoder_training(tmp_path, steps=8))
    monkeypatch.setattr("biotk.training.encoder.load_synonym_encoder", load)
    training = EncoderTraining(recipe, tmp_path / "run")
    monkeypatch.setattr(training, "_pool", lambda trainer: done(training))
    training.run()
    facts = json.loads((tmp_path / "run" / "metrics.json").read_text())
    asked = {
        name: answer(LetterEncoder(), each) for name, each in training._material.questions().items()
    }
    wanted = {f"{name} {k}": round(v, 5) for name, each in asked.items() for k, v in each.items()}
    assert facts["stored"] == wanted
    assert facts["stored"] != {key: facts["figures"][-1][key] for key in wanted}


def done(training) -> dict:
    """:returns: what is told of a pool, nothing trained."""
    training._progress.step = 8
    return {"nll": 1.0, "pairs": 1, "left_over": 0}


def test_steps_are_those_that_were_trained(tmp_path, monkeypatch) -> None:
    # 15 concepts, and half of them of one kind: a batch of 12 is seldom full.
    path = write_encoder_training(tmp_path, steps=16)
    path.write_text(path.read_text().replace("batch = 6", "batch = 12"))
    told: list[str] = []
    training = EncoderTraining(read_encoder_recipe(path), tmp_path / "run", say=told.append)
    taught: list[tuple[int, int]] = []

    class Teacher:
        def train(self, batches, *, step, seed) -> float:
            assert step == sum(n for n, _ in taught)
            assert len({len(batch) for batch in batches}) == 1
            for batch in batches:
                keys = [key for pair in batch for key in pair.keys]
                assert len(keys) == len(set(keys))
            taught.append((len(batches), len(batches[0])))
            return 1.0

    monkeypatch.setattr(training, "_trainer", Teacher)
    assert training.run()
    assert sum(n for n, _ in taught) == 16
    assert max(size for _, size in taught) < 12
    facts = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert facts["pairs"] == sum(n * size for n, size in taught)
    assert facts["left_over"] > 0
    assert sum("instead of 8 of 12: too many pairs mean the same" in line for line in told) == 1


def test_pairs_that_all_mean_the_same_are_told(tmp_path, monkeypatch) -> None:
    path = write_encoder_training(tmp_path, steps=8)
    one = Pair("fever", "pyrexia", frozenset([1]))
    monkeypatch.setattr("biotk.training.encoder.draw_pairs", lambda *given: [one] * given[2])
    training = EncoderTraining(read_encoder_recipe(path), tmp_path / "run")
    with pytest.raises(InputError, match=r"recipe\.toml: of 53 pairs no two mean different things"):
        training.run()


def test_encoder_training_leaves_what_is_frozen_alone(tmp_path) -> None:
    recipe = read_encoder_recipe(write_encoder_training(tmp_path, steps=8))
    training = EncoderTraining(recipe, tmp_path / "run")
    before = {name: each.clone() for name, each in training.network.state_dict().items()}
    training.run()
    after = training.network.state_dict()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert changed <= training.state().keys()
    assert {"projection.weight", "encoder.encoder.layer.2.output.dense.weight"} <= changed
    assert not any(name.startswith("encoder.encoder.layer.0.") for name in changed)


def test_checkpoint_of_another_recipe_is_refused(tmp_path) -> None:
    path = write_encoder_training(tmp_path, steps=8)
    EncoderTraining(read_encoder_recipe(path), tmp_path / "run").run(until=0.0)
    path.write_text(path.read_text().replace("seed = 5", "seed = 6"))
    with pytest.raises(InputError, match="another recipe: begin anew with --fresh"):
        EncoderTraining(read_encoder_recipe(path), tmp_path / "run").run()


@pytest.mark.parametrize(
    ("old", "new", "error", "told"),
    [
        ("near = 2", "near = 0", InputError, r"\[training\] near is 0"),
        ("near = 2", "nearby = 2", UnknownNameError, "nearby"),
        ("weight = 3", "weight = 0", InputError, r"\[\[feed\]\] 1: weight is 0"),
        ('corpus = "notes"', 'corpus = "noted"', UnknownNameError, "noted"),
        ("dim = 8", "dim = 9000", InputError, "dim is 9000"),
        ("max_pieces = 24", "max_pieces = 4000", InputError, "max_pieces is more"),
    ],
)
def test_recipe_that_makes_no_sense_is_refused(tmp_path, old, new, error, told) -> None:
    path = write_encoder_training(tmp_path, steps=8)
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(error, match=told):
        EncoderTraining(read_encoder_recipe(path), tmp_path / "run")


def test_what_training_needs_is_told_before_it_begins(tmp_path, monkeypatch) -> None:
    recipe = write_encoder_training(tmp_path, steps=16)
    monkeypatch.setattr("biotk.training.encoder.find_spec", lambda name: None)
    done = CliRunner().invoke(app, ["train", "encoder", str(recipe), "--out", str(tmp_path / "r")])
    assert done.exit_code == 2
    told = " ".join(done.stderr.split())
    assert "needs accelerate and datasets: pip install 'biotk[train]'" in told
