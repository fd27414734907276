from __future__ import annotations

import errno
import pickle
import shutil
import subprocess
import sys
import textwrap
import warnings

import numpy
import pytest
import spacy
from spacy.tokens import Doc, DocBin, Span
from tiny import build_tiny

from biotk.components.annotator import make_annotator
from biotk.components.kb import KbHandle
from biotk.components.pipelines import load_pipeline, to_document
from biotk.document import Document, Section
from biotk.errors import InputError, KbMismatchError, KbNotFoundError, UnknownNameError
from biotk.kb import KbBuilder
from biotk.types import Concept

TEXT = "Kidney cancer (KC) and fever. No cough; KC was treated with acetylsalicylic acid."


@pytest.fixture(scope="module")
def kb_path(tmp_path_factory):
    return str(build_tiny(tmp_path_factory.mktemp("kb")))


def make_nlp(kb_path, **linker):
    nlp = spacy.blank("en")
    nlp.add_pipe("biotk_abbreviations")
    nlp.add_pipe("biotk_detector", config={"kb": kb_path})
    nlp.add_pipe("biotk_linker", config={"kb": kb_path, **linker})
    return nlp


@pytest.fixture(scope="module")
def nlp(kb_path):
    return make_nlp(kb_path)


def links(doc):
    return [(ent.text, ent.label_, ent.kb_id_) for ent in doc.ents]


EXPECTED = [
    ("Kidney cancer", "Disease", "MESH:D007680"),
    ("KC", "Disease", "MESH:D007680"),
    ("fever", "Disease", "MESH:D005334"),
    ("cough", "Disease", "MESH:D003371"),
    ("KC", "Disease", "MESH:D007680"),
    ("acetylsalicylic acid", "Chemical", "MESH:D001241"),
]


def test_pipeline_finds_and_links(nlp):
    doc = nlp(TEXT)
    assert links(doc) == EXPECTED
    assert [span.text for span in doc.spans["biotk"]] == [text for text, _, _ in EXPECTED]


def test_link_tells_its_story(nlp):
    ent = nlp(TEXT).ents[1]
    link = ent._.link
    assert (link.name, link.matched, link.query) == (
        "Kidney Neoplasms",
        "Kidney Cancer",
        "Kidney cancer",
    )
    assert ent._.kb_ents[0] == ("MESH:D007680", link.score)


def test_long_forms_are_spans(nlp):
    doc = nlp(TEXT)
    assert [span.text for span in doc._.abbreviations] == ["KC", "KC"]
    assert doc._.abbreviations[0]._.long_form.text == "Kidney cancer"
    assert doc.ents[2]._.long_form is None


def test_mention_inside_a_token_splits_it(nlp):
    text = "aspirin/cough_x and 5fever"
    doc = nlp("Took aspirin+furosemide daily.")
    assert [ent.text for ent in doc.ents] == ["aspirin", "furosemide"]
    doc = nlp(text)
    for ent in doc.ents:
        assert doc.text[ent.start_char : ent.end_char] == ent.text
    assert doc.text == text


def test_entity_that_is_not_in_the_kb_is_nil(kb_path):
    nlp = spacy.blank("en")
    nlp.add_pipe("biotk_linker", config={"kb": kb_path})
    doc = nlp.make_doc("the zorbax syndrome")
    doc.ents = [Span(doc, 1, 3, label="Disease")]
    ent = nlp(doc).ents[0]
    assert ent.kb_id_ == "NIL"
    assert ent._.link.is_nil
    assert ent._.kb_ents == []


def test_entities_of_another_component_stay(kb_path):
    nlp = spacy.blank("en")
    ruler = nlp.add_pipe("entity_ruler")
    ruler.add_patterns([{"label": "MINE", "pattern": "fever"}])
    nlp.add_pipe("biotk_detector", config={"kb": kb_path})
    assert [(e.text, e.label_) for e in nlp("fever and cough").ents] == [
        ("fever", "MINE"),
        ("cough", "Disease"),
    ]
    nlp.get_pipe("biotk_detector").overwrite_ents = True
    assert [e.label_ for e in nlp("fever and cough").ents] == ["Disease", "Disease"]


def test_types_limit_what_is_found_and_linked(kb_path):
    nlp = spacy.blank("en")
    nlp.add_pipe("biotk_detector", config={"kb": kb_path, "types": ["Chemical"]})
    nlp.add_pipe("biotk_linker", config={"kb": kb_path, "types": ["Chemical"]})
    assert [e.text for e in nlp(TEXT).ents] == ["acetylsalicylic acid"]


