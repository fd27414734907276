"""Checkpoints that cannot be converted: one error with place and remedy, nothing run or left."""

from __future__ import annotations

import argparse
import errno
import json
import os
import resource
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from tiny_bpe import tiny_bpe
from tiny_checkpoints import tiny_checkpoint, tiny_config, tiny_tokenizer
from transformers import PreTrainedTokenizerFast

from biotk.errors import InputError, UnknownNameError
from biotk.nn import convert, convert_source
from biotk.nn.convert import convert_checkpoint

WEIGHT = "model.decoder.layers.1.fc1.weight"


@pytest.fixture
def source(tmp_path):
    tiny_checkpoint(tmp_path / "source")
    return tmp_path / "source"


def refused(source, match, error=InputError, **options) -> str:
    """Make sure that a conversion is refused, in one line, and leaves nothing behind."""
    target = source.parent / "out" / "target"
    with pytest.raises(error, match=match) as caught:
        convert_checkpoint(source, target, **options)
    assert "\n" not in str(caught.value)
    assert not target.parent.exists() or not list(target.parent.iterdir())
    return str(caught.value)


class Runs:
    """What a pickle can do: touch a file as soon as it is read."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self):
        return os.mkdir, (str(self.mark),)


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("inside", ["value", "key", "first"])
def test_pickle_that_would_run_something_is_refused_and_not_run(source, inside, zipped) -> None:
    mark, path = source.parent / "was-run", source / "pytorch_model.bin"
    weights = torch.load(path, weights_only=True)
    content = {
        "value": weights | {"extra": Runs(mark)},
        "key": {"state_dict": weights, "arguments": [Runs(mark)]},
        "first": [Runs(mark), weights],
    }[inside]
    torch.save(content, path, _use_new_zipfile_serialization=zipped)
    said = refused(source, r"pytorch_model\.bin holds Python objects .* save model\.state_dict\(\)")
    assert "mkdir" in said
    assert not mark.exists()
    torch.load(path, weights_only=False)  # and it would have
    assert mark.exists()


def test_arguments_of_a_training_are_refused_by_name(source) -> None:
    path = source / "pytorch_model.bin"
    weights = torch.load(path, weights_only=True)
    torch.save({"model": weights, "args": argparse.Namespace(lr=0.1)}, path)
    refused(source, r"holds Python objects \(argparse\.Namespace\)")


def test_whole_model_is_refused(source) -> None:
    model = tiny_checkpoint(source)
    torch.save(model, source / "pytorch_model.bin")
    refused(source, r"holds Python objects \(transformers\.")


def test_pytorch_whose_unpickler_is_not_safe_is_not_used(source, monkeypatch) -> None:
    monkeypatch.setattr(torch, "__version__", "2.9.1+cpu")
    refused(source, r"PyTorch 2\.9\.1\+cpu cannot read such files safely; install torch>=2\.10")
    monkeypatch.setattr(torch, "__version__", "3.0.0a0+git1")
    assert convert_source.torch_version() == (3, 0)


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("kept", [0.0, 0.01, 0.5, 0.99])
def test_cut_off_pickle_is_damaged(source, zipped, kept) -> None:
    path = source / "pytorch_model.bin"
    weights = torch.load(path, weights_only=True)
    torch.save(weights, path, _use_new_zipfile_serialization=zipped)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept)])
    refused(source, r"pytorch_model\.bin is (damaged|empty).* Fetch or copy the checkpoint again")


def test_changed_bytes_never_pass_unnoticed_or_end_in_a_traceback(source) -> None:
    path = source / "pytorch_model.bin"
    content = path.read_bytes()
    convert_checkpoint(source, source.parent / "whole")
    whole = load_file(source.parent / "whole" / "model.safetensors")
    n_refused = 0
    for at in range(0, 400, 13):  # where the pickle itself stands
        path.write_bytes(content[:at] + bytes([content[at] ^ 0x55]) + content[at + 1 :])
        target = source.parent / f"target-{at}"
        try:
            convert_checkpoint(source, target)
        except InputError as error:
            assert str(source) in str(error)
            assert not target.exists()
            n_refused += 1
        else:  # a byte that says nothing of the weights
            found = load_file(target / "model.safetensors")
            assert found.keys() == whole.keys()
            assert all(torch.equal(found[name], whole[name]) for name in whole)
    assert n_refused > 10


def test_text_is_no_checkpoint(source) -> None:
    (source / "pytorch_model.bin").write_text("<html>404 Not Found</html>")
    refused(source, "damaged: it is no file of PyTorch")
    (source / "pytorch_model.bin").write_text("version https://git-lfs.github.com/spec/v1\noid …")
    refused(source, "git lfs pull")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("weight", [WEIGHT, "model.shared.weight", "final_logits_bias"])
def test_weight_that_is_no_number_is_named(source, value, weight) -> None:
    def spoil(weights) -> None:
        weights[weight].view(-1)[3] = value

    tiny_checkpoint(source, change=spoil)
    said = refused(source, "holds values that are not finite")
    assert weight in said


def test_missing_weights_are_named_and_counted(source) -> None:
    tiny_checkpoint(source, change=lambda weights: weights.pop(WEIGHT))
    refused(source, rf"source: .*config\.json; 1 weight is missing: {WEIGHT}\.")
    tiny_config(source, decoder_layers=3)
    refused(source, r"27 weights are missing: .*layers\.1\.fc1\.weight, .*, …")


def test_weight_of_another_shape_is_told_with_both(source) -> None:
    tiny_checkpoint(source, change=lambda weights: weights.update({WEIGHT: torch.zeros(3, 4)}))
    refused(source, rf"1 weight is of another shape: {WEIGHT} is 3×4, not 24×16")


def test_weights_without_a_place_are_left_out_only_if_asked(source) -> None:
    extra = {"soft_prompt_enc.weight": torch.zeros(3, 16), "soft_prompt_dec.weight": torch.ones(2)}
    tiny_checkpoint(source, change=lambda weights: weights.update(extra))
    refused(source, r"2 weights are without a place in it: soft_prompt_dec.*--drop-extra")
    done = convert_checkpoint(source, source.parent / "target", drop_extra=True)
    assert done.left_out == tuple(sorted(extra))


def test_weights_of_another_model_do_not_pass_for_this_one(source, tmp_path) -> None:
    tiny_checkpoint(tmp_path / "t5", "t5")
    shutil.copy(tmp_path / "t5" / "pytorch_model.bin", source)
    refused(source, r"weights are missing.*weights are without a place", drop_extra=False)
    refused(source, r"weights are missing", drop_extra=True)


def test_weight_that_comes_twice_is_refused(source) -> None:
    def double(weights) -> None:
        for key in list(weights):
            weights[f"module.{key}"] = weights.pop(key)
        weights[WEIGHT] = weights[f"module.{WEIGHT}"] + 1

    tiny_checkpoint(source, change=double)
    refused(source, rf"the weight {WEIGHT} comes twice")
    tiny_checkpoint(source, parts=2)
    (source / "pytorch_model.bin").unlink()
    first, second = sorted(source.glob("*-of-*.bin"))
    shutil.copy(first, second)
    refused(source, r"00002-of-00002\.bin: the weight .* is in another file")


@pytest.mark.parametrize(
    ("content", "match"),
    [
        ([torch.zeros(2)], "holds a list, no weights by name"),
        ({}, "weights are missing"),
        ({"epoch": 3}, "'epoch' is a int, no weight"),
        ({"a.weight": torch.zeros(2).to_sparse()}, "quantised or sparse"),
    ],
)
def test_file_of_something_else_is_refused(source, content, match) -> None:
    torch.save(content, source / "pytorch_model.bin")
    refused(source, match)


@pytest.mark.parametrize(
    ("index", "match"),
    [
        ("{", "cannot be read"),
        ("[]", "cannot be read"),
        ('{"weight_map": {}}', "names no files of its folder"),
        ('{"weight_map": {"a": "../../secret.bin"}}', "names no files of its folder"),
        ('{"weight_map": {"a": "pytorch_model-00009.bin"}}', r"00009\.bin is missing"),
    ],
)
def test_index_that_leads_nowhere_is_named(source, index, match) -> None:
    (source / "pytorch_model.bin").unlink()
    (source / "pytorch_model.bin.index.json").write_text(index)
    refused(source, match)


def test_folder_without_weights_says_where_some_are(source) -> None:
    inner = source / "checkpoint-20000"
    inner.mkdir()
    (source / "pytorch_model.bin").rename(inner / "pytorch_model.bin")
    (source / "training_args.bin").write_bytes(b"\x80\x04 a pickle of something else")
    refused(source, r"there are no weights: .*Its folder checkpoint-20000 has some")
    shutil.rmtree(inner)
    refused(source, r"no model\.safetensors\.$")
    with pytest.raises(InputError, match="there is no such folder"):
        convert_checkpoint(source / "nowhere", source.parent / "x")
    with pytest.raises(InputError, match="that is a file"):
        convert_checkpoint(source / "config.json", source.parent / "x")


def test_config_that_cannot_be_used_is_named(source) -> None:
    path = source / "config.json"
    good = json.loads(path.read_text())
    for content in ("{", "[]", "null", "", "{}", json.dumps(good | {"d_model": "wide"})):
        path.write_text(content)
        refused(source, r"source: its config\.json")
    path.write_text(json.dumps(good | {"d_model": 17}))
    refused(source, r"its config\.json describes no model")
    path.write_text(json.dumps(good | {"model_type": "bert"}))
    refused(source, r"'bert'.*bart, mbart, mt5, t5", UnknownNameError)
    path.unlink()
    refused(source, r"has no config\.json")


def test_code_that_comes_with_a_checkpoint_is_neither_run_nor_asked_about(source, capsys) -> None:
    mark = source / "was-run"
    (source / "code.py").write_text(f"import os; os.mkdir({str(mark)!r})\nclass Config: pass\n")
    tiny_config(source, model_type="own", auto_map={"AutoConfig": "code.Config"})
    refused(source, "'own'", UnknownNameError)
    assert not mark.exists()
    assert capsys.readouterr() == ("", "")


def test_tokenizer_that_does_not_fit_is_refused_before_any_weight_is_read(
    source, monkeypatch
) -> None:
    monkeypatch.setattr(convert, "read_weights", lambda source: pytest.fail("read"))
    tokenizer = tiny_bpe()
    tokenizer.add_tokens([f"piece{n}" for n in range(50)])
    PreTrainedTokenizerFast(tokenizer_object=tokenizer).save_pretrained(source)
    refused(source, r"source: \d+ tokens of its tokenizer .* the 300 that the model knows")
    (source / "tokenizer.json").write_text("{")
    refused(source, "source: its tokenizer cannot be read")
    other = source.parent / "other"
    tiny_tokenizer(other)
    (other / "tokenizer.json").write_text("{}")
    refused(source, "other: its tokenizer cannot be read", tokenizer=other)


def test_tokenizer_without_pieces_is_none(source) -> None:
    (source / "tokenizer.json").unlink()
    (source / "tokenizer_config.json").write_text('{"tokenizer_class": "BartTokenizer"}')
    refused(source, "holds no tokenizer")
    (source / "vocab.json").write_text('{"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3}')
    (source / "merges.txt").write_text("#version: 0.2\n")
    refused(source, "its tokenizer has no pieces but special ones")


# The target


def test_file_that_may_not_grow_ends_it_with_what_it_needs(source) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        said = refused(source, r"no room for the checkpoint at .*target: File too large")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "It needs about 0.1 MB" in said
    assert "nothing was left there" in said


def test_full_disk_is_noticed_before_anything_is_read(source, monkeypatch) -> None:
    monkeypatch.setattr(convert, "read_weights", lambda source: pytest.fail("read"))
    free = shutil.disk_usage(source)._replace(free=10)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: free)
    refused(source, r"no room for the checkpoint .*No space left.* Make room or choose another")


def test_place_that_cannot_be_written_to_is_named(source, monkeypatch) -> None:
    (source.parent / "file").write_text("")
    with pytest.raises(InputError, match=r"file/target cannot be written: File exists"):
        convert_checkpoint(source, source.parent / "file" / "target")

    def refuse(self, *args, **kwargs):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)
    refused(source, r"target cannot be written: Permission denied\. Choose another place")


def test_result_that_is_loaded_as_something_else_is_not_kept(source, monkeypatch) -> None:
    load = convert.load_model

    def changed(*args, **options):
        model = load(*args, **options)
        model.model.decoder.layers[1].fc1.weight.data[0, 0] += 1
        return model

    monkeypatch.setattr(convert, "load_model", changed)
    refused(source, rf"{WEIGHT} is not loaded as it was read")
