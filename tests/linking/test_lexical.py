from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny import open_tiny

from biotk.candidates.learned import LearnedNames
from biotk.document import Document, Mention
from biotk.errors import KbMismatchError
from biotk.kb import KbBuilder, open_kb
from biotk.linking import LexicalConfig, LexicalLinker, Linker, link_document
from biotk.linking.long_forms import LongForms
from biotk.text.abbreviations import find_abbreviations
from biotk.types import Concept


@pytest.fixture(scope="module")
def kb(tmp_path_factory):
    return open_tiny(tmp_path_factory.mktemp("kb"))


@pytest.fixture(scope="module")
def linker(kb):
    return LexicalLinker(kb, config=LexicalConfig(threshold=0.4))


def test_lexical_linker_is_a_linker(linker):
    assert isinstance(linker, Linker)


@pytest.mark.parametrize(
    ("text", "concept_id"),
    [
        ("congestive heart failure", "MESH:D006333"),
        ("congestive hart failure", "MESH:D006333"),
        ("type 2 diabetes mellitus", "MESH:D003924"),
        ("aspirins", "MESH:D001241"),
    ],
)
def test_link_finds_the_concept(linker, text, concept_id):
    link = linker.link(text)
    assert link.concept_id == concept_id
    assert link.name == linker.kb[concept_id].name
    assert link.candidates[0].concept_id == concept_id


@pytest.mark.parametrize("text", ["xylophone", "", "?!", "日本語"])
def test_unknown_mention_is_nil_with_a_reason(linker, text):
    link = linker.link(text)
    assert link.is_nil
    assert link.route == "nil"
    assert link.reasons["nil"]


def test_short_mention_needs_an_exact_match(linker):
    link = linker.link("asp")
    assert link.is_nil
    assert linker.link("ASA").concept_id == "MESH:D001241"


def test_below_the_threshold_is_nil_but_keeps_its_candidates(kb):
    strict = LexicalLinker(kb, config=LexicalConfig(threshold=0.95))
    link = strict.link("congestive hart failure")
    assert link.is_nil
    assert link.candidates[0].concept_id == "MESH:D006333"


def test_entity_type_decides_between_homonyms(linker):
    assert linker.link("cold", type="Disease").concept_id == "MESH:D000001"
    assert linker.link("cold", type="Chemical").concept_id == "MESH:D003080"


TWO_VOCABULARIES = [
    Concept("GO:1", "olfaction", types=("Process",)),
    Concept("UB:1", "olfactory", types=("Anatomy",)),
    Concept("GO:2", "primary cell membrane layer", types=("CellularComponent",)),
    Concept("UB:2", "primary cell membranes", types=("Anatomy",)),
]


def test_name_of_another_type_hides_no_match_of_the_right_one(tmp_path):
    builder = KbBuilder("x")
    builder.add(TWO_VOCABULARIES)
    linker = LexicalLinker(open_kb(builder.write(tmp_path / "x")))
    assert linker.link("olfactory").concept_id == "UB:1"
    assert linker.link("olfactory", type="Anatomy").concept_id == "UB:1"
    process = linker.link("olfactory", type="Process")
    assert (process.concept_id, process.route) == ("GO:1", "reworded")
    assert [c.concept_id for c in process.candidates] == ["GO:1", "UB:1"]


def test_close_neighbour_of_the_right_type_goes_before_a_name_of_another(tmp_path):
    builder = KbBuilder("x")
    builder.add(TWO_VOCABULARIES)
    linker = LexicalLinker(open_kb(builder.write(tmp_path / "x")))
    assert linker.link("primary cell membrane").concept_id == "UB:2"
    near = linker.link("primary cell membrane", type="CellularComponent")
    assert (near.concept_id, near.route) == ("GO:2", "ngram")
    assert linker.candidates("olfactory", type="CellularComponent")[0].concept_id == "UB:1"


def test_preferred_name_goes_before_a_synonym(linker):
    link = linker.link("cold")
    assert link.concept_id == "MESH:D000001"
    assert [c.concept_id for c in link.candidates][:2] == ["MESH:D000001", "MESH:D003080"]
    assert not link.is_tied


def test_ties_are_told_and_ordered_by_id(tmp_path):
    builder = KbBuilder("x")
    builder.add([Concept("B:2", "gout"), Concept("A:9", "gout"), Concept("C:1", "x", ("gout",))])
    link = LexicalLinker(open_kb(builder.write(tmp_path / "x"))).link("gout")
    assert link.is_tied
    assert [(c.concept_id, c.tied) for c in link.candidates] == [
        ("A:9", True),
        ("B:2", True),
        ("C:1", False),
    ]


def test_long_form_goes_before_the_short_one(linker):
    link = linker.link("CAT", long_form="cardiac failure")
    assert link.concept_id == "MESH:D006333"
    assert link.query == "cardiac failure"
    assert linker.link("CAT").concept_id == "HGNC:1516"


def test_nothing_outside_the_subset_is_ever_answered(kb):
    subset = kb.subset(types=["Chemical"])
    linker = LexicalLinker(kb, subset=subset)
    allowed = {kb.id_of(i) for i in subset.indices.tolist()}
    for name in kb.iter_names():
        for type_ in (None, "Disease", "Chemical"):
            found = linker.candidates(name, type=type_)
            assert {c.concept_id for c in found} <= allowed
    assert linker.link("fever").is_nil


