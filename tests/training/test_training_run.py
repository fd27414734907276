"""Whole trainings, tiny: they learn, and go on after a kill as if nothing had happened."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest
import torch
from tiny_training import FINETUNE, INFILL, PRETRAIN, write_training
from typer.testing import CliRunner

from biotk.cli import app
from biotk.errors import BioTKError, InputError, UnknownNameError
from biotk.io import read_documents
from biotk.kb import open_kb
from biotk.linking import GenerativeLinker, load_generator
from biotk.nn.tensor_files import read_tensors
from biotk.training import loop
from biotk.training.recipe_file import read_recipe
from biotk.training.run import RunOptions, check_device, train


def log_of(folder) -> list[dict]:
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


def weights_of(folder):
    return read_tensors(folder / "checkpoint.safetensors").tensors


def same(first, second) -> bool:
    return first.keys() == second.keys() and all(torch.equal(first[k], second[k]) for k in first)


def test_training_by_the_command_learns_and_makes_a_model(tmp_path) -> None:
    recipe = write_training(tmp_path, PRETRAIN, FINETUNE, steps=128)
    out = tmp_path / "run"
    done = CliRunner().invoke(app, ["train", "linker", str(recipe), "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert done.stdout.strip() == str(out / "model")
    lines = done.stderr.splitlines()
    assert "tiny: 15 concepts, 33 names" in lines and "pretrain: 128 steps" in lines
    assert lines.count("held dev: 26 mentions") == 1  # though both stages look at them
    assert any(line.startswith("notes for tiny: 60 mentions") for line in lines)
    assert any(line.startswith("pretrain, step 16, the best so far: dev: right") for line in lines)
    assert any(line.startswith("finetune: finished after 128 steps; the weig") for line in lines)
    first, *_, last = (line for line in log_of(out / "pretrain") if "nll" in line)
    assert last["nll"] < first["nll"] * 0.8
    first, *_ = (line for line in log_of(out / "pretrain") if "dev nll" in line)
    *_, last = (line for line in log_of(out / "finetune") if "dev nll" in line)
    assert last["dev nll"] < first["dev nll"] / 2
    assert last["dev permuted nll"] > 2 * last["dev nll"]
    ElementTree.parse(out / "finetune" / "curves.svg")
    facts = json.loads((out / "metrics.json").read_text())
    assert facts["seed"] == 5
    assert [stage["name"] for stage in facts["stages"]] == ["pretrain", "finetune"]
    assert facts["stages"][1]["tuning_half"]["dev right"] > 0.4
    kb = open_kb(tmp_path / "tiny")
    assert facts["data"]["kbs"]["tiny"]["fingerprint"] == kb.fingerprint
    assert len(facts["data"]["documents"]["notes"]["sha256"]["train.jsonl"]) == 64
    # What was trained is what links: a mention alone, which many samples are.
    linker = GenerativeLinker(kb, load_generator(out / "model"))
    gold = [
        (m.text, m.concept_ids) for d in read_documents(tmp_path / "dev.jsonl") for m in d.mentions
    ]
    right = [linker.link(text).concept_id in ids for text, ids in gold if ids]
    assert sum(right) > 0.4 * len(right)


def test_overlap_with_the_mention_is_used_from_the_beginning(tmp_path) -> None:
    path = write_training(tmp_path, PRETRAIN, steps=48)
    path.write_text(path.read_text().replace("overlap = false", "overlap = true"))
    assert train(read_recipe(path), tmp_path / "run", RunOptions())
    (told,) = (line for line in log_of(tmp_path / "run" / "pretrain")[-1:] if "dev nll" in line)
    assert told["dev right"] > 0.9  # which takes many more steps without


def test_infilling_learns_what_pieces_there_are(tmp_path) -> None:
    recipe = read_recipe(write_training(tmp_path, INFILL, steps=48))
    said: list[str] = []
    assert train(recipe, tmp_path / "run", RunOptions(), say=said.append)
    told = [line["text nll"] for line in log_of(tmp_path / "run" / "infill") if "text nll" in line]
    assert len(told) == 3 and told[-1] < told[0]
    # In so few steps it only learns how often pieces are, and that is told.
    assert [line for line in said if line.startswith("infill, step 16: with the inputs permuted")]


def test_killed_training_goes_on_bit_for_bit(tmp_path, monkeypatch) -> None:
    recipe = read_recipe(write_training(tmp_path, PRETRAIN, FINETUNE, steps=48))
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    assert train(recipe, whole, RunOptions())
    # Killed in a pool, behind a checkpoint: what it did since is lost, and done again.
    steps = 0
    real = loop.Stage._one

    def killed(self, batch):
        nonlocal steps
        steps += 1
        if steps in (23, 60):
            raise KeyboardInterrupt
        return real(self, batch)

    monkeypatch.setattr(loop.Stage, "_one", killed)
    said: list[str] = []
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            train(recipe, parts, RunOptions(), say=said.append)
    assert train(recipe, parts, RunOptions(), say=said.append)
    assert steps > 96
    assert "pretrain: goes on from step 16 of 48" in said
    assert said.index("pretrain: is finished") < len(said) - 1
    for stage in ("pretrain", "finetune"):
        assert same(weights_of(whole / stage), weights_of(parts / stage))
        logs = [log_of(folder / stage) for folder in (whole, parts)]
        for line in (each for log in logs for each in log):
            line.pop("seconds", None)
            line.pop("samples_per_s", None)
        assert logs[0] == logs[1]
    models = [read_tensors(f / "model" / "weights.safetensors").tensors for f in (whole, parts)]
    assert same(*models)
    # What is said of it is not only what the last run opened.
    data = [json.loads((folder / "metrics.json").read_text())["data"] for folder in (whole, parts)]
    assert data[0] == data[1] and "notes for tiny" in data[0]["feeds"]


def test_finished_training_that_is_asked_for_again_comes_to_the_same(tmp_path) -> None:
    recipe = read_recipe(write_training(tmp_path, PRETRAIN))
    out, said = tmp_path / "run", list[str]()
    assert train(recipe, out, RunOptions())
    files = [path for path in (out / "model").rglob("*") if path.is_file()]
    before = [path.read_bytes() for path in files]
    assert train(recipe, out, RunOptions(), say=said.append)
    assert said == ["pretrain: is finished"]
    assert [path.read_bytes() for path in files] == before


def test_interrupted_command_says_how_to_go_on(tmp_path, monkeypatch) -> None:
    def interrupted(self, batch):
        raise KeyboardInterrupt

    monkeypatch.setattr(loop.Stage, "_one", interrupted)
    recipe = write_training(tmp_path, PRETRAIN)
    done = CliRunner().invoke(app, ["train", "linker", str(recipe), "-o", str(tmp_path / "run")])
    assert done.exit_code == 130
    assert "stopped; the same command goes on from the last checkpoint" in done.stderr
    assert done.stdout == ""


def test_curves_are_drawn_while_it_trains(tmp_path, monkeypatch) -> None:
    recipe = read_recipe(write_training(tmp_path, PRETRAIN, steps=48))
    real = loop.Stage._one

    def killed(self, batch):
        if self.step == 20:
            raise KeyboardInterrupt
        return real(self, batch)

    monkeypatch.setattr(loop.Stage, "_one", killed)
    with pytest.raises(KeyboardInterrupt):
        train(recipe, tmp_path / "run", RunOptions())
    assert "dev" in (tmp_path / "run" / "pretrain" / "curves.svg").read_text()


def test_device_that_is_not_there_is_refused(tmp_path) -> None:
    with pytest.raises(InputError, match="device 'gpu' cannot be used here: Expected one of cpu"):
        check_device("gpu", processes=1)
    with pytest.raises(InputError, match="on a GPU one process trains"):
        check_device("meta", processes=2)  # no GPU either, but everybody has it


def test_training_stops_after_its_minutes_and_goes_on(tmp_path) -> None:
    recipe = read_recipe(write_training(tmp_path, PRETRAIN, steps=32))
    out = tmp_path / "run"
    assert not train(recipe, out, RunOptions(minutes=0))
    assert json.loads(read_tensors(out / "pretrain" / "checkpoint.safetensors").metadata["step"])
    assert not (out / "model").exists()
    assert train(recipe, out, RunOptions())
    assert train(recipe, tmp_path / "whole", RunOptions())
    assert same(weights_of(out / "pretrain"), weights_of(tmp_path / "whole" / "pretrain"))


def test_stages_are_trained_one_by_one_in_order(tmp_path) -> None:
    recipe = read_recipe(write_training(tmp_path, PRETRAIN, FINETUNE))
    out = tmp_path / "run"
    with pytest.raises(InputError, match="the stage pretrain comes before finetune"):
        train(recipe, out, RunOptions(stage="finetune"))
    with pytest.raises(UnknownNameError, match="'tune'"):
        train(recipe, out, RunOptions(stage="tune"))
    assert not train(recipe, out, RunOptions(stage="pretrain"))
    assert not (out / "finetune").exists()
    assert train(recipe, out, RunOptions(stage="finetune"))
    assert (out / "model" / "config.json").is_file()


def test_changed_recipe_is_refused_until_begun_anew(tmp_path) -> None:
    path = write_training(tmp_path, PRETRAIN)
    command = ["train", "linker", str(path), "--out", str(tmp_path / "run")]
    assert CliRunner().invoke(app, command).exit_code == 0
    path.write_text(path.read_text().replace("lr = 5e-3", "lr = 1e-3"))
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 2 and "--fresh" in done.stderr
    done = CliRunner().invoke(app, [*command, "--fresh"])
    assert done.exit_code == 0, done.output


def test_best_weights_are_kept_and_patience_ends_a_stage(tmp_path, monkeypatch) -> None:
    path = write_training(tmp_path, FINETUNE, steps=96)
    path.write_text(path.read_text().replace("lr = 5e-3", 'patience = 2\nwatch = "nll"'))
    values = iter([3.0, 1.0, 1.5, 1.2, 0.1])
    seen = []

    def evaluated(trainee, sets, *, bf16):
        seen.append({name: weight.clone() for name, weight in trainee.state().items()})
        return {"dev nll": next(values), "dev right": 0.5}

    monkeypatch.setattr(loop, "evaluate", evaluated)
    out, said = tmp_path / "run", list[str]()
    assert train(read_recipe(path), out, RunOptions(), say=said.append)
    told = [line["dev nll"] for line in log_of(out / "finetune") if "dev nll" in line]
    assert told == [3.0, 1.0, 1.5, 1.2]
    assert said[-1] == (
        "finetune: finished after 64 steps, no better for a while; the weights of step 32 are kept"
    )
    best = read_tensors(out / "finetune" / "best.safetensors").tensors
    best = {name.removeprefix("network."): weight for name, weight in best.items()}
    assert same(best, seen[1]) and not same(best, seen[3])


def test_loss_that_is_no_number_stops_the_training(tmp_path, monkeypatch) -> None:
    recipe = read_recipe(write_training(tmp_path, PRETRAIN))
    real = torch.nn.utils.clip_grad_norm_
    monkeypatch.setattr(torch.nn.utils, "clip_grad_norm_", lambda *args: real(*args) * float("nan"))
    with pytest.raises(BioTKError, match="step 0: the gradient is not finite"):
        train(recipe, tmp_path / "run", RunOptions())


def test_training_builds_the_kbs_of_its_recipe(tmp_path) -> None:
    path = write_training(tmp_path, PRETRAIN)
    (tmp_path / "own.csv").write_text("id,name,synonyms\nX:1,fever,pyrexia\nX:2,cough,coughing\n")
    path.write_text(
        path.read_text().replace('path = "tiny"', 'sources = [{ path = "own.csv" }]')
        .replace("HGNC:", "X:1")
    )  # fmt: skip
    out = tmp_path / "run"
    command = ["train", "linker", str(path), "--out", str(out)]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    assert len(open_kb(out / "kb" / "tiny")) == 2
    built = (out / "kb" / "tiny" / "manifest.json").stat().st_mtime_ns
    done = CliRunner().invoke(app, [*command, "--fresh"])
    assert done.exit_code == 0, done.output
    assert (out / "kb" / "tiny" / "manifest.json").stat().st_mtime_ns == built
