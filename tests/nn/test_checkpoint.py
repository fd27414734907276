"""Checkpoints in folders: read back as they were, and refused where anything is wrong."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import huggingface_hub
import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny_bpe import tiny_bpe
from tiny_checkpoints import tiny_checkpoint, tiny_config
from tiny_models import tiny_model
from transformers import PreTrainedTokenizerFast
from typer.testing import CliRunner

from biotk.cli import app
from biotk.errors import InputError, UnknownNameError
from biotk.nn.checkpoint import load_model
from biotk.nn.checkpoint_files import convert_command
from biotk.nn.convert import convert_checkpoint
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


def test_folder_without_a_tokenizer_is_told_and_not_taken_for_an_empty_one(folder) -> None:
    with pytest.raises(InputError, match=r"no tokenizer .*Copy the files"):
        GenbioelFormat.load(folder)
    (folder / "vocab.json").write_text('{"<s>": 0, "</s>": 2, "<pad>": 1, "<unk>": 3}')
    (folder / "merges.txt").write_text("#version: 0.2\n")
    (folder / "tokenizer_config.json").write_text('{"tokenizer_class": "BartTokenizer"}')
    with pytest.raises(InputError, match="no pieces but special ones"):
        GenbioelFormat.load(folder)


def test_tokenizer_of_a_larger_vocabulary_is_refused(folder) -> None:
    tokenizer = tiny_bpe()
    tokenizer.add_tokens([f"piece{n}" for n in range(50)])
    PreTrainedTokenizerFast(tokenizer_object=tokenizer).save_pretrained(folder)
    with pytest.raises(InputError, match=r"17 tokens .* not among the 300"):
        GenbioelFormat.load(folder)


def test_genbioel_format_is_for_bart(tmp_path) -> None:
    tiny_model("t5", vocabulary=300).save_pretrained(tmp_path)
    with pytest.raises(InputError, match="for BART, and needs a number for bos_token_id"):
        GenbioelFormat.load(tmp_path)


def test_pickle_is_never_loaded_and_the_remedy_is_told(folder) -> None:
    (folder / "model.safetensors").unlink()
    with pytest.raises(InputError, match=r"no model\.safetensors\. Copy all"):
        Seq2Seq.load(folder)
    (folder / "pytorch_model.bin").write_bytes(b"\x80\x04never read")
    with pytest.raises(InputError, match=r"only pytorch_model\.bin, a pickle"):
        Seq2Seq.load(folder)


@pytest.mark.parametrize("parts", [1, 2])
def test_command_that_is_told_makes_what_can_be_loaded(tmp_path, parts) -> None:
    model = tiny_checkpoint(tmp_path / "it's mine", parts=parts)
    (tmp_path / "it's mine" / "another.bin").write_bytes(b"is not named")
    with pytest.raises(InputError) as caught:
        Seq2Seq.load(tmp_path / "it's mine")
    command = shlex.split(str(caught.value).partition("Convert it once: ")[2])
    assert command[:3] == ["biotk", "convert", "checkpoint"]
    done = CliRunner().invoke(app, command[1:])
    assert done.exit_code == 0, done.output
    torch.testing.assert_close(hidden_of(Seq2Seq.load(command[-1])), hidden_of(Seq2Seq(model)))


def test_command_for_a_folder_without_a_name_of_its_own(tmp_path, monkeypatch) -> None:
    tiny_checkpoint(tmp_path / "models" / "mine")
    for here, name in (("models/mine", "."), ("models/mine/..", "mine/")):
        monkeypatch.chdir(tmp_path / here)
        target = shlex.split(convert_command(name))[-1]
        assert Path(target).resolve() == tmp_path / "models" / "mine-safetensors"


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


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"d_model": 17}, "no model that there can be: embed_dim must be divisible"),
        ({"d_model": "wide"}, "cannot be read: Validation error for field 'd_model'"),
        ({"decoder_attention_heads": 0}, "no model that there can be"),
        ({"activation_function": "none"}, "no model that there can be: KeyError 'none'"),
        ({"pad_token_id": 9999}, "no model that there can be"),
        ({"eos_token_id": None}, "eos_token_id in its config.json is None"),
        ({"bos_token_id": 300}, "bos_token_id in its config.json is 300; .* vocab_size, 300"),
        ({"vocab_size": 310}, r"2 weights are of another shape: .*model.shared.weight .*310×16"),
        ({"decoder_layers": 3}, r"26 weights are missing: model.decoder.layers.2"),
        ({"model_type": None}, "has no model_type; known are bart, mbart, mt5, t5"),
    ],
)
def test_config_that_describes_something_else_is_told(folder, change, match, capfd) -> None:
    tiny_config(folder, **change)
    capfd.readouterr()
    with pytest.raises(InputError, match=match) as caught:
        Seq2Seq.load(folder)
    assert str(folder) in str(caught.value)
    assert "\n" not in str(caught.value)
    if "weights" in match:
        assert capfd.readouterr().err == ""  # no table of transformers beside the error


def test_code_of_a_checkpoint_is_neither_run_nor_asked_about(folder, capfd) -> None:
    tiny_config(folder, model_type="own", auto_map={"AutoConfig": "code.Config"})
    (folder / "code.py").write_text("raise SystemExit")
    capfd.readouterr()
    with pytest.raises(UnknownNameError, match="'own'"):
        Seq2Seq.load(folder)
    with pytest.raises(UnknownNameError, match="'own'"):
        GenbioelFormat.load(folder)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("load", [Seq2Seq.load, GenbioelFormat.load])
@pytest.mark.parametrize("offline", [True, False])
def test_hub_model_that_is_not_in_the_cache_is_an_error_offline(load, offline, monkeypatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", offline)
    with pytest.raises(InputError) as caught:
        load("nobody/nothing-at-all", local_files_only=True)
    why = "HF_HUB_OFFLINE is set" if offline else "local_files_only"
    assert str(caught.value) == (
        "model nobody/nothing-at-all: it is not in the local cache, and the hub may not be asked "
        f"({why}). Where a hub can be reached, run: biotk convert checkpoint "
        "nobody/nothing-at-all nothing-at-all. Then copy that folder to this machine and give its "
        "place"
    )


@pytest.fixture
def cached(tmp_path, monkeypatch):
    """A hub model of the local cache that has its weights in a pickle."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    for where in ("constants.HF_HUB_CACHE", "file_download.HF_HUB_CACHE"):
        monkeypatch.setattr(f"huggingface_hub.{where}", str(tmp_path), raising=False)
    commit = "0123456789" * 4
    model = tmp_path / "models--owner--tiny"
    (model / "refs").mkdir(parents=True)
    (model / "refs" / "main").write_text(commit)
    return tiny_checkpoint(model / "snapshots" / commit)


