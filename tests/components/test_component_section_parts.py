"""Parts of the KB for single sections: drugs in the medications, and all else elsewhere."""

from __future__ import annotations

import json
import pickle

import pytest
import spacy
from tiny import build_tiny
from tiny_calibration import made_calibration
from typer.testing import CliRunner

from biotk.cli import app
from biotk.components.factories import make_linker as make_linker_component
from biotk.components.pipelines import load_pipeline, to_document
from biotk.errors import InputError, UnknownNameError

TEXT = """\
Fever since May.
HISTORY: Kidney cancer and aspirin.
MEDICATIONS: Aspirin for heart failure.
FAMILY HISTORY: Heart failure, fever. Lasix.
"""
PARTS = {"medications": {"types": ["Chemical"]}, "family_history": {"branch": ["D006331"]}}
SECTIONS = {"segmenter": "rules"}


@pytest.fixture(scope="module")
def kb_path(tmp_path_factory):
    return str(build_tiny(tmp_path_factory.mktemp("kb")))


def make_nlp(kb_path, *, sections=True, detector=None, **linker):
    nlp = spacy.blank("en")
    if sections:
        nlp.add_pipe("biotk_sections", config=SECTIONS)
    nlp.add_pipe("biotk_detector", config={"kb": kb_path})
    nlp.add_pipe("biotk_linker", config={"kb": kb_path, "linker": "lexical", **linker})
    return nlp


def linked(nlp, text=TEXT):
    doc = nlp(text)
    return [
        (ent._.section.category if ent._.section else None, ent.text.lower(), ent.kb_id_)
        for ent in doc.ents
    ]


EXPECTED = [
    (None, "fever", "MESH:D005334"),
    ("history_of_present_illness", "kidney cancer", "MESH:D007680"),
    ("history_of_present_illness", "aspirin", "MESH:D001241"),
    ("medications", "aspirin", "MESH:D001241"),
    ("medications", "heart failure", "NIL"),
    ("family_history", "heart failure", "MESH:D006333"),
    ("family_history", "fever", "NIL"),
    ("family_history", "lasix", "NIL"),
]


def test_mentions_are_linked_in_the_part_of_their_section(kb_path):
    assert linked(make_nlp(kb_path, section_subsets=PARTS)) == EXPECTED
    without = linked(make_nlp(kb_path))
    assert [each[2] for each in without].count("NIL") == 0
    # Each section as if the whole pipeline had its part.
    for category, part in PARTS.items():
        alone = linked(make_nlp(kb_path, **part))
        assert [e for e in EXPECTED if e[0] == category] == [e for e in alone if e[0] == category]


def test_link_tells_the_part_of_its_section(kb_path):
    doc = make_nlp(kb_path, section_subsets=PARTS)(TEXT)
    told = {ent._.link.reasons["section"]: ent._.link.reasons.get("part") for ent in doc.ents[1:]}
    assert told == {
        "history_of_present_illness": None,
        "medications": "medications: types Chemical",
        "family_history": "family_history: branch D006331",
    }
    assert "part" not in doc.ents[0]._.link.reasons
    assert to_document(doc).mentions[3].links[0].reasons["part"].startswith("medications")


def test_part_of_a_section_is_within_the_components_own(kb_path):
    own = {"ids": ["MESH:D001241", "MESH:D005334", "MESH:D006333"]}
    found = linked(make_nlp(kb_path, section_subsets=PARTS, **own))
    allowed = {*own["ids"], "NIL"}
    assert found == [
        (category, text, kb_id if kb_id in allowed else "NIL") for category, text, kb_id in EXPECTED
    ]


def test_documents_without_sections_have_the_components_own_part_and_it_is_told(kb_path, caplog):
    nlp = make_nlp(kb_path, sections=False, section_subsets=PARTS)
    assert [e[1:] for e in linked(nlp)] == [e[1:] for e in linked(make_nlp(kb_path))]
    linked(nlp)
    (record,) = caplog.records
    assert "put biotk_sections before it" in record.getMessage()
    assert linked(make_nlp(kb_path, section_subsets=PARTS), "") == []


def test_a_stream_is_linked_as_one_by_one(kb_path):
    nlp = make_nlp(kb_path, section_subsets=PARTS)
    texts = [TEXT, "", TEXT.replace("MEDICATIONS", "PLAN"), "MEDICATIONS: fever, aspirin."]
    streamed = [[e.kb_id_ for e in doc.ents] for doc in nlp.pipe(texts)]
    assert streamed == [[e.kb_id_ for e in nlp(text).ents] for text in texts]


@pytest.mark.parametrize("way", ["disk", "bytes", "pickle", "component"])
def test_saved_pipeline_keeps_the_parts_of_sections(kb_path, tmp_path, way):
    nlp = make_nlp(kb_path, section_subsets=PARTS)
    if way == "disk":
        nlp.to_disk(tmp_path / "saved")
        again = load_pipeline(tmp_path / "saved")
    elif way == "bytes":
        again = make_nlp(kb_path)
        again.from_bytes(nlp.to_bytes())
    elif way == "component":
        again = make_nlp(kb_path)
        nlp.get_pipe("biotk_linker").to_disk(tmp_path / "linker")
        again.get_pipe("biotk_linker").from_disk(tmp_path / "linker")
    else:
        linked(nlp)  # what was built is not pickled
        again = pickle.loads(pickle.dumps(nlp))
    assert linked(again) == EXPECTED


