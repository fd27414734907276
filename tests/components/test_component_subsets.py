"""Pipelines that seek and answer no more than a part of their KB, saved and in other processes."""

from __future__ import annotations

import pickle

import pytest
import spacy
from tiny import build_tiny

from biotk.components.pipelines import load_pipeline, pipeline_kb
from biotk.errors import InputError, KbMismatchError, UnknownNameError
from biotk.kb import KbBuilder, open_kb, write_subset
from biotk.types import Concept

TEXT = "Kidney cancer, heart failure and fever; took aspirin and furosemide. IL-2 was high."


@pytest.fixture(scope="module")
def kb_path(tmp_path_factory):
    return str(build_tiny(tmp_path_factory.mktemp("kb")))


@pytest.fixture
def part(kb_path, tmp_path):
    """A subset file of kidneys, hearts and aspirin."""
    kb = open_kb(kb_path)
    subset = kb.subset(branch=["D007674", "D006331"]) | kb.subset(ids=["D001241"])
    return write_subset(kb, subset, tmp_path / "x.subset")


def found(nlp, text=TEXT):
    return [ent.text for ent in nlp(text).ents]


INSIDE = ["Kidney cancer", "heart failure", "aspirin"]


def make_nlp(kb_path, part):
    nlp = spacy.blank("en")
    config = {"kb": kb_path, "subset": str(part)}
    nlp.add_pipe("biotk_detector", config=config)
    nlp.add_pipe("biotk_linker", config=config)
    return nlp


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"branch": ["D006331"]}, ["heart failure"]),
        ({"sources": ["HGNC"], "types": ["Gene"]}, ["IL-2"]),
        ({"ids": ["D005334", "D001241"]}, ["fever", "aspirin"]),
        ({"types": ["Disease"], "branch": ["D007674", "D001241"]}, ["Kidney cancer"]),
    ],
)
def test_load_takes_conditions_that_all_hold(kb_path, options, expected):
    assert found(load_pipeline("clinical", kb=kb_path, **options)) == expected


@pytest.mark.parametrize(
    "options", [{"sources": ["HGNC"]}, {"branch": ["HGNC:6001"]}, {"ids": ["HGNC:6001"]}, "subset"]
)
def test_part_that_is_named_is_not_cut_to_the_types_of_the_pipeline(kb_path, options):
    if options == "subset":
        options = {"subset": open_kb(kb_path).subset(ids=["HGNC:6001"])}
    nlp = load_pipeline("clinical", kb=kb_path, **options)
    assert found(nlp) == ["IL-2"]
    assert nlp("IL-2").ents[0].kb_id_ == "HGNC:6001"
    assert found(load_pipeline("clinical", kb=kb_path, types=["Disease"], **options)) == []
    assert "IL-2" not in found(load_pipeline("clinical", kb=kb_path))


@pytest.mark.parametrize(
    ("type_", "told"), [("Disease", "left out"), ("Finding", "concepts of all types are sought")]
)
def test_types_of_a_pipeline_that_the_kb_lacks_are_told_once(tmp_path, caplog, type_, told):
    builder = KbBuilder("few")
    builder.add([Concept("X:1", "yeti foot", types=(type_,))])
    kb = builder.write(tmp_path / "few")
    nlp = load_pipeline("clinical", kb=kb)
    assert found(nlp, "A yeti foot.") == ["yeti foot"]
    (record,) = caplog.records
    assert told in record.getMessage()
    assert "the KB 'few' has no type" in record.getMessage()


@pytest.mark.parametrize("form", ["path", "text", "subset"])
def test_load_takes_a_subset_or_its_file(kb_path, part, form):
    kb = open_kb(kb_path)
    given = {
        "path": part,
        "text": str(part),
        "subset": kb.subset(branch=["D007674", "D006331"]) | kb.subset(ids=["D001241"]),
    }[form]
    assert found(load_pipeline("clinical", kb=kb_path, subset=given)) == INSIDE
    nlp = load_pipeline("clinical", kb=kb_path, subset=given, types=["Disease"])
    assert found(nlp) == INSIDE[:2]


def test_linker_answers_nil_for_what_is_outside(kb_path, part):
    nlp = spacy.blank("en")
    nlp.add_pipe("biotk_detector", config={"kb": kb_path})
    nlp.add_pipe("biotk_linker", config={"kb": kb_path, "subset": str(part)})
    linked = {ent.text: ent.kb_id_ for ent in nlp(TEXT).ents}
    assert linked["heart failure"] == "MESH:D006333"
    assert linked["fever"] == linked["furosemide"] == "NIL"


def test_saved_pipeline_carries_its_subset(kb_path, part, tmp_path):
    nlp = make_nlp(kb_path, part)
    nlp.to_disk(tmp_path / "saved")
    part.unlink()
    for load in (spacy.load, load_pipeline):
        again = load(tmp_path / "saved")
        assert found(again) == INSIDE
        again.to_disk(tmp_path / "saved")
    assert found(load_pipeline(tmp_path / "saved", kb=kb_path)) == INSIDE


