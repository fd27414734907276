"""Checkpoints of others become safetensors with the same weights, whatever they were stored in."""

from __future__ import annotations

import hashlib
import json
import shutil

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny_bpe import tiny_bpe
from tiny_checkpoints import tiny_checkpoint, tiny_config, tiny_tokenizer
from tiny_models import SHAPES, tiny_model

from biotk.errors import InputError, UnknownNameError
from biotk.nn.architecture import architecture_of, read_config
from biotk.nn.checkpoint import load_model
from biotk.nn.convert import Conversion, convert_checkpoint
from biotk.nn.convert_weights import Renaming, find_renaming
from biotk.nn.genbioel_format import GenbioelFormat
from biotk.nn.seq2seq import Seq2Seq


@pytest.fixture
def source(tmp_path):
    return tmp_path / "source"


@pytest.fixture
def target(tmp_path):
    return tmp_path / "models" / "target"


def same_weights(folder, model) -> None:
    """Make sure that what Hugging Face loads is what was written, weight by weight, by any name."""
    loaded, want = load_model(folder).state_dict(), model.state_dict()
    assert loaded.keys() == want.keys()
    for key, weight in want.items():
        assert torch.equal(loaded[key], weight), key


def scores_of(seq2seq: Seq2Seq) -> torch.Tensor:
    memory = seq2seq.encode([[5, 6, 2]])
    zero, one = np.zeros(1, np.int64), np.ones(1, np.int64)
    return seq2seq.logits(seq2seq.feed(memory, zero + 2, zero[:, None], one, zero))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("parts", [1, 3])
def test_converted_weights_are_those_of_the_pickle(source, target, shape, parts) -> None:
    model = tiny_checkpoint(source, shape, parts=parts)
    done = convert_checkpoint(source, target)
    same_weights(target, model)
    torch.testing.assert_close(scores_of(Seq2Seq.load(target)), scores_of(Seq2Seq(model)))
    assert [path.name for path in done.files] == sorted(p.name for p in source.glob("*.bin"))
    assert (done.renaming, done.left_out, done.made) == (Renaming(), (), ())
    assert done.n_parameters == sum(weight.numel() for weight in model.parameters())


def test_report_is_of_the_file_that_was_written(source, target) -> None:
    tiny_checkpoint(source)
    done = convert_checkpoint(source, target)
    file = target / "model.safetensors"
    assert isinstance(done, Conversion)
    assert (done.folder, done.n_bytes) == (target, file.stat().st_size)
    assert done.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    lines = (target / "SHA256SUMS").read_text().splitlines()
    sums = {name: digest for digest, name in (line.split("  ") for line in lines)}
    assert sums.keys() == {path.name for path in target.iterdir()} - {"SHA256SUMS"}
    for name, digest in sums.items():
        assert digest == hashlib.sha256((target / name).read_bytes()).hexdigest()
    assert file.stat().st_mode == (target / "config.json").stat().st_mode


def test_weight_with_several_names_is_stored_once(source, target) -> None:
    tiny_checkpoint(source)
    done = convert_checkpoint(source, target)
    shared = ("model.encoder.embed_tokens", "model.decoder.embed_tokens", "lm_head")
    assert done.shared == {f"{name}.weight": "model.shared.weight" for name in shared}
    stored = load_file(target / "model.safetensors")
    assert "model.shared.weight" in stored
    assert not stored.keys() & done.shared.keys()


@pytest.mark.parametrize("name", ["model.encoder.embed_tokens.weight", "lm_head.weight"])
def test_any_name_of_a_shared_weight_will_do(source, target, name) -> None:
    def keep_one(weights) -> None:
        for key in [key for key in weights if "embed_tokens" in key or "lm_head" in key]:
            if key != name:
                del weights[key]
        del weights["model.shared.weight"]

    model = tiny_checkpoint(source, change=keep_one)
    convert_checkpoint(source, target)
    same_weights(target, model)


