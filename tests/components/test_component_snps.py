"""``biotk_snps``: variants on a Doc, kept wherever a Doc goes."""

from __future__ import annotations

import pickle
import subprocess
import sys
import textwrap

import pytest
import spacy
from spacy.tokens import Doc, DocBin, Span
from tiny import build_tiny

from biotk.components.annotator import make_annotator
from biotk.components.pipelines import load_pipeline, to_document
from biotk.document import Document
from biotk.genomics import find_variants
from biotk.io import document_from_dict, document_to_dict

TEXT = "IL1B-31T/C, V600E(c.1799T>A) and 𝒳 CYP2C19*2/*17; rs 7903146 in a patient with fever."
NAMES = ["-31T>C", "p.Val600Glu", "c.1799T>A", "CYP2C19*2", "CYP2C19*17", "rs7903146"]


def make_nlp(**config):
    nlp = spacy.blank("en")
    nlp.add_pipe("biotk_snps", config=config)
    return nlp


@pytest.fixture(scope="module")
def nlp():
    return make_nlp()


def assert_told(doc):
    """Assert that a document knows its variants."""
    assert list(doc._.variants) == find_variants(TEXT)
    assert [variant.normalised for variant in doc._.variants] == NAMES
    assert [ent.kb_id_ for ent in doc.ents] == NAMES
    assert [ent._.variant.normalised for ent in doc.ents] == NAMES


def test_variants_are_entities_spans_and_values(nlp):
    doc = nlp(TEXT)
    assert doc.text == TEXT
    assert_told(doc)
    for variant, ent, span in zip(doc._.variants, doc.ents, doc.spans["variants"], strict=True):
        assert ent.text == span.text == variant.text
        assert (ent.start_char, ent.end_char) == (variant.start, variant.end)
        assert ent.label_ == span.label_ == "Variant"
        assert ent._.variant == variant
    assert doc[:1]._.variant is None
    assert doc._.biotk_variants == doc._.variants


def test_a_document_without_variants_has_none(nlp):
    for text in ("", " \n", "No fever."):
        doc = nlp(text)
        assert doc._.variants == ()
        assert len(doc.spans["variants"]) == len(doc.ents) == 0
    assert spacy.blank("en")(TEXT)._.variants == ()


def test_label_and_spans_key_can_be_chosen():
    doc = make_nlp(label="SNP", spans_key="genes", set_ents=False)(TEXT)
    assert len(doc.ents) == 0
    assert {span.label_ for span in doc.spans["genes"]} == {"SNP"}
    assert len(doc.spans["genes"]) == len(NAMES)


def test_entities_that_are_there_stay_unless_they_are_overwritten():
    for overwrite, expected in ((False, ["V600E(", "fever"]), (True, ["fever"])):
        nlp = make_nlp(overwrite_ents=overwrite)
        doc = nlp.make_doc(TEXT)
        at = TEXT.index("V600E")
        words = [TEXT[:at], "V600E(", TEXT[at + 6 : TEXT.index("fever")], "fever", "."]
        doc = Doc(nlp.vocab, words=words, spaces=[False] * 5)
        doc.ents = [Span(doc, 1, 2, label="GENE"), Span(doc, 3, 4, label="SIGN")]
        doc = nlp(doc)
        kept = [ent.text for ent in doc.ents if ent.label_ != "Variant"]
        assert kept == expected
        assert ("V600E" in [ent.text for ent in doc.ents]) == overwrite
        assert len(doc._.variants) == len(doc.spans["variants"]) == len(NAMES)
        assert doc.text == TEXT


def test_seen_again_a_document_has_them_once(nlp):
    doc = nlp(nlp(TEXT))
    assert_told(doc)


def test_docbin_and_bytes_keep_variants(nlp):
    doc = nlp(TEXT)
    (back,) = (
        DocBin().from_bytes(DocBin(store_user_data=True, docs=[doc]).to_bytes()).get_docs(nlp.vocab)
    )
    assert_told(back)
    assert_told(Doc(nlp.vocab).from_bytes(doc.to_bytes()))
    assert_told(pickle.loads(pickle.dumps(doc)))


def test_joined_documents_keep_variants(nlp):
    joined = Doc.from_docs([nlp("Fever."), nlp(TEXT)])
    assert [variant.normalised for variant in joined._.variants] == NAMES
    for variant in joined._.variants:
        assert joined.text[variant.start : variant.end] == variant.text


def test_saved_pipeline_finds_the_same(tmp_path):
    nlp = make_nlp(label="SNP", overwrite_ents=True)
    nlp.to_disk(tmp_path / "nlp")
    for back in (
        spacy.load(tmp_path / "nlp"),
        spacy.blank("en").from_config(nlp.config).from_bytes(nlp.to_bytes()),
    ):
        assert_told(back(TEXT))
        assert {ent.label_ for ent in back(TEXT).ents} == {"SNP"}
        assert back.get_pipe("biotk_snps").overwrite_ents
    assert_told(pickle.loads(pickle.dumps(nlp.get_pipe("biotk_snps")))(nlp.make_doc(TEXT)))


SCRIPT = """
import multiprocessing, sys, spacy

if __name__ == "__main__":
    multiprocessing.set_start_method(sys.argv[1])
    nlp = spacy.blank("en")
    nlp.add_pipe("biotk_snps")
    texts = ["V600E and rs7903146", "No fever.", "CYP2C19*2/*17"] * 4
    for doc in nlp.pipe(texts, n_process=2, batch_size=2):
        print([v.normalised for v in doc._.variants], [e.kb_id_ for e in doc.ents])
"""


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_processes_find_the_same(tmp_path, method):
    script = tmp_path / "run.py"
    script.write_text(textwrap.dedent(SCRIPT), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(script), method], capture_output=True, text=True, check=True
    )
    names = (["p.Val600Glu", "rs7903146"], [], ["CYP2C19*2", "CYP2C19*17"])
    assert done.stdout.splitlines() == [f"{each} {each}" for each in names] * 4


def test_pipelines_seek_variants_if_they_are_asked_to(tmp_path):
    kb = str(build_tiny(tmp_path))
    text = "Heart failure, BRAF V600E, and CYP2C19*2 with aspirin."
    plain = to_document(load_pipeline("clinical", kb=kb, detector="dictionary")(text))
    assert "Variant" not in {mention.type for mention in plain.mentions}
    annotator = make_annotator("clinical", kb=kb, detector="dictionary", variants=True)
    (document,) = annotator.annotate([Document("1", text)])
    found = [m for m in document.mentions if m.type == "Variant"]
    assert [m.concept_ids for m in found] == [("p.Val600Glu",), ("CYP2C19*2",)]
    assert [m.links[0].route for m in found] == ["variant", "variant"]
    assert found[1].links[0].reasons == {"kind": "star", "gene": "CYP2C19"}
    assert [m for m in document.mentions if m.type != "Variant"] == list(plain.mentions)
    assert document_from_dict(document_to_dict(document)) == document
