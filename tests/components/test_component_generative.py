"""``biotk_linker`` with a model: the links of the library's linkers, saved and sent about."""

from __future__ import annotations

import pickle
import subprocess
import sys
import textwrap

import pytest
import spacy
from spacy.tokens import DocBin
from tiny import build_tiny
from tiny_generator import write_checkpoint

from biotk.components.annotator import make_annotator
from biotk.components.pipelines import load_pipeline, to_document
from biotk.document import Document, Mention
from biotk.errors import InputError, UnknownNameError
from biotk.kb import open_kb
from biotk.linking import CascadeLinker, GenerativeLinker, link_documents, load_generator

TEXTS = [
    "Kidney cancer (KC) and fever. No cough; KC was treated with acetylsalicylic acid.",
    "No mention.",
    "Kidney hurts after heart falure.",
    "zorbax and fever",
]
PATTERNS = [
    {"label": label, "pattern": name}
    for label, name in (
        ("Disease", "Kidney cancer"),
        ("Disease", "KC"),
        ("Disease", "fever"),
        ("Disease", "heart falure"),
        ("Chemical", "acetylsalicylic acid"),
        ("Chemical", "zorbax"),
    )
]


@pytest.fixture(scope="module")
def kb_path(tmp_path_factory):
    return str(build_tiny(tmp_path_factory.mktemp("kb")))


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return str(write_checkpoint(tmp_path_factory.mktemp("models") / "bart"))


def make_nlp(kb_path, **linker):
    nlp = spacy.blank("en")
    nlp.add_pipe("biotk_abbreviations")
    nlp.add_pipe("entity_ruler").add_patterns(PATTERNS)
    nlp.add_pipe("biotk_linker", config={"kb": kb_path, **linker})
    return nlp


@pytest.fixture(scope="module")
def nlp(kb_path, model):
    return make_nlp(kb_path, linker="cascade", model=model)


def links(docs):
    return [(ent.text, ent.kb_id_, ent._.link.route) for doc in docs for ent in doc.ents]


@pytest.mark.parametrize("kind", ["generative", "cascade"])
def test_component_links_as_the_linker_itself(kb_path, model, kind):
    nlp = make_nlp(kb_path, linker=kind, model=model, max_entities_per_mention=20)
    docs = list(nlp.pipe(TEXTS))
    made = {"generative": GenerativeLinker, "cascade": CascadeLinker}[kind]
    linker = made(open_kb(kb_path), load_generator(model))
    bare = [
        Document("", doc.text, tuple(Mention(m.spans, m.text, m.type) for m in found.mentions))
        for doc in docs
        for found in [to_document(doc)]
    ]
    for doc, want in zip(docs, link_documents(linker, bare), strict=True):
        got = [ent._.link for ent in doc.ents]
        for link, mention in zip(got, want.mentions, strict=True):
            (other,) = mention.links
            assert (link.concept_id, link.route, link.query) == (
                other.concept_id,
                other.route,
                other.query,
            )
            assert link.log_prob == pytest.approx(other.log_prob, abs=2e-4)
    routes = {route for _, _, route in links(docs)}
    assert routes == {"generated"} if kind == "generative" else {"case"} < routes


def test_documents_of_a_stream_are_linked_together(kb_path, model, monkeypatch):
    nlp = make_nlp(kb_path, linker="cascade", model=model)
    linker = nlp.get_pipe("biotk_linker").linker
    sizes = []
    link_batch = linker.link_batch

    def counted(queries, **options):
        sizes.append(len(queries))
        return link_batch(queries, **options)

    monkeypatch.setattr(linker, "link_batch", counted)
    together = links(nlp.pipe(TEXTS, batch_size=4))
    assert sizes == [8]
    sizes.clear()
    assert links(nlp.pipe(TEXTS, batch_size=3)) == together
    assert sizes == [6, 2]
    assert links(map(nlp, TEXTS)) == together


def test_document_that_fails_is_told_alone(nlp, kb_path, monkeypatch):
    other = make_nlp(kb_path)
    component = other.get_pipe("biotk_linker")
    link_batch = component.linker.link_batch

    def failing(queries, **options):
        if any(query.text == "zorbax" for query in queries):
            raise ValueError("not this one")
        return link_batch(queries, **options)

    monkeypatch.setattr(component.linker, "link_batch", failing)
    with pytest.raises(ValueError, match="not this one"):
        list(other.pipe(TEXTS))
    failed = []
    other.set_error_handler(lambda name, pipe, docs, error: failed.extend(d.text for d in docs))
    assert [doc.text for doc in other.pipe(TEXTS)] == TEXTS[:3]
    assert failed == TEXTS[3:]