def test_subset_from_python_is_saved_though_no_file_was_named(kb_path, tmp_path):
    kb = open_kb(kb_path)
    nlp = load_pipeline("clinical", kb=kb_path, subset=kb.subset(ids="D005334"))
    nlp.to_disk(tmp_path / "saved")
    assert found(spacy.load(tmp_path / "saved")) == ["fever"]


def test_subset_given_at_loading_wins_over_the_saved_one(kb_path, part, tmp_path):
    make_nlp(kb_path, part).to_disk(tmp_path / "saved")
    kb = open_kb(kb_path)
    fever = write_subset(kb, kb.subset(ids="D005334"), tmp_path / "fever.subset")
    assert found(load_pipeline(tmp_path / "saved", subset=fever)) == ["fever"]
    config = {
        f"components.{name}.subset": str(fever) for name in ("biotk_detector", "biotk_linker")
    }
    assert found(spacy.load(tmp_path / "saved", config=config)) == ["fever"]


def test_pipeline_saved_without_a_subset_forgets_the_earlier_one(kb_path, part, tmp_path):
    make_nlp(kb_path, part).to_disk(tmp_path / "saved")
    nlp = load_pipeline("clinical", kb=kb_path, ids=["D005334"])
    nlp.to_disk(tmp_path / "saved")
    assert found(spacy.load(tmp_path / "saved")) == ["fever"]
    assert not (tmp_path / "saved" / "biotk_detector" / "subset.txt").exists()


def test_saved_subset_is_refused_with_another_kb(kb_path, part, tmp_path):
    make_nlp(kb_path, part).to_disk(tmp_path / "saved")
    builder = KbBuilder("other")
    builder.add([Concept("A:1", "fever", types=("Disease",))])
    other = builder.write(tmp_path / "other")
    with pytest.raises(KbMismatchError, match="biotk kb subset"):
        load_pipeline(tmp_path / "saved", kb=other)("fever")
    with pytest.raises(KbMismatchError, match="make it from this KB"):
        load_pipeline("clinical", kb=other, subset=open_kb(kb_path).subset())("fever")


def test_bytes_and_pickle_carry_the_subset(kb_path, part):
    nlp = make_nlp(kb_path, part)
    blank = spacy.blank("en")
    for name in ("biotk_detector", "biotk_linker"):
        blank.add_pipe(name, config={"kb": kb_path})
    data = nlp.to_bytes()
    pickled = pickle.dumps(nlp)
    part.unlink()
    assert found(blank.from_bytes(data)) == INSIDE
    assert found(pickle.loads(pickled)) == INSIDE


def test_part_without_a_concept_is_told(kb_path, caplog):
    nlp = load_pipeline("clinical", kb=kb_path, types=["Disease"], ids=["HGNC:1516"])
    assert found(nlp) == []
    told = [each.getMessage() for each in caplog.records if "no concept" in each.getMessage()]
    assert told == [
        "no concept of the KB 'tiny' meets all of types (Disease), ids (HGNC:1516): nothing "
        "will be found, and every mention is NIL"
    ]


def test_empty_part_of_a_linker_alone_makes_all_nil_and_is_told_once(kb_path, caplog):
    nlp = spacy.blank("en")
    nlp.add_pipe("biotk_detector", config={"kb": kb_path})
    empty = {"types": ["Disease"], "ids": ["HGNC:1516"]}
    nlp.add_pipe("biotk_linker", config={"kb": kb_path, **empty})
    for _ in range(2):
        assert {ent.kb_id_ for ent in nlp(TEXT).ents} == {"NIL"}
    assert len([each for each in caplog.records if "no concept" in each.getMessage()]) == 1


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"sources": ["Mesh"]}, UnknownNameError, "Known: HGNC, MeSH"),
        ({"branch": ["D00633X"]}, InputError, "D00633X is not in the KB"),
        ({"subset": "none.subset"}, InputError, "none.subset: cannot be read"),
    ],
)
def test_wrong_condition_is_told_at_the_first_document(kb_path, options, error, message):
    nlp = load_pipeline("clinical", kb=kb_path, **options)
    with pytest.raises(error, match=message):
        nlp("fever")


def test_kb_of_a_pipeline_is_found_without_loading_it(kb_path, part, tmp_path):
    assert pipeline_kb("clinical") == "open"
    nlp = make_nlp(kb_path, part)
    nlp.to_disk(tmp_path / "saved")
    assert pipeline_kb(tmp_path / "saved") == kb_path
    with pytest.raises(UnknownNameError, match="Known: clinical, literature"):
        pipeline_kb("clinicl")
    blank = spacy.blank("en")
    blank.to_disk(tmp_path / "blank")
    with pytest.raises(InputError, match="no component with a KB"):
        pipeline_kb(tmp_path / "blank")