def test_parts_that_the_config_names_now_go_before_those_that_were_saved(kb_path):
    other = {"medications": {"types": ["Disease"]}}
    again = make_nlp(kb_path, section_subsets=other)
    again.from_bytes(make_nlp(kb_path, section_subsets=PARTS).to_bytes())
    assert linked(again) == linked(make_nlp(kb_path, section_subsets=other)) != EXPECTED


def test_nil_is_decided_in_the_part_of_the_section(kb_path, tmp_path):
    path = tmp_path / "calibration.json"
    path.write_text(made_calibration().to_json())
    nlp = make_nlp(kb_path, section_subsets=PARTS, nil="prune")
    reasons = {ent.text: ent._.link.reasons for ent in nlp(TEXT).ents if ent.kb_id_ == "NIL"}
    assert reasons["heart failure"]["nil"] == "MESH:D006333 is not in this part"
    calibrated = make_nlp(kb_path, section_subsets=PARTS, calibration=str(path))
    assert linked(calibrated) == EXPECTED
    assert all(ent._.link.probability is not None for ent in calibrated(TEXT).ents)
    linker = calibrated.get_pipe("biotk_linker")
    wholes = {id(each.whole) for each in [linker.linker, *linker._by_section.values()]}
    assert len(wholes) == 1, "one linker of the whole KB for all"


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"medication": {"types": ["X"]}}, UnknownNameError, "Did you mean 'medications'"),
        ({"plan": {"type": ["X"]}}, UnknownNameError, "Did you mean 'types'"),
        ({"plan": {}}, InputError, "no conditions for plan"),
        ({"plan": {"types": []}}, InputError, "no list of names for plan, types"),
        ({"plan": {"types": "Chemical"}}, InputError, "no list of names"),
    ],
)
def test_wrong_parts_are_refused_when_the_pipeline_is_made(kb_path, given, error, message):
    with pytest.raises(error, match=message):
        load_pipeline("clinical", kb=kb_path, section_subsets=given)
    own = {"labels": None, "learned_names": None, "types": None, "sources": None, "branch": None}
    defaults = dict.fromkeys(
        ("model", "encoder", "fusion", "router", "dial", "nil", "calibration", "ids")
    )
    with pytest.raises(error, match=message):
        make_linker_component(
            spacy.blank("en"), "l", kb_path, linker="lexical", subset=None, k=None, threshold=None,
            resolve_abbreviations=True, max_entities_per_mention=5, spans_key="biotk",
            section_subsets=given, include_kb=False, **own, **defaults,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("part", "error", "message"),
    [
        ({"types": ["Chemicals"]}, UnknownNameError, "Did you mean 'Chemical'"),
        ({"branch": ["D00633X"]}, InputError, "Did you mean MESH:D00633"),
        ({"ids": ["MESH:D00392"]}, InputError, "Did you mean MESH:D00392"),
    ],
)
def test_what_the_kb_lacks_is_told_at_the_first_document(kb_path, part, error, message):
    nlp = make_nlp(kb_path, section_subsets={"plan": part})
    with pytest.raises(error, match=message):
        nlp("Fever.")


def test_part_without_a_concept_is_told_once_and_its_section_is_nil(kb_path, caplog):
    given = {"medications": {"types": ["Chemical"], "ids": ["D006333"]}}
    nlp = make_nlp(kb_path, section_subsets=given)
    for _ in range(2):
        assert {e[2] for e in linked(nlp) if e[0] == "medications"} == {"NIL"}
    (record,) = caplog.records
    assert "meets medications: types Chemical; ids D006333: nothing" in record.getMessage()


def annotated(*arguments):
    done = CliRunner().invoke(app, ["annotate", *map(str, arguments)])
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return done, [m["links"][0] for m in lines[0]["mentions"]] if lines else []


def test_annotate_honours_the_config_of_a_pipeline_and_the_option(kb_path, tmp_path):
    note = tmp_path / "note.txt"
    note.write_text(TEXT)
    saved = tmp_path / "pipeline"
    make_nlp(kb_path, section_subsets=PARTS).to_disk(saved)
    done, links = annotated(note, "--pipeline", saved)
    assert done.exit_code == 0, done.output
    assert [link["concept_id"] for link in links] == [e[2] for e in EXPECTED]
    make_nlp(kb_path).to_disk(saved)
    done, links = annotated(note, "--pipeline", saved, "--section-types", "medications=Chemical",
                            "--section-types", "family_history=Disease")  # fmt: skip
    assert done.exit_code == 0, done.output
    told = [link.get("reasons", {}).get("part") for link in links]
    assert told[3:] == [
        *["medications: types Chemical"] * 2,
        *["family_history: types Disease"] * 3,
    ]
    assert [link["concept_id"] for link in links[3:5]] == ["MESH:D001241", "NIL"]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("medication=Chemical", "Did you mean 'medications'"),
        ("medications=Chemicals", "Did you mean 'Chemical'"),
        ("medications", "write it as in medications=Chemical"),
        ("=Chemical", "write it as in"),
    ],
)
def test_option_that_is_wrong_is_told(kb_path, tmp_path, value, message):
    note = tmp_path / "note.txt"
    note.write_text(TEXT)
    done, _ = annotated(note, "--kb", kb_path, "--section-types", value)
    assert done.exit_code == 2 and message in " ".join(done.stderr.split())
