"""A folder of biotk-mini is a generator that links."""

from __future__ import annotations

import json
import shutil

import pytest
from tiny import open_tiny
from tiny_mini import read_tiny_encoder, tiny_form, tiny_network

from biotk.errors import InputError
from biotk.linking import GenerativeConfig, GenerativeLinker, Query
from biotk.linking.generator import load_generator
from biotk.nn.mini_files import save_mini

TEXT = "No fever [SEP], but heart failure (HF)."
ALL = GenerativeConfig(threshold=0.0)


@pytest.fixture
def folder(tmp_path):
    network = tiny_network(tmp_path / "encoder", spread=0.1)
    sha256 = read_tiny_encoder(tmp_path / "encoder").sha256
    save_mini(network, tmp_path / "mini", form=tiny_form(), encoder_sha256=sha256)
    shutil.copytree(tmp_path / "encoder", tmp_path / "mini" / "encoder")
    return tmp_path / "mini"


def test_generator_of_a_folder_is_set_up_as_it_was_trained(folder) -> None:
    generator = load_generator(folder)
    options = generator.options
    assert (options.normalisation, options.nil_id) == ("trie", tiny_form().nil_id)
    assert (generator.cleaning, generator.unknown_id) == ("spaces", tiny_form().unknown_id)
    assert generator.form.fingerprint == tiny_form().fingerprint


def test_generator_of_a_folder_links(tmp_path, folder) -> None:
    kb = open_tiny(tmp_path)
    linker = GenerativeLinker(kb, load_generator(folder), config=ALL)
    found = [(TEXT.index(mention), mention) for mention in ("fever", "[SEP]", "heart failure")]
    queries = [
        Query(mention, "Disease", None, TEXT, at, at + len(mention)) for at, mention in found
    ]
    together = linker.link_batch(queries)
    for query, link in zip(queries, together):
        alone = linker.link_batch([query])[0]
        assert link.concept_id == alone.concept_id
        assert link.score == pytest.approx(alone.score, abs=1e-4)
        assert link.concept_id is None or kb.resolve(link.concept_id)
    assert any(link.candidates for link in together)


def test_damaged_folder_is_told(folder) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"version": 9}))
    with pytest.raises(InputError, match="version 9"):
        load_generator(folder)