def test_unknown_type_is_told_at_the_first_document(kb_path):
    nlp = spacy.blank("en")
    nlp.add_pipe("biotk_detector", config={"kb": kb_path, "types": ["Diseases"]})
    with pytest.raises(UnknownNameError, match="Did you mean 'Disease'"):
        nlp("fever")


def test_wrong_kb_says_what_to_do(tmp_path):
    nlp = spacy.blank("en")
    nlp.add_pipe("biotk_linker", config={"kb": str(tmp_path / "none")})
    with pytest.raises(KbNotFoundError, match="biotk kb build"):
        nlp("fever")


@pytest.mark.parametrize("text", ["", " ", "\r\n\t", "𝒳𝒴", "((((", "a" * 5000])
def test_odd_texts_pass(nlp, text):
    assert nlp(text).text == text


@pytest.fixture(scope="module")
def il2(kb_path):
    nlp = spacy.blank("en")
    nlp.add_pipe("biotk_detector", config={"kb": kb_path, "types": ["Gene"]})
    return nlp


def parsed(nlp, head_of_split):
    words = ["He", "had", "IL-2-induced", "fever", "."]
    doc = Doc(
        nlp.vocab,
        words=words,
        heads=[1, 1, head_of_split, 2 if head_of_split == 2 else 1, 1],
        tags=["PRP", "VBD", "JJ", "NN", "."],
        pos=["PRON", "VERB", "ADJ", "NOUN", "PUNCT"],
        deps=["nsubj", "ROOT", "ROOT" if head_of_split == 2 else "amod", "dobj", "punct"],
        lemmas=words,
    )
    doc.spans["mine"] = [Span(doc, 3, 4, "X", kb_id="Y")]
    doc.tensor = numpy.arange(10.0).reshape(5, 2)
    return doc


@pytest.mark.parametrize("head_of_split", [2, 3])
def test_split_token_keeps_its_place_in_a_parse(il2, head_of_split):
    doc = il2.get_pipe("biotk_detector")(parsed(il2, head_of_split))
    assert [t.text for t in doc] == ["He", "had", "IL-2", "-induced", "fever", "."]
    first, rest, fever = doc[2], doc[3], doc[4]
    assert first.head.text == ("IL-2" if head_of_split == 2 else "fever")
    assert rest.head.i == first.i
    assert [(t.tag_, t.pos_) for t in doc[2:5]] == [("JJ", "ADJ"), ("JJ", "ADJ"), ("NN", "NOUN")]
    assert fever.lemma_ == "fever"
    assert [(s.text, s.label_, s.kb_id_) for s in doc.spans["mine"]] == [("fever", "X", "Y")]
    assert len(doc.tensor) == len(doc)
    assert [ent.text for ent in doc.ents] == ["IL-2"]


def test_split_without_a_parse_keeps_all_else(il2):
    doc = Doc(il2.vocab, words=["An", "IL-2-induced", "fever", ".", "Gone"], spaces=[True] * 5,
              sent_starts=[True, False, False, False, True])  # fmt: skip
    doc.ents = [Span(doc, 2, 3, "MINE", kb_id="Y", span_id="Z")]
    doc.spans["mine"] = [Span(doc, 0, 3, "X")]
    doc.cats = {"a": 1.0}
    doc.user_data["key"] = "value"
    text = doc.text
    doc = il2.get_pipe("biotk_detector")(doc)
    assert doc.text == text
    assert [(e.text, e.label_, e.kb_id_, e.id_) for e in doc.ents] == [
        ("IL-2", "Gene", "", ""),
        ("fever", "MINE", "Y", "Z"),
    ]
    assert [s.text for s in doc.spans["mine"]] == ["An IL-2-induced fever"]
    assert [s.text for s in doc.sents] == ["An IL-2-induced fever .", "Gone"]
    assert (doc.cats, doc.user_data["key"]) == ({"a": 1.0}, "value")


def test_links_move_along_when_documents_are_joined(nlp):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        joined = Doc.from_docs([nlp("Fever."), nlp(TEXT)])
    assert [ent._.link.concept_id for ent in joined.ents][:2] == ["MESH:D005334", "MESH:D007680"]
    assert [s._.long_form.text for s in joined._.abbreviations] == ["Kidney cancer"] * 2


def test_labels_limit_what_is_linked(kb_path):
    nlp = spacy.blank("en")
    patterns = [{"label": "PERSON", "pattern": "Fever"}, {"label": "Disease", "pattern": "cough"}]
    nlp.add_pipe("entity_ruler").add_patterns(patterns)
    nlp.add_pipe("biotk_linker", config={"kb": kb_path, "labels": ["Disease"]})
    assert [(e.label_, e.kb_id_) for e in nlp("Fever has a cough").ents] == [
        ("PERSON", ""),
        ("Disease", "MESH:D003371"),
    ]


