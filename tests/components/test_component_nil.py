"""``biotk_linker`` with a calibration: the links of the library's linker, saved and sent about."""

from __future__ import annotations

import pytest
import spacy
from spacy.tokens import DocBin
from tiny import build_tiny
from tiny_calibration import made_calibration

from biotk.components.pipelines import load_pipeline, to_document
from biotk.errors import InputError, KbMismatchError, UnknownNameError
from biotk.io import document_from_dict, document_to_dict
from biotk.kb import open_kb
from biotk.linking.query import Query
from biotk.linking.registry import LinkerOptions, make_linker

TEXT = "Fever and kidney cancer, heart failur."
WORDS = ("Fever", "kidney cancer", "heart failur")


@pytest.fixture(scope="module")
def kb_path(tmp_path_factory):
    return str(build_tiny(tmp_path_factory.mktemp("kb")))


@pytest.fixture
def calibration(tmp_path):
    path = tmp_path / "calibration.json"
    path.write_text(made_calibration().to_json())
    return str(path)


def make_nlp(kb_path, **linker):
    nlp = spacy.blank("en")
    patterns = [{"label": "Disease", "pattern": word} for word in WORDS]
    nlp.add_pipe("entity_ruler").add_patterns(patterns)
    nlp.add_pipe("biotk_linker", config={"kb": kb_path, "linker": "lexical", **linker})
    return nlp


@pytest.mark.parametrize("strategy", [None, "calibrated", "calibrated-part", "prune", "none"])
def test_component_links_as_the_linker_itself_and_is_saved(
    kb_path, calibration, strategy, tmp_path
):
    part = {"ids": ["MESH:D005334", "MESH:D006333"]}
    nlp = make_nlp(kb_path, nil=strategy, calibration=calibration, **part)
    doc = nlp(TEXT)
    kb = open_kb(kb_path)
    options = LinkerOptions(nil=strategy, calibration=calibration, n_kept=5)
    linker = make_linker("lexical", kb, subset=kb.subset(**part), options=options)
    queries = [
        Query(ent.text, "Disease", None, TEXT, ent.start_char, ent.end_char) for ent in doc.ents
    ]
    want = linker.link_batch(queries)
    assert [ent._.link for ent in doc.ents] == want and len(want) == 3
    assert [ent.kb_id_ for ent in doc.ents] == [link.concept_id or "NIL" for link in want]
    nlp.to_disk(tmp_path / "saved")
    (tmp_path / "calibration.json").unlink()
    again = spacy.load(tmp_path / "saved")(TEXT)
    assert [ent._.link for ent in again.ents] == want


def test_probability_and_sets_survive_bytes_and_files(kb_path, calibration):
    nlp = make_nlp(kb_path, calibration=calibration)
    doc = nlp(TEXT)
    link = doc.ents[0]._.link
    assert link.probability is not None and link.sets is not None
    (again,) = DocBin(store_user_data=True, docs=[doc]).get_docs(nlp.vocab)
    assert again.ents[0]._.link == link
    document = to_document(doc)
    assert document_from_dict(document_to_dict(document)).mentions[0].links == (link,)


def test_named_pipeline_takes_a_calibration(kb_path, calibration):
    how = {"linker": "lexical", "detector": "dictionary", "calibration": calibration}
    nlp = load_pipeline("literature", kb=kb_path, **how)
    assert all(ent._.link.probability is not None for ent in nlp(TEXT).ents)
    other = load_pipeline("literature", kb=kb_path, **how, nil="none")
    assert [ent.text for ent in other(TEXT).ents] == [ent.text for ent in nlp(TEXT).ents]


def test_what_does_not_fit_is_told(kb_path, calibration, tmp_path):
    with pytest.raises(UnknownNameError, match="way to decide NIL"):
        load_pipeline("literature", kb=kb_path, linker="lexical", nil="calibratd")
    with pytest.raises(InputError, match="no calibration"):
        load_pipeline("literature", kb=kb_path, calibration="nonesuch")
    with pytest.raises(InputError, match="no calibration"):
        make_nlp(kb_path, calibration="nonesuch")(TEXT)
    path = tmp_path / "other.json"
    path.write_text(made_calibration(kb="another").to_json())
    with pytest.raises(KbMismatchError, match="biotk calibrate"):
        make_nlp(kb_path, calibration=str(path))(TEXT)
    with pytest.raises(InputError, match="fitted for the linker cascade, not for lexical"):
        make_nlp(kb_path, nil="calibrated")(TEXT)
