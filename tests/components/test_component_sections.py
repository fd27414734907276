from __future__ import annotations

import json
import pickle
import subprocess
import sys
import textwrap
import warnings

import pytest
import spacy
from spacy.tokens import Doc, DocBin
from tiny import build_tiny

from biotk.components.annotator import make_annotator
from biotk.components.pipelines import load_pipeline, to_document
from biotk.components.plain import get_sections, section_of, set_sections
from biotk.document import Document, Section, section_at
from biotk.errors import InputError, UnknownNameError
from biotk.io import document_to_dict

TEXT = """Seen at home.
PAST MEDICAL HISTORY: Kidney cancer (KC).
DOG BITES: cough
PHYSICAL EXAM:
HEENT: fever
Abdomen: soft
PLAN: acetylsalicylic acid for KC
"""
EXPECTED = [
    ("", None),
    ("PAST MEDICAL HISTORY", "past_medical_history"),
    ("DOG BITES", None),
    ("PHYSICAL EXAM", "physical_exam"),
    ("HEENT", "physical_exam"),
    ("Abdomen", "physical_exam"),
    ("PLAN", "plan"),
]
RULE = {"literal": "Dog bites", "category": "bites", "metadata": {"by": "Zoë"}}


def make_nlp(**config):
    nlp = spacy.blank("en")
    nlp.add_pipe("biotk_sections", config={"segmenter": "rules", **config})
    return nlp


@pytest.fixture(scope="module")
def nlp():
    return make_nlp()


@pytest.fixture(scope="module")
def kb_path(tmp_path_factory):
    return str(build_tiny(tmp_path_factory.mktemp("kb")))


def told(doc):
    text = doc.text
    return [(text[s.title_start : s.title_end], s.category) for s in doc._.sections]


def assert_tiled(doc):
    sections = doc._.sections
    ends = [0, *(section.end for section in sections)]
    assert [section.start for section in sections] == ends[:-1]
    assert ends[-1] == len(doc.text)


def test_sections_have_titles_and_categories(nlp):
    doc = nlp(TEXT)
    assert told(doc) == EXPECTED
    assert doc._.section_categories == [category for _, category in EXPECTED]
    assert {section.source for section in doc._.sections} == {None, "rules"}
    assert_tiled(doc)


def test_each_section_is_a_span(nlp):
    doc = nlp(TEXT)
    spans = doc.spans["sections"]
    assert [(s.start_char, s.end_char) for s in spans] == [(s.start, s.end) for s in doc._.sections]
    assert [s.label_ for s in spans] == [category or "" for _, category in EXPECTED]


def test_span_knows_its_section(nlp):
    doc = nlp(TEXT)
    for word, title in (("home", ""), ("Kidney", "PAST MEDICAL HISTORY"), ("PLAN", "PLAN")):
        start = TEXT.index(word)
        section = doc.char_span(start, start + len(word))._.section
        assert TEXT[section.title_start : section.title_end] == title
    # A span that runs on counts where it starts.
    first = doc.char_span(TEXT.index("soft"), TEXT.index("acid") + 4)._.section
    assert TEXT[first.title_start : first.title_end] == "Abdomen"


def test_without_the_component_there_are_none():
    make_nlp()  # so that the attributes are there
    doc = spacy.blank("en")(TEXT)
    assert doc._.sections == ()
    assert doc._.section_categories == []
    assert doc[:2]._.section is None


def test_nested_sections_reach_over_their_parts():
    doc = make_nlp(nested=True)(TEXT)
    exam, heent, abdomen, plan = doc._.sections[3:]
    assert (exam.end, heent.parent, abdomen.parent, plan.parent) == (plan.start, 3, 3, None)
    fever = TEXT.index("fever")
    assert doc.char_span(fever, fever + 5)._.section == heent
    colon = TEXT.index("EXAM") + 4
    assert doc.char_span(colon, colon + 1)._.section == exam


def test_section_within_a_token_takes_the_whole_token(nlp):
    text = "ALLERGIES: a\n   PLAN: b"
    doc = nlp(text)
    blanks = doc[3]
    assert (blanks.text, doc._.sections[1].start) == ("\n   ", 13)
    assert [span.text for span in doc.spans["sections"]] == ["ALLERGIES: a\n   ", "\n   PLAN: b"]
    whole = Doc(nlp.vocab, words=["ALLERGIES:one\nPLAN:two"], spaces=[False])
    doc = nlp(whole)
    assert told(doc) == [("ALLERGIES", "allergies"), ("PLAN", "plan")]
    assert [(span.start, span.end) for span in doc.spans["sections"]] == [(0, 1), (0, 1)]