def test_second_definition_decides_what_follows(kb_path):
    doc = make_nlp(kb_path)("Kidney cancer (KC) here. Kidney cough (KC) there. Severe KC.")
    queries = [ent._.link.query for ent in doc.ents if ent.text == "KC"]
    assert queries == ["Kidney cancer", "Kidney cough", "Kidney cough"]


# Saving


def test_disk_round_trip(nlp, tmp_path):
    nlp.to_disk(tmp_path / "saved")
    assert links(spacy.load(tmp_path / "saved")(TEXT)) == EXPECTED
    assert links(load_pipeline(tmp_path / "saved")(TEXT)) == EXPECTED


def test_disk_round_trip_with_the_kb_survives_without_it(tmp_path):
    path = build_tiny(tmp_path)
    nlp = make_nlp(str(path), include_kb=True)
    nlp.remove_pipe("biotk_detector")
    nlp.add_pipe(
        "biotk_detector", before="biotk_linker", config={"kb": str(path), "include_kb": True}
    )
    nlp(TEXT)
    nlp.to_disk(tmp_path / "saved")
    path.rename(tmp_path / "gone")
    assert links(spacy.load(tmp_path / "saved")(TEXT)) == EXPECTED


def test_learned_names_are_used_and_saved(kb_path, tmp_path):
    names = tmp_path / "names.tsv"
    names.write_text("sugar sickness\tMESH:D003920\t2\n")
    nlp = spacy.blank("en")
    ruler = nlp.add_pipe("entity_ruler")
    ruler.add_patterns([{"label": "Disease", "pattern": "sugar sickness"}])
    nlp.add_pipe(
        "biotk_linker", config={"kb": kb_path, "learned_names": str(names), "linker": "lexical"}
    )
    nlp.to_disk(tmp_path / "saved")
    names.unlink()
    (ent,) = spacy.load(tmp_path / "saved")("a sugar sickness").ents
    assert (ent.kb_id_, ent._.link.route) == ("MESH:D003920", "training")


def test_pipeline_saved_where_it_was_loaded_keeps_its_kb(tmp_path):
    path = build_tiny(tmp_path)
    nlp = spacy.blank("en")
    nlp.add_pipe("biotk_detector", config={"kb": str(path), "include_kb": True})
    nlp.to_disk(tmp_path / "saved")
    load_pipeline(tmp_path / "saved").to_disk(tmp_path / "saved")
    path.rename(tmp_path / "gone")
    assert [e.text for e in load_pipeline(tmp_path / "saved")("fever").ents] == ["fever"]


def test_saving_never_removes_the_kb_that_is_in_use(tmp_path):
    path = build_tiny(tmp_path)
    saved = tmp_path / "saved"
    KbHandle(str(path), include=True).to_disk(saved)
    path.rename(tmp_path / "gone")
    handle = KbHandle(str(path))
    handle.from_disk(saved)
    handle.to_disk(saved)
    again = KbHandle(str(path))
    again.from_disk(saved)
    assert again.kb.path == saved / "kb"


def test_place_of_a_kb_at_home_is_saved_written_out(tmp_path, monkeypatch):
    path = build_tiny(tmp_path)
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, str(tmp_path))
    assert KbHandle(f"~/{path.name}").to_plain()["kb"] == str(path)


def test_copy_of_a_kb_that_fails_leaves_nothing(tmp_path, monkeypatch):
    handle = KbHandle(str(build_tiny(tmp_path)), include=True)

    def fail(source, target, **options):
        target.mkdir()
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copytree", fail)
    with pytest.raises(OSError, match="No space"):
        handle.to_disk(tmp_path / "saved")
    assert [entry.name for entry in (tmp_path / "saved").iterdir()] == ["kb.json"]


def test_copy_of_an_earlier_kb_does_not_win(tmp_path):
    path = build_tiny(tmp_path)
    builder = KbBuilder("other")
    builder.add([Concept("A:1", "cough syrup", types=("Disease",))])
    other = builder.write(tmp_path / "other")
    for kb, include in ((path, True), (other, False)):
        nlp = spacy.blank("en")
        nlp.add_pipe("biotk_detector", config={"kb": str(kb), "include_kb": include})
        nlp.to_disk(tmp_path / "saved")
    assert [e.text for e in load_pipeline(tmp_path / "saved")("cough syrup").ents] == [
        "cough syrup"
    ]


def test_kb_that_changed_since_saving_is_refused(tmp_path):
    path = build_tiny(tmp_path)
    nlp = make_nlp(str(path))
    nlp.to_disk(tmp_path / "saved")
    builder = KbBuilder("other")
    builder.add([Concept("A:1", "one")])
    builder.write(path, overwrite=True)
    with pytest.raises(KbMismatchError, match="saved with the KB"):
        spacy.load(tmp_path / "saved")(TEXT)