def test_hub_model_of_the_cache_is_converted_offline(cached, tmp_path) -> None:
    for revision in (None, "main"):
        with pytest.raises(InputError, match=r"biotk convert checkpoint owner/tiny tiny$"):
            load_model("owner/tiny", revision=revision)
    assert GenbioelFormat.load("owner/tiny").encode_batch(["fever"])[0]
    convert_checkpoint("owner/tiny", tmp_path / "tiny")
    torch.testing.assert_close(
        hidden_of(Seq2Seq.load(tmp_path / "tiny")), hidden_of(Seq2Seq(cached))
    )
    with pytest.raises(InputError, match="not in the local cache"):
        convert_checkpoint("owner/another", tmp_path / "another")


def test_pickles_of_a_hub_model_are_not_even_fetched(cached, tmp_path, monkeypatch) -> None:
    seen: list[str] = []
    fetch = huggingface_hub.snapshot_download

    def remember(name, **options):
        seen.extend(options["allow_patterns"])
        return fetch(name, **options)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", remember)
    with pytest.raises(InputError):
        load_model("owner/tiny")
    assert "config.json" in seen
    assert not [pattern for pattern in seen if "bin" in pattern or pattern.endswith("*")]


def test_other_architectures_are_named(folder) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "model_type": "bert"}))
    with pytest.raises(UnknownNameError, match=r"'bert'.*bart, mbart, mt5, t5"):
        Seq2Seq.load(folder)


def test_cut_off_weights_are_damage(folder) -> None:
    file = folder / "model.safetensors"
    content = file.read_bytes()
    for damaged in (content[:-100], content[:50], b"not at all safetensors"):
        file.write_bytes(damaged)
        with pytest.raises(InputError, match=r"model\.safetensors: the weights are damaged"):
            Seq2Seq.load(folder)
    file.write_bytes(b"")
    with pytest.raises(InputError, match=r"model\.safetensors is empty"):
        Seq2Seq.load(folder)
    file.write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n")
    with pytest.raises(InputError, match="git lfs pull"):
        Seq2Seq.load(folder)


def test_part_that_is_missing_is_named(folder) -> None:
    weights = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").rename(folder / "one.safetensors")
    index = folder / "model.safetensors.index.json"
    parts = {"metadata": {}, "weight_map": dict.fromkeys(weights, "one.safetensors")}
    index.write_text(json.dumps(parts))
    Seq2Seq.load(folder)
    (folder / "one.safetensors").rename(folder / "two.safetensors")
    with pytest.raises(InputError, match=r"one\.safetensors is missing"):
        Seq2Seq.load(folder)
    index.write_text("{")
    with pytest.raises(InputError, match=r"index\.json cannot be read"):
        Seq2Seq.load(folder)


def test_missing_weight_is_not_made_up(folder) -> None:
    change_weights(folder, lambda weights: weights.pop("model.decoder.layers.1.fc1.weight"))
    with pytest.raises(
        InputError, match=r"1 weight is missing: model\.decoder\.layers\.1\.fc1\.weight"
    ):
        Seq2Seq.load(folder)


def test_weight_of_another_shape_is_an_error(folder) -> None:
    key = "model.decoder.layers.1.fc1.weight"
    change_weights(folder, lambda weights: weights.update({key: torch.zeros(3, 3)}))
    with pytest.raises(InputError, match=rf"1 weight is of another shape: {key} .*be 24×16"):
        Seq2Seq.load(folder)


def test_weight_without_a_place_is_not_left_out_in_silence(folder) -> None:
    tiny_config(folder, decoder_layers=1)
    with pytest.raises(InputError, match=r"26 weights are without a place .* --drop-extra"):
        Seq2Seq.load(folder)


def test_bias_that_is_zeros_unless_stored_may_be_missing(folder) -> None:
    with_bias = hidden_of(Seq2Seq.load(folder))
    bias = load_file(folder / "model.safetensors")["final_logits_bias"]
    change_weights(folder, lambda weights: weights.pop("final_logits_bias"))
    torch.testing.assert_close(hidden_of(Seq2Seq.load(folder)) + bias, with_bias)


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
