"""``biotk_linker`` with vectors: the links of the library's linkers, saved and loaded."""

from __future__ import annotations

import os

import pytest
import spacy
import torch
from tiny import build_tiny
from tiny_encoder import write_synonym_encoder

from biotk.components.pipelines import load_pipeline
from biotk.errors import InputError
from biotk.kb import open_kb
from biotk.linking import DenseLinker, FusedLinker, load_encoder
from biotk.linking.fusion import FusionWeights

TEXT = "Kidney hurts after heart falure."
PATTERNS = [{"label": "Disease", "pattern": "heart falure"}]


faiss = pytest.importorskip("faiss", reason="one of the extras cpu and gpu brings it")


@pytest.fixture(scope="module")
def kb_path(tmp_path_factory):
    return str(build_tiny(tmp_path_factory.mktemp("kb")))


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    return str(write_synonym_encoder(tmp_path_factory.mktemp("models") / "encoder"))


def make_nlp(kb_path, **linker):
    nlp = spacy.blank("en")
    nlp.add_pipe("entity_ruler").add_patterns(PATTERNS)
    nlp.add_pipe("biotk_linker", config={"kb": kb_path, **linker})
    return nlp


@pytest.mark.parametrize("kind", ["dense", "fused"])
def test_component_links_as_the_linker_itself_and_is_saved(kb_path, encoder, kind, tmp_path):
    model = "none" if kind == "fused" else None
    nlp = make_nlp(kb_path, linker=kind, encoder=encoder, model=model)
    (ent,) = nlp(TEXT).ents
    kb, loaded = open_kb(kb_path), load_encoder(encoder)
    linker = DenseLinker(kb, loaded) if kind == "dense" else FusedLinker(kb, loaded)
    want = linker.link("heart falure", type="Disease")
    assert (ent._.link.concept_id, ent._.link.route) == (want.concept_id, want.route)
    nlp.to_disk(tmp_path / "saved")
    (again,) = spacy.load(tmp_path / "saved")(TEXT).ents
    assert again._.link == ent._.link


def test_saved_component_finds_its_encoder_from_elsewhere(kb_path, encoder, tmp_path, monkeypatch):
    monkeypatch.chdir(f"{encoder}/..")
    nlp = make_nlp(kb_path, linker="dense", encoder="encoder")
    want = nlp(TEXT).ents[0]._.link
    monkeypatch.chdir(tmp_path)
    nlp.to_disk(tmp_path / "saved")
    assert spacy.load(tmp_path / "saved")(TEXT).ents[0]._.link == want
    other = make_nlp(kb_path, linker="dense", encoder="encoder")
    with pytest.raises(InputError, match="no model 'encoder'"):
        other(TEXT)
    other.get_pipe("biotk_linker").from_bytes(nlp.get_pipe("biotk_linker").to_bytes())
    assert other(TEXT).ents[0]._.link == want
    lexical = load_pipeline(tmp_path / "saved", linker="lexical")
    assert lexical(TEXT).ents[0]._.link.route != "dense"


def test_encoder_of_a_linker_without_vectors_is_refused(kb_path, encoder):
    with pytest.raises(InputError, match="the cascade linker has no encoder"):
        make_nlp(kb_path, linker="cascade", encoder=encoder)


@pytest.mark.parametrize("kind", ["dense", "fused"])
def test_named_pipeline_takes_a_linker_with_vectors(kb_path, encoder, kind, tmp_path):
    given = {"linker": kind, "encoder": encoder}
    given |= {"model": "none", "fusion": write_weights(tmp_path)} if kind == "fused" else {}
    nlp = load_pipeline("literature", kb=kb_path, **given)
    linker = nlp.get_pipe("biotk_linker").linker
    assert type(linker) is {"dense": DenseLinker, "fused": FusedLinker}[kind]
    if kind == "fused":
        assert linker.config.weights.alone == {"nil": 3.0}
    assert [ent._.link.concept_id for ent in nlp("He had a fever.").ents] == ["MESH:D005334"]
    # Another linker has no use for any of these.
    nlp.to_disk(tmp_path / "saved")
    for other in ("lexical", "generative", "cascade"):
        load_pipeline(tmp_path / "saved", linker=other)


def write_weights(folder):
    """:returns: a file of weights by which all is NIL."""
    path = folder / "weights.json"
    path.write_text(FusionWeights(asked={}, alone={"nil": 3.0}).to_json())
    return str(path)


def test_weights_are_saved_with_the_component(kb_path, encoder, tmp_path):
    fusion = write_weights(tmp_path)
    nlp = make_nlp(kb_path, linker="fused", encoder=encoder, model="none", fusion=fusion)
    assert nlp(TEXT).ents[0]._.link.is_nil
    nlp.to_disk(tmp_path / "saved")
    (tmp_path / "weights.json").unlink()
    assert spacy.load(tmp_path / "saved")(TEXT).ents[0]._.link.is_nil
    with pytest.raises(InputError, match="the dense linker has no weights to fuse by"):
        make_nlp(kb_path, linker="dense", encoder=encoder, fusion=fusion)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are not forked here")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_forked_process_waits_for_no_thread_of_its_parent(kb_path, encoder):
    nlp = make_nlp(kb_path, linker="dense", encoder=encoder)
    assert nlp(TEXT).ents[0]._.link.concept_id
    n_before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        child = os.fork()
        if not child:
            os._exit(10 * torch.get_num_threads() + faiss.omp_get_max_threads())
        _, status = os.waitpid(child, 0)
    finally:
        torch.set_num_threads(n_before)
    assert os.waitstatus_to_exitcode(status) == 11
