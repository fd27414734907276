"""``biotk convert``, run as people run it: outputs, exit codes, messages."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import torch
from tiny_checkpoints import tiny_checkpoint, tiny_tokenizer
from typer.testing import CliRunner, Result

from biotk.cli import app
from biotk.nn.checkpoint import load_model


def convert(*arguments: object) -> Result:
    words = ["convert", "checkpoint", *map(str, arguments)]
    return CliRunner().invoke(app, words)


@pytest.fixture
def source(tmp_path):
    return tmp_path / "run"


def test_convert_tells_what_it_made(source, tmp_path) -> None:
    model = tiny_checkpoint(source)
    done = convert(source, tmp_path / "mine")
    assert done.exit_code == 0, done.output
    n_parameters = sum(weight.numel() for weight in model.parameters())
    first, second = done.stdout.splitlines()
    assert first == f"{tmp_path / 'mine'}: {n_parameters:,} parameters, float32"
    sums = (tmp_path / "mine" / "SHA256SUMS").read_text()
    size = (tmp_path / "mine" / "model.safetensors").stat().st_size
    assert second.startswith(f"model.safetensors: {size / 1e6:,.1f} MB, sha256 ")
    assert f"{second.split()[-1]}  model.safetensors\n" in sums
    assert done.stderr == "read from pytorch_model.bin\n"


def test_convert_tells_what_it_changed_and_left_out(source, tmp_path) -> None:
    def wrap(weights) -> None:
        for key in [key for key in weights if key != "final_logits_bias"]:
            weights[f"module.{key}"] = weights.pop(key)
        weights.pop("final_logits_bias")
        weights |= {f"prompt{n}": torch.zeros(1) for n in range(7)}

    tiny_checkpoint(source, change=wrap, tokenizer=False, parts=2)
    tiny_tokenizer(tmp_path / "bart")
    done = convert(
        source, tmp_path / "mine", "--tokenizer", tmp_path / "bart", "--drop-extra",
        "--dtype", "bfloat16",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines()[0].endswith("parameters, bfloat16")
    assert done.stderr.splitlines() == [
        "read from pytorch_model-00001-of-00002.bin, pytorch_model-00002-of-00002.bin",
        "'module.' was taken off the names of weights",
        "final_logits_bias was not there; it is zeros then",
        "left out, with no place in the model: 7 weights: "
        "prompt0, prompt1, prompt2, prompt3, prompt4, …",
    ]
    assert load_model(tmp_path / "mine", dtype=torch.bfloat16).dtype == torch.bfloat16


def test_convert_replaces_only_by_force(source, tmp_path) -> None:
    tiny_checkpoint(source)
    assert convert(source, tmp_path / "mine").exit_code == 0
    again = convert(source, tmp_path / "mine")
    assert again.exit_code == 2
    assert again.stderr == (
        f"Error: {tmp_path / 'mine'} exists: choose another place, or replace it with --force\n"
    )
    assert convert(source, tmp_path / "mine", "--force").exit_code == 0


def test_convert_in_a_process_of_its_own_says_one_line_where_it_fails(source, tmp_path) -> None:
    tiny_checkpoint(source, change=lambda weights: weights.popitem())
    (source / "config.json").write_text('{"model_type": "bert"}')
    code = "from biotk.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "convert", "checkpoint", source, tmp_path / "mine"],
        capture_output=True, text=True, env=os.environ, stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"Error: unknown architecture (model_type in {source}/config.json) 'bert'. Did you mean "
        "'bart', 'mbart'? Known: bart, mbart, mt5, t5.\n"
    )
