"""``biotk_detector`` with a model: mentions of the library's detectors, saved and sent about."""

from __future__ import annotations

import pickle

import pytest
import spacy
from spacy.tokens import DocBin
from tiny import build_tiny, open_tiny
from tiny_tagger import TYPES, WordModel, write_tagger

from biotk.components.annotator import make_annotator
from biotk.components.detector import DetectorComponent
from biotk.components.kb import KbHandle
from biotk.components.pipelines import load_pipeline, to_document
from biotk.components.plain import get_score
from biotk.detection import BothDetector, DictionaryDetector, TaggerDetector
from biotk.document import Document
from biotk.errors import InputError, UnknownNameError
from biotk.kb import KbBuilder
from biotk.types import Concept

TEXTS = [
    "Kidney cancer (KC) and fever. No cough; KC was treated with acetylsalicylic acid.",
    "",
    "No mention of IL-2-induced things.",
    "\u7cd6\u5c3f\u75c5 ?! \u2013",
]


@pytest.fixture(scope="module")
def kb_path(tmp_path_factory):
    return str(build_tiny(tmp_path_factory.mktemp("kb")))


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return str(write_tagger(tmp_path_factory.mktemp("models") / "tagger", spread=3))


def make_nlp(kb_path, **detector):
    nlp = spacy.blank("en")
    nlp.add_pipe("biotk_detector", config={"kb": kb_path, **detector})
    return nlp


@pytest.fixture(scope="module")
def nlp(kb_path, model):
    return make_nlp(kb_path, detector="tagger", tagger=model)


def mentions(doc) -> list[tuple]:
    # What stands beside a text in a batch may change the last digits.
    return [(m.spans, m.type, round(m.score, 4)) for m in to_document(doc).mentions]


def test_component_finds_what_the_tagger_itself_finds(nlp, model, kb_path, tmp_path) -> None:
    types = {"Disease", "Chemical", "Gene"} & set(open_tiny(tmp_path).manifest.types)
    detector = TaggerDetector.load(model, types=types)
    want = detector.detect_batch(TEXTS)
    assert sum(map(len, want)) > 5
    for doc, found in zip(nlp.pipe(TEXTS), want, strict=True):
        assert mentions(doc) == [(m.spans, m.type, round(m.score, 4)) for m in found]
        assert mentions(nlp(doc.text)) == mentions(doc)
        assert [ent.text for ent in doc.ents] == [m.text for m in found]


def test_detector_is_made_as_the_config_says(kb_path, model) -> None:
    handle = KbHandle(kb_path, types=["Disease"])
    made = {
        name: DetectorComponent("d", handle, detector=name, **given).detector
        for name, given in (
            ("dictionary", {}), ("tagger", {"tagger": model}), ("both", {"tagger": model}),
        )
    }  # fmt: skip
    assert isinstance(made["dictionary"], DictionaryDetector)
    assert isinstance(made["both"], BothDetector)
    assert made["tagger"].types == ("Disease",)


@pytest.mark.parametrize(
    ("part", "wanted"),
    [
        ({}, ("Disease", "Chemical", "Gene")),
        ({"ids": ["MESH:D001241"]}, ("Chemical",)),
        ({"sources": ["HGNC"]}, ("Gene",)),
        ({"branch": ["MESH:D003920"]}, ("Disease",)),
        ({"types": ["Chemical", "Disease"], "ids": ["MESH:D001241"]}, ("Chemical",)),
    ],
)
def test_tagger_seeks_the_types_that_the_part_of_the_kb_has(kb_path, model, part, wanted) -> None:
    component = DetectorComponent("d", KbHandle(kb_path, **part), detector="tagger", tagger=model)
    assert component.detector.types == wanted


def test_types_are_compared_by_their_common_names_on_both_sides(tmp_path) -> None:
    model = write_tagger(tmp_path / "tagger", types=("Disease", "Drug", "Gene"))
    builder = KbBuilder("x")
    builder.add(
        [Concept("A:1", "fever", types=("DISEASE",)), Concept("A:2", "z", types=("CHEBI",))]
    )
    handle = KbHandle(str(builder.write(tmp_path / "x")))
    component = DetectorComponent("d", handle, detector="tagger", tagger=str(model))
    assert component.detector.types == ("Disease", "Drug")


def test_kb_of_other_types_leaves_the_model_all_of_its_own(tmp_path, model) -> None:
    builder = KbBuilder("x")
    builder.add([Concept("A:1", "fever", types=("T184",))])
    handle = KbHandle(str(builder.write(tmp_path / "x")), types=["T184"])
    component = DetectorComponent("d", handle, detector="tagger", tagger=model)
    assert component.detector.types == TYPES


def test_overlapping_mentions_stand_in_spans_and_the_surest_in_ents(kb_path) -> None:
    nlp = make_nlp(kb_path, detector="tagger", tagger="any", overlaps="all")
    words = WordModel(
        Disease={"Kidney cancer": 0.7, "fever": 0.9}, Chemical={"fever": 0.6}, Gene={"Kidney": 0.8}
    )
    ((_, component),) = nlp.pipeline
    component._built = TaggerDetector(words, overlaps="all")
    doc = nlp(TEXTS[0])
    assert [(span.text, span.label_, round(get_score(span), 1)) for span in doc.spans["biotk"]] == [
        ("Kidney", "Gene", 0.8),
        ("Kidney cancer", "Disease", 0.7),
        ("fever", "Chemical", 0.6),
        ("fever", "Disease", 0.9),
    ]
    assert [(ent.text, ent.label_) for ent in doc.ents] == [
        ("Kidney", "Gene"),
        ("fever", "Disease"),
    ]
    (found,) = [m for m in to_document(doc).mentions if m.type == "Chemical"]
    assert round(found.score, 1) == 0.6