def test_subset_of_another_kb_is_refused(kb, tmp_path):
    builder = KbBuilder("x")
    builder.add([Concept("A:1", "one")])
    other = open_kb(builder.write(tmp_path / "x"))
    with pytest.raises(KbMismatchError):
        LexicalLinker(kb, subset=other.subset())
    with pytest.raises(KbMismatchError):
        LexicalLinker(kb, learned=LearnedNames(other))


def test_learned_names_answer_and_say_so(kb):
    learned = LearnedNames(kb)
    learned.add("sugar sickness", "MESH:D003920")
    linker = LexicalLinker(kb, learned=learned, config=LexicalConfig(threshold=0.4))
    assert linker.link("sugar sickness").route == "training"
    assert linker.link("sugar sicknes").route == "training-ngram"
    assert LexicalLinker(kb).link("sugar sickness").is_nil


def test_a_name_that_annotators_use_is_still_told_as_a_name(kb):
    learned = LearnedNames(kb)
    learned.add("heart failures", "MESH:D006333", count=9)
    linker = LexicalLinker(kb, learned=learned)
    link = linker.link("heart failures")
    assert (link.name, link.matched, link.route) == ("Heart Failure", "Heart Failure", "plural")
    # It counts as what it is by both: 0.96 as a name, nearly 1 as a mention.
    assert link.score > 0.98 > LexicalLinker(kb).link("heart failures").score
    # Where another concept has the name too, annotators say which is meant.
    learned.add("cold", "MESH:D003080", count=9)
    assert LexicalLinker(kb, learned=learned).link("cold").route == "training"


@pytest.mark.parametrize("text", ["cold", "Common Cold"])  # but for case; the very name
def test_what_annotators_often_meant_goes_before_a_name(kb, text):
    by_name = LexicalLinker(kb).link(text).concept_id
    for times, others, first in ((1, 0, False), (5, 0, True), (5, 20, False)):
        learned = LearnedNames(kb)
        learned.add(text, "MESH:D003920", count=times)
        learned.add(text, by_name, count=others) if others else None
        link = LexicalLinker(kb, learned=learned).link(text)
        assert link.concept_id == ("MESH:D003920" if first else by_name)
        assert (link.route == "training" and not link.is_tied) or not first
        assert link.score <= 1.0


QUERIES = st.one_of(
    st.sampled_from(
        "cold;colds;heart failure;cardiac failur;diabetes;NIDDM;type 2 diabetes;kidney tumour;"
        "IL-2;cat;CAT;aspirin tablet;fevers;sugar sickness;pyrexias;neoplasm of kidney;"
        "feveral;diabetic;renal damage".split(";")
    ),
    st.text(alphabet="acdehiklnorst 2-", max_size=14),
)


@given(QUERIES, st.sampled_from([None, "Disease", "Chemical", "Gene"]), st.none() | QUERIES)
@settings(max_examples=150, deadline=None)
def test_stopping_early_never_changes_the_best(kb_and_linker, text, type_, long):
    linker = kb_and_linker
    full = linker.candidates(text, type=type_, long_form=long)
    fast = linker.link(text, type=type_, long_form=long).candidates
    assert fast[:1] == full[:1]


@pytest.fixture(scope="module")
def kb_and_linker(kb):
    learned = LearnedNames(kb)
    for text, concept_id in (
        ("sugar sickness", "MESH:D003920"),
        ("cold", "MESH:D003080"),
        ("kidney tumour", "MESH:D007674"),
    ):
        learned.add(text, concept_id)
    return LexicalLinker(kb, learned=learned, config=LexicalConfig(threshold=0.0))


def test_link_document_writes_short_forms_out(linker):
    text = "Kidney cancer (KC) is bad. Severe KC is worse."
    document = Document("d", text, (Mention(((27, 36),), "Severe KC"), Mention(((34, 36),), "KC")))
    linked = link_document(linker, document)
    assert linked.mentions[1].concept_ids == ("MESH:D007680",)
    assert linked.mentions[1].links[0].query == "Kidney cancer"
    assert linked.mentions[0].links[0].query == "Severe Kidney cancer"
    assert linked.abbreviations[0].short == "KC"


def written_out(text, mention, nth=0):
    start = -1
    for _ in range(nth + 1):
        start = text.index(mention, start + 1)
    return LongForms(find_abbreviations(text)).of(mention, start, start + len(mention))


def test_plural_short_form_is_written_out():
    text = "A transient ischemic attack (TIA) passed. TIAs recur; severe TIA, fever."
    assert written_out(text, "TIAs") == "transient ischemic attacks"
    assert written_out(text, "severe TIA") == "severe transient ischemic attack"
    assert written_out(text, "fever") is None


def test_mention_that_defines_a_short_form_loses_it():
    text = "He had glucose-6-phosphate dehydrogenase (G6PD) deficiency."
    mention = "glucose-6-phosphate dehydrogenase (G6PD) deficiency"
    assert written_out(text, mention) == "glucose-6-phosphate dehydrogenase deficiency"


def test_short_form_means_what_was_defined_last():
    text = "Myocardial infarction (MI) healed. Mitral insufficiency (MI) came. MI stayed."
    assert [written_out(text, "MI", n) for n in (0, 1, 2)] == [
        "Myocardial infarction",
        "Mitral insufficiency",
        "Mitral insufficiency",
    ]