def test_bytes_round_trip(nlp, kb_path):
    other = make_nlp(kb_path)
    assert links(other.from_bytes(nlp.to_bytes())(TEXT)) == EXPECTED


def test_pickle_round_trip(nlp):
    nlp(TEXT)
    assert links(pickle.loads(pickle.dumps(nlp))(TEXT)) == EXPECTED


def test_docbin_keeps_links(nlp):
    doc = nlp(TEXT)
    data = DocBin(store_user_data=True, docs=[doc]).to_bytes()
    (back,) = DocBin().from_bytes(data).get_docs(nlp.vocab)
    assert [e._.link for e in back.ents] == [e._.link for e in doc.ents]
    assert to_document(back, id="x") == to_document(doc, id="x")


def test_doc_bytes_keep_links(nlp):
    doc = nlp(TEXT)
    back = spacy.tokens.Doc(nlp.vocab).from_bytes(doc.to_bytes())
    assert to_document(back) == to_document(doc)


# Beside other libraries


def test_attribute_of_another_library_is_left_alone(kb_path):
    script = textwrap.dedent(f"""
        import warnings, spacy
        from spacy.tokens import Span
        Span.set_extension("kb_ents", default=["theirs"])
        nlp = spacy.blank("en")
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            nlp.add_pipe("biotk_detector", config={{"kb": {kb_path!r}}})
            nlp.add_pipe("biotk_linker", config={{"kb": {kb_path!r}}})
        print([str(w.message) for w in caught if "biotk" in str(w.message)])
        ent = nlp("fever").ents[0]
        print(ent._.kb_ents, ent._.biotk_kb_ents)
    """)
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    warned, values = done.stdout.splitlines()
    assert "Span._.biotk_kb_ents" in warned
    assert values.startswith("['theirs'] [('MESH:D005334'")


def test_two_pipelines_in_one_process_do_not_warn(kb_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        first, second = make_nlp(kb_path), make_nlp(kb_path)
    assert links(first(TEXT)) == links(second(TEXT)) == EXPECTED


# Named pipelines


@pytest.mark.parametrize("name", ["clinical", "literature"])
def test_named_pipeline_takes_another_kb(name, kb_path):
    nlp = load_pipeline(name, kb=kb_path, types=["Disease"])
    assert [e.text for e in nlp(TEXT).ents] == ["Kidney cancer", "KC", "fever", "cough", "KC"]


def test_pipeline_leaves_out_types_that_the_kb_lacks(tmp_path, caplog):
    builder = KbBuilder("x")
    builder.add([Concept("A:1", "fever", types=("Disease",))])
    nlp = load_pipeline("clinical", kb=builder.write(tmp_path / "x"))
    assert [e.kb_id_ for e in nlp("fever, aspirin").ents] == ["A:1"]
    assert "no type Chemical" in caplog.text


def test_text_longer_than_spacys_limit_passes(kb_path):
    # By the dictionary: the tagger reads for minutes.
    doc = load_pipeline("clinical", kb=kb_path, detector="dictionary")("no " * 340_000 + "fever")
    assert [e.text for e in doc.ents] == ["fever"]


def test_unknown_id_is_an_input_error(kb_path):
    nlp = load_pipeline("clinical", kb=kb_path, ids=["MESH:D00392X"])
    with pytest.raises(InputError, match="MESH:D00392X is not in the KB"):
        nlp("fever")


def test_annotator_keeps_what_a_document_brought(kb_path):
    section = Section(0, 10, 0, 3, "history")
    given = Document("n", "HX: fever.", sections=(section,), meta={"a": 1})
    annotator = make_annotator("literature", kb=kb_path, detector="dictionary")
    (got,) = annotator.annotate([given])
    assert (got.id, got.sections, got.meta) == ("n", (section,), {"a": 1})
    assert [m.text for m in got.mentions] == ["fever"]


def test_unknown_pipeline_lists_the_known():
    with pytest.raises(UnknownNameError, match="Known: clinical, literature"):
        load_pipeline("clinicl")


def test_to_document_keeps_offsets(nlp):
    document = to_document(nlp(TEXT), id="n1")
    assert document.id == "n1"
    assert [document.text[m.start : m.end] for m in document.mentions] == [
        text for text, _, _ in EXPECTED
    ]
    assert [m.concept_ids[0] for m in document.mentions] == [i for _, _, i in EXPECTED]
    assert [a.long for a in document.abbreviations] == ["Kidney cancer", "Kidney cancer"]