@pytest.mark.parametrize(
    "text", ["", " ", "\r\n\t", "\n\n", "𝒳𝒴", "a" * 5000, "\x0cPLAN: x", "#\r#"]
)
def test_odd_texts_are_tiled(nlp, text):
    doc = nlp(text)
    assert doc.text == text
    assert_tiled(doc)
    assert len(doc.spans["sections"]) == len(doc._.sections) == (1 if text else 0)


def test_line_ends_of_windows_and_of_old_macs_count(nlp):
    for ends in ("\r\n", "\r"):
        text = TEXT.replace("\n", ends)
        doc = nlp(text)
        assert told(doc) == EXPECTED
        assert_tiled(doc)


# Kept on the document


def test_docbin_keeps_sections(nlp):
    doc = nlp(TEXT)
    data = DocBin(store_user_data=True, docs=[doc]).to_bytes()
    (back,) = DocBin().from_bytes(data).get_docs(nlp.vocab)
    assert back._.sections == doc._.sections
    assert [s.label_ for s in back.spans["sections"]] == [c or "" for _, c in EXPECTED]


def test_doc_bytes_keep_sections():
    nlp = make_nlp(nested=True)
    doc = nlp(TEXT)
    back = Doc(nlp.vocab).from_bytes(doc.to_bytes())
    assert back._.sections == doc._.sections
    assert [s._.section for s in back.spans["sections"]] == [
        s._.section for s in doc.spans["sections"]
    ]
    assert to_document(back) == to_document(doc)