def test_link_tells_what_the_model_said(kb_path, model):
    nlp = make_nlp(kb_path, linker="generative", model=model)
    ent = nlp(TEXTS[2]).ents[0]
    link = ent._.link
    assert (link.route, ent.kb_id_) == ("generated", link.concept_id)
    assert link.matched == link.candidates[0].name
    assert link.log_prob == link.candidates[0].log_prob < 0
    assert len(link.candidates) > 2


# Saving


def test_disk_round_trip_finds_the_model_from_another_folder(kb_path, model, tmp_path, monkeypatch):
    monkeypatch.chdir(f"{model}/..")
    nlp = make_nlp(kb_path, linker="cascade", model="bart")
    want = links(nlp.pipe(TEXTS))
    nlp.to_disk(tmp_path / "saved")
    monkeypatch.chdir(tmp_path)
    assert links(spacy.load(tmp_path / "saved").pipe(TEXTS)) == want
    assert links(load_pipeline(tmp_path / "saved").pipe(TEXTS)) == want
    # Where the configuration is told of another linker, that one is meant.
    lexical = load_pipeline(tmp_path / "saved", linker="lexical")
    assert {route for _, _, route in links(lexical.pipe(TEXTS))} == {"case", "nil"}


def test_model_that_is_named_now_goes_before_the_saved_one(kb_path, model, tmp_path):
    make_nlp(kb_path, linker="cascade", model=model).to_disk(tmp_path / "saved")
    other = load_pipeline(tmp_path / "saved", model="nonesuch")
    with pytest.raises(InputError, match="no model 'nonesuch'"):
        other(TEXTS[0])


def test_bytes_and_pickle_round_trips(kb_path, model, tmp_path, monkeypatch):
    monkeypatch.chdir(f"{model}/..")
    nlp = make_nlp(kb_path, linker="cascade", model="bart")
    want = links(nlp.pipe(TEXTS))
    monkeypatch.chdir(tmp_path)
    other = make_nlp(kb_path, linker="cascade", model="bart")
    other.get_pipe("biotk_linker").from_bytes(nlp.get_pipe("biotk_linker").to_bytes())
    assert links(other.pipe(TEXTS)) == want
    data = pickle.dumps(nlp)
    assert len(data) < 2 * len(pickle.dumps(make_nlp(kb_path)))  # no weights
    assert links(pickle.loads(data).pipe(TEXTS)) == want


def test_docbin_keeps_what_the_model_said(nlp):
    docs = list(nlp.pipe(TEXTS))
    data = DocBin(store_user_data=True, docs=docs).to_bytes()
    back = list(DocBin().from_bytes(data).get_docs(nlp.vocab))
    assert [to_document(doc) for doc in back] == [to_document(doc) for doc in docs]


# Bad configurations


def test_linker_and_model_must_go_together(kb_path, model):
    nlp = spacy.blank("en")
    with pytest.raises(InputError, match="choose the linker generative or cascade"):
        nlp.add_pipe("biotk_linker", config={"kb": kb_path, "linker": "lexical", "model": model})
    with pytest.raises(UnknownNameError, match="cascade, dense, fused, generative, lexical"):
        load_pipeline("clinical", kb=kb_path, linker="cascad")


def test_missing_model_ends_a_batch_run_before_its_first_note(kb_path):
    annotator = make_annotator("clinical", kb=kb_path, linker="cascade", model="nonesuch")
    with pytest.raises(InputError, match="no model 'nonesuch'"):
        annotator.annotate([Document("", "A first document.")])


def test_adding_the_component_loads_no_torch(kb_path, model):
    script = textwrap.dedent(f"""
        import sys, spacy
        nlp = spacy.blank("en")
        before = "torch" in sys.modules
        nlp.add_pipe("biotk_linker", config={{"kb": {kb_path!r}, "linker": "cascade",
                                              "model": {model!r}}})
        print(before or "torch" not in sys.modules)
    """)
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "True"
