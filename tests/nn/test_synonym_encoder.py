"""A synonym encoder: vectors of unit length, the same in every batch, loaded as it was saved."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
import torch
from tiny_encoder import tiny_synonym_encoder, tiny_synonym_network, write_synonym_encoder
from tiny_mini import tiny_pieces
from tokenizers import Tokenizer

from biotk.errors import InputError, UnknownNameError
from biotk.index.kb_vectors import TextEncoder
from biotk.linking.encoders import load_encoder
from biotk.nn.mini_format import MiniFormat
from biotk.nn.storage import STORAGES
from biotk.nn.synonym_encoder import SynonymEncoder, batches_by_length
from biotk.nn.synonym_files import load_synonym_encoder, untuned_encoder
from biotk.nn.synonym_network import SynonymConfig

TEXTS = [
    "fever",
    "a",
    "heart-failure of the very old and tired, long and longer",
    "",
    "Ärger 日本",
    "fever",
]
CLOSE = {"float32": 1e-6, "float16": 5e-3, "bfloat16": 5e-2, "int8": 5e-2}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_synonym_encoder(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def encoder(folder):
    return load_synonym_encoder(folder)


def test_vectors_are_of_unit_length_and_the_same_in_every_batch(encoder) -> None:
    assert isinstance(encoder, TextEncoder)
    together = encoder.encode(TEXTS)
    assert together.shape == (len(TEXTS), encoder.dim) == (6, 8)
    assert together.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    alone = np.concatenate([encoder.encode([text]) for text in TEXTS])
    np.testing.assert_allclose(together, alone, atol=1e-5)
    np.testing.assert_array_equal(together[0], together[5])
    assert encoder.encode([]).shape == (0, 8)


def test_vector_is_the_projected_mean_of_the_states(encoder) -> None:
    network = encoder.network
    ids = [encoder.form.begin_id, *encoder.form.encode_batch(["heart"])[0], encoder.form.end_id]
    with torch.no_grad():
        states = network.encoder(torch.tensor([ids])).last_hidden_state[0]
        plain = network.projection.weight @ states.mean(0)
    plain = (plain / plain.norm()).numpy()
    np.testing.assert_allclose(encoder.encode(["heart"])[0], plain, atol=1e-5)


def test_fast_vectors_are_near_the_others(encoder) -> None:
    cosines = (encoder.encode(TEXTS, fast=True) * encoder.encode(TEXTS)).sum(1)
    assert cosines.min() > 0.99


def test_what_lies_behind_the_last_piece_is_not_read(encoder) -> None:
    one, other, shorter = encoder.encode(["fever" * 40, "fever" * 30, "fever" * 3])
    np.testing.assert_allclose(one, other, atol=1e-6)
    assert not np.allclose(one, shorter, atol=1e-3)


def test_batches_have_each_row_once_and_few_pieces_of_padding() -> None:
    lengths = np.random.default_rng(0).integers(2, 60, size=1000).tolist()
    batches = list(batches_by_length(lengths))
    assert sorted(row for batch in batches for row in batch) == list(range(1000))
    assert all(len(batch) * max(lengths[row] for row in batch) <= 4096 for batch in batches)
    padded = sum(len(batch) * max(lengths[row] for row in batch) for batch in batches)
    assert padded < 1.2 * sum(lengths)


@pytest.mark.parametrize("storage", STORAGES)
@pytest.mark.parametrize("shape", [{}, {"dim": 0}, {"tuned_layers": 0}, {"tuned_layers": 3}])
def test_encoder_is_loaded_as_it_was_saved(tmp_path, storage, shape) -> None:
    model = tmp_path / "model"
    write_synonym_encoder(model, storage=storage, **shape)
    (tmp_path / "again").mkdir()
    network = tiny_synonym_network(tmp_path / "again", **shape)
    form = MiniFormat(tiny_pieces())
    want = SynonymEncoder(network, form, fingerprint="", max_pieces=24).encode(TEXTS)
    found = load_synonym_encoder(model).encode(TEXTS)
    assert 1 - (found * want).sum(1).min() < CLOSE[storage]


def test_fingerprint_changes_with_the_weights(folder, encoder, tmp_path) -> None:
    assert load_synonym_encoder(folder).fingerprint == encoder.fingerprint
    other = tiny_synonym_encoder(tmp_path / "other", seed=1)
    assert other.fingerprint != encoder.fingerprint


def test_sentence_encoder_serves_as_it_comes(folder) -> None:
    untuned = untuned_encoder(encoder=folder / "encoder")
    assert untuned.dim == 24
    assert untuned.network.config == SynonymConfig(tuned_layers=0, dim=0)
    assert untuned.encode(["fever"]).shape == (1, 24)


def copied(folder, tmp_path):
    return shutil.copytree(folder, tmp_path / "copy")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"format": "biotk-mini"}, "is not that of a biotk-encoder"),
        ({"version": 2}, "is of version 2 of biotk-encoder"),
        ({"max_pieces": 0}, "max_pieces is missing, or not what"),
        ({"max_pieces": 900}, "room for 38 pieces at most"),
        ({"tokenizer": "x"}, "trained with another tokenizer"),
        ({"network": {"dim": 4, "tuned_layers": 2}}, "has the shape"),
        ({"network": {"dim": 8, "tuned_layers": 1}}, "without a place"),
        ({"network": {"dim": 8, "tuned_layers": 9}}, "the encoder has 3 layers"),
        ({"encoder": {"sha256": "0" * 64}}, r"encoder\.name is missing"),
        ({"encoder": {"name": "x", "sha256": "0" * 64}}, "is not the encoder that is needed"),
        ({"weights": {"sha256": "0" * 64}}, "its sha256 is another"),
        ({"weights": 3}, "weights is missing"),
    ],
)
def test_model_that_does_not_fit_together_is_refused(folder, tmp_path, change, told) -> None:
    path = copied(folder, tmp_path) / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(InputError, match=told):
        load_synonym_encoder(path.parent)


def test_damaged_or_missing_files_are_told(folder, tmp_path) -> None:
    copy = copied(folder, tmp_path)
    weights = copy / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-9])
    with pytest.raises(InputError, match="damaged"):
        load_synonym_encoder(copy)
    (copy / "config.json").write_text("{")
    with pytest.raises(InputError, match="cannot be read"):
        load_synonym_encoder(copy)
    shutil.rmtree(copy / "encoder")
    (copy / "config.json").write_text((folder / "config.json").read_text())
    with pytest.raises(InputError, match="builds on another encoder than"):
        load_synonym_encoder(copy)


def test_encoder_is_found_by_folder_and_told_apart_from_what_is_none(folder, tmp_path) -> None:
    assert load_encoder(folder).dim == 8
    for bad in ("nonesuch", tmp_path):
        with pytest.raises(InputError):
            load_encoder(bad)
    with pytest.raises(InputError, match="no encoder 'owner/name'"):
        load_encoder("owner/name")


def test_default_encoder_that_does_not_come_along_is_told(monkeypatch) -> None:
    monkeypatch.setattr("biotk.linking.encoders.list_resources", lambda kind: ["biotk-mini"])
    with pytest.raises(InputError, match=r"does not come with this BioTK.*biotk train encoder"):
        load_encoder()


def test_unknown_storage_and_shape_are_refused(tmp_path) -> None:
    with pytest.raises(UnknownNameError, match="storage"):
        write_synonym_encoder(tmp_path / "a", storage="int4")
    for shape in ({"dim": 99}, {"dim": -1}, {"tuned_layers": 4}):
        (tmp_path / str(shape)).mkdir()
        with pytest.raises(InputError, match=r"dim is|tuned_layers is"):
            tiny_synonym_network(tmp_path / str(shape), **shape)


def test_tokenizer_of_the_fixture_is_one(folder) -> None:
    assert Tokenizer.from_file(str(folder / "encoder" / "tokenizer.json")).get_vocab_size()