def test_sections_move_along_when_documents_are_joined():
    nlp = make_nlp(nested=True)
    docs = [nlp("PLAN: rest"), nlp(""), nlp(TEXT)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        joined = Doc.from_docs(docs)
    assert told(joined) == [("PLAN", "plan"), *EXPECTED]
    assert [s.parent for s in joined._.sections] == [None, None, None, None, None, 4, 4, None]
    fever = joined.text.index("fever")
    assert joined.char_span(fever, fever + 5)._.section == joined._.sections[5]
    assert [s.label_ for s in joined.spans["sections"]] == ["plan", *(c or "" for _, c in EXPECTED)]


def test_part_of_a_document_has_the_sections_that_reach_into_it(nlp):
    doc = nlp(TEXT)
    part = doc.spans["sections"][6].as_doc(copy_user_data=True)
    assert told(part) == [("PLAN", "plan")]
    assert part[0:1]._.section == Section(0, len(part.text), 0, 4, "plan", source="rules")
    start = TEXT.index("BITES")
    part = doc.char_span(start, TEXT.index("soft") + 4).as_doc(copy_user_data=True)
    assert told(part) == [("BITES", None), *EXPECTED[3:6]]
    assert_tiled(part)


def test_sections_of_a_second_run_take_the_place_of_the_first(nlp):
    joined = Doc.from_docs([nlp("PLAN: a"), nlp("ALLERGIES: b")])
    nlp.get_pipe("biotk_sections")(joined)
    assert told(joined) == [("PLAN", "plan")]  # the second heading is in no line of its own now
    assert_tiled(joined)


def test_section_of_a_span_is_what_a_search_of_all_finds(nlp):
    sections = [
        Section(2, 20, 2, 5, "a"),
        Section(4, 9, 4, 4, "b", 0),
        Section(9, 12, 9, 10, None, 0),
        Section(24, 30, 24, 25),
    ]
    doc = Doc(nlp.vocab, words=list("abcdefghijklmnopqrstuvwxyz012345"), spaces=[False] * 32)
    set_sections(doc, sections)
    assert get_sections(doc) == tuple(sections)
    found = [section_of(doc[at : at + 1]) for at in range(32)]
    holding = [[s for s in sections if s.start <= at < s.end] for at in range(32)]
    assert found == [min(all_, key=lambda s: s.end - s.start, default=None) for all_ in holding]
    assert found == [section_at(sections, at) for at in range(32)]


def test_split_tokens_keep_sections(kb_path):
    nlp = make_nlp()
    nlp.add_pipe("biotk_detector", config={"kb": kb_path})
    doc = nlp("Home.\nPLAN: aspirin+furosemide daily\nDOG BITES: cough")
    assert [ent.text for ent in doc.ents] == ["aspirin", "furosemide", "cough"]
    assert told(doc) == [("", None), ("PLAN", "plan"), ("DOG BITES", None)]
    assert [ent._.section.category for ent in doc.ents] == ["plan", "plan", None]
    assert [s.text for s in doc.spans["sections"]][1] == "PLAN: aspirin+furosemide daily\n"


# In a stream


def test_stream_is_split_together(nlp, monkeypatch):
    component = nlp.get_pipe("biotk_sections")
    sizes = []
    segment = component.segmenter.segment_batch
    monkeypatch.setattr(
        component.segmenter,
        "segment_batch",
        lambda texts: sizes.append(len(texts)) or segment(texts),
    )
    texts = [TEXT, "", "PLAN: x", TEXT, "ALLERGIES: y"]
    piped = list(nlp.pipe(texts, batch_size=3))
    assert sizes == [3, 2]
    assert [told(doc) for doc in piped] == [told(nlp(text)) for text in texts]


def test_document_that_fails_is_told_alone(monkeypatch):
    nlp = make_nlp()
    component = nlp.get_pipe("biotk_sections")
    segment = component.segmenter.segment_batch

    def failing(texts):
        if "bad" in texts:
            raise RuntimeError("no")
        return segment(texts)

    monkeypatch.setattr(component.segmenter, "segment_batch", failing)
    failed = []
    nlp.set_error_handler(lambda name, pipe, docs, error: failed.extend(d.text for d in docs))
    docs = list(nlp.pipe(["PLAN: a", "bad", "ALLERGIES: b"]))
    assert ([doc.text for doc in docs], failed) == (["PLAN: a", "ALLERGIES: b"], ["bad"])


# Rules of one's own, and saving


def test_added_rule_has_the_last_word():
    nlp = make_nlp()
    component = nlp.get_pipe("biotk_sections")
    assert nlp(TEXT)._.section_categories[2] is None
    component.add_rule(RULE)
    section = nlp(TEXT)._.sections[2]
    assert (section.category, section.source) == ("bites", "rule: Dog bites")
    component.add_rule({"literal": "Dog bites", "category": "injuries"})
    assert nlp(TEXT)._.sections[2].category == "injuries"


def test_rules_are_added_all_or_none():
    component = make_nlp().get_pipe("biotk_sections")
    with pytest.raises(InputError, match="'category' is missing"):
        component.add_rules([RULE, {"literal": "PLAN:"}])
    assert len(component.rules) == 0


def with_rules(tmp_path):
    """A pipeline with a rule of a file, and one that was added."""
    path = tmp_path / "rules.json"
    path.write_text(json.dumps({"section_rules": [{"literal": "HEENT", "category": "head"}]}))
    nlp = make_nlp(rules=str(path))
    nlp.get_pipe("biotk_sections").add_rules([RULE])
    path.unlink()
    return nlp


RULED = [None, "past_medical_history", "bites", "physical_exam", "head", "plan"]


def ruled(nlp):
    categories = nlp(TEXT)._.section_categories
    return categories[:5] + categories[-1:]


def test_disk_round_trip_keeps_rules_of_a_file_and_added_ones(tmp_path):
    nlp = with_rules(tmp_path)
    assert ruled(nlp) == RULED
    nlp.to_disk(tmp_path / "one")
    nlp = spacy.load(tmp_path / "one")
    assert ruled(nlp) == RULED
    nlp.to_disk(tmp_path / "two")
    again = load_pipeline(tmp_path / "two")
    assert ruled(again) == RULED
    assert again.get_pipe("biotk_sections").rules.rules[0].metadata == {"by": "Zoë"}


def test_bytes_round_trip_keeps_rules(tmp_path):
    assert ruled(make_nlp().from_bytes(with_rules(tmp_path).to_bytes())) == RULED


def test_pickle_round_trip_keeps_rules(tmp_path):
    nlp = with_rules(tmp_path)
    nlp(TEXT)
    assert ruled(pickle.loads(pickle.dumps(nlp))) == RULED


def test_rules_that_the_config_names_anew_are_meant(tmp_path):
    with_rules(tmp_path).to_disk(tmp_path / "saved")
    new = tmp_path / "new.json"
    new.write_text('{"section_rules": [{"literal": "Dog bites", "category": "new"}]}')
    config = {"components": {"biotk_sections": {"rules": str(new)}}}
    assert spacy.load(tmp_path / "saved", config=config)(TEXT)._.section_categories[2] == "new"


def test_rules_survive_another_kb(tmp_path, kb_path):
    nlp = load_pipeline("clinical", kb=kb_path)
    nlp.get_pipe("biotk_sections").add_rule(RULE)
    nlp.to_disk(tmp_path / "saved")
    doc = load_pipeline(tmp_path / "saved", kb=kb_path)(TEXT)
    assert "bites" in doc._.section_categories


def test_wrong_names_are_told(tmp_path):
    with pytest.raises(UnknownNameError, match=r"Known: .*rules"):
        make_nlp(segmenter="rulez")("PLAN: x")
    with pytest.raises(InputError, match=r"none\.json cannot be read"):
        make_nlp(rules=str(tmp_path / "none.json"))("PLAN: x")


def test_attributes_of_another_library_are_left_alone():
    script = textwrap.dedent(f"""
        import warnings, spacy
        from spacy.tokens import Doc, Span
        Doc.set_extension("sections", default=["theirs"])
        Doc.set_extension("section_categories", getter=lambda doc: ["theirs"])
        Span.set_extension("section", default="theirs")
        nlp = spacy.blank("en")
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            nlp.add_pipe("biotk_sections", config={{"segmenter": "rules"}})
        print([str(w.message) for w in caught if "biotk" in str(w.message)])
        doc = nlp({TEXT!r})
        print(doc._.sections, doc._.section_categories, doc[0:1]._.section)
        print(doc._.biotk_section_categories, doc[0:1]._.biotk_section == doc._.biotk_sections[0])
    """)
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    warned, theirs, ours = done.stdout.splitlines()
    for name in ("Doc._.biotk_sections", "Doc._.biotk_section_categories", "Span._.biotk_section"):
        assert name in warned
    assert theirs == "['theirs'] ['theirs'] theirs"
    assert ours == f"{[category for _, category in EXPECTED]} True"


# Links and documents


def test_links_tell_their_section(kb_path):
    nlp = make_nlp()
    nlp.add_pipe("biotk_detector", config={"kb": kb_path})
    nlp.add_pipe("biotk_linker", config={"kb": kb_path, "linker": "lexical"})
    ents = nlp("Fever.\n" + TEXT).ents
    assert [(ent.text, ent._.link.reasons.get("section")) for ent in ents] == [
        ("Fever", None),
        ("Kidney cancer", "past_medical_history"),
        ("KC", "past_medical_history"),
        ("cough", "DOG BITES"),
        ("fever", "physical_exam"),
        ("acetylsalicylic acid", "plan"),
        ("KC", "plan"),
    ]


def test_linker_without_sections_says_nothing_of_them(kb_path):
    nlp = spacy.blank("en")
    nlp.add_pipe("biotk_detector", config={"kb": kb_path})
    nlp.add_pipe("biotk_linker", config={"kb": kb_path, "linker": "lexical"})
    assert ["section" in ent._.link.reasons for ent in nlp(TEXT).ents] == [False] * 6


def test_clinical_finds_sections_in_place_of_those_that_came(kb_path):
    annotator = make_annotator("clinical", kb=kb_path, linker="lexical")
    given = Document("n", TEXT, sections=(Section(0, 9, 0, 3, "theirs"),))
    for _ in range(2):  # the first batch's memory zone has taken its strings along
        (got,) = annotator.annotate([given])
        data = document_to_dict(got)["sections"]
        assert [s.get("title", "") for s in data] == [title for title, _ in EXPECTED]
        assert [data[at].get("category") for at in (0, 1, 3, 6)] == [
            EXPECTED[at][1] for at in (0, 1, 3, 6)
        ]
        assert data[6]["start"] == TEXT.index("PLAN")
        assert got.mentions[0].links[0].reasons["section"] == "past_medical_history"


def test_pipeline_without_the_component_keeps_sections_that_came(kb_path):
    given = Document("n", TEXT, sections=(Section(0, 9, 0, 3, "theirs"),))
    (got,) = make_annotator("literature", kb=kb_path, linker="lexical").annotate([given])
    assert got.sections == given.sections