@pytest.mark.parametrize("shape", ["t5-gated", "bart"])
def test_output_layer_of_its_own_is_kept_where_the_config_has_one(source, target, shape) -> None:
    def retrain(weights) -> None:
        weights["lm_head.weight"] = weights["lm_head.weight"] + 1

    model = tiny_checkpoint(source, shape, change=retrain)
    tiny_config(source, tie_word_embeddings=False)
    done = convert_checkpoint(source, target)
    assert "lm_head.weight" not in done.shared
    loaded = load_model(target).state_dict()
    assert torch.equal(loaded["lm_head.weight"], model.lm_head.weight + 1)
    shared = next(key for key in loaded if key.endswith("shared.weight"))
    assert torch.equal(loaded[shared], model.get_input_embeddings().weight)


def test_two_output_layers_where_there_should_be_one_are_refused(source, target) -> None:
    tiny_checkpoint(source, change=lambda w: w.update({"lm_head.weight": w["lm_head.weight"] + 1}))
    with pytest.raises(InputError, match=r'lm_head\.weight and .* "tie_word_embeddings": false'):
        convert_checkpoint(source, target)
    assert not target.exists()


@pytest.mark.parametrize(
    ("prefix", "shape"),
    [("module.", "bart"), ("module.", "t5"), ("_orig_mod.", "bart"), ("model.", "bart"),
     ("module.model.", "mbart"), ("net.module.", "t5-gated")],
)  # fmt: skip
def test_prefix_of_a_wrapper_is_taken_off(source, target, prefix, shape) -> None:
    def wrap(weights) -> None:
        for key in list(weights):
            weights[prefix + key] = weights.pop(key)

    model = tiny_checkpoint(source, shape, change=wrap)
    assert convert_checkpoint(source, target).renaming == Renaming(prefix, "")
    same_weights(target, model)


def without_output_layer(weights) -> None:
    for key in list(weights):
        weight = weights.pop(key)
        if key.startswith("model."):
            weights[key.removeprefix("model.")] = weight


def test_model_without_its_output_layer_gets_the_prefix_and_the_zeros(source, target) -> None:
    model = tiny_checkpoint(source, change=without_output_layer)
    done = convert_checkpoint(source, target)
    assert (done.renaming, done.made) == (Renaming("", "model."), ("final_logits_bias",))
    model.final_logits_bias.zero_()
    same_weights(target, model)


def test_fairseq_names_are_understood(source, target) -> None:
    def rename(weights) -> None:
        without_output_layer(weights)
        weights["decoder.output_projection.weight"] = weights.pop("shared.weight")
        weights["encoder.version"] = torch.tensor([3.0])
        weights["decoder.embed_positions._float_tensor"] = torch.zeros(1)

    model = tiny_checkpoint(source, change=rename)
    done = convert_checkpoint(source, target)
    assert done.left_out == ("decoder.embed_positions._float_tensor", "encoder.version")
    model.final_logits_bias.zero_()
    same_weights(target, model)


def test_weights_inside_a_trainers_checkpoint_are_taken_and_the_rest_is_told(
    source, target
) -> None:
    model = tiny_checkpoint(source)
    weights = torch.load(source / "pytorch_model.bin", weights_only=True)
    whole = {"state_dict": weights, "epoch": 3, "optimizer": {"lr": 0.1}}
    torch.save(whole, source / "pytorch_model.bin")
    assert convert_checkpoint(source, target).passed_over == ("epoch", "optimizer")
    same_weights(target, model)


def test_old_format_of_pickles_is_read(source, target) -> None:
    model = tiny_checkpoint(source)
    file = source / "pytorch_model.bin"
    torch.save(model.state_dict(), file, _use_new_zipfile_serialization=False)
    convert_checkpoint(source, target)
    same_weights(target, model)


