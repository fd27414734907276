"""Checkpoints in folders: read back as they were, and refused where anything is wrong."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny_bpe import tiny_bpe
from tiny_models import tiny_model
from transformers import PreTrainedTokenizerFast

from biotk.errors import InputError, UnknownNameError
from biotk.nn.genbioel_format import GenbioelFormat
from biotk.nn.seq2seq import Seq2Seq


@pytest.fixture
def folder(tmp_path):
    tiny_model("bart", vocabulary=300).save_pretrained(tmp_path / "bart")
    return tmp_path / "bart"


def change_weights(folder, change) -> None:
    file = folder / "model.safetensors"
    weights = load_file(file)
    change(weights)
    save_file(weights, file, metadata={"format": "pt"})


def hidden_of(seq2seq: Seq2Seq) -> torch.Tensor:
    memory = seq2seq.encode([[5, 6, 2]])
    zero, one = np.zeros(1, np.int64), np.ones(1, np.int64)
    return seq2seq.logits(seq2seq.feed(memory, zero + 2, zero[:, None], one, zero))


@pytest.mark.parametrize("shape", ["bart", "mbart", "t5", "t5-gated"])
def test_checkpoint_reads_back_as_it_was(shape, tmp_path) -> None:
    model = tiny_model(shape)
    model.save_pretrained(tmp_path)
    torch.testing.assert_close(hidden_of(Seq2Seq.load(tmp_path)), hidden_of(Seq2Seq(model)))


def test_tokenizer_and_ids_come_from_the_same_folder(folder) -> None:
    PreTrainedTokenizerFast(tokenizer_object=tiny_bpe()).save_pretrained(folder)
    form = GenbioelFormat.load(folder)
    want = GenbioelFormat(tiny_bpe(), max_tokens=64)
    assert form.encode("a fever " * 40, start=2, end=7) == want.encode(
        "a fever " * 40, start=2, end=7
    )
    (folder / "tokenizer.json").write_text("{")
    with pytest.raises(InputError, match="its tokenizer cannot be read"):
        GenbioelFormat.load(folder)


def test_pickle_is_never_loaded_and_the_remedy_is_told(folder) -> None:
    (folder / "model.safetensors").unlink()
    with pytest.raises(InputError, match=r"no model\.safetensors$"):
        Seq2Seq.load(folder)
    (folder / "pytorch_model.bin").write_bytes(b"\x80\x04never read")
    with pytest.raises(InputError, match=r"a pickle.*biotk convert checkpoint"):
        Seq2Seq.load(folder)


def test_no_folder_no_config(tmp_path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        Seq2Seq.load(tmp_path / "nowhere")
    with pytest.raises(InputError, match="no such folder"):
        Seq2Seq.load("./nowhere/at/all")
    with pytest.raises(InputError, match=r"no config\.json"):
        Seq2Seq.load(tmp_path)
    (tmp_path / "config.json").write_text("{")
    (tmp_path / "model.safetensors").write_bytes(b"")
    with pytest.raises(InputError, match=r"config\.json cannot be read"):
        Seq2Seq.load(tmp_path)


def test_hub_model_that_is_not_in_the_cache_is_an_error_offline() -> None:
    with pytest.raises(InputError, match="model nobody/nothing-at-all"):
        Seq2Seq.load("nobody/nothing-at-all", local_files_only=True)


def test_other_architectures_are_named(folder) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "model_type": "bert"}))
    with pytest.raises(UnknownNameError, match=r"'bert'.*bart, mbart, mt5, t5"):
        Seq2Seq.load(folder)


def test_cut_off_weights_are_damage(folder) -> None:
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(InputError, match="weights"):
        Seq2Seq.load(folder)
    file.write_bytes(b"not at all safetensors")
    with pytest.raises(InputError, match="weights"):
        Seq2Seq.load(folder)


def test_missing_weight_is_not_made_up(folder) -> None:
    change_weights(folder, lambda weights: weights.pop("model.decoder.layers.1.fc1.weight"))
    with pytest.raises(InputError, match=r"1 weights .* model\.decoder\.layers\.1\.fc1\.weight"):
        Seq2Seq.load(folder)


def test_weight_of_another_shape_is_an_error(folder) -> None:
    key = "model.decoder.layers.1.fc1.weight"
    change_weights(folder, lambda weights: weights.update({key: torch.zeros(3, 3)}))
    with pytest.raises(InputError, match="weights"):
        Seq2Seq.load(folder)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weight_that_is_no_number_is_named(folder, value) -> None:
    key = "model.encoder.layers.0.fc2.bias"

    def spoil(weights):
        weights[key][3] = value

    change_weights(folder, spoil)
    with pytest.raises(InputError, match=r"encoder\.layers\.0\.fc2\.bias .* not finite"):
        Seq2Seq.load(folder)


def test_dtype_is_what_was_asked_for(folder) -> None:
    rows = Seq2Seq.load(folder, dtype=torch.bfloat16).output_rows(np.arange(2))
    assert rows.weight.dtype == torch.bfloat16