def test_scores_survive_bytes_disk_and_pickle(nlp, tmp_path) -> None:
    want = [mentions(doc) for doc in nlp.pipe(TEXTS)]
    assert sum(map(len, want)) > 5
    box = DocBin(store_user_data=True, docs=list(nlp.pipe(TEXTS)))
    again = DocBin().from_bytes(box.to_bytes()).get_docs(nlp.vocab)
    # What is stored of a document without a token is nothing.
    assert [mentions(doc) for doc in again] == want
    nlp.to_disk(tmp_path / "nlp")
    loaded = load_pipeline(tmp_path / "nlp")
    assert [mentions(doc) for doc in loaded.pipe(TEXTS)] == want
    ((_, component),) = nlp.pipeline
    sent = pickle.loads(pickle.dumps(component))
    assert [mentions(sent(nlp.make_doc(text))) for text in TEXTS] == want
    assert component.from_bytes(component.to_bytes()).tagger == component.tagger


def test_named_pipeline_takes_another_detector(kb_path, model) -> None:
    annotator = make_annotator(
        "literature", kb=kb_path, detector="both", tagger=model, linker="lexical"
    )
    (found,) = annotator.annotate([Document("a", TEXTS[0])])
    assert any(m.score is not None for m in found.mentions) and found.mentions[0].links
    bare = make_annotator("literature", kb=kb_path, linked=False, detector="dictionary")
    (found,) = bare.annotate([Document("a", TEXTS[0])])
    assert found.mentions and not any(m.links for m in found.mentions)
    assert all(m.score is None for m in found.mentions)


def detector_of(nlp) -> str:
    return nlp.get_pipe("biotk_detector").detector_name


def test_named_pipelines_have_a_tagger_where_it_fits_what_is_sought(kb_path, tmp_path) -> None:
    assert detector_of(load_pipeline("literature", kb=kb_path)) == "tagger"
    assert detector_of(load_pipeline("clinical", kb=kb_path, types=["Disease"])) == "both"
    for part in ({"ids": ["D005334"]}, {"branch": ["D009369"]}, {"sources": ["MESH"]}):
        assert detector_of(load_pipeline("clinical", kb=kb_path, **part)) == "dictionary"
    assert detector_of(load_pipeline("clinical", kb=kb_path, detector="both", **part)) == "both"
    builder = KbBuilder("beasts")
    builder.add([Concept("X:1", "yeti", types=("Beast",))])
    other = builder.write(tmp_path / "beasts")
    assert detector_of(load_pipeline("literature", kb=other)) == "dictionary"
    assert [ent.text for ent in load_pipeline("literature", kb=other)("A yeti.").ents] == ["yeti"]


def test_saved_pipeline_keeps_its_detector_for_a_part_too(kb_path, model, tmp_path) -> None:
    load_pipeline("literature", kb=kb_path, tagger=model).to_disk(tmp_path / "saved")
    assert detector_of(load_pipeline(tmp_path / "saved", ids=["D005334"])) == "tagger"


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"detector": "tagget"}, UnknownNameError, "Did you mean 'tagger'"),
        ({"detector": "dictionary", "tagger": "x"}, InputError, "has no model"),
    ],
)
def test_wrong_options_are_told_when_a_pipeline_is_made(kb_path, given, error, message) -> None:
    with pytest.raises(error, match=message):
        load_pipeline("literature", kb=kb_path, **given)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"detector": "tagger", "threshold": 1.5}, "threshold is 1.5; allowed are 0 to 1"),
        ({"detector": "dictionary", "threshold": 0.5}, "the detector dictionary has none"),
    ],
)
def test_threshold_that_makes_no_sense_is_told_when_a_component_is_made(
    kb_path, given, message
) -> None:
    with pytest.raises(InputError, match=message):
        make_nlp(kb_path, **given)


def test_pipeline_with_a_threshold_takes_the_dictionary(kb_path, model, tmp_path) -> None:
    make_nlp(kb_path, detector="tagger", tagger=model, threshold=0.5).to_disk(tmp_path / "nlp")
    nlp = load_pipeline(tmp_path / "nlp", detector="dictionary")
    assert [ent.text for ent in nlp("fever").ents] == ["fever"]


def test_missing_model_is_told_at_the_first_document(kb_path) -> None:
    nlp = make_nlp(kb_path, detector="tagger", tagger="nonesuch")
    with pytest.raises(InputError, match="no tagger 'nonesuch'"):
        nlp("fever")


def test_dictionary_loads_no_model_where_names_answer(kb_path, monkeypatch) -> None:
    from biotk.detection import tagger
    from biotk.linking import generator

    def refuse(*given, **options):
        raise AssertionError("a model was loaded")

    for module, name in ((tagger, "load_labeller"), (generator, "load_generator")):
        monkeypatch.setattr(module, name, refuse)
    monkeypatch.setattr("biotk.components.detector.load_labeller", refuse)
    nlp = load_pipeline("clinical", kb=kb_path, detector="dictionary")
    assert [ent.kb_id_ for ent in nlp("Fever and cough.").ents] == ["MESH:D005334", "MESH:D003371"]
    with pytest.raises(AssertionError, match="a model was loaded"):
        load_pipeline("clinical", kb=kb_path)("Fever.")