def test_safetensors_are_converted_as_well(source, target) -> None:
    model = tiny_checkpoint(source)
    weights = torch.load(source / "pytorch_model.bin", weights_only=True)
    tensors = {f"module.{key}": weight.clone() for key, weight in weights.items()}
    save_file(tensors, source / "model.safetensors")
    (source / "pytorch_model.bin").write_bytes(b"not read where there are safetensors")
    assert convert_checkpoint(source, target).renaming == Renaming("module.", "")
    same_weights(target, model)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_dtype_is_the_one_asked_for(source, target, dtype) -> None:
    model = tiny_checkpoint(source)
    done = convert_checkpoint(source, target, dtype=dtype)
    stored = load_file(target / "model.safetensors")
    assert {weight.dtype for weight in stored.values()} == {getattr(torch, dtype)}
    assert json.loads((target / "config.json").read_text())["dtype"] == done.dtype == dtype
    for key, weight in stored.items():
        assert torch.equal(weight, model.state_dict()[key].to(weight.dtype))


def test_half_precision_becomes_single(source, target) -> None:
    def halve(weights) -> None:
        weights |= {key: weight.half() for key, weight in weights.items()}

    model = tiny_checkpoint(source, change=halve)
    tiny_config(source, torch_dtype="float16")
    convert_checkpoint(source, target)
    assert "torch_dtype" not in json.loads((target / "config.json").read_text())
    loaded = load_model(target).state_dict()
    for key, weight in model.state_dict().items():
        assert torch.equal(loaded[key], weight.half().float())


def test_value_that_a_dtype_cannot_hold_is_an_error(source, target) -> None:
    def enlarge(weights) -> None:
        weights["model.encoder.layers.0.fc1.bias"][2] = 1e6

    tiny_checkpoint(source, change=enlarge)
    with pytest.raises(InputError, match=r"layers\.0\.fc1\.bias .* 1e\+06, too large for float16"):
        convert_checkpoint(source, target, dtype="float16")
    convert_checkpoint(source, target, dtype="bfloat16")
    with pytest.raises(UnknownNameError, match="'int8'"):
        convert_checkpoint(source, target, dtype="int8")


def test_config_stays_but_for_dtype_class_and_code(source, target) -> None:
    tiny_checkpoint(source)
    before = json.loads((source / "config.json").read_text())
    own = {"architectures": ["BartEntityPromptModel"], "auto_map": {"AutoConfig": "code.Config"}}
    tiny_config(source, num_beams=5, **own)
    convert_checkpoint(source, target)
    after = json.loads((target / "config.json").read_text())
    want = before | {"num_beams": 5, "dtype": "float32"}
    assert after == want | {"architectures": ["BartForConditionalGeneration"]}


def test_tokenizer_and_terms_come_with_it(source, target) -> None:
    tiny_checkpoint(source)
    (source / "LICENSE.txt").write_text("MIT")
    (source / "README.md").write_text("# A model")
    (source / "optimizer.pt").write_bytes(b"large")
    convert_checkpoint(source, target)
    assert sorted(path.name for path in target.iterdir()) == [
        "LICENSE.txt", "README.md", "SHA256SUMS", "config.json", "model.safetensors",
        "tokenizer.json", "tokenizer_config.json",
    ]  # fmt: skip
    form = GenbioelFormat.load(target)
    assert form.encode_batch(["a fever"]) == GenbioelFormat(tiny_bpe()).encode_batch(["a fever"])


def test_tokenizer_of_vocabulary_and_merges_is_enough(source, target) -> None:
    tiny_checkpoint(source, tokenizer=False)
    bpe = json.loads(tiny_bpe().to_str())["model"]
    (source / "vocab.json").write_text(json.dumps(bpe["vocab"]))
    (source / "merges.txt").write_text("\n".join(map(" ".join, bpe["merges"])) + "\n")
    convert_checkpoint(source, target)
    form = GenbioelFormat.load(target)
    assert form.encode_batch(["a fever"]) == GenbioelFormat(tiny_bpe()).encode_batch(["a fever"])


