from __future__ import annotations

import pickle
import subprocess
import sys
import textwrap
import warnings

import pytest
import spacy
from spacy.tokens import DocBin, Span
from tiny import build_tiny

from biotk.components.pipelines import load_pipeline, to_document
from biotk.errors import KbMismatchError, KbNotFoundError, UnknownNameError
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
    nlp.add_pipe("biotk_linker", config={"kb": kb_path, "learned_names": str(names)})
    nlp.to_disk(tmp_path / "saved")
    names.unlink()
    (ent,) = spacy.load(tmp_path / "saved")("a sugar sickness").ents
    assert (ent.kb_id_, ent._.link.route) == ("MESH:D003920", "training")


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


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_pipe_with_two_processes(kb_path, tmp_path, method):
    script = tmp_path / "run.py"
    script.write_text(
        textwrap.dedent(f"""
        import multiprocessing, spacy
        TEXT = {TEXT!r}
        if __name__ == "__main__":
            multiprocessing.set_start_method({method!r})
            nlp = spacy.blank("en")
            nlp.add_pipe("biotk_abbreviations")
            nlp.add_pipe("biotk_detector", config={{"kb": {kb_path!r}}})
            nlp.add_pipe("biotk_linker", config={{"kb": {kb_path!r}}})
            for doc in nlp.pipe([TEXT] * 8, n_process=2, batch_size=2):
                print([(e.text, e.label_, e.kb_id_) for e in doc.ents])
                print(doc.ents[0]._.link.concept_id, doc._.abbreviations[0]._.long_form.text)
        """)
    )
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [str(EXPECTED), "MESH:D007680 Kidney cancer"] * 8


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
        make_nlp(kb_path)
        make_nlp(kb_path)


# Named pipelines


@pytest.mark.parametrize("name", ["clinical", "literature"])
def test_named_pipeline_takes_another_kb(name, kb_path):
    nlp = load_pipeline(name, kb=kb_path, types=["Disease"])
    assert [e.text for e in nlp(TEXT).ents] == ["Kidney cancer", "KC", "fever", "cough", "KC"]


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
