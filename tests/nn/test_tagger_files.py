"""biotk-tagger is loaded as it was saved; what is damaged or foreign gives one clear error."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
import torch
from tiny_mini import read_tiny_encoder, write_encoder
from tiny_tagger import OVERLAP, TYPES, WINDOW, tiny_tagger, tiny_tagger_form, write_tagger

from biotk.errors import InputError, UnknownNameError
from biotk.nn.model_files import WEIGHTS
from biotk.nn.storage import STORAGES
from biotk.nn.tagger import TaggerModel
from biotk.nn.tagger_files import TAGGER, load_tagger, new_tagger, save_tagger
from biotk.nn.tagger_network import TaggerConfig
from biotk.nn.tensor_files import read_tensors, write_tensors

CLOSE = {"float32": 1e-5, "float16": 2e-2, "bfloat16": 0.2, "int8": 0.2}


@pytest.fixture
def saved(tmp_path):
    return write_tagger(tmp_path / "model")


def told(saved) -> str:
    with pytest.raises(InputError) as error:
        load_tagger(saved)
    return str(error.value)


@pytest.mark.parametrize("storage", STORAGES)
def test_model_is_loaded_as_it_was_saved(tmp_path, saved, storage) -> None:
    network = tiny_tagger(tmp_path / "model-encoder")
    config = TAGGER.read_config(saved)
    save_tagger(
        network, saved, form=tiny_tagger_form(), window=30, overlap=4, storage=storage,
        encoder_sha256=config["encoder"]["sha256"],
    )  # fmt: skip
    model = load_tagger(saved)
    assert (model.types, model.window, model.overlap) == (TYPES, 30, 4)
    want = TaggerModel(network, tiny_tagger_form(), window=30, overlap=4)
    (a,), (b,) = (each.label(["No fever, IL-2."]) for each in (model, want))
    assert np.abs(np.exp(a.log_probs) - np.exp(b.log_probs)).max() < CLOSE[storage]


def test_only_ours_is_stored_and_a_matrix_takes_a_byte_a_number(saved) -> None:
    stored = read_tensors(saved / WEIGHTS).tensors
    names = {name for name in stored if "scales" not in name}
    assert "labels.weight" in names and not any("embeddings" in name for name in names)
    assert stored["labels.weight"].dtype == torch.int8


def test_encoder_of_another_place_is_taken_and_another_encoder_refused(tmp_path, saved) -> None:
    shutil.rmtree(saved / "encoder")
    assert "another encoder" in told(saved)
    load_tagger(saved, encoder=tmp_path / "model-encoder")
    other = write_encoder(tmp_path / "other", seed=9)
    with pytest.raises(InputError, match="not the encoder that is needed"):
        load_tagger(saved, encoder=other)


def test_weights_of_another_config_are_refused(saved) -> None:
    stored = dict(read_tensors(saved / WEIGHTS).tensors)
    stored["norm.bias"] = stored["norm.bias"] + 1
    write_tensors(saved / WEIGHTS, stored)
    assert "its sha256 is another" in told(saved)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": "biotk-mini"}, "is not that of a biotk-tagger"),
        ({"version": 2}, "reads version 1"),
        ({"window": "36"}, "window is missing"),
        ({"window": 5}, "a window of 5 pieces"),
        ({"window": 4000}, "a window of 4000 pieces"),
        ({"tokenizer": "0" * 16}, "another tokenizer"),
        ({"weights": {}}, "weights.sha256 is missing"),
        ({"network": {"types": ["Disease", 3], "tuned_layers": 2, "inner": 16}}, "network.types"),
        ({"network": {"types": ["A"], "tuned_layers": 2, "inner": 16}}, "has the shape"),
        ({"network": {"types": list(TYPES), "tuned_layers": 7, "inner": 16}}, "has 3 layers"),
        ({"network": {"types": list(TYPES), "inner": 16}}, "network.tuned_layers"),
        ({"network": {"types": list(TYPES), "tuned_layers": 2, "inner": 16, "x": 1}}, "network.x"),
    ],
)
def test_config_that_does_not_fit_is_told(saved, changes, message) -> None:
    path = saved / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    assert message in told(saved)


def test_files_that_are_missing_or_no_json_are_told(saved) -> None:
    (saved / WEIGHTS).unlink()
    assert "is missing" in told(saved)
    (saved / "config.json").write_text("{")
    assert "cannot be read" in told(saved)
    (saved / "config.json").unlink()
    assert "cannot be read" in told(saved)


def test_saving_refuses_what_is_no_number_and_an_unknown_storage(tmp_path, saved) -> None:
    network = tiny_tagger(tmp_path / "again")
    given = {"form": tiny_tagger_form(), "window": WINDOW, "overlap": OVERLAP}
    before = (saved / WEIGHTS).read_bytes()
    with pytest.raises(UnknownNameError):
        save_tagger(network, saved, storage="int3", **given)
    with torch.no_grad():
        network.labels.weight[0, 0] = float("nan")
    with pytest.raises(InputError, match="not finite"):
        save_tagger(network, saved, **given)
    assert (saved / WEIGHTS).read_bytes() == before


def test_tagger_without_types_or_with_one_twice_is_refused(tmp_path) -> None:
    encoder = read_tiny_encoder(write_encoder(tmp_path / "encoder"))
    for types in ((), ("A", "A")):
        with pytest.raises(InputError, match="each once"):
            new_tagger(encoder, TaggerConfig(types, tuned_layers=1))