def test_tokenizer_can_come_from_elsewhere(source, target, tmp_path) -> None:
    tiny_checkpoint(source, tokenizer=False)  # as GenBioEL's training leaves it
    with pytest.raises(InputError, match=r"no tokenizer .*--tokenizer PLACE"):
        convert_checkpoint(source, target)
    tiny_tokenizer(tmp_path / "bart-large")
    convert_checkpoint(source, target, tokenizer=tmp_path / "bart-large")
    assert GenbioelFormat.load(target).encode_batch(["fever"])[0]


def test_checkpoint_that_is_there_is_replaced_only_if_asked(source, target, tmp_path) -> None:
    tiny_checkpoint(source)
    first = convert_checkpoint(source, target)
    with pytest.raises(InputError, match=f"{target} exists.*--force"):
        convert_checkpoint(source, target)
    (target / "left.txt").write_text("of the first")
    second = convert_checkpoint(source, target, dtype="float16", overwrite=True)
    assert second.sha256 != first.sha256
    assert not (target / "left.txt").exists()
    assert [path.name for path in target.parent.iterdir()] == ["target"]


def test_old_checkpoint_stays_where_the_new_one_fails(source, target) -> None:
    tiny_checkpoint(source)
    convert_checkpoint(source, target)
    before = (target / "model.safetensors").read_bytes()
    tiny_checkpoint(source, change=lambda weights: weights.pop("model.encoder.layers.0.fc1.bias"))
    with pytest.raises(InputError, match="1 weight is missing"):
        convert_checkpoint(source, target, overwrite=True)
    assert (target / "model.safetensors").read_bytes() == before
    assert [path.name for path in target.parent.iterdir()] == ["target"]


@pytest.mark.parametrize("where", ["source", "source/inner", "."])
def test_target_may_not_be_or_hold_its_source(source, tmp_path, where) -> None:
    tiny_checkpoint(source)
    shutil.copy(source / "config.json", tmp_path)  # so that both look like checkpoints
    with pytest.raises(InputError, match="one is or lies in the other"):
        convert_checkpoint(source, tmp_path / where, overwrite=True)
    assert (source / "pytorch_model.bin").is_file()


def test_folder_that_is_no_checkpoint_is_never_replaced(source, tmp_path) -> None:
    tiny_checkpoint(source)
    papers = tmp_path / "papers"
    papers.mkdir()
    convert_checkpoint(source, papers)  # an empty folder holds nothing to lose
    shutil.rmtree(papers)
    papers.mkdir()
    (papers / "thesis.txt").write_text("…")
    with pytest.raises(InputError, match="is no checkpoint"):
        convert_checkpoint(source, papers, overwrite=True)
    with pytest.raises(InputError, match="is no folder"):
        convert_checkpoint(source, papers / "thesis.txt", overwrite=True)
    assert (papers / "thesis.txt").read_text() == "…"


@pytest.mark.parametrize("shape", SHAPES)
def test_names_that_fit_already_are_left_alone(shape, tmp_path) -> None:
    model = tiny_model(shape)
    model.config.save_pretrained(tmp_path)
    architecture = architecture_of("x", read_config("x", tmp_path))
    assert find_renaming(model.state_dict(), architecture) == Renaming()
    assert find_renaming(["head.weight", "tail"], architecture) == Renaming()


def test_progress_is_told(source, target) -> None:
    tiny_checkpoint(source)
    seen: list[tuple[str, int, int]] = []
    convert_checkpoint(source, target, progress=lambda *step: seen.append(step))
    assert list(dict.fromkeys(step for step, _, _ in seen)) == [
        "reading", "checking", "writing", "loading it",
    ]  # fmt: skip
    n_stored = len(load_file(target / "model.safetensors"))
    assert ("checking", n_stored, n_stored) in seen
