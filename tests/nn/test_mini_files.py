"""biotk-mini is loaded as it was saved; what is damaged or foreign gives one clear error."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
import torch
from tiny_mini import PIECES, read_tiny_encoder, tiny_form, tiny_network, tiny_pieces

from biotk.errors import InputError, UnknownNameError
from biotk.kb.manifest import sha256_file
from biotk.nn.mini import MiniModel
from biotk.nn.mini_files import MINI, load_mini, save_mini
from biotk.nn.model_files import WEIGHTS
from biotk.nn.storage import STORAGES
from biotk.nn.tensor_files import read_tensors, write_tensors

SOURCES = [(2, 7, 9 + len(PIECES), 11, 3), (2, 30 + len(PIECES), 3)]
CLOSE = {"float32": 1e-6, "float16": 2e-2, "bfloat16": 0.15, "int8": 0.15}


@pytest.fixture
def network(tmp_path):
    return tiny_network(tmp_path / "encoder")


@pytest.fixture
def saved(tmp_path, network):
    """:returns: the folder of a model, with its encoder beside the weights."""
    folder = tmp_path / "model"
    sha256 = read_tiny_encoder(tmp_path / "encoder").sha256
    save_mini(network, folder, form=tiny_form(), encoder_sha256=sha256)
    shutil.copytree(tmp_path / "encoder", folder / "encoder")
    return folder


def hidden(model: MiniModel) -> torch.Tensor:
    memory, zeros = model.encode(SOURCES), np.zeros(2, np.int64)
    rows = np.arange(2)
    return model.feed(memory, np.array([2, 2]), rows[:, None], zeros + 1, rows)


@pytest.mark.parametrize("storage", STORAGES)
def test_model_is_loaded_as_it_was_saved(tmp_path, network, saved, storage) -> None:
    sha256 = read_tiny_encoder(tmp_path / "encoder").sha256
    form = tiny_form(window=5, max_mention=7)
    save_mini(network, saved, form=form, encoder_sha256=sha256, storage=storage)
    model, loaded = load_mini(saved)
    assert (loaded.window, loaded.max_mention) == (5, 7)
    assert loaded.fingerprint == form.fingerprint
    assert (model.end_id, model.nil_id, model.max_length) == (form.end_id, form.nil_id, None)
    want = hidden(MiniModel(network, end_id=form.end_id, nil_id=form.nil_id))
    error = (hidden(model) - want).abs().max() / want.abs().max()
    assert error < CLOSE[storage]
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(saved, elsewhere, ignore=shutil.ignore_patterns("encoder"))
    again, _ = load_mini(elsewhere, encoder=tmp_path / "encoder", dtype=torch.bfloat16)
    assert torch.nn.functional.cosine_similarity(hidden(again).float(), want).min() > 0.97


def test_smaller_storages_are_smaller_and_only_ours_is_stored(tmp_path, network, saved) -> None:
    sizes = []
    for storage in ("float32", "bfloat16", "int8"):
        save_mini(network, saved, form=tiny_form(), encoder_sha256="0" * 64, storage=storage)
        sizes.append((saved / WEIGHTS).stat().st_size)
    assert sizes == sorted(sizes, reverse=True)
    names = {name for name in read_tensors(saved / WEIGHTS).tensors if "scales" not in name}
    assert names == set(network.own_state())
    frozen = ("encoder.embeddings.", "encoder.encoder.layer.0.")
    assert not any(name.startswith(frozen) for name in names)
    assert any(name.startswith("encoder.encoder.layer.1.") for name in names)


def test_saving_leaves_other_files_alone_and_refuses_numbers_that_are_none(saved, network) -> None:
    (saved / "README.md").write_text("card")
    before = (saved / WEIGHTS).read_bytes()
    with torch.no_grad():
        network.copied.weight[0, 0] = float("inf")
    with pytest.raises(InputError, match=r"copied\.weight holds values that are not finite"):
        save_mini(network, saved, form=tiny_form())
    with torch.no_grad():
        network.copied.weight[0, 0] = 0.0
    with pytest.raises(UnknownNameError, match="storage"):
        save_mini(network, saved, form=tiny_form(), storage="int3")
    assert (saved / WEIGHTS).read_bytes() == before
    assert (saved / "README.md").read_text() == "card"


def changed(folder, **changes) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"format": "bart"}, "not that of a biotk-mini"),
        ({"version": 2}, "is of version 2 .* reads version 1"),
        ({"window": None}, "window is missing"),
        ({"window": True}, "window is missing, or not"),
        ({"window": -1}, "window is missing, or not"),
        ({"max_mention": 0}, "max_mention is missing, or not"),
        ({"cleaning": "genbioel"}, "cleaning is missing, or not"),
        ({"normalisation": "vocabulary"}, "normalisation is missing, or not"),
        ({"encoder": {"name": "x"}}, r"encoder\.sha256 is missing"),
        ({"weights": {}}, r"weights\.sha256 is missing"),
        ({"network": {"n_layers": "2"}}, r"network\.n_layers is missing, wrong or unknown"),
        ({"window": 40}, "make 88 pieces; the encoder has room for 40"),
        ({"tokenizer": "0" * 16}, "another tokenizer"),
        ({"weights": {"sha256": "0" * 64}}, "is not the file that config"),
        ({"encoder": {"name": "x", "sha256": "0" * 64}}, "is not the encoder that is needed"),
    ],
)
def test_config_that_does_not_fit_is_told(saved, changes, told) -> None:
    changed(saved, **changes)
    with pytest.raises(InputError, match=told):
        load_mini(saved)


def test_config_that_is_none_is_told(saved) -> None:
    network = json.loads((saved / "config.json").read_text())["network"]
    changed(saved, network=network | {"wings": 2})
    with pytest.raises(InputError, match=r"network\.wings is missing, wrong or unknown"):
        load_mini(saved)
    for text, told in (("[]", "not that of a"), ("{", "cannot be read"), (None, "cannot be read")):
        (saved / "config.json").unlink()
        if text is not None:
            (saved / "config.json").write_text(text)
        with pytest.raises(InputError, match=told):
            MINI.read_config(saved)


def nan(tensors):
    return tensors | {"final_norm.bias": torch.full_like(tensors["final_norm.bias"], torch.nan)}


def missing(tensors):
    return {name: tensor for name, tensor in tensors.items() if name != "marks.weight"
            and name != "marks.weight.row_scales"}  # fmt: skip


def foreign(tensors):
    return tensors | {"wings.weight": torch.ones(3)}


def cut(tensors):
    return tensors | {"final_norm.bias": tensors["final_norm.bias"][:-1]}


def unscaled(tensors):
    return {name: tensor for name, tensor in tensors.items() if name != "marks.weight.row_scales"}


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (nan, r"final_norm\.bias holds values that are not finite"),
        (missing, r"1 missing: marks\.weight"),
        (foreign, r"1 without a place: wings\.weight"),
        (cut, r"final_norm\.bias has the shape \(23,\), where .* \(24,\)"),
        (unscaled, r"scales of marks\.weight are missing"),
    ],
)
def test_weights_that_do_not_fit_are_told(saved, damage, told) -> None:
    path = saved / WEIGHTS
    write_tensors(path, damage(read_tensors(path).tensors))
    changed(saved, weights={"sha256": sha256_file(path)})
    with pytest.raises(InputError, match=told):
        load_mini(saved)


def test_weights_of_another_model_or_none_are_told(saved) -> None:
    path = saved / WEIGHTS
    write_tensors(path, foreign(read_tensors(path).tensors))
    with pytest.raises(InputError, match="is not the file that config"):
        load_mini(saved)
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(InputError, match="damaged"):
        load_mini(saved)
    path.unlink()
    with pytest.raises(InputError, match=r"weights\.safetensors is missing"):
        load_mini(saved)


def test_encoder_must_be_the_one_that_the_model_builds_on(tmp_path, saved) -> None:
    shutil.rmtree(saved / "encoder")
    with pytest.raises(InputError, match=r"builds on another encoder .* Put the files"):
        load_mini(saved)
    tiny_network(tmp_path / "other", seed=1)
    with pytest.raises(InputError, match="is not the encoder that is needed"):
        load_mini(saved, encoder=tmp_path / "other")
    tokenizer = tiny_pieces()
    tokenizer.add_tokens(["more"])
    tokenizer.save(str(tmp_path / "encoder" / "tokenizer.json"))
    with pytest.raises(InputError, match="another tokenizer"):
        load_mini(saved, encoder=tmp_path / "encoder")
